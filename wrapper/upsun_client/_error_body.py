"""What an error answer says: its body, decoded, and the server's own words in it."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeGuard

from ._errors import one_line

ERROR_BODY_LIMIT = 64 * 1024  # bytes of an error's body that are kept
READ_LIMIT = ERROR_BODY_LIMIT + 4096  # that are read, so that no token is cut in two
_MESSAGE_LIMIT = 500  # characters
_DEPTH = 50  # levels of JSON that are kept as such; what is deeper is kept as text
_WORDS_DEPTH = 3  # levels in which words are looked for
# Linear in the length of the body, whatever it holds. Compiled when there is HTML to read.
_TITLE = r"<title[^<>]*>([^<]*)"
_TAG = r"<[^<>]*>"
# Most specific first; an answer rarely has more than two of them.
_MESSAGE_KEYS = ("message", "error_description", "detail", "error_hint", "title", "error", "errors")


def phrase(status_code: int) -> str:
    """Return the standard phrase of a status, or '' if it has none."""
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""


def decompress(raw: bytes, encoding: str, limit: int) -> tuple[bytes, str]:
    """Undo a Content-Encoding, as far as the first byte beyond a limit; say what is wrong with it.

    '' is nothing; else what came of it is there too.
    """
    encoding = encoding.strip().lower()
    if not raw or encoding in {"", "identity"}:
        return raw[: limit + 1], ""
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        return b"", f"Content-Encoding {one_line(encoding, 80)} is not read here"
    # Both kinds of deflate, and gzip. A small body may hold gigabytes, so never all at once.
    bare = encoding == "deflate" and (raw[0] & 0x0F != 8 or int.from_bytes(raw[:2]) % 31)
    out = bytearray()
    while raw and len(out) <= limit:  # gzip may have several members
        inflater = zlib.decompressobj(-15 if bare else 47)
        try:
            out += inflater.decompress(raw, limit + 1 - len(out))
        except zlib.error as error:
            return bytes(out), str(error)
        if not inflater.eof and len(out) <= limit:
            return bytes(out), "the compressed body breaks off"
        raw = inflater.unused_data
    return bytes(out), ""


def decode_error_body(body: bytes, charset: str | None, redact: Callable[[str], str]) -> Any:
    """Decode the beginning of a body, as far as it goes; give at most 64 KiB of text."""
    decoded = decode_body(body[:READ_LIMIT], charset, redact)
    return decoded[:ERROR_BODY_LIMIT] if isinstance(decoded, str) else decoded


def decode_body(body: bytes, charset: str | None = None, redact: Callable[[str], str] = str) -> Any:
    """Decode JSON; give the text if it is none, None if it is empty."""
    try:
        text = body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # no such charset, or one that has no errors to replace
        text = body.decode(errors="replace")
    for source in (body, text):  # JSON has no charset but UTF-8 and its like; not all know
        with suppress(ValueError, RecursionError):
            return _redacted(json.loads(source), redact, _DEPTH)
    return redact(text.removeprefix("\ufeff").strip()) or None


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)


def _redacted(value: Any, redact: Callable[[str], str], depth: int) -> Any:
    if not depth:
        raise RecursionError
    if isinstance(value, str):
        return redact(value)
    if is_array(value):
        return [_redacted(item, redact, depth - 1) for item in value]
    if is_object(value):
        return {redact(key): _redacted(item, redact, depth - 1) for key, item in value.items()}
    return value


def server_message(status_code: int, body: Any) -> str:
    """Return the server's own words about an error, wherever it put them."""
    standard = phrase(status_code)
    words = list(_words(body, _WORDS_DEPTH))
    # "Bad Request." beside a title that says what is bad is no news.
    telling = [word for word in words if word.rstrip(".").lower() != standard.lower()]
    found = (telling or words or [standard or f"status {status_code}"])[0]
    return one_line(found, _MESSAGE_LIMIT)


def _words(body: Any, depth: int) -> list[str]:
    if isinstance(body, str):
        if body.startswith(("{", "[")):
            return []  # JSON that is cut off or broken
        title = re.search(_TITLE, body, re.IGNORECASE)
        text = title[1] if title else re.sub(_TAG, " ", body)
        text = one_line(text, _MESSAGE_LIMIT)
        return [text] if any(c.isalnum() for c in text) else []
    if depth and is_array(body):
        return [word for item in body for word in _words(item, depth - 1)]
    if depth and is_object(body):
        found: list[Any] = [body[key] for key in _MESSAGE_KEYS if key in body]
        if not found and depth < _WORDS_DEPTH:  # {"name": ["is too short"]}, as a detail may be
            named = ((key, _words(value, depth - 1)) for key, value in body.items())
            found = ["; ".join(f"{key}: {', '.join(words)}" for key, words in named if words)]
        return [word for value in found for word in _words(value, depth - 1)]
    return []
