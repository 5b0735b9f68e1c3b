"""What a caller may set: headers, cookies, times, retries, httpx_args and proxies.

Each function raises ConfigurationError for what can be seen to be unusable.
"""

from __future__ import annotations

import inspect
import os
import re
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.request import getproxies

from ._errors import ConfigurationError
from ._httpx import httpx
from ._urls import is_loopback, read_url
from ._version import __version__

Timeout = float | httpx.Timeout | None
Verify = ssl.SSLContext | str | os.PathLike[str] | bool
Hooks = dict[str, list[Callable[..., Any]]]

HEADERS = {
    "User-Agent": f"upsun-client/{__version__} Python/{sys.version.split()[0]} {sys.platform}",
    # Others, such as br, need libraries to undo that not everybody has.
    "Accept-Encoding": "gzip, deflate",
}
NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # of a header, cookie or method
_LEAST_LIMITS = {"max_connections": 1, "max_keepalive_connections": 0, "keepalive_expiry": 0}
_TRANSPORTS = httpx.BaseTransport | httpx.AsyncBaseTransport
_OURS = {"auth", "base_url", "cookies", "follow_redirects", "headers", "timeout", "verify"}


def check_kind(name: str, value: object, kinds: Any, wanted: str) -> None:
    """Raise ConfigurationError if a value is of no such kind; the value is not quoted."""
    if not isinstance(value, kinds):
        raise ConfigurationError(f"{name} must be {wanted}, not {type(value).__name__}")


def _read_mapping(name: str, given: Any) -> dict[Any, Any]:
    check_kind(name, given, Mapping | None, "a mapping")
    return dict(given or {})


def read_origins(given: Iterable[str]) -> list[httpx.URL]:
    """Return the origins that get credentials beside that of the API."""
    if isinstance(given, str | bytes):
        raise ConfigurationError('trusted_origins must be a list, such as ["https://host"]')
    check_kind("trusted_origins", given, Iterable, "a list of URLs")
    origins = [read_url("trusted_origins", each) for each in given]
    for each in origins:
        if each.path not in {"", "/"}:
            raise ConfigurationError(f"trusted_origins: an origin has no path: {str(each)!r}")
    return origins


def read_headers(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers or cookies that can be sent. A value may be a secret: it is not quoted."""
    fields = _read_mapping(name, given)
    for key, value in fields.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ConfigurationError(f"{name} must map strings to strings; {key!r} does not")
        if not NAME.fullmatch(key):
            raise ConfigurationError(f"{name} cannot have the name {key!r}")
        if not value.isascii() or value != value.strip() or not value.isprintable():
            problem = "has control or non-ASCII characters, or spaces around"
            raise ConfigurationError(f"{name}: the value of {key} {problem}")
    return fields


def merge_headers(first: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Return both; the second one's win, whatever the case of their names."""
    names = {name.lower() for name in then}
    return {**{name: first[name] for name in first if name.lower() not in names}, **then}


def read_timeout(timeout: Timeout) -> httpx.Timeout:
    """Return a timeout that httpx knows."""
    parts = timeout.as_dict().values() if isinstance(timeout, httpx.Timeout) else [timeout]
    for part in parts:
        number = isinstance(part, int | float) and not isinstance(part, bool)
        if part is not None and not (number and 0 < part <= threading.TIMEOUT_MAX):
            raise ConfigurationError(f"timeout must be positive seconds or None, not {part!r}")
    return timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)


def read_retries(max_retries: int) -> int:
    """Return how often to try again."""
    if type(max_retries) is not int or max_retries < 0:
        raise ConfigurationError(f"max_retries must be 0 or more, not {max_retries!r}")
    return max_retries


def read_httpx_args(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return further arguments of ``httpx.Client``, as far as they can be judged before use."""
    args = _read_mapping("httpx_args", given)
    if clash := sorted(_OURS & args.keys()):
        raise ConfigurationError(f"httpx_args cannot set {', '.join(clash)}")
    args["event_hooks"] = read_hooks(args.get("event_hooks"))
    args["mounts"] = _read_mapping("mounts", args.get("mounts"))
    with suppress(AttributeError, LookupError, TypeError, ValueError):
        args["params"] = httpx.QueryParams(args.get("params"))
    check_kind("params", args.get("params"), httpx.QueryParams, "what a query can be made of")
    args.setdefault("limits", httpx.Limits(max_connections=100, max_keepalive_connections=20))
    _check_limits(args["limits"])
    for each in (args.get("transport"), *args["mounts"].values()):
        check_kind("transport", each, _TRANSPORTS | None, "a transport of httpx")
    return args


def read_hooks(given: Any) -> Hooks:
    """Return event hooks, by what they are called for."""
    hooks: Hooks = {"request": [], "response": []}
    for kind, functions in _read_mapping("event_hooks", given).items():
        if kind not in hooks:
            raise ConfigurationError(f"event_hooks has 'request' and 'response', no {kind!r}")
        check_kind(name := f"event_hooks: {kind!r}", functions, Iterable, "a list of functions")
        for each in functions:
            check_kind(name, each, Callable, "a list of functions")
            hooks[kind].append(each)
    return hooks


def check_hooks(hooks: Hooks) -> None:
    """Refuse a hook that a synchronous call cannot wait for."""
    for hook in (*hooks["request"], *hooks["response"]):
        called = getattr(hook, "__call__", None)  # noqa: B004 - of an object that has one
        if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(called):
            raise ConfigurationError(f"the event hook {hook!r} is asynchronous, this call is not")


def _check_limits(limits: Any) -> None:
    check_kind("limits", limits, httpx.Limits, "httpx.Limits")
    for name, least in _LEAST_LIMITS.items():
        kinds = {int, float} if name == "keepalive_expiry" else {int}
        value = getattr(limits, name)
        if value is not None and not (type(value) in kinds and value >= least):
            raise ConfigurationError(f"limits: {name} cannot be {value!r}")


def check_proxies(args: Mapping[str, Any]) -> bool:
    """Tell whether plain http would go through a proxy that is not on this machine.

    An unusable one may hold a password, so it is not quoted.
    """
    if args.get("proxy") is not None:
        return not is_loopback(_read_proxy("the argument proxy", args["proxy"]))
    if not args.get("trust_env", True) or args.get("transport"):
        return False
    proxies: dict[str, httpx.URL] = {}
    for scheme, url in getproxies().items():
        if scheme in {"http", "https", "all"} and url:
            where = f"{scheme.upper()}_PROXY (proxy environment)"
            proxies[scheme] = _read_proxy(where, url if "://" in url else f"http://{url}")
    plain = proxies.get("http", proxies.get("all"))
    return plain is not None and not is_loopback(plain)


def _read_proxy(where: str, given: Any) -> httpx.URL:
    # Outside the handler, so that the error does not drag along one that quotes the URL.
    with suppress(httpx.InvalidURL, TypeError, ValueError):
        url = (given if isinstance(given, httpx.Proxy) else httpx.Proxy(given)).url
        url.raw_host.decode("ascii").encode("idna")
        if url.host and url.path in {"", "/"} and not (url.query or url.fragment):
            return url
    advice = "percent-encode what is special in the user or the password"
    form = "http://user:password@host:port"
    raise ConfigurationError(f"{where} holds no usable proxy URL ({form}); {advice}")
