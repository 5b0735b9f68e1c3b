"""When a request is tried again: which failures and statuses pass, and how long to wait."""

import random
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime

from ._httpx import httpx

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
NOT_PROCESSED = 429
_TRANSIENT = frozenset({502, 503, 504})
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
LONGEST_RETRY_AFTER = 60.0  # seconds; a server that asks for more is left to the caller
_NOT_RETRYABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, ssl.SSLCertVerificationError)
_FIRST_BACKOFF = 0.5  # seconds; doubles with each attempt
_LONGEST_BACKOFF = 8.0  # seconds


def is_passing(status: int, *, is_idempotent: bool) -> bool:
    return status == NOT_PROCESSED or (status in _TRANSIENT and is_idempotent)


def is_final(error: Exception) -> bool:
    """Tell whether an error of the HTTP library stays the same, however often one tries."""
    if isinstance(error, httpx.ProxyError) and str(error).startswith("4"):
        return True
    # By what the library raised it from; never by what its caller was handling.
    cause = error.__cause__
    return any(isinstance(each, _NOT_RETRYABLE) for each in (error, *(cause.args if cause else ())))


def pause(attempt: int, asked: float) -> float:
    """Return the seconds to wait after the attempt of this number, from 1.

    Those that a server asked for are the least: all whom it told the same shall not come at once.
    """
    backoff = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(attempt - 1, 16))
    return asked + random.uniform(0, max(backoff, asked / 4))  # noqa: S311 - guards nothing


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date; None if it is absent or makes no sense."""
    value = headers.get("retry-after", "").strip()
    if seconds := re.fullmatch(r"(\d+(\.\d*)?)(,.*)?", value):  # the first of several
        return float(seconds[1])
    if (until := _date(value)) is None:
        return None
    # Count by the server's clock where it shows it: ours may be wrong.
    return max(0.0, until - (_date(headers.get("date", "")) or time.time()))


def _date(value: str) -> float | None:
    with suppress(ValueError, OverflowError):
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    return None
