"""The address of a document: where it points, and what of it may be told and recorded."""

import ipaddress
from urllib.parse import urlsplit

from scripts.pipeline.errors import PipelineError


def check(url: str) -> None:
    """Check that a URL is one.

    Raises:
        PipelineError: When it is not.
    """
    if not _is_url(url):
        raise PipelineError(f"{shown(url)} is no URL; check SPEC_URL")


def shown(address: str) -> str:
    """Give what may be told of an address: neither credentials nor query, both may be secret."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address
    if not _is_url(address):
        return f"{scheme}://{_before(rest.rpartition('@')[2])}"
    host, slash, path = _before(rest).partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def is_loopback(url: str) -> bool:
    """Say whether a URL points at this very machine."""
    if not _is_url(url):
        return False
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_lasting(address: str) -> bool:
    """Say whether an address means the same document on another machine."""
    return scheme(address) in ("http", "https") and not is_loopback(address)


def scheme(address: str) -> str:
    """Give the scheme of a URL; a path has none."""
    return address.partition("://")[0].lower() if "://" in address else ""


def _before(rest: str) -> str:
    return rest.partition("#")[0].partition("?")[0]


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # either may be what is wrong
    except ValueError:
        return False
    return bool(host) or parts.scheme == "file"
