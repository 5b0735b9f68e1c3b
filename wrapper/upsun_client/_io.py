"""One flow, two drivers: what a flow awaits is done at once, or by an event loop.

`Blocking` never suspends, so `run` finishes a flow in one step; `Tasks` hands it to a loop of
asyncio or trio. And what belongs to one loop, or to one process.
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from ._errors import ConfigurationError
from ._httpx import httpx
from ._options import Hooks

T = TypeVar("T")


class _Driver:
    """What the two drivers know of a call.

    Args:
        pool: raises the error for a client that is closed.
        hooks: called at each attempt; what they raise reaches the caller as it is.
        streamed: what the body is that the caller reads.
    """

    def __init__(self, pool: Callable[[], Any], hooks: Hooks, streamed: Any = None) -> None:
        self.pool, self.hooks, self.streamed = pool, hooks, streamed


class Blocking(_Driver):
    """Blocks the thread."""

    async def send(self, client: httpx.Client, request: httpx.Request) -> httpx.Response:
        return client.send(request, stream=True, follow_redirects=False)

    async def call(self, hook: Callable[[Any], Any], value: object) -> None:
        if inspect.iscoroutine(made := hook(value)):
            made.close()
            raise ConfigurationError(f"the event hook {hook!r} is asynchronous, this call is not")

    async def chunks(self, stream: httpx.SyncByteStream) -> AsyncIterator[bytes]:
        for chunk in stream:
            yield chunk

    async def close(self, what: httpx.Client | httpx.SyncByteStream) -> None:
        what.close()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - no event loop runs this

    async def wait(self, future: Future[Any], seconds: float | None) -> None:
        with suppress(TimeoutError):
            future.exception(seconds)

    async def enter(self, gate: threading.Semaphore, seconds: float | None) -> bool:
        return gate.acquire(timeout=seconds)


class Tasks(_Driver):
    """Suspends the task, of asyncio or of trio."""

    async def send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        return await client.send(request, stream=True, follow_redirects=False)

    async def call(self, hook: Callable[[Any], Any], value: object) -> None:
        if inspect.isawaitable(made := hook(value)):
            await made

    def chunks(self, stream: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
        return aiter(stream)

    async def close(self, what: httpx.AsyncClient | httpx.AsyncByteStream) -> None:
        await what.aclose()

    async def sleep(self, seconds: float) -> None:
        from anyio import sleep  # noqa: PLC0415 - a synchronous caller never pays for it

        await sleep(seconds)

    async def wait(self, future: Future[Any], seconds: float | None) -> None:
        from anyio import Event, move_on_after  # noqa: PLC0415

        loop, done = running_loop(), Event()
        future.add_done_callback(lambda _: call_soon(loop, done.set))
        with move_on_after(seconds):
            await done.wait()

    async def enter(self, gate: Any, seconds: float | None) -> bool:
        from anyio import WouldBlock, move_on_after  # noqa: PLC0415

        with suppress(WouldBlock):
            gate.acquire_nowait()
            return True
        with move_on_after(seconds):
            await gate.acquire()
            return True
        return False


Io = Blocking | Tasks


def run(flow: Coroutine[Any, Any, T]) -> T:
    """Finish a flow whose driver is `Blocking`, and so never suspends."""
    try:
        flow.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("a flow that blocks was suspended")  # pragma: no cover


def running_loop() -> Any:
    """Return what stands for the running event loop; None if there is none."""
    # Who has not imported them runs neither; who runs neither shall not pay for their import.
    with suppress(KeyError, RuntimeError):
        return sys.modules["asyncio"].get_running_loop()
    with suppress(KeyError, RuntimeError):
        return sys.modules["trio"].lowlevel.current_trio_token()
    return None


def call_soon(loop: Any, function: Callable[[], object]) -> bool:
    """Have a loop call a function soon, from any thread; tell whether it is there to do so."""
    try:
        (getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon)(function)
    except RuntimeError:  # of both libraries, when the loop has ended
        return False
    return True


class _Resettable(Protocol):
    """Holds locks or connections, of which a forked child must share neither with its parent."""

    def reset_after_fork(self) -> None: ...


watched: weakref.WeakSet[_Resettable] = weakref.WeakSet()  # in every forked child, each is reset


def _reset() -> None:
    for each in list(watched):
        each.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    os.register_at_fork(after_in_child=_reset)


class PerLoop(Generic[T]):
    """Makes a value on first use in an event loop, and gives it back in the same one."""

    def __init__(self) -> None:
        self.reset_after_fork()
        watched.add(self)

    def reset_after_fork(self) -> None:
        """Forget what belongs to event loops of the parent."""
        self._values: dict[Any, T] = {}
        self._lock = threading.Lock()

    def get(self, make: Callable[[], T]) -> T:
        """Return the value of the running loop; without one, that of the next that runs."""
        loop = running_loop()
        if loop in self._values:
            return self._values[loop]
        with self._lock:
            for other in [each for each in self._values if each]:
                if not call_soon(other, int):  # which does nothing, if the loop is there to do it
                    del self._values[other]
            self._values[loop] = self._values.pop(None, None) or make()
            return self._values[loop]

    def pop(self, may_go: Callable[[T], bool]) -> T | None:
        """Give up the value of the running loop, or the one that waits for a loop, if it may go."""
        with self._lock:
            loop = running_loop()
            key = loop if loop in self._values else None
            value = self._values.get(key)
            return self._values.pop(key) if value is not None and may_go(value) else None
