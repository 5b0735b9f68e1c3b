"""Shall we try again, and when?"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
NOT_PROCESSED = 429
TRANSIENT = frozenset({502, 503, 504})
LONGEST_RETRY_AFTER = 60.0  # seconds; a server that asks for more is left to the caller
_FIRST_BACKOFF = 0.5  # seconds; doubles with each attempt
_LONGEST_BACKOFF = 8.0  # seconds
_SECONDS = re.compile(r"\d+(\.\d*)?")


def pause(attempt: int, asked: float = 0.0) -> float:
    """Return the seconds to wait after an attempt.

    Args:
        attempt: which one, from 1.
        asked: seconds that the server asked for, as a minimum: all whom it told the same shall
            not return at once.
    """
    backoff = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(attempt - 1, 16))
    return asked + random.uniform(0, max(backoff, asked / 4))  # noqa: S311 - guards nothing


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date; None if it is absent or makes no sense."""
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    if (until := _date(value)) is None:
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
