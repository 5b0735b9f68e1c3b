"""Get the bytes of the document from a URL or a file: bounded in size and time, polite, exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from scripts.pipeline import address
from scripts.pipeline.errors import PipelineError, translate_errors

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 60.0
MAX_REDIRECTS = 5
TRY_LATER = "try again later"
# What an odd address, also of a proxy, raises beside the library's own errors.
_UNUSABLE = (ExceptionGroup, OSError, OverflowError, ValueError, ImportError)
# What a server gives to recognise an unchanged document by, by the header that gives it back.
_CONDITIONS = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}


@dataclass(frozen=True)
class Fetched:
    """An answer: the body, or None when the server said it is unchanged."""

    body: bytes | None
    conditions: Mapping[str, str] = field(default_factory=dict)  # headers of the next request


def fetch(source: str, conditions: Mapping[str, str] | None = None) -> Fetched:
    """Read the document at an https URL, a loopback http URL, a file URL or a path.

    Raises:
        PipelineError: When it cannot be had, in one line.
    """
    if address.scheme(source) in ("", "file"):
        fetched = Fetched(_read_file(source))
    else:
        fetched = _download(source, conditions)
    if fetched.body and len(fetched.body) > MAX_BYTES:
        told = f"{address.shown(source)} has more than {MAX_BYTES} bytes"
        raise PipelineError(f"{told}; is it an OpenAPI document?")
    return fetched


def _read_file(source: str) -> bytes:
    told = f"cannot read {address.shown(source)}"
    # No home directory, a null character.
    with translate_errors(told, OSError, ValueError, RuntimeError):
        path = Path(unquote(urlsplit(source).path) if "://" in source else source).expanduser()
        if not path.is_file():
            raise PipelineError(f"there is no file {path}; check SPEC_URL")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)


def _download(url: str, conditions: Mapping[str, str] | None) -> Fetched:
    import asyncio  # noqa: PLC0415 - a file needs neither

    import httpx  # noqa: PLC0415

    async def check(request: httpx.Request) -> None:
        _check(str(request.url), url)

    shown = address.shown(url)
    _check(url, url)
    headers = {
        "User-Agent": f"upsun-client/{version('upsun-client')}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        **(conditions or {}),
    }

    async def ask() -> Fetched:
        client = httpx.AsyncClient(
            timeout=MAX_SECONDS,
            trust_env=not address.is_loopback(url),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            event_hooks={"request": [check]},
        )
        stream = client.stream("GET", url, headers=headers)
        async with asyncio.timeout(MAX_SECONDS), client, stream as response:
            return await _read(response, shown)

    try:
        return asyncio.run(ask())
    except (TimeoutError, httpx.TimeoutException) as error:
        told = f"did not deliver the document within {MAX_SECONDS} s; {TRY_LATER}"
        raise PipelineError(f"{shown} {told}") from error
    except (httpx.HTTPError, httpx.InvalidURL, *_UNUSABLE) as error:
        # The words of others repeat parts of an address, and that may hold a password.
        words = str(error) if isinstance(error, httpx.HTTPError | OSError) else ""
        told = f"cannot fetch {shown} ({words or type(error).__name__}); check SPEC_URL, the"
        rest = f"network and the environment's proxy, or {TRY_LATER}"
        raise PipelineError(f"{told} {rest}") from error


def _check(url: str, start: str) -> None:
    """Check an address that is about to be asked, on the way from where the way starts."""
    by = "" if url == start else f" ({address.shown(start)} redirects there)"
    if not address.is_url(url):
        raise PipelineError(f"{address.shown(url)}{by} is no URL; check SPEC_URL")
    is_here = address.is_loopback(url) and urlsplit(url).hostname == urlsplit(start).hostname
    if address.scheme(url) != "https" and not (address.scheme(url) == "http" and is_here):
        told = "is not https, nor on this machine; use https"
        raise PipelineError(f"{address.shown(url)}{by} {told}")


async def _read(response: "httpx.Response", shown: str) -> Fetched:
    given = response.headers
    marks = {name: given.get(mark, "") for name, mark in _CONDITIONS.items()}
    conditions = {
        name: mark for name, mark in marks.items() if mark and mark.isascii() and mark.isprintable()
    }
    if response.status_code == 304 and any(map(response.request.headers.get, _CONDITIONS)):
        return Fetched(None, conditions)
    if response.status_code != 200:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        raise PipelineError(f"{shown} answered {status}; check SPEC_URL, or {TRY_LATER}")
    # Nested encodings expand a small answer without bound before it can be counted.
    if given.get("Content-Encoding", "identity").lower() not in ("identity", "gzip"):
        raise PipelineError(f"{shown} answered with an encoding that was not asked for")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return Fetched(bytes(body), conditions)
