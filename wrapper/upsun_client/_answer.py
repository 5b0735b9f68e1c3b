"""What an error answer says: its body, decoded, and the server's own words in it."""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BODY_LIMIT = 64 * 1024  # bytes of an error's body that are read and kept
_MESSAGE_LIMIT = 500  # characters
_DEPTH = 50  # levels of JSON that are kept as such; what is deeper is kept as text
_WORDS_DEPTH = 3  # levels in which words are looked for
# Linear in the length of the body, whatever it holds. Compiled when there is HTML to read.
_TITLE = r"<title[^<>]*>([^<]*)"
_TAG = r"<[^<>]*>"
# Most specific first; an answer rarely has more than two of them.
_MESSAGE_KEYS = ("message", "error_description", "detail", "error_hint", "title", "error")


def phrase(status_code: int) -> str:
    """Return the standard phrase of a status, or '' if it has none."""
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""


def decompress(raw: bytes, encoding: str) -> bytes:
    """Undo a Content-Encoding, up to BODY_LIMIT; give b'' if it cannot be undone."""
    if encoding in {"", "identity"}:
        return raw[:BODY_LIMIT]
    try:
        # Both gzip and deflate. A small body may hold gigabytes, so never all at once.
        return zlib.decompressobj(47).decompress(raw, BODY_LIMIT)
    except zlib.error:
        return b""


def decode_body(body: bytes, charset: str | None = None, redact: Callable[[str], str] = str) -> Any:
    """Decode JSON; give the text if it is none, None if it is empty.

    Args:
        body: as sent, but not compressed.
        charset: of a text, and of JSON that is not in a Unicode encoding.
        redact: takes credentials out of what the server echoed.
    """
    try:
        text = body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # no such charset, or one that has no errors to replace
        text = body.decode(errors="replace")
    for source in (body, text):  # JSON has no charset but UTF-8 and its like; not all know
        with suppress(ValueError, RecursionError):
            return _redacted(json.loads(source), redact, _DEPTH)
    return redact(text.removeprefix("\ufeff").strip()) or None


def _redacted(value: Any, redact: Callable[[str], str], depth: int) -> Any:
    if not depth:
        raise RecursionError
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item, redact, depth - 1) for item in value]
    if isinstance(value, dict):
        return {redact(key): _redacted(item, redact, depth - 1) for key, item in value.items()}
    return value


def server_message(status_code: int, body: Any) -> str:
    """Return the server's own words about an error, wherever it put them."""
    standard = phrase(status_code)
    words = list(_words(body, _WORDS_DEPTH))
    # "Bad Request." beside a title that says what is bad is no news.
    telling = [word for word in words if word.rstrip(".").lower() != standard.lower()]
    return (telling or words or [standard or f"status {status_code}"])[0]


def _words(body: Any, depth: int) -> list[str]:
    if isinstance(body, str):
        if body.startswith(("{", "[")):
            return []  # JSON that is cut off or broken
        title = re.search(_TITLE, body, re.IGNORECASE)
        text = title[1] if title else re.sub(_TAG, " ", body)
        # Control characters have no business in a log or on a terminal.
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return [text[:_MESSAGE_LIMIT]] if any(c.isalnum() for c in text) else []
    if depth and isinstance(body, list):
        return [word for item in body for word in _words(item, depth - 1)]
    if depth and isinstance(body, dict):
        found = [body[key] for key in _MESSAGE_KEYS if key in body]
        if not found and depth < _WORDS_DEPTH:  # {"name": ["is too short"]}, as a detail may be
            named = ((key, _words(value, depth - 1)) for key, value in body.items())
            found = ["; ".join(f"{key}: {', '.join(words)}" for key, words in named if words)]
        return [word for value in found for word in _words(value, depth - 1)]
    return []
