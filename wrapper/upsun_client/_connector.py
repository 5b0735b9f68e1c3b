"""The way to a server: TLS, proxies and timeouts, the same for the API and the exchange."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ._errors import ConfigurationError
from ._fork import watch
from ._http import AsyncSession, Session

if TYPE_CHECKING:
    from ._rules import Rules

# What of httpx_args concerns the way to a server, and so holds for the exchange too.
_WAY = ("cert", "http1", "http2", "proxy", "trust_env")
_OURS = {"auth", "base_url", "cookies", "follow_redirects", "headers", "timeout", "verify"}

SessionT = TypeVar("SessionT", Session, AsyncSession)
Timeout = float | httpx.Timeout | None
Verify = ssl.SSLContext | str | os.PathLike[str] | bool


class Connector:
    """Makes sessions that share one TLS context.

    Args:
        timeout: seconds for each of connecting, sending, receiving and waiting for a
            connection; None waits for ever.
        verify_ssl: True for the usual authorities, a path to a file or folder of them, a
            context, or False for none.
        max_retries: how often to try again.
        httpx_args: further arguments of ``httpx.Client``.
        user_agent: sent with every request.
    """

    def __init__(
        self,
        *,
        timeout: Timeout = 30.0,
        verify_ssl: Verify = True,
        max_retries: int = 2,
        httpx_args: dict[str, Any] | None = None,
        user_agent: str = "upsun-client",
    ) -> None:
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise ConfigurationError(f"max_retries must be 0 or more, not {max_retries!r}")
        if not isinstance(verify_ssl, bool | str | os.PathLike | ssl.SSLContext):
            kind = type(verify_ssl).__name__
            raise ConfigurationError(f"verify_ssl must be a bool, path or SSLContext, not {kind}")
        if not isinstance(httpx_args, Mapping | None):
            kind = type(httpx_args).__name__
            raise ConfigurationError(f"httpx_args must be a mapping, not {kind}")
        self._args = dict(httpx_args or {})
        transport = self._args.get("transport")
        if not isinstance(transport, httpx.BaseTransport | httpx.AsyncBaseTransport | None):
            kind = type(transport).__name__
            raise ConfigurationError(f"transport must be a transport of httpx, not {kind}")
        if clash := sorted(_OURS & self._args.keys()):
            raise ConfigurationError(f"httpx_args cannot set {', '.join(clash)}")
        self.timeout = read_timeout(timeout)
        self.max_retries = max_retries
        # Others, such as br, need libraries to undo that not everybody has.
        self.headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}
        self._verify = verify_ssl
        self._tls: ssl.SSLContext | None = None
        self._start_over()
        watch(self, Connector._start_over)

    def _start_over(self) -> None:
        # Forget a lock that a thread of the parent held.
        self._lock = threading.Lock()

    def session(
        self, kind: type[SessionT], rules: Rules, *, lent: bool = False, **options: Any
    ) -> SessionT:
        """Make a session for the API.

        Args:
            kind: of session.
            rules: that it follows.
            lent: whether transports of the caller's stay open when it is closed.
            options: of the session.

        Raises:
            ConfigurationError: if the arguments or the environment do not allow it.
        """
        transports = self._lent(kind) if lent else {}
        return self._make(kind, rules, {**self._args, **transports, **options})

    def exchange_session(self, kind: type[SessionT], rules: Rules) -> SessionT:
        """Make a session for the auth server: the same way, but no hooks or headers.

        Raises:
            ConfigurationError: if the arguments or the environment do not allow it.
        """
        way = {key: value for key, value in self._args.items() if key in _WAY}
        options = {**way, **self._lent(kind), "headers": self.headers, "timeout": self.timeout}
        return self._make(kind, rules, options)

    def _lent(self, kind: type[SessionT]) -> dict[str, Any]:
        lend = _Lent if kind is Session else _AsyncLent
        transport = self._args.get("transport")
        mounts = self._args.get("mounts") or {}
        return {
            "transport": transport and lend(transport),
            "mounts": {pattern: mount and lend(mount) for pattern, mount in mounts.items()},
        }

    def _make(self, kind: type[SessionT], rules: Rules, options: dict[str, Any]) -> SessionT:
        try:
            return kind(rules, verify=self._context(), **options)
        except (ImportError, TypeError, ValueError, httpx.InvalidURL) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(
                f"httpx_args, headers or the proxy environment make no HTTP client: {error}"
            ) from None

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._make_context()
            return self._tls

    def _make_context(self) -> ssl.SSLContext:
        verify = self._verify
        where = "SSL_CERT_FILE or SSL_CERT_DIR"
        try:
            if isinstance(verify, bool | ssl.SSLContext):
                trust_env = self._args.get("trust_env", True)
                return httpx.create_ssl_context(verify=verify, trust_env=trust_env)
            where = os.fspath(verify)
            if Path(where).is_dir():
                return ssl.create_default_context(capath=where)
            return ssl.create_default_context(cafile=where)
        except OSError as error:
            raise ConfigurationError(f"no certificate authorities at {where}: {error}") from error


class _Lent(httpx.BaseTransport):
    """A transport of the caller's, which the exchange and derived clients do not close."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._transport.handle_request(request)


class _AsyncLent(httpx.AsyncBaseTransport):
    """Its counterpart for asynchronous transports."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)


def read_timeout(timeout: Timeout) -> httpx.Timeout:
    """Return a timeout that httpx knows.

    Raises:
        ConfigurationError: if it is neither positive seconds nor None.
    """
    if isinstance(timeout, httpx.Timeout):
        return timeout
    number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if timeout is not None and not (number and 0 < timeout <= threading.TIMEOUT_MAX):
        raise ConfigurationError(f"timeout must be positive seconds or None, not {timeout!r}")
    return httpx.Timeout(timeout)
