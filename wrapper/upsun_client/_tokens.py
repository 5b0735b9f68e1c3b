"""One access token for all threads and tasks: asked for once, by whoever comes first."""

from __future__ import annotations

import copy
import os
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from ._errors import UpsunError
from ._loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from anyio import Lock

    from ._token import AccessToken

_POLL = 0.005  # seconds between looks at an exchange that another thread or loop leads


class Tokens:
    """Holds the access token and renews it, with one exchange at a time.

    Who has to wait for an exchange gets its outcome, be it a token or an error. One that is
    cancelled has no outcome: the next in line starts over.

    Args:
        exchange: asks the auth server for a token.
        exchange_async: does the same without blocking the event loop.
    """

    __slots__ = (  # rather than a __dict__ that shows the token
        "_current",
        "_exchange",
        "_exchange_async",
        "_failure",
        "_gates",
        "_leader",
        "_lock",
        "_outcomes",
        "_process",
    )

    def __init__(
        self,
        exchange: Callable[[], AccessToken],
        exchange_async: Callable[[], Awaitable[AccessToken]],
    ) -> None:
        self._exchange = exchange
        self._exchange_async = exchange_async
        self._current: tuple[str, float] | None = None  # the token, and when to renew it
        self._outcomes = 0  # exchanges that came to an outcome
        self._failure: tuple[UpsunError, int] | None = None  # the last outcome, if an error
        self._lock = threading.Lock()
        self._leader: int | None = None  # the thread that leads an exchange
        self._process = os.getpid()
        self._gates = PerLoop(_anyio_lock)

    def get(self, refused: str | None = None) -> str:
        """Return a token to use, other than a refused one, after an exchange if need be."""
        if token := self._usable(refused):
            return token
        seen = self._outcomes
        with self._lead():
            if token := self._shared(refused, seen):
                return token
            with self._outcome():
                return self._keep(time.monotonic(), self._exchange())

    async def get_async(self, refused: str | None = None) -> str:
        """Do as `get` does, without blocking the event loop."""
        if token := self._usable(refused):
            return token
        seen = self._outcomes
        async with self._lead_async():
            if token := self._shared(refused, seen):
                return token
            with self._outcome():
                return self._keep(time.monotonic(), await self._exchange_async())

    def held(self) -> str:
        """Return the token that is held, however old; '' if there is none."""
        return self._current[0] if self._current else ""

    def _usable(self, refused: str | None) -> str | None:
        token, renew_at = self._current or ("", 0.0)
        return token if token != refused and time.monotonic() < renew_at else None

    def _shared(self, refused: str | None, seen: int) -> str | None:
        """Return, or raise, what an exchange came to while this caller waited for it."""
        if self._failure and self._failure[1] > seen:
            raise _copy(self._failure[0])
        return self._usable(refused)

    def _keep(self, asked_at: float, token: AccessToken) -> str:
        self._current = (token.value, asked_at + token.renew_after)
        self._failure = None
        self._outcomes += 1
        return token.value

    @contextmanager
    def _outcome(self) -> Iterator[None]:
        try:
            yield
        except UpsunError as error:
            self._outcomes += 1
            self._failure = (_copy(error), self._outcomes)
            raise

    @contextmanager
    def _lead(self) -> Iterator[None]:
        self._leave_parent()
        if self._leader == threading.get_ident():
            # A task of this very thread leads, and cannot go on while we wait for it.
            yield
            return
        with self._lock:
            self._leader = threading.get_ident()
            try:
                yield
            finally:
                self._leader = None

    @asynccontextmanager
    async def _lead_async(self) -> AsyncIterator[None]:
        from anyio import sleep  # noqa: PLC0415 - a synchronous caller never pays for it

        self._leave_parent()
        async with self._gates.get():  # one task of each loop vies with threads and other loops
            while not self._lock.acquire(blocking=False):  # noqa: ASYNC110 - no event spans them
                await sleep(_POLL)
            self._leader = threading.get_ident()
            try:
                yield
            finally:
                self._leader = None
                self._lock.release()

    def _leave_parent(self) -> None:
        """Forget, in a forked child, a lock that a thread of the parent held."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._lock = threading.Lock()
            self._leader = None


def _anyio_lock() -> Lock:
    from anyio import Lock  # noqa: PLC0415 - a synchronous caller never pays for it

    return Lock()


def _copy(error: UpsunError) -> UpsunError:
    """Copy an error, so that no two callers raise the same one."""
    other = copy.copy(error)
    other.__cause__ = error.__cause__
    return other
