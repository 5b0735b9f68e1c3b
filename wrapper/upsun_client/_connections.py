"""The connections of a client and of all that derive from it: plain clients of httpx, never shown.

They send what they are given, as it is. All that makes a request safe is above them, in the flow,
so that the proxy environment holds, which a transport of our own would switch off.
"""

from __future__ import annotations

import os
import ssl
import threading
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import getproxies

from ._errors import ConfigurationError
from ._httpx import httpx
from ._io import Io, PerLoop, watched
from ._options import Verify, check_kind, check_proxies

_HTTP2_STREAMS = 100  # that one connection carries at once
FOR_SESSIONS = {"params", "event_hooks"}  # what of httpx_args is used above the connections


class _NoCookies(httpx.Cookies):
    """Keeps none that a server sets: an API has no sessions."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class _Plain:
    """What both plain clients are, beside one of httpx."""

    cookies: ClassVar[httpx.Cookies] = _NoCookies()

    def _build_redirect_request(self, request: httpx.Request, response: Any) -> httpx.Request:  # noqa: ARG002
        # httpx builds it though nobody follows, and fails on a Location that is no URL.
        return request


class PlainClient(_Plain, httpx.Client):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Sends a request over kept connections."""

    transports = httpx.BaseTransport


class AsyncPlainClient(_Plain, httpx.AsyncClient):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Does the same for the tasks of one event loop."""

    transports = httpx.AsyncBaseTransport


class User:
    """Stands for a client, whatever its subclass makes of comparison."""

    def __init__(self, *, is_first: bool) -> None:
        self.is_first = is_first  # whether it derives from no other
        self.is_closed = False


class Pool:
    """A plain client, and the gate before it.

    No more requests enter than there are connections: what waits in line inside httpx costs it
    time, and a connection for each task that is cancelled there.
    """

    def __init__(self, make: Callable[[], Any], gate: Any, *, is_ours: bool) -> None:
        self.make, self.gate = make, gate  # a semaphore; None for no limit
        self.is_ours = is_ours  # whether no transport of the caller's is in it
        self.client = make()
        self.inside: set[Visit] = set()


class Visit:
    """A request that has passed the gate of a pool."""

    def __init__(self, io: Io, pool: Pool) -> None:
        self._io, self._pool = io, pool
        self.client, self._inside = pool.client, pool.inside
        self._inside.add(self)

    def abandon(self) -> None:
        """Send no more requests through a client that may have lost a connection.

        httpx 0.28 never uses a connection again whose request was cancelled just before it was
        sent, or while its answer was closed, and counts it for ever.
        """
        pool = self._pool
        if pool.is_ours and pool.client is self.client:
            pool.client, pool.inside = pool.make(), set()

    async def leave(self, stream: Any = None) -> None:
        """Close the stream of an answer and let the next one enter; no matter how often."""
        try:
            if stream is not None:
                await self._io.close(stream)
        except BaseException:
            self.abandon()
            raise
        finally:
            if self in self._inside:
                self._inside.remove(self)
                if self._pool.gate:
                    self._pool.gate.release()
                if self._inside is not self._pool.inside and not self._inside:  # the last in there
                    await self._io.close(self.client)


class Connections:
    """Makes pools on first use, one for threads and one for each event loop."""

    def __init__(self, args: Mapping[str, Any], verify_ssl: Verify, plain_hosts: list[str]) -> None:
        kinds = (bool, str, os.PathLike, ssl.SSLContext)
        check_kind("verify_ssl", verify_ssl, kinds, "a bool, path or SSLContext")
        self._args = {name: args[name] for name in args.keys() - FOR_SESSIONS}
        self._verify = verify_ssl
        self._plain_hosts = plain_hosts  # with ports, all on this machine
        self._is_ours = not (args.get("transport") or any(args["mounts"].values()))
        self._process = os.getpid()
        self.users: weakref.WeakSet[User] = weakref.WeakSet()
        self._tasks: PerLoop[Pool] = PerLoop()
        self.reset_after_fork()
        watched.add(self)

    def reset_after_fork(self) -> None:
        """Leave what is open to the parent: nothing of it is closed here, or used."""
        self.lock = threading.Lock()
        self._threads: Pool | None = None

    def for_threads(self) -> Pool:
        """Return the pool of synchronous calls.

        Raises:
            ConfigurationError: if the arguments or the environment do not allow one.
        """
        self._check_fork()
        if self._threads is None:
            with self.lock:
                if self._threads is None:
                    self._threads = self._pool(PlainClient, threading.Semaphore, self._args)
        return self._threads

    def for_tasks(self) -> Pool:
        """Return the pool of the running event loop; see `for_threads`."""
        self._check_fork()
        from anyio import Semaphore  # noqa: PLC0415 - a synchronous caller never pays for it

        return self._tasks.get(lambda: self._pool(AsyncPlainClient, Semaphore, self._args))

    def for_exchange(self) -> Pool:
        """Return a pool for one exchange: its own connections, the same way to the network."""
        self._check_fork()
        args = {**self._args, "limits": httpx.Limits()}
        mounts = self._args["mounts"]
        args["transport"] = _lend(args.get("transport"))
        args["mounts"] = {
            key: lent for key, each in mounts.items() if (lent := _lend(each)) or not each
        }
        return self._pool(PlainClient, threading.Semaphore, args)

    def leave(self, user: User) -> None:
        """Close the pool of threads if nobody but this user may need it."""
        pool = self._threads
        if pool and self._is_done(pool, user):
            self._threads = None
            pool.client.close()

    async def aleave(self, user: User) -> None:
        """Close the pool of the running event loop if nobody but this user may need it."""
        pool = self._tasks.pop(lambda pool: self._is_done(pool, user))
        if pool:
            await pool.client.aclose()

    def __del__(self) -> None:
        """Close what threads used; it takes no event loop."""
        if pool := getattr(self, "_threads", None):
            pool.client.close()

    def _is_done(self, pool: Pool, user: User) -> bool:
        with self.lock:  # others may derive clients meanwhile
            others = set(self.users) - {user}
        if all(each.is_closed for each in others):
            return True
        # Those that derive from a client that ends find new connections, if they ever look.
        return user.is_first and self._is_ours and not pool.inside

    def _check_fork(self) -> None:
        if not self._is_ours and self._process != os.getpid():
            problem = "a transport in httpx_args cannot be used in a forked process"
            raise ConfigurationError(f"{problem}; make a new transport and client there")

    def _pool(self, kind: Any, gate: Any, args: Mapping[str, Any]) -> Pool:
        width: int | None = args["limits"].max_connections
        if width and args.get("http2"):
            width = max(width, _HTTP2_STREAMS)
        make = partial(self._make, kind, args)
        return Pool(make, gate(width) if width else None, is_ours=self._is_ours)

    def _make(self, kind: Any, args: Mapping[str, Any]) -> Any:
        mounts = args["mounts"]
        for each in (args.get("transport"), *mounts.values()):
            wanted = f"a {kind.transports.__name__} in this kind of call"
            check_kind("a transport in httpx_args", each, kind.transports | None, wanted)
        own_way = any(str(key).startswith(("http:", "all:")) for key in mounts)
        if check_proxies(args) and not own_way:
            mounts = {f"http://{host}": None for host in self._plain_hosts} | mounts
        verify = self._context()
        try:
            return kind(**{**args, "mounts": mounts}, verify=verify)
        except httpx.InvalidURL as error:
            problem = f"{error}; is NO_PROXY a list of hosts: {getproxies().get('no')!r}?"
        except Exception as error:  # noqa: BLE001 - of whatever kind, for whatever argument
            problem = f"{type(error).__name__}: {error}"
        where = "httpx_args or the proxy environment"
        raise ConfigurationError(f"{where} make no HTTP client ({problem})")

    def _context(self) -> ssl.SSLContext:
        verify, where = self._verify, "SSL_CERT_FILE, SSL_CERT_DIR or SSLKEYLOGFILE"
        try:
            if not isinstance(verify, bool | ssl.SSLContext):
                where = os.fspath(verify)
                file, folder = (None, where) if Path(where).is_dir() else (where, None)
                verify = ssl.create_default_context(cafile=file, capath=folder)
            trust_env = self._args.get("trust_env", True)
            # Kept; two at once make two, which does no harm.
            self._verify = httpx.create_ssl_context(verify=verify, trust_env=trust_env)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"no certificate authorities at {where}: {error}") from error
        return self._verify


def _lend(transport: Any) -> httpx.BaseTransport | None:
    """Wrap a transport of the caller's for the exchange, which does not close it then."""
    if not isinstance(transport, httpx.BaseTransport):
        return None  # one of tasks has a loop that the exchange is not in
    return httpx.MockTransport(transport.handle_request)
