"""Shall we try again, and when?"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ._errors import UpsunError

logger = logging.getLogger("upsun_client")

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
_NOT_PROCESSED = 429
TRANSIENT = frozenset({502, 503, 504})
_FIRST_BACKOFF = 0.5  # seconds; doubles with each attempt
_LONGEST_BACKOFF = 8.0  # seconds
_LONGEST_RETRY_AFTER = 60.0  # seconds; a server that asks for more is left to the caller
_SECONDS = re.compile(r"\d+(\.\d*)?")

ErrorT = TypeVar("ErrorT", bound=UpsunError)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date; None if it is absent or makes no sense."""
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    until = _date(value)
    if until is None:
        return None
    # Count by the server's clock where it shows it: ours may be wrong.
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class Attempts:
    """One request and the attempts made at it.

    Args:
        method: of the request.
        path: of the request, as sent.
        retries: how often to try again.
        idempotent: whether a request that was sent may be sent again.
        repeatable: whether its body is still there after it was sent.
    """

    def __init__(
        self, method: str, path: str, *, retries: int, idempotent: bool, repeatable: bool = True
    ) -> None:
        self.method = method
        self.path = path
        self.count = 0
        self.sent = False  # whether any attempt may have taken effect
        self.earlier = False  # whether one before the present attempt may have
        self._repeatable = repeatable
        self._retries = retries if repeatable else 0
        self._idempotent = idempotent

    def begin(self) -> None:
        """Count another attempt."""
        self.count += 1
        self.earlier = self.sent

    def wait_after_error(self, reason: str, *, sent: bool) -> float | None:
        """Return the seconds to wait after an attempt without an answer; None to give up."""
        self.sent = self.sent or sent
        if self._is_spent() or (sent and not self._idempotent):
            return None
        return self._announce(_jitter(self._backoff()), reason)

    def wait_after_status(self, status_code: int, retry_after: float | None) -> float | None:
        """Return the seconds to wait after an error status; None to give up."""
        self.sent = self.sent or status_code != _NOT_PROCESSED
        passing = status_code == _NOT_PROCESSED or (self._idempotent and status_code in TRANSIENT)
        asked = retry_after or 0.0
        if self._is_spent() or not passing or asked > _LONGEST_RETRY_AFTER:
            return None
        # What a server asks for is a minimum: all whom it told the same shall not return at once.
        wait = asked + _jitter(max(self._backoff(), asked / 4))
        return self._announce(wait, str(status_code))

    def note(self, error: ErrorT) -> ErrorT:
        """Say on an error, of this request or an exchange for it, what came before."""
        if self.earlier:
            error.add_note(
                f"An earlier attempt of {self.method} {self.path} may have taken effect."
            )
        if not self._repeatable:
            error.add_note("Its body can be sent only once: no retry, and no new access token.")
        return error

    def _is_spent(self) -> bool:
        return self.count > self._retries

    def _backoff(self) -> float:
        return min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(self.count - 1, 16))

    def _announce(self, wait: float, reason: str) -> float:
        logger.info(
            "%s %s: %s to attempt %d of %d; next in %.1f s",
            self.method,
            self.path,
            reason,
            self.count,
            self._retries + 1,
            wait,
        )
        return wait


def _jitter(longest: float) -> float:
    return random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing
