"""One access token for all threads and tasks: asked for once, by whoever comes first."""

from __future__ import annotations

import copy
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._errors import UpsunError
from ._fork import watch
from ._loops import PerLoop, answers, has_stopped, running_loop
from ._token import AccessToken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from anyio import Lock

_POLL = 0.005  # seconds between looks at an exchange that another thread or loop leads


class _Flight:
    """An exchange that a thread or a task leads. Without an outcome, it was cancelled.

    Args:
        loop: of the task.
    """

    def __init__(self, loop: object = None) -> None:
        self.landed = threading.Event()
        self.outcome: AccessToken | UpsunError | None = None
        self.loop = loop
        self.thread = threading.get_ident()

    def is_over(self) -> bool:
        # The loop of its leader may stop, and never go on.
        return self.landed.is_set() or has_stopped(self.loop)

    def is_blocked(self) -> bool:
        """Tell whether its leader cannot go on: this thread, or its loop, which waits for us."""
        if self.thread == threading.get_ident():
            return True
        return self.loop is not None and not answers(self.loop)


class Tokens:
    """Holds the access token and renews it, with one exchange at a time.

    Who waits for an exchange gets its outcome, be it a token or an error. One that is cancelled
    has no outcome: the next in line starts over.

    Args:
        exchange: asks the auth server for a token.
        exchange_async: does the same without blocking the event loop.
    """

    # Rather than a __dict__ that shows the token.
    __slots__ = (
        "__weakref__",
        "_exchange",
        "_exchange_async",
        "_failure",
        "_flight",
        "_gates",
        "_lock",
        "_past",
        "_token",
        "settled",
    )

    def __init__(
        self,
        exchange: Callable[[], AccessToken],
        exchange_async: Callable[[], Awaitable[AccessToken]],
    ) -> None:
        self._exchange = exchange
        self._exchange_async = exchange_async
        self._token: AccessToken | None = None
        self._past = ""  # the token before
        self._failure: tuple[UpsunError, int] | None = None  # the last outcome, if an error
        self._flight: _Flight | None = None
        self._gates = PerLoop(_anyio_lock)
        self.settled = 0  # exchanges that came to an outcome
        self._start_over()
        watch(self, Tokens._start_over)

    def get(self, since: int, refused: AccessToken | None = None) -> AccessToken:
        """Return a token to use, after an exchange if need be.

        Args:
            since: what `settled` was when the caller began. A later failure is the caller's too:
                a burst of callers is not to ask again one by one.
            refused: what the API did not take.

        Raises:
            UpsunError: as the exchange failed.
        """
        while True:
            flight, lead = self._board(since, refused)
            if isinstance(flight, AccessToken):
                return flight
            if lead:
                with self._leading(flight):
                    return self._land(flight, time.monotonic(), self._exchange())
            while not flight.is_over():
                if flight.is_blocked():
                    flight.landed.set()  # without an outcome, as if it were cancelled
                flight.landed.wait(0.1)
            if outcome := _outcome(flight):
                return outcome

    async def get_async(self, since: int, refused: AccessToken | None = None) -> AccessToken:
        """Do as `get` does, without blocking the event loop."""
        while True:
            flight, lead = self._board(since, refused, running_loop)
            if isinstance(flight, AccessToken):
                return flight
            if lead:
                with self._leading(flight):
                    return self._land(flight, time.monotonic(), await self._exchange_async())
            await self._wait(flight)
            if outcome := _outcome(flight):
                return outcome

    def forget(self, refused: AccessToken) -> None:
        """Use a refused token no more."""
        with self._lock:
            if self._token is refused:
                self._past, self._token = refused.value, None

    def held(self) -> tuple[str, str]:
        """Return the token that is held, and the one before; '' for none."""
        return (self._token.value if self._token else "", self._past)

    def _start_over(self) -> None:
        # Forget what a thread of the parent was doing.
        self._lock = threading.Lock()
        self._flight = None

    def _board(
        self, since: int, refused: AccessToken | None, loop: Callable[[], object] = lambda: None
    ) -> tuple[AccessToken | _Flight, bool]:
        """Return a usable token, or the exchange to wait for, or the one to lead."""
        if token := self._usable(refused):
            return token, False
        with self._lock:
            if token := self._usable(refused):
                return token, False
            if self._failure and self._failure[1] > since:
                raise _copy(self._failure[0])
            if self._flight and not self._flight.is_over():
                return self._flight, False
            self._flight = _Flight(loop())
            return self._flight, True

    def _usable(self, refused: AccessToken | None) -> AccessToken | None:
        token = self._token
        fresh = token and token is not refused and time.monotonic() < token.renew_at
        return token if fresh else None

    @contextmanager
    def _leading(self, flight: _Flight) -> Iterator[None]:
        try:
            yield
        except UpsunError as error:
            with self._lock:
                self.settled += 1
                flight.outcome = _copy(error)
                self._failure = (flight.outcome, self.settled)
            raise
        finally:
            flight.landed.set()

    def _land(self, flight: _Flight, asked_at: float, token: AccessToken) -> AccessToken:
        with self._lock:
            self.settled += 1
            self._past = self._token.value if self._token else self._past
            token.renew_at = asked_at + token.renew_after
            self._token = flight.outcome = token
            self._failure = None
        return token

    async def _wait(self, flight: _Flight) -> None:
        from anyio import sleep  # noqa: PLC0415 - a synchronous caller never pays for it

        # One task of each loop looks, as no event spans threads and loops; the others queue.
        async with self._gates.get():
            while not flight.is_over():  # noqa: ASYNC110
                await sleep(_POLL)


def _outcome(flight: _Flight) -> AccessToken | None:
    if isinstance(flight.outcome, UpsunError):
        raise _copy(flight.outcome)
    return flight.outcome


def _anyio_lock() -> Lock:
    from anyio import Lock  # noqa: PLC0415 - a synchronous caller never pays for it

    return Lock()


def _copy(error: UpsunError) -> UpsunError:
    """Copy an error, so that no two callers raise the same one."""
    other = copy.copy(error)
    other.__cause__ = error.__cause__
    return other
