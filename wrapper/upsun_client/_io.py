"""One flow, two drivers: what a flow awaits is done at once, or by an event loop.

`Blocking` never suspends, so `run` finishes a flow in one step; `Tasks` hands it to a loop of
asyncio or trio. And what is kept for each loop of each process.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from traceback import walk_tb
from typing import Any, TypeVar

from ._errors import ConfigurationError
from ._httpx import httpx
from ._options import Hooks


class Signal(threading.Event):
    """Set once, from any thread; threads and tasks wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._told: deque[Callable[[], object]] = deque()

    def set(self) -> None:
        super().set()
        with suppress(IndexError):
            while True:
                self._told.popleft()()

    def tell(self, function: Callable[[], object]) -> None:
        """Have a function called when it is set, at once if it is."""
        self._told.append(function)
        if self.is_set():
            self.set()


class Gate:
    """A semaphore for threads and tasks that knows who is inside: who came first enters first.

    Who leaves may have come however far, so that no interruption takes a place along.
    """

    def __init__(self, width: float) -> None:
        self.inside: set[Any] = set()
        self._width, self._lock = width, threading.Lock()
        self._waiting: OrderedDict[object, Signal] = OrderedDict()

    async def enter(self, who: object, io: Io, seconds: float | None) -> bool:
        """Wait for one's turn; tell whether it came in time."""
        with self._lock:
            if len(self.inside) < self._width:
                self.inside.add(who)
                return True
            turn = self._waiting[who] = Signal()
        await io.wait(turn, seconds)
        return who in self.inside

    def leave(self, who: object) -> None:
        """Let the next one enter."""
        with self._lock:
            self.inside.discard(who)
            self._waiting.pop(who, None)
            if self._waiting and len(self.inside) < self._width:
                first, turn = self._waiting.popitem(last=False)
                self.inside.add(first)
                turn.set()


class _Driver:
    """What the two drivers know of a call.

    Args:
        find_pool: raises the error for a client that is closed.
        hooks: called at each attempt; what they raise reaches the caller as it is.
        is_streamed: whether the caller reads the body.
    """

    def __init__(
        self, find_pool: Callable[[], Any], hooks: Hooks, *, is_streamed: bool = False
    ) -> None:
        self.find_pool, self.hooks, self.is_streamed = find_pool, hooks, is_streamed


class Blocking(_Driver):
    body, transport, closing = httpx.SyncByteStream, httpx.BaseTransport, "close"

    @staticmethod
    async def settle(made: Any) -> Any:
        if inspect.iscoroutine(made):  # of an event hook
            made.close()
            raise ConfigurationError(f"{made.__qualname__} is asynchronous, this call is not")
        return made

    async def chunks(self, stream: httpx.SyncByteStream) -> AsyncIterator[bytes]:
        for chunk in stream:
            yield chunk

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - no event loop runs this

    async def wait(self, signal: Signal, seconds: float | None) -> None:
        signal.wait(seconds)


class Tasks(_Driver):
    """Suspends the task, of asyncio or of trio. A synchronous caller never imports anyio."""

    body, transport, closing = httpx.AsyncByteStream, httpx.AsyncBaseTransport, "aclose"

    @staticmethod
    async def settle(made: Any) -> Any:
        return await made if inspect.isawaitable(made) else made

    def chunks(self, stream: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
        return aiter(stream)

    async def sleep(self, seconds: float) -> None:
        from anyio import sleep  # noqa: PLC0415

        await sleep(seconds)

    async def wait(self, signal: Signal, seconds: float | None) -> None:
        from anyio import Event, move_on_after  # noqa: PLC0415

        loop, done = running_loop(), Event()
        signal.tell(lambda: call_soon(loop, done.set))
        with move_on_after(seconds):
            await done.wait()


Io = Blocking | Tasks


async def close(io: Io | type[Io], what: Any) -> None:
    await io.settle(getattr(what, io.closing)())


T = TypeVar("T")


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
    with suppress(RuntimeError):  # of both libraries, when the loop has ended
        (getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon)(function)
        return True
    return False


def raised_by_signal(error: Any) -> BaseException | None:
    """Return what a signal handler raised within a library, whatever that made of it."""
    handlers = map(signal.getsignal, signal.valid_signals())
    inner = [getattr(each, name, each) for each in handlers for name in ("func", "__call__")]
    known = [getattr(each, "__code__", None) for each in inner]
    for _ in range(4):  # as deep as libraries go; httpcore cuts the chain, a caller's may be a ring
        if any(at.f_code in known for at, _ in walk_tb(getattr(error, "__traceback__", None))):
            return error  # type: ignore[no-any-return]
        error = getattr(error, "__cause__", None) or next(iter(getattr(error, "args", ())), None)
    return None


class PerLoop:
    """Makes a value on first use in an event loop, and gives it back there until it is closed.

    A forked child waits for no lock of its parent's, and uses or closes nothing that is his.

    Args:
        key: names the process and the running loop; None for no loop, as for all threads.
    """

    def __init__(
        self, key: Callable[[], tuple[int, Any]] = lambda: (os.getpid(), running_loop())
    ) -> None:
        self._key = key
        self._values: dict[tuple[int, Any], Any] = {}
        self._locks: dict[int, threading.Lock] = {}

    def held(self) -> Any:
        """Return the value of the running loop; None if it has none."""
        return self._values.get(self._key())

    def get(self, make: Callable[[], Any]) -> Any:
        """Return the value of the running loop; without one, that of the next that runs."""
        process, loop = self._key()
        value = self._values.get((process, loop))
        if value and not value.is_closed:
            return value
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            for key in [*self._values]:
                if key[0] == process and key[1] and not call_soon(key[1], int):
                    del self._values[key]  # of a loop that has ended
            value = self._values.get((process, loop)) or self._values.pop((process, None), None)
            if value is None or value.is_closed:
                value = make()
            self._values[process, loop] = value
            return value
