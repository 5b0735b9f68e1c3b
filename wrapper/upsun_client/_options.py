"""What a caller may set: headers, cookies, times, retries, httpx_args and proxies.

All that can be seen to be unusable is refused here, before anything is sent.
"""

from __future__ import annotations

import inspect
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.request import getproxies

from ._errors import ConfigurationError
from ._httpx import httpx
from ._urls import is_loopback
from ._version import __version__

Timeout = float | httpx.Timeout | None
Verify = ssl.SSLContext | str | os.PathLike[str] | bool
Hooks = dict[str, list[Callable[..., Any]]]

HEADERS = {
    "User-Agent": "upsun-client/{} Python/{}.{}.{} {}".format(
        __version__, *sys.version_info[:3], sys.platform
    ),
    # Others, such as br, need libraries to undo that not everybody has.
    "Accept-Encoding": "gzip, deflate",
}
_SEPARATORS = frozenset(' "(),/:;<=>?@[\\]{}')  # what the name of a header or cookie cannot have
_OURS = {"auth", "base_url", "cookies", "follow_redirects", "headers", "timeout", "verify"}


def read_headers(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers or cookies that can be sent.

    Raises:
        ConfigurationError: if they cannot. A value may be a secret, so it is not quoted.
    """
    if not isinstance(given, Mapping | None):
        raise ConfigurationError(f"{name} must be a mapping, not {type(given).__name__}")
    fields = dict(given or {})
    for key, value in fields.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ConfigurationError(f"{name} must map strings to strings; {key!r} does not")
        if not key.isascii() or not key or any(c in _SEPARATORS for c in key):
            raise ConfigurationError(f"{name} cannot have the name {key!r}")
        if not key.isprintable():
            raise ConfigurationError(f"{name} cannot have the name {key!r}")
        if not value.isascii() or value != value.strip() or not value.isprintable():
            raise ConfigurationError(
                f"{name}: the value of {key} has control or non-ASCII characters, or spaces around"
            )
    return fields


def merge_headers(first: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Return both; the second one's win, whatever the case of their names."""
    names = {name.lower() for name in then}
    return {**{name: first[name] for name in first if name.lower() not in names}, **then}


def read_timeout(timeout: Timeout) -> httpx.Timeout:
    """Return a timeout that httpx knows.

    Raises:
        ConfigurationError: if a part of it is neither positive seconds nor None.
    """
    parts = timeout.as_dict().values() if isinstance(timeout, httpx.Timeout) else [timeout]
    for part in parts:
        number = isinstance(part, int | float) and not isinstance(part, bool)
        if part is not None and not (number and 0 < part <= threading.TIMEOUT_MAX):
            raise ConfigurationError(f"timeout must be positive seconds or None, not {part!r}")
    return timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)


def read_retries(max_retries: int) -> int:
    """Return how often to try again.

    Raises:
        ConfigurationError: if it is no whole number from 0.
    """
    if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
        raise ConfigurationError(f"max_retries must be 0 or more, not {max_retries!r}")
    return max_retries


def read_httpx_args(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return further arguments of ``httpx.Client``, as far as they can be judged before use.

    Raises:
        ConfigurationError: if one is unusable.
    """
    if not isinstance(given, Mapping | None):
        raise ConfigurationError(f"httpx_args must be a mapping, not {type(given).__name__}")
    args = dict(given or {})
    if clash := sorted(_OURS & args.keys()):
        raise ConfigurationError(f"httpx_args cannot set {', '.join(clash)}")
    _check_limits(args.get("limits"))
    _check_mounts(args.get("mounts"))
    transport = args.get("transport")
    if not isinstance(transport, httpx.BaseTransport | httpx.AsyncBaseTransport | None):
        kind = type(transport).__name__
        raise ConfigurationError(f"transport must be a transport of httpx, not {kind}")
    args["event_hooks"] = read_hooks(args.get("event_hooks"))
    return args


def read_hooks(given: Any) -> Hooks:
    """Return event hooks, by what they are called for.

    Raises:
        ConfigurationError: if they are none.
    """
    hooks: Hooks = {"request": [], "response": []}
    if not isinstance(given, Mapping | None) or not set(given or {}) <= hooks.keys():
        raise ConfigurationError("event_hooks must map 'request' and 'response' to functions")
    for kind, functions in (given or {}).items():
        if not isinstance(functions, Iterable) or not all(map(callable, listed := [*functions])):
            raise ConfigurationError(f"event_hooks: {kind!r} must be a list of functions")
        hooks[kind] = listed
    return hooks


def check_hooks(hooks: Hooks) -> None:
    """Refuse a hook that a synchronous call cannot wait for.

    Raises:
        ConfigurationError: it names the hook.
    """
    for hook in (*hooks["request"], *hooks["response"]):
        called = getattr(hook, "__call__", None)  # noqa: B004 - of an object that has one
        if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(called):
            raise ConfigurationError(f"the event hook {hook!r} is asynchronous, this call is not")


def _check_limits(limits: Any) -> None:
    if limits is None:
        return
    if not isinstance(limits, httpx.Limits):
        raise ConfigurationError(f"limits must be httpx.Limits, not {type(limits).__name__}")
    for name in ("max_connections", "max_keepalive_connections", "keepalive_expiry"):
        value = getattr(limits, name)
        least = 1 if name == "max_connections" else 0
        whole = float if name == "keepalive_expiry" else int
        number = isinstance(value, int | whole) and not isinstance(value, bool)
        if value is not None and not (number and value >= least):
            raise ConfigurationError(f"limits: {name} cannot be {value!r}")


def _check_mounts(mounts: Any) -> None:
    if not isinstance(mounts, Mapping | None):
        raise ConfigurationError(f"mounts must be a mapping, not {type(mounts).__name__}")
    for pattern, mount in (mounts or {}).items():
        if not isinstance(mount, httpx.BaseTransport | httpx.AsyncBaseTransport | None):
            kind = type(mount).__name__
            raise ConfigurationError(f"mounts: {pattern!r} must have a transport, not {kind}")
        if not isinstance(pattern, str) or ":" not in pattern:
            raise ConfigurationError(f"mounts: {pattern!r} is no pattern such as 'https://'")


def check_proxies(args: Mapping[str, Any]) -> bool:
    """Tell whether plain http would go through a proxy that is not on this machine.

    Raises:
        ConfigurationError: if a proxy is unusable. It may hold a password, so it is not quoted.
    """
    if args.get("proxy") is not None:
        return not is_loopback(_read_proxy("the argument proxy", args["proxy"]))
    if not args.get("trust_env", True) or args.get("transport"):
        return False
    proxies = {
        scheme: _read_proxy(
            f"{scheme.upper()}_PROXY (proxy environment)", url if "://" in url else f"http://{url}"
        )
        for scheme, url in getproxies().items()
        if scheme in {"http", "https", "all"} and url
    }
    _check_no_proxy(getproxies().get("no", ""))
    plain = proxies.get("http", proxies.get("all"))
    return plain is not None and not is_loopback(plain)


def _read_proxy(where: str, given: Any) -> httpx.URL:
    # Outside the handler, so that the error does not drag along one that quotes the URL.
    with suppress(httpx.InvalidURL, TypeError, ValueError):
        url = (given if isinstance(given, httpx.Proxy) else httpx.Proxy(given)).url
        url.raw_host.decode("ascii").encode("idna")
        if url.host and url.path in {"", "/"} and not (url.query or url.fragment):
            return url
    raise ConfigurationError(
        f"{where} holds no usable proxy URL (http://user:password@host:port); "
        "percent-encode what is special in the user or the password"
    )


def _check_no_proxy(value: str) -> None:
    for entry in filter(None, map(str.strip, value.split(","))):
        forms = [entry] if "://" in entry else [f"all://*{entry}", f"all://[{entry}]"]
        for form in forms:
            with suppress(httpx.InvalidURL, ValueError):
                httpx.URL(form)
                break
        else:
            raise ConfigurationError(f"NO_PROXY (proxy environment) holds {entry!r}, no host")
