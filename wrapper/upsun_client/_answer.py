"""What an answer means: which error it is, and what the server said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from ._errors import APIStatusError, status_error_class
from ._retry import retry_after_seconds

BODY_LIMIT = 64 * 1024  # bytes of an error's body that are read and kept
_MESSAGE_LIMIT = 500  # characters of a body without structure that serve as the message
# Linear in the length of the body, whatever it holds.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_DEPTH = 3  # levels of JSON in which words are looked for
# Most specific first; an answer rarely has more than two of them.
_MESSAGE_KEYS = ("message", "error_description", "detail", "error_hint", "title", "error")

Redact = Callable[[str], str]


def phrase(status_code: int) -> str:
    """Return the standard phrase of a status, or '' if it has none."""
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""


def decode_body(text: str) -> Any:
    """Decode JSON; give the text if it is none, None if it is empty."""
    text = text.removeprefix("\ufeff").strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def server_message(status_code: int, body: Any) -> str:
    """Return the server's own words about an error, wherever it put them."""
    standard = phrase(status_code)
    words = list(_words(body))
    # "Bad Request." beside a title that says what is bad is no news.
    telling = [word for word in words if word.rstrip(".").lower() != standard.lower()]
    return (telling or words or [standard or f"status {status_code}"])[0]


def _words(body: Any, depth: int = _DEPTH) -> list[str]:
    if isinstance(body, str):
        title = _TITLE.search(body)
        text = title[1] if title else _TAG.sub(" ", body)
        # Control characters have no business in a log or on a terminal.
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return [text[:_MESSAGE_LIMIT]] if any(c.isalnum() for c in text) else []
    if depth and isinstance(body, list):
        return [word for item in body for word in _words(item, depth - 1)]
    if depth and isinstance(body, dict):
        found = [body[key] for key in _MESSAGE_KEYS if key in body]
        return [word for value in found for word in _words(value, depth - 1)]
    return []


def status_error(  # noqa: D417 - the rest goes into the error as it is
    status_code: int,
    text: str,
    headers: Mapping[str, str],
    *,
    method: str,
    path: str,
    attempts: int,
) -> APIStatusError:
    """Build the error for an answer of 400 or more.

    Args:
        text: the body.
    """
    decoded = decode_body(text)
    return status_error_class(status_code)(
        server_message(status_code, decoded),
        status_code=status_code,
        body=decoded,
        method=method,
        path=path,
        headers=headers,
        retry_after=retry_after_seconds(headers),
        attempts=attempts,
    )
