"""Get the bytes of the document from a URL or a file: bounded in size and time, polite, exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from scripts.pipeline import address
from scripts.pipeline.errors import PipelineError

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 60.0
MAX_REDIRECTS = 5
TRY_LATER = "try again later"
# What a server gives to recognise an unchanged document by, by the header that gives it back.
_CONDITIONS = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}


@dataclass(frozen=True)
class Fetched:
    """An answer: the body, or None when the server said it is unchanged."""

    body: bytes | None
    conditions: Mapping[str, str] = field(default_factory=dict)  # headers of the next request


def fetch(
    source: str,
    conditions: Mapping[str, object] | None = None,
    *,
    user_agent: str = "upsun-client",
    max_bytes: int = MAX_BYTES,
    max_seconds: float = MAX_SECONDS,
) -> Fetched:
    """Read the document at an https URL, a loopback http URL, a file URL or a path.

    Args:
        source: Where it is.
        conditions: Headers that make the request conditional; ignored for files.
        user_agent: How the request names itself.
        max_bytes: A longer body is refused, in bytes.
        max_seconds: Bound on the whole exchange, in seconds.

    Raises:
        PipelineError: When it cannot be had, in one line.
    """
    if address.scheme(source) in ("", "file"):
        return Fetched(_read_file(source, max_bytes))
    headers = {
        "User-Agent": user_agent,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        **_sendable(conditions or {}),
    }
    import asyncio  # noqa: PLC0415 - as slow to import as a file is to read

    return asyncio.run(_download(source, headers, max_bytes, max_seconds))


def _sendable(conditions: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value
        for name, value in conditions.items()
        if isinstance(value, str) and value.isascii() and value.isprintable()
    }


def _read_file(source: str, max_bytes: int) -> bytes:
    try:
        path = Path(unquote(urlsplit(source).path) if "://" in source else source).expanduser()
        if not path.exists():
            raise PipelineError(f"there is no file {path}; check SPEC_URL")
        if not path.is_file():
            raise PipelineError(f"{path} is not a file; SPEC_URL must name an OpenAPI document")
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except (OSError, ValueError, RuntimeError) as error:  # no home directory, a null character
        reason = getattr(error, "strerror", None) or error
        raise PipelineError(f"cannot read {address.shown(source)} ({reason})") from error
    if len(body) > max_bytes:
        raise PipelineError(f"{path} is larger than {max_bytes} bytes; is it the right file?")
    return body


async def _download(
    url: str, headers: dict[str, str], max_bytes: int, max_seconds: float
) -> Fetched:
    import asyncio  # noqa: PLC0415

    import httpx  # noqa: PLC0415 - the other sources need no HTTP library

    async def check(request: httpx.Request) -> None:
        _check(str(request.url), url)

    shown = address.shown(url)
    _check(url, url)
    try:
        client = httpx.AsyncClient(
            timeout=max_seconds,
            trust_env=not address.is_loopback(url),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            event_hooks={"request": [check]},
        )
        stream = client.stream("GET", url, headers=headers)
        async with asyncio.timeout(max_seconds), client, stream as response:
            return await _read(response, shown, max_bytes)
    except (TimeoutError, httpx.TimeoutException) as error:
        told = f"did not deliver the document within {max_seconds} s; {TRY_LATER}"
        raise PipelineError(f"{shown} {told}") from error
    except (httpx.ConnectError, ExceptionGroup, OverflowError) as error:  # a proxy's odd port
        told = f"({error}); check the network, or pass SPEC_URL=path"
        raise PipelineError(f"cannot reach {shown} {told}") from error
    except (httpx.InvalidURL, ValueError, ImportError) as error:
        # The reason repeats parts of it, and it may hold a password.
        told = "leads to what is no URL, or the environment names a proxy that cannot be used;"
        todo = "check SPEC_URL, HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        raise PipelineError(f"{shown} {told} {todo}") from error
    except (httpx.HTTPError, OSError) as error:
        told = f"({str(error) or type(error).__name__}); check SPEC_URL, or {TRY_LATER}"
        raise PipelineError(f"the answer of {shown} broke off {told}") from error


def _check(url: str, start: str) -> None:
    """Check an address that is about to be asked, on the way from where the way starts."""
    address.check(url)
    if address.scheme(url) == "https":
        return
    here = address.is_loopback(url) and urlsplit(url).hostname == urlsplit(start).hostname
    if address.scheme(url) != "http" or not here:
        by = "" if url == start else f" ({address.shown(start)} redirects there)"
        raise PipelineError(
            f"{address.shown(url)}{by} is not https, nor on this machine; use https"
        )


async def _read(response: "httpx.Response", shown: str, max_bytes: int) -> Fetched:
    given = response.headers
    conditions = _sendable({name: given.get(mark) for name, mark in _CONDITIONS.items()})
    if response.status_code == 304 and any(map(response.request.headers.get, _CONDITIONS)):
        return Fetched(None, conditions)
    if response.status_code != 200:
        raise PipelineError(_refusal(response, shown))
    # Nested encodings expand a small answer without bound before it can be counted.
    if given.get("Content-Encoding", "identity").lower() not in ("identity", "gzip"):
        raise PipelineError(f"{shown} answered with an encoding that was not asked for")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise PipelineError(f"{shown} sends more than {max_bytes} bytes; check SPEC_URL")
    return Fetched(bytes(body), conditions)


def _refusal(response: "httpx.Response", shown: str) -> str:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    if later := response.headers.get("Retry-After"):
        status += f" (Retry-After: {later})"
    is_temporary = response.status_code in (429, 500, 502, 503, 504)
    return f"{shown} answered {status}; {TRY_LATER if is_temporary else 'check SPEC_URL'}"
