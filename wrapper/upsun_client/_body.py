"""Bodies: read within limits of size and time, decoded, and searched for the server's own words."""

import copy
import json
import os
import re
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from http.client import responses
from typing import Any, TypeGuard

from ._errors import ClientClosedError, one_line
from ._httpx import httpx
from ._io import Io, close, raised_by_signal

ERROR_BODY_LIMIT = 64 * 1024  # bytes of an error's body that are kept
# What a broken connection raises: on asyncio, httpx 0.28 lets the last through.
BROKEN = (httpx.RequestError, ssl.SSLError)
_MARGIN = 32 * 1024  # characters that are left out behind a cut, as a token may be cut in two
READ_LIMIT = ERROR_BODY_LIMIT + _MARGIN
_MESSAGE_LIMIT = 500  # characters
_GZIP = b"\x1f\x8b"
_MEMBERS = 16  # of a gzip body: each of them copies what is behind it
# Linear in the length of the body, whatever it holds.
_TITLE, _TAG = r"<title[^<>]*>([^<]*)", r"<[^<>]*>"
# Most specific first; an answer rarely has more than two of them.
_MESSAGE_KEYS = ("message", "error_description", "detail", "error_hint", "title", "error", "errors")


class Recorded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read once, in one process; remembers what was raised, to tell whose it was."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._process = stream, os.getpid()
        self.raised: BaseException | None = None

    def _check(self) -> None:
        if self._process != os.getpid():
            raise ClientClosedError("this answer belongs to the process that this one forked from")

    __enter__ = _check

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if not isinstance(error, GeneratorExit):  # with which a reader leaves the rest
            self.raised = error

    def __iter__(self) -> Iterator[bytes]:
        with self:
            for chunk in self._stream:
                yield chunk
                self._check()  # a fork may have come between

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self:
            async for chunk in self._stream:
                yield chunk
                self._check()

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def fill(
    body: bytearray, io: Io, stream: Any, *, limit: int, seconds: float
) -> Exception | str:
    """Read a body; give what stopped it before its end: 'size', 'time' or an error, else ''.

    The limit is in bytes. What came before an error is in the body, too.
    """
    stopped, until = "", time.monotonic() + seconds
    try:
        async for chunk in io.chunks(stream):
            if stopped:
                break  # a body of the caller's transport, which goes on when it is closed
            body += chunk
            stopped = "size" if len(body) > limit else "time" * (time.monotonic() > until)
            if stopped:
                await close(io, stream)  # which ends the iteration, to its last generator
        await close(io, stream)  # not for who is cancelled: his client has to be abandoned first
    except (*BROKEN, httpx.StreamError) as error:
        if late := raised_by_signal(error):
            raise late from late.__cause__
        with suppress(*BROKEN):
            await close(io, stream)
        return stopped or error
    return stopped


def decompress(raw: bytes, encoding: str, limit: int) -> tuple[bytes, str]:
    """Undo a Content-Encoding, as far as the first byte beyond a limit; say what is wrong with it.

    A small body may hold gigabytes, so never all at once.
    """
    encoding = encoding.strip().lower()
    if not raw or encoding in {"", "identity"}:
        return raw, ""
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        return b"", f"Content-Encoding {one_line(encoding, 80)} is not read here"
    body = b""
    for _ in range(_MEMBERS):
        inflater = zlib.decompressobj(zlib.MAX_WBITS + 32)  # which knows both by their beginning
        try:
            body += inflater.decompress(raw, limit + 1 - len(body))
        except zlib.error as error:
            return body, str(error)
        if not inflater.eof and len(body) <= limit:
            return body, "the compressed body breaks off"
        raw = inflater.unused_data
        if len(body) > limit or not raw.startswith(_GZIP):  # padding is no member
            return body, ""
    return body, "it has too many members"


def decode_body(body: bytes, charset: str | None = None, redact: Callable[[str], str] = str) -> Any:
    """Decode JSON; give at most 64 KiB of text if it is none, None if it is empty."""
    is_cut, body = len(body) > READ_LIMIT, body[:READ_LIMIT]
    try:
        text = body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # no such charset, or one that has no errors to replace
        text = body.decode(errors="replace")
    for source in (body, text):  # JSON has no charset but UTF-8 and its like; not all know
        with suppress(ValueError, RecursionError):
            plain = json.dumps(json.loads(source), ensure_ascii=False)  # what escapes it needs
            # What is too deep to copy does not pickle.
            return copy.deepcopy(json.loads(redact(plain)))
    text = redact(text.removeprefix("\ufeff").strip())
    return text[: -_MARGIN if is_cut else None][:ERROR_BODY_LIMIT] or None


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def server_message(status_code: int, body: Any) -> str:
    """Return the server's own words about an error, wherever it put them."""
    standard = responses.get(status_code, f"status {status_code}")
    for text in _words(body):
        title = re.search(_TITLE, text, re.IGNORECASE)
        words = one_line(title[1] if title else re.sub(_TAG, " ", text), _MESSAGE_LIMIT)
        # "Bad Request." beside a title that says what is bad is no news.
        if any(map(str.isalnum, words)) and words.rstrip(".").lower() != standard.lower():
            return words
    return standard


def _words(value: Any, *, is_inner: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        yield "" if value.startswith(("{", "[")) else value  # JSON that is cut off or broken
    elif _is_array(value):
        for each in value:
            yield from _words(each, is_inner=True)
    elif is_object(value):
        known = [key for key in _MESSAGE_KEYS if key in value]
        for key in known:
            yield from _words(value[key], is_inner=True)
        if is_inner and not known:  # {"name": ["is too short"]}, as a detail may be
            named = {key: ", ".join(_words(value[key], is_inner=True)) for key in value}
            yield "; ".join(f"{key}: {words}" for key, words in named.items() if words)
