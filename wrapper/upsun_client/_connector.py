"""The way to a server: URLs, TLS, proxies and timeouts, the same for the API and the exchange."""

from __future__ import annotations

import ssl
import threading
from contextlib import nullcontext
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ._errors import ConfigurationError, UnsafePathError
from ._path import check_path

# What of httpx_args concerns the way to a server, and so holds for the exchange too.
_WAY = ("cert", "http1", "http2", "mounts", "proxy", "transport", "trust_env")
_OURS = {"auth", "base_url", "cookies", "follow_redirects", "headers", "timeout", "verify"}

SessionT = TypeVar("SessionT", httpx.Client, httpx.AsyncClient)
Timeout = float | httpx.Timeout | None


class Connector:
    """Options for httpx clients that share one TLS context.

    Args:
        timeout: seconds for each of connecting, sending, receiving and waiting for a
            connection; None waits for ever.
        verify_ssl: True for the usual authorities, a path to a file or folder of them, a
            context, or False for none.
        max_retries: how often to try again.
        httpx_args: further arguments of ``httpx.Client``.
    """

    def __init__(
        self,
        *,
        timeout: Timeout = 30.0,
        verify_ssl: ssl.SSLContext | str | bool = True,
        max_retries: int = 2,
        httpx_args: dict[str, Any] | None = None,
    ) -> None:
        httpx_args = dict(httpx_args or {})
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise ConfigurationError(f"max_retries must be 0 or more, not {max_retries!r}")
        if clash := sorted(_OURS & httpx_args.keys()):
            raise ConfigurationError(f"httpx_args cannot set {', '.join(clash)}")
        self.timeout = read_timeout(timeout)
        self.max_retries = max_retries
        self._verify = verify_ssl
        self._args = httpx_args
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def options(self) -> dict[str, Any]:
        """Return the arguments of an httpx client for the API."""
        return {**self._args, "verify": self._context()}

    def exchange_options(self) -> dict[str, Any]:
        """Return those of a client for the auth server: the way there, no hooks or headers."""
        way = {key: value for key, value in self._args.items() if key in _WAY}
        return {**way, "verify": self._context(), "timeout": self.timeout}

    def closing(self, session: SessionT) -> SessionT | nullcontext[SessionT]:
        """Return a context that closes a session, but not a transport that the caller lent."""
        lent = not self._args.keys().isdisjoint({"mounts", "transport"})
        return nullcontext(session) if lent else session

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._make_context()
            return self._tls

    def _make_context(self) -> ssl.SSLContext:
        verify = self._verify
        try:
            if isinstance(verify, str):
                if Path(verify).is_dir():
                    return ssl.create_default_context(capath=verify)
                return ssl.create_default_context(cafile=verify)
            trust_env = self._args.get("trust_env", True)
            return httpx.create_ssl_context(verify=verify, trust_env=trust_env)
        except OSError as error:
            where = verify if isinstance(verify, str) else "SSL_CERT_FILE or SSL_CERT_DIR"
            raise ConfigurationError(f"no certificate authorities at {where}: {error}") from error


def read_timeout(timeout: Timeout) -> httpx.Timeout:
    """Return a timeout that httpx knows.

    Raises:
        ConfigurationError: if it is neither positive seconds nor None.
    """
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if timeout is not None:
        number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        if not number or not 0 < timeout < float("inf"):
            raise ConfigurationError(f"timeout must be positive seconds or None, not {timeout!r}")
    return httpx.Timeout(timeout)


def read_url(name: str, url: str) -> httpx.URL:
    """Return a URL that credentials may be sent to.

    Args:
        name: of the argument, for the error.
        url: what the caller gave.

    Raises:
        ConfigurationError: if it is no https URL (http is for loopback), or holds more than
            an origin and a path.
    """
    try:
        check_path(url)
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, UnsafePathError) as error:
        raise ConfigurationError(f"{name} is no usable URL: {error}") from None
    if parsed.userinfo or parsed.query or parsed.fragment:
        # Not quoted: what stands there may be a password.
        raise ConfigurationError(f"{name} must hold no user, query or fragment")
    if not parsed.host or parsed.scheme not in {"http", "https"}:
        raise ConfigurationError(f"{name} must be an https URL, not {url!r}")
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise ConfigurationError(
            f"{name} must be https, as it is sent credentials; http is for loopback: {url!r}"
        )
    return parsed


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Tell whether both URLs name the same scheme, host and port."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
