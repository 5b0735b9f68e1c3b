"""What a caller may set: URLs, headers, cookies, times, retries, httpx_args and proxies.

Each function raises ConfigurationError for what can be seen to be unusable; what only the HTTP
library can tell is `translated`.
"""

import codecs
import inspect
import itertools
import math
import os
import re
import ssl
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any
from urllib.request import getproxies

from ._errors import ConfigurationError, UnsafePathError
from ._httpx import httpx
from ._paths import check_path
from ._version import __version__

Timeout = float | httpx.Timeout | None
Verify = ssl.SSLContext | str | os.PathLike[str] | bool
Hooks = dict[str, list[Callable[..., Any]]]
NO_HOOKS: Hooks = {"request": [], "response": []}

HEADERS = {
    "user-agent": f"upsun-client/{__version__} Python/{sys.version.split()[0]} {sys.platform}",
    "accept-encoding": "gzip",  # which everybody has, and means one thing by
}
NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # of a header, cookie or method
_VALUE = r"([!-~]([ -~]*[!-~])?)?"
_OURS = {"auth", "base_url", "cookies", "follow_redirects", "headers", "timeout", "verify"}
_SHORTEST_TIMEOUT = 1e-6  # seconds


@contextmanager
def translated(what: str) -> Generator[None, None, None]:
    """Raise ConfigurationError for whatever a library says of what it cannot use."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - of whatever kind
        problem = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"{what} cannot be used ({problem})") from None


def check_kind(name: str, value: object, kinds: Any, wanted: str) -> None:
    """Refuse a value that is of no such kind; it is not quoted."""
    if not isinstance(value, kinds):
        raise ConfigurationError(f"{name} must be {wanted}, not {type(value).__name__}")


def check_number(name: str, value: Any, kinds: Any, least: float, most: float = math.inf) -> None:
    """Refuse a value that is no such number, or None where that is one of the kinds."""
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    if not is_number or not (value is None or least <= value <= most):
        wanted = f"a number from {least:g} to {most:g}"
        raise ConfigurationError(f"{name} must be {wanted}, not {value!r}")


def _read_mapping(name: str, given: Any) -> dict[Any, Any]:
    check_kind(name, given, Mapping | None, "a mapping")
    with translated(name):  # of httpx.Cookies, two may have one name
        return dict(given or {})


def read_url(name: str, url: str) -> httpx.URL:
    """Return a URL that credentials may be sent to. What may be a password is not quoted."""
    with suppress(AttributeError, TypeError, httpx.InvalidURL, UnicodeError, UnsafePathError):
        check_path(plain := url.rstrip("/"))
        parsed = _parse_url(plain)
        is_safe = parsed.scheme == "https" or (parsed.scheme == "http" and is_loopback(parsed))
        is_more = {*"@*?"} & {*url} or any(map(str.isspace, url))  # "?" also with nothing behind
        if is_safe and parsed.host and not is_more and (parsed.port or 0) <= 65535:
            return parsed
    shown = "" if "@" in str(url) else f", not {url!r}"
    form = f"https://host[:port]{'[/path]' * name.endswith('url')}, or http for loopback only"
    raise ConfigurationError(f"{name} must be {form}, without user, query or fragment{shown}")


def read_origins(given: Iterable[str]) -> list[httpx.URL]:
    """Return the origins that get credentials beside that of the API."""
    is_list = hasattr(given, "__iter__") and not isinstance(given, str | bytes)
    origins = [read_url("trusted_origins", each) for each in given] if is_list else []
    if not is_list or any(each.path not in {"", "/"} for each in origins):
        raise ConfigurationError('trusted_origins must be a list, without paths: ["https://host"]')
    return origins


def _parse_url(url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    parsed.raw_host.decode("ascii").encode("idna")  # fails for what cannot be looked up
    return parsed


def is_loopback(url: httpx.URL) -> bool:
    with suppress(ValueError):
        return ip_address(url.host).is_loopback
    return url.host == "localhost"


def read_headers(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers or cookies that can be sent. A value may be a secret: it is not quoted."""
    fields = _read_mapping(name, given)
    for key, value in fields.items():
        is_text = isinstance(key, str) and isinstance(value, str)
        if not (is_text and NAME.fullmatch(key) and re.fullmatch(_VALUE, value)):
            problem = "is no name, or its value no printable ASCII text without spaces around"
            raise ConfigurationError(f"{name}: {key!r} {problem}")
    return fields if name == "cookies" else {key.lower(): fields[key] for key in fields}


def read_timeout(timeout: Any) -> httpx.Timeout:
    with translated("timeout"):
        read = httpx.Timeout(timeout)
    bounds = _SHORTEST_TIMEOUT, threading.TIMEOUT_MAX
    for part in read.as_dict().values():
        check_number("timeout", part, int | float | None, *bounds)
    return read


def read_httpx_args(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return further arguments of ``httpx.Client``, as far as they can be judged before use."""
    args = _read_mapping("httpx_args", given)
    if clash := sorted(_OURS & args.keys()):
        raise ConfigurationError(f"httpx_args cannot set {', '.join(clash)}")
    args["event_hooks"] = read_hooks(args.get("event_hooks"))
    args["mounts"] = _read_mapping("mounts", args.get("mounts"))
    with translated("default_encoding"):
        if not callable(encoding := args.get("default_encoding", "utf-8")):
            codecs.lookup(encoding)
    args.setdefault("limits", httpx.Limits(max_connections=100, max_keepalive_connections=20))
    check_kind("limits", limits := args["limits"], httpx.Limits, "httpx.Limits")
    check_number("limits: max_connections", limits.max_connections, int | None, 1)
    kept = limits.max_keepalive_connections
    check_number("limits: max_keepalive_connections", kept, int | None, 0)
    check_number("limits: keepalive_expiry", limits.keepalive_expiry, int | float | None, 0)
    return args


def read_hooks(given: Any) -> Hooks:
    """Return event hooks, by what they are called for."""
    hooks = _read_mapping("event_hooks", given)
    with suppress(TypeError):
        if not hooks.keys() - NO_HOOKS.keys():
            return {kind: [*hooks.get(kind, ())] for kind in NO_HOOKS}
    raise ConfigurationError("event_hooks must map 'request' and 'response' to lists of functions")


def check_hooks(hooks: Hooks, *, is_blocking: bool) -> None:
    """Refuse what is no event hook, or one that a synchronous call cannot wait for."""
    for hook in itertools.chain(*hooks.values()):
        if not callable(hook) or (is_blocking and is_asynchronous(hook)):
            problem = "is no function, or asynchronous in a call that is not"
            raise ConfigurationError(f"event_hooks: {hook!r} {problem}")


def is_asynchronous(function: Any) -> bool:
    called = getattr(function, "__call__", None)  # noqa: B004 - of an object that has one
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def covers(mount: str, host: str, args: Mapping[str, Any]) -> bool:
    """Tell whether a pattern of ``mounts`` goes before a proxy, for plain http to a host."""
    scheme, _, place = mount.partition("://")
    is_of_all = args.get("proxy") is not None or "http" not in getproxies()
    if not place:
        return scheme == "http" or (scheme == "all" and is_of_all)
    return scheme in {"http", "all"} and place in {host, re.sub(r":\d+$", "", host)}


def check_proxies(args: Mapping[str, Any]) -> bool:
    """Tell whether plain http would go through a proxy that is not on this machine.

    An unusable one may hold a password, so it is not quoted.
    """
    if args.get("proxy") is not None:
        return not is_loopback(_read_proxy("the argument proxy", args["proxy"]))
    if not args.get("trust_env", True) or args.get("transport") is not None:
        return False
    proxies = {
        scheme: _read_proxy(
            f"{scheme.upper()}_PROXY (proxy environment)", url if "://" in url else f"http://{url}"
        )
        for scheme, url in getproxies().items()
        if scheme in {"http", "https", "all"} and url
    }
    plain = proxies.get("http", proxies.get("all"))
    return plain is not None and not is_loopback(plain)


def _read_proxy(where: str, given: Any) -> httpx.URL:
    # Outside the handler, so that the error does not drag along one that quotes the URL.
    with suppress(httpx.InvalidURL, TypeError, ValueError):
        url = (given if isinstance(given, httpx.Proxy) else httpx.Proxy(given)).url
        _parse_url(str(url))
        if url.host and url.path in {"", "/"} and not (url.query or url.fragment):
            return url
    advice = "percent-encode what is special in the user or the password"
    form = "http://user:password@host:port"
    raise ConfigurationError(f"{where} holds no usable proxy URL ({form}); {advice}")
