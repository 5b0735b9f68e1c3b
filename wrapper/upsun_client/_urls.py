"""Which URLs credentials may be sent to."""

from __future__ import annotations

from ipaddress import ip_address

from ._errors import ConfigurationError, UnsafePathError
from ._httpx import httpx
from ._paths import check_path

_LAST_PORT = 65535
_API_ROOT = "/projects"


def read_url(name: str, url: str) -> httpx.URL:
    """Return a URL that credentials may be sent to.

    Raises:
        ConfigurationError: if it is no https URL (http is for loopback), or holds more than
            an origin and a path. What may be a password is not quoted.
    """
    try:
        url = url.rstrip("/")
        parsed = parse_url(url)
        check_path(url)
    except (AttributeError, TypeError, httpx.InvalidURL, UnicodeError, UnsafePathError):
        shown = "" if "@" in str(url) else f": {url!r}"
        raise ConfigurationError(f"{name} is no usable URL{shown}") from None
    if any(character.isspace() for character in url) or (parsed.port or 0) > _LAST_PORT:
        raise ConfigurationError(f"{name} has whitespace or a port above {_LAST_PORT}")
    if "@" in url or parsed.query or parsed.fragment:
        raise ConfigurationError(f"{name} must hold no user, query or fragment")
    if not parsed.host or parsed.scheme not in {"http", "https"}:
        raise ConfigurationError(f"{name} must be an https URL, not {url!r}")
    if parsed.scheme == "http" and not is_loopback(parsed):
        raise ConfigurationError(f"{name} must be https; http is for loopback only: {url!r}")
    return parsed


def parse_url(url: str) -> httpx.URL:
    """Parse a URL.

    Raises:
        httpx.InvalidURL: if it is none.
        UnicodeError: if its host has a label that is empty or too long to be looked up.
    """
    parsed = httpx.URL(url)
    parsed.raw_host.decode("ascii").encode("idna")
    return parsed


def is_loopback(url: httpx.URL) -> bool:
    """Tell whether a URL leads to this machine."""
    try:
        return ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"


def origin(url: httpx.URL) -> tuple[bytes, bytes, int | None]:
    """Return what decides who gets credentials: scheme, host and port."""
    return url.raw_scheme, url.raw_host, url.port


def under(base: httpx.URL, path: str) -> str:
    """Return a path from the root of the server, for one that an operation or a link gives.

    An operation leaves out the prefix of the base URL, a link (HAL) has it.
    """
    prefix = base.path.rstrip("/")
    is_link = path.startswith(f"{prefix}/")
    if prefix == _API_ROOT:  # "/projects/p" is the operation's, "/projects/projects/p" the link's
        is_link = path.startswith(f"{prefix}{_API_ROOT}/")
    return path if is_link else f"{prefix}{path}"
