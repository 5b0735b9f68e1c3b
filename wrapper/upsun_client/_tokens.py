"""The two tokens, and one exchange of the first for the second for all who need it at once."""

from __future__ import annotations

import contextvars
import copy
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ._errors import ConfigurationError, UpsunError
from ._io import Io, Signal
from ._options import check_kind
from ._redaction import redact

TOKEN_VARIABLE = "UPSUN_CLI_TOKEN"  # noqa: S105 - a name, no secret
CREATE = "create one in the Upsun console, account settings, API tokens"
_EARLY_PATIENCE = 5.0  # seconds that calls wait for a renewal while the held token lives
_LONGEST_EXCHANGE = 300.0  # seconds after which one that hangs is left to itself


class Token:
    """A text that neither a repr nor a look at attributes shows.

    Args:
        value: the text.
        lifetime: in seconds.
        asked_at: seconds on the monotonic clock.
    """

    def __init__(self, value: str, lifetime: float = math.inf, asked_at: float = 0.0) -> None:
        self.reveal: Callable[[], str] = lambda: value
        self.expires_at = asked_at + lifetime
        self.renew_at = self.expires_at - min(60.0, 0.1 * lifetime)

    def refuse(self) -> None:
        self.expires_at = self.renew_at = -math.inf


class PendingExchange(Signal):
    """An exchange that has begun, and its outcome for all who wait for it."""

    token: Token | None = None
    error: BaseException | None = None
    ended_at: float  # seconds on the monotonic clock

    def __init__(self) -> None:
        super().__init__()
        self.began_at = time.monotonic()


class Tokens:
    """Holds the access token and renews it ahead of expiry, with one exchange at a time.

    An exchange has a thread of its own, so no caller leads it: who is cancelled, gives up or
    blocks the event loop stops nobody else. Whoever waits for it gets its outcome.
    """

    def __init__(self, api_token: Token, exchange: Callable[[Tokens], Token]) -> None:
        self.api_token = api_token
        self._exchange = exchange
        self._token: Token | None = None
        self._past: deque[Token | None] = deque(maxlen=4)  # which a server may still echo
        # By process: a forked child waits for no lock and no thread of its parent's.
        self._locks: dict[int, threading.Lock] = {}
        self._pending: dict[int, PendingExchange] = {}

    async def get(self, io: Io, since: float, patience: float | None) -> Token | None:
        """Return a token to use, after an exchange if need be; None if that takes too long.

        Args:
            io: how to wait.
            since: when the caller began his attempt, or had his last token. A later failure is
                his too: a crowd of callers is not to ask again one by one.
            patience: how many seconds to wait; None for ever.
        """
        if (token := self._token) and time.monotonic() < token.renew_at:
            return token
        pending, now, seconds = self._join_or_start(since), time.monotonic(), patience
        if token and now < token.expires_at:
            # A renewal ahead of time may hang, or fail: what is held still lives.
            spared = min((token.expires_at - now) / 2, pending.began_at + _EARLY_PATIENCE - now)
            seconds = max(0.0, spared if patience is None else min(patience, spared))
        await io.wait(pending, seconds)
        if pending.token:
            return pending.token
        if (token := self._token) and time.monotonic() < token.expires_at:
            return token
        if isinstance(error := pending.error, UpsunError):
            raise copy.copy(error) from error.__cause__  # no two callers raise the same one
        if error is not None:
            raise error
        # What is held may have ended in a process that stood still.
        return None if seconds == patience else await self.get(io, since, patience)

    def redact(self, text: str) -> str:
        """Take the tokens out of a text that a server sent, however it spelled them."""
        held = (self.api_token, self._token, *self._past)
        return redact(text, [token.reveal() for token in held if token])

    def _join_or_start(self, since: float) -> PendingExchange:
        process = os.getpid()
        with self._locks.setdefault(process, threading.Lock()):
            pending = self._pending.get(process)
            if pending and _serves(pending, since):
                return pending
            pending = PendingExchange()
            context = contextvars.copy_context()  # of a tracer, for example
            work = threading.Thread(target=context.run, args=(self._run, pending), daemon=True)
            with suppress(RuntimeError):  # no thread can be had, as at the interpreter's end
                work.start()
            self._pending[process] = pending  # not before: Ctrl-C may come at any line
        if not work.ident:
            self._run(pending)
        return pending

    def _run(self, pending: PendingExchange) -> None:
        try:
            token = self._exchange(self)
            self._past.append(self._token)
            self._token = pending.token = token
        except BaseException as error:  # noqa: BLE001 - which is for who waits
            pending.error = error
        pending.ended_at = time.monotonic()
        pending.set()


def _serves(pending: PendingExchange, since: float) -> bool:
    """Tell whether an exchange is for a caller, too: it goes on, or came in time for him."""
    if not pending.is_set():
        return time.monotonic() < pending.began_at + _LONGEST_EXCHANGE
    now, in_time, token = time.monotonic(), pending.ended_at > since, pending.token
    if token is None:
        return in_time
    # One that came in time serves for a second at least, however short it lives.
    return token.expires_at > -math.inf and now < max(token.renew_at, pending.ended_at + in_time)


def read_api_token(given: str | None) -> Token:
    """Return the API token to use, without surrounding whitespace; it is never quoted."""
    source = "api_token" if given is not None else TOKEN_VARIABLE
    token = os.environ.get(TOKEN_VARIABLE, "") if given is None else given
    check_kind("api_token", token, str, "a string")
    if not is_visible(token := token.strip()):
        problem = f"{source} is empty, unset, or holds whitespace, control or non-ASCII characters"
        advice = f"Set {TOKEN_VARIABLE} or pass api_token; copy it again, or {CREATE}"
        raise ConfigurationError(f"no API token: {problem}. {advice}")
    return Token(token)


def is_visible(text: str) -> bool:
    """Tell whether a text is visible ASCII, and some."""
    return text != "" and text.isascii() and text.isprintable() and " " not in text
