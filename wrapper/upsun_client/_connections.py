"""The connections of a client and of all that derive from it: plain clients of httpx, never shown.

They send what they are given, as it is. All that makes a request safe is above them, in the flow,
so that the proxy environment holds, which a transport of our own would switch off.
"""

import math
import os
import ssl
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.request import getproxies

from ._errors import ConfigurationError
from ._httpx import httpx
from ._io import Blocking, Gate, Io, PerLoop, Tasks, close, run
from ._options import Verify, check_kind, check_proxies, covers, is_asynchronous, translated

_FOR_SESSIONS = {"params", "event_hooks"}  # what of httpx_args is used above the connections


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


class _PlainClient(_Plain, httpx.Client):  # pyright: ignore[reportIncompatibleVariableOverride]
    pass


class _AsyncPlainClient(_Plain, httpx.AsyncClient):  # pyright: ignore[reportIncompatibleVariableOverride]
    pass


class User:
    """Stands for a client, whatever its subclass makes of comparison."""

    def __init__(self, *, is_first: bool) -> None:
        self.is_first = is_first  # whether it derives from no other
        self.is_closed = False


class Pool(Gate):
    """A plain client behind a gate.

    No more requests enter than there are connections: what waits in line inside httpx costs it
    time, and a connection for each task that is cancelled there.
    """

    is_closed = False  # ever: who comes after its client was closed gets a new one

    def __init__(self, make: Any, width: int | None, *, is_ours: bool) -> None:
        super().__init__(width or math.inf)
        self.is_ours = is_ours  # whether no transport of the caller's is in it
        self._make = make
        self.client: Any = make()

    def current(self) -> Any:
        """Return the client, for who is inside."""
        with self._lock:
            self.client = self.client or self._make()
            return self.client

    async def close(self, kind: type[Io], *, even_in_use: bool) -> None:
        """Close the client, unless somebody is inside."""
        with self._lock:
            if self.inside and not even_in_use:
                return
            client, self.client = self.client, None
        if client:
            await close(kind, client)


class Visit:
    """A request at the gate, and the body of its answer; when that is closed, the next enters."""

    client: Any = None  # that of the pool, once it is inside
    stream: Any = httpx.ByteStream(b"")
    own: Any = stream  # the body as it came, where a hook may have wrapped or replaced it

    def __init__(self, io: Io, pool: Pool) -> None:
        self._io, self._pool = io, pool

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.stream)

    def close(self) -> None:
        run(self.aclose())

    async def aclose(self) -> None:
        """Close the body and let the next one enter; no matter how often."""
        stream, own = self.stream, self.own
        self.stream = self.own = Visit.stream  # those hold on to the request as sent
        if not isinstance(getattr(own, "raised", None), Exception | None):
            self.abandon()  # a reader is cancelled, perhaps once more while httpx cleaned up
        try:
            for each in (stream, own)[own is stream :]:
                await close(self._io, each)
        except BaseException:
            self.abandon()
            raise
        finally:
            self._pool.leave(self)
            mine, others = self.client, [*self._pool.inside]
            if mine not in {None, self._pool.client, *(each.client for each in others)}:
                await close(self._io, mine)  # which was abandoned, and this was the last one

    def abandon(self) -> None:
        """Send no more requests through a client that may have lost a connection.

        httpx 0.28 never uses a connection again whose request was cancelled just before it was
        sent, or while its answer was closed, and counts it for ever.
        """
        pool = self._pool
        if pool.is_ours and pool.client is self.client and self in pool.inside:
            pool.client = None


class ThreadVisit(Visit, httpx.SyncByteStream):
    pass


class TaskVisit(Visit, httpx.AsyncByteStream):
    pass


class Connections:
    """Makes pools on first use, one for threads and one for each event loop."""

    def __init__(self, args: Mapping[str, Any], verify_ssl: Verify, plain_hosts: list[str]) -> None:
        self.for_sessions = {name: args[name] for name in args.keys() & _FOR_SESSIONS}
        self._args = {name: args[name] for name in args.keys() - _FOR_SESSIONS}
        self._verify = verify_ssl
        self._plain_hosts = plain_hosts  # with ports, all on this machine
        theirs = (args.get("transport"), *args["mounts"].values())
        self._is_ours = all(transport is None for transport in theirs)
        self._process = os.getpid()
        self._users: weakref.WeakValueDictionary[int, User] = weakref.WeakValueDictionary()
        self._pools = {Blocking: PerLoop(lambda: (os.getpid(), None)), Tasks: PerLoop()}

    def join(self, *, is_first: bool) -> User:
        user = User(is_first=is_first)
        self._users[id(user)] = user
        return user

    async def leave(self, kind: type[Io], user: User) -> None:
        """Close the pool of the running thread or loop if nobody but this user may need it."""
        pool = self._pools[kind].held()
        users = [ref() for ref in self._users.valuerefs()]
        is_last = all(each is None or each is user or each.is_closed for each in users)
        # Those that derive from a client that ends find new connections, if they ever look.
        if pool and (is_last or (user.is_first and self._is_ours)):
            await pool.close(kind, even_in_use=is_last)

    def pool(self, kind: type[Io]) -> Pool:
        """Return the pool of threads, or that of the running event loop."""
        return cast("Pool", self._pools[kind].get(lambda: self._pool(kind, self._args)))

    def for_exchange(self) -> Pool:
        """Return a pool for one exchange: its own connections, the same way to the network."""
        given = self._args["mounts"]
        # One of tasks is left out; so is nobody's, which stands for none.
        mounts = {key: _lend(given[key]) for key in given if _lend(given[key]) or not given[key]}
        own = {"transport": _lend(self._args.get("transport")), "mounts": mounts}
        return self._pool(Blocking, {**self._args, **own})

    def __del__(self) -> None:
        """Close what threads used, should nobody have done so; it takes no event loop."""
        if pool := self._pools[Blocking].held():
            run(pool.close(Blocking, even_in_use=True))

    def _pool(self, kind: type[Io], args: Mapping[str, Any]) -> Pool:
        if not self._is_ours and self._process != os.getpid():
            problem = "a transport in httpx_args cannot be used in a forked process"
            raise ConfigurationError(f"{problem}; make a new transport and client there")
        width = args["limits"].max_connections  # None for no limit
        return Pool(partial(self._make, kind, args), width, is_ours=self._is_ours)

    def _make(self, kind: type[Io], args: Mapping[str, Any]) -> Any:
        client: Any = _PlainClient if kind is Blocking else _AsyncPlainClient
        mounts = args["mounts"]
        for each in (args.get("transport"), *mounts.values()):
            wanted = f"a {kind.transport.__name__} in this kind of call"
            check_kind("a transport in httpx_args", each, kind.transport | None, wanted)
            mock = each if isinstance(each, httpx.MockTransport) else None
            if kind is Blocking and mock and is_asynchronous(mock.handler):
                raise ConfigurationError(f"a transport in httpx_args must be {wanted}")
        if check_proxies(args):
            for host in self._plain_hosts:
                own_way = any(covers(str(key), host, args) for key in mounts)
                mounts = mounts if own_way else {f"http://{host}": None} | mounts
        verify, no_proxy = self._context(), getproxies().get("no")
        where = f"httpx_args ({', '.join(sorted(map(str, args.keys() - {'limits'})))})"
        with translated(f"{where} or the proxy environment (NO_PROXY: {no_proxy})"):
            return client(**{**args, "mounts": mounts}, verify=verify)

    def _context(self) -> ssl.SSLContext:
        verify = self._verify
        with translated(f"verify_ssl ({verify!r}), SSL_CERT_FILE, SSL_CERT_DIR or SSLKEYLOGFILE"):
            if not isinstance(verify, bool | ssl.SSLContext):
                is_folder = Path(verify).is_dir()
                file, folder = (None, verify) if is_folder else (verify, None)
                verify = ssl.create_default_context(cafile=file, capath=folder)
            trust_env = self._args.get("trust_env", True)
            # Kept; two at once make two, which does no harm.
            self._verify = httpx.create_ssl_context(verify=verify, trust_env=trust_env)
        return self._verify


def _lend(transport: Any) -> httpx.BaseTransport | None:
    """Wrap a transport of the caller's for the exchange, which does not close it then."""
    if not isinstance(transport, httpx.BaseTransport):
        return None  # one of tasks has a loop that the exchange is not in
    if isinstance(transport, httpx.MockTransport) and is_asynchronous(transport.handler):
        import asyncio  # noqa: PLC0415 - which few need

        handler: Any = transport.handler
        return httpx.MockTransport(lambda request: asyncio.run(handler(request)))
    return httpx.MockTransport(transport.handle_request)
