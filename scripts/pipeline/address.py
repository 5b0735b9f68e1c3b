"""The address of a document: where it points, and what of it may be told and recorded."""

import ipaddress
from urllib.parse import urlsplit, urlunsplit


def is_url(address: str) -> bool:
    """Say whether an address is a URL of which every part can be read."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # either may be what is wrong
    except ValueError:
        return False
    return bool(host) or parts.scheme == "file"


def scheme(address: str) -> str:
    """Give the scheme of a URL; a path has none."""
    return address.partition("://")[0].lower() if "://" in address else ""


def shown(address: str) -> str:
    """Give what may be told of an address: neither credentials nor query, both may be secret."""
    if "://" not in address:
        return address
    if not is_url(address):
        return f"{scheme(address)}://..."
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Say whether a URL points at this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
