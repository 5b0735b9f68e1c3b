"""Shall we try again, and when?"""

from __future__ import annotations

import logging
import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._errors import UpsunError

logger = logging.getLogger("upsun_client")

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
_NOT_PROCESSED = frozenset({429})
_WEATHER = frozenset({502, 503, 504})
_FIRST_BACKOFF = 0.5  # seconds; doubles with each attempt
_LONGEST_BACKOFF = 8.0  # seconds
_LONGEST_RETRY_AFTER = 60.0  # seconds; a server that asks for more is left to the caller
_SECONDS = re.compile(r"\d+(\.\d*)?")


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


class Trial:
    """One request and the attempts made at it."""

    def __init__(self, method: str, path: str, *, retries: int, idempotent: bool) -> None:
        self.method = method
        self.path = path
        self.attempts = 0
        self.sent = False  # whether any attempt may have taken effect
        self._retries = retries
        self._idempotent = idempotent

    def wait_after_error(self, *, sent: bool, reason: str) -> float | None:
        """Return the seconds to wait after an attempt without an answer; None to give up."""
        self.sent = self.sent or sent
        if self._spent() or (sent and not self._idempotent):
            return None
        return self._announce(self._backoff(), reason)

    def wait_after_status(self, status_code: int, headers: Mapping[str, str]) -> float | None:
        """Return the seconds to wait after an error status; None to give up."""
        self.sent = self.sent or status_code not in _NOT_PROCESSED
        weather = status_code in _NOT_PROCESSED or (self._idempotent and status_code in _WEATHER)
        asked = retry_after_seconds(headers)
        if self._spent() or not weather or (asked is not None and asked > _LONGEST_RETRY_AFTER):
            return None
        return self._announce(self._backoff() if asked is None else asked, str(status_code))

    def note(self, error: UpsunError) -> UpsunError:
        """Say on an error, of this request or an exchange for it, what came before."""
        if self.sent:
            error.add_note(
                f"An earlier attempt of {self.method} {self.path} may have taken effect."
            )
        return error

    def _spent(self) -> bool:
        return self.attempts > self._retries

    def _backoff(self) -> float:
        longest = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** min(self.attempts - 1, 16))
        return random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing

    def _announce(self, wait: float, reason: str) -> float:
        logger.info(
            "%s %s: %s to attempt %d of %d; next in %.1f s",
            self.method,
            self.path,
            reason,
            self.attempts,
            self._retries + 1,
            wait,
        )
        return wait
