"""Connections: shared, closed, one set for each event loop, and none of a parent process."""

import asyncio
import dataclasses
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from unittest import mock

import anyio
import anyio.lowlevel
import attrs
import pytest

from tests.client.conftest import Calls, delete_once, delete_once_async
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Request, Wire, answer, reset, token
from upsun_client import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    UpsunClient,
    UpsunError,
)

pytestmark = pytest.mark.usefixtures("_short_waits")


def test_derived_clients_share_the_token_and_leave_the_original_alone() -> None:
    with Wire() as server, UpsunClient(**server.kwargs(headers={"X-A": "1"})) as client:
        before = client.get_httpx_client()
        derived = client.with_headers({"X-B": "2"}).with_cookies({"c": "3"}).with_timeout(5)
        with derived:
            delete_once(derived)
            assert derived.get_httpx_client().timeout == httpx.Timeout(5)
        delete_once(client)
        assert client.get_httpx_client() is before
        assert before.timeout == httpx.Timeout(30.0)
    one, two = (call.headers for call in server.calls)
    assert (one["x-a"], one["x-b"], one["cookie"]) == ("1", "2", "c=3")
    assert two["x-a"] == "1"
    assert not {"x-b", "cookie"} & two.keys()
    assert len(server.exchanges) == 1
    assert type(derived) is UpsunClient


def test_a_derived_client_keeps_retries_and_options() -> None:
    seen: list[str] = []
    hooks = {"request": [lambda request: seen.append(request.url.path)]}
    kwargs = {"max_retries": 0, "httpx_args": {"event_hooks": hooks}}
    with Wire([reset]) as server, UpsunClient(**server.kwargs(**kwargs)) as client:
        with client.with_timeout(3) as derived, pytest.raises(APIConnectionError):
            delete_once(derived)
    assert len(server.calls) == len(seen) == 1


def counted(kind: Any, *names: str) -> Any:
    """A transport that counts how often it is closed, by whichever of these methods."""

    def count(name: str) -> Callable[..., Any]:
        def close(self: Any, *args: Any) -> Any:
            self.closed += 1
            return getattr(kind, name)(self, *args)

        return close

    return type("Counted", (kind,), {"closed": 0} | {name: count(name) for name in names})()


def test_a_transport_of_tasks_takes_no_exchange_off_its_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = "http://127.0.0.1:9/oauth2/token"
    with Wire(lambda request: token() if request.target == nowhere else ACCEPTED) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        args = {"mounts": {"http://": httpx.AsyncHTTPTransport()}}

        async def run() -> None:
            async with UpsunClient(**server.kwargs(token_url=nowhere, httpx_args=args)) as client:
                await delete_once_async(client)

        anyio.run(run)
        assert [call.target for call in server.calls] == [nowhere, "/projects/p/integrations/i"]


@pytest.mark.parametrize(("way", "last"), [("transport", "client"), ("mounts", "session")])
def test_a_transport_is_closed_with_the_last_of_its_clients(
    way: str, last: str, calls: Calls
) -> None:
    if calls.is_sync:
        transport = counted(httpx.HTTPTransport, "close", "__exit__")
    else:
        transport = counted(httpx.AsyncHTTPTransport, "aclose", "__aexit__")
    mounts = {"http://elsewhere.example": None, "http://": transport}

    async def run() -> None:
        args = {way: transport if way == "transport" else mounts}
        client = UpsunClient(**server.kwargs(httpx_args=args))
        derived = client.with_headers({"X-A": "1"})
        await calls.delete(derived)
        await calls.close(derived)
        await calls.delete(client)
        assert transport.closed == 0  # by the exchange neither
        await calls.close(client if last == "client" else calls.session(client))
        assert transport.closed == 1

    with Wire() as server:
        calls.run(run)
    assert [call.headers.get("x-a") for call in server.calls] == ["1", None]


def test_a_client_works_without_with_and_ends_with_it(calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        held = calls.session(client)
        await calls.delete(client)
        async with calls.entered(client):
            await calls.delete(client)
        await calls.close(client)
        assert held.is_closed
        for use in (
            lambda: calls.delete(client),
            lambda: calls.do(held.get("/x")),
            lambda: calls.do(calls.session(client)),
            lambda: calls.do(client.__enter__()),
            lambda: calls.do(client.__aenter__()),
            lambda: calls.do(client.with_headers({})),
        ):
            with pytest.raises(ClientClosedError, match="closed"):
                await use()
        await calls.close(held)

    with Wire() as server:
        calls.use(run, **server.kwargs())
        assert (len(server.calls), len(server.exchanges)) == (2, 1)


def test_racing_threads_get_one_http_client() -> None:
    client = UpsunClient("t")
    barrier = threading.Barrier(32)

    def get(_: int) -> int:
        barrier.wait()
        return id(client.get_httpx_client())

    with ThreadPoolExecutor(32) as pool, client:
        assert len(set(pool.map(get, range(32)))) == 1


def test_a_dropped_client_is_freed_and_leaves_no_socket() -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        client.get_httpx_client().get("/x")
        gone = weakref.ref(client)
        del client
        gc.collect()  # which would warn of a socket
    assert gone() is None


def test_an_async_client_can_be_had_before_its_loop() -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        early = client.get_async_httpx_client()

        async def run() -> None:
            async with client:
                assert client.get_async_httpx_client() is early
                await early.get("/x")

        anyio.run(run)
        assert early.is_closed


def test_a_mock_of_httpx_sees_the_requests_as_sent(request: pytest.FixtureRequest) -> None:
    if httpx.__name__ != "httpx":
        pytest.skip("pytest-httpx patches httpx alone")
    httpx_mock: Any = request.getfixturevalue("httpx_mock")
    httpx_mock.add_response(
        method="POST",
        url="https://auth.upsun.com/oauth2/token",
        match_content=b"grant_type=api_token&api_token=t",
        json={"access_token": "access", "expires_in": 900, "token_type": "bearer"},
    )
    httpx_mock.add_response(
        method="DELETE",
        url="https://api.upsun.com/projects/p/integrations/i",
        status_code=202,
        json={"status": "Accepted", "code": 202},
        is_reusable=True,
    )

    async def run() -> None:
        async with UpsunClient("t") as client:
            delete_once(client)
            await delete_once_async(client)

    anyio.run(run)
    exchange, *calls = httpx_mock.get_requests()
    assert exchange.headers["Authorization"].startswith("Basic ")
    assert [call.headers["Authorization"] for call in calls] == ["Bearer access"] * 2


def test_each_of_several_loops_keeps_its_connections(backend: str) -> None:
    together = threading.Barrier(3)

    async def run() -> None:
        for _ in range(3):
            together.wait(30)
            await delete_once_async(client)
        await client.get_async_httpx_client().aclose()

    async def last() -> None:
        await delete_once_async(client)
        await client.aclose()

    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        delete_once(client)
        before = server.connections
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: anyio.run(run, backend=backend), range(3)))
        assert server.connections == before + 3
        anyio.run(last, backend=backend)
        assert (len(server.calls), len(server.exchanges)) == (11, 1)


def test_a_client_closed_during_a_wait_says_so() -> None:
    def last(_: Request) -> bytes:
        client.close()
        return answer(503, b"", Retry_After="0")

    with Wire(last) as server:
        client = UpsunClient(**server.kwargs())
        with pytest.raises(ClientClosedError) as caught:
            delete_once(client)
        assert "may have taken effect" in caught.value.__notes__[0]
        with pytest.raises(ClientClosedError) as caught:
            delete_once(client)
        assert not hasattr(caught.value, "__notes__")
        with pytest.raises(ClientClosedError):
            client.with_headers({})


def test_a_client_that_is_closed_while_it_sends_says_so() -> None:
    with Wire() as server:
        with UpsunClient(**server.kwargs()) as client:
            delete_once(client)
            hooks = {"request": [lambda _: client.close()]}
            client.get_httpx_client().event_hooks = hooks
            with pytest.raises(ClientClosedError):
                delete_once(client)
        assert len(server.calls) == 1


# --- what derived clients share


def test_fifty_derived_clients_need_no_more_connections_than_one(calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        for number in range(50):
            derived = (
                client.with_headers({"X-N": str(number)}),
                client.with_cookies({"n": str(number)}),
                client.with_timeout(20 + number),
                client.with_max_retries(number),
            )
            await calls.delete(derived[number % 4])
            await calls.close(derived[number % 4])

    with Wire() as server:
        calls.use(run, **server.kwargs())
        assert (len(server.calls), len(server.exchanges), server.connections) == (50, 1, 2)


def test_closing_one_closes_nothing_of_another() -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        derived = client.with_max_retries(0)
        with client.with_timeout(3) as other:
            delete_once(other)
        delete_once(client)
        client.close()
        delete_once(derived)
        assert derived.max_retries == 0
        derived.close()
        for closed in (client, derived, other):
            with pytest.raises(ClientClosedError):
                delete_once(closed)


def test_closing_one_closes_nothing_of_another_that_waits_for_the_token(calls: Calls) -> None:
    def exchange(_: Request) -> bytes:
        asked.set()
        closed.wait(30)
        return token()

    async def close() -> None:
        await anyio.to_thread.run_sync(asked.wait)
        await client.aclose()
        closed.set()

    async def run() -> None:
        if calls.is_sync:
            client.get_httpx_client()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lambda: anyio.run(close))
                delete_once(derived)
        else:
            async with anyio.create_task_group() as group:
                group.start_soon(close)
                await delete_once_async(derived)
        await calls.close(derived)

    asked, closed = threading.Event(), threading.Event()
    with Wire(exchange=exchange) as server:
        client = UpsunClient(**server.kwargs())
        derived = client.with_max_retries(0)
        calls.run(run)
        assert len(server.calls) == 1


def test_clients_are_derived_and_closed_by_many_threads_at_once() -> None:
    def derive(_: int) -> None:
        for _ in range(100):
            client.with_headers({"X-A": "1"}).close()

    before = sys.getswitchinterval()
    with UpsunClient("t") as client, ThreadPoolExecutor(16) as pool:
        client.get_httpx_client()
        kept = [client.with_headers({}) for _ in range(1000)]
        for each in kept:
            each.close()
        try:
            sys.setswitchinterval(1e-6)
            list(pool.map(derive, range(16)))
        finally:
            sys.setswitchinterval(before)


def test_a_stream_of_a_derived_client_goes_on_when_its_original_is_closed() -> None:
    with Wire([answer(200, b"x" * 300_000)]) as server:
        client = UpsunClient(**server.kwargs())
        derived = client.with_timeout(10)
        with derived.get_httpx_client().stream("GET", "/log") as response:
            client.close()
            assert len(response.read()) == 300_000
        derived.close()


def test_a_stream_that_is_closed_twice_makes_room_once(calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        http = calls.session(client)
        response = await calls.do(http.send(http.build_request("GET", "/log"), stream=True))
        for each in (response.stream, response):
            await calls.close(each)
        await calls.delete(client)

    with Wire() as server:
        calls.use(run, **server.kwargs())


@dataclasses.dataclass
class DataClient(UpsunClient):
    project: str = "p"
    notes: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__("t")


@attrs.define
class AttrsClient(UpsunClient):
    project: str

    def __init__(self, project: str) -> None:
        super().__init__("t")
        self.project = project


class PlainClient(UpsunClient):
    def __init__(self, project: str) -> None:
        super().__init__("t")
        self.project = project


class SlotsClient(UpsunClient):
    __slots__ = ("project",)

    def __init__(self, project: str) -> None:
        super().__init__("t")
        self.project = project


@pytest.mark.parametrize("kind", [DataClient, AttrsClient, PlainClient, SlotsClient])
def test_a_subclass_of_any_kind_is_derived_with_its_fields(kind: Any) -> None:
    client = kind("mine")
    with client.with_timeout(3) as derived, client:
        assert type(derived) is kind
        assert derived.project == client.project == "mine"
        assert derived.get_httpx_client() is not client.get_httpx_client()


# --- the gate


async def _storm(client: UpsunClient, count: int, seconds: float) -> None:
    async def call() -> None:
        with suppress(UpsunError):
            await delete_once_async(client)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(call)
        await anyio.sleep(seconds)
        group.cancel_scope.cancel()


async def _storm_of_asyncio(client: UpsunClient, count: int, seconds: float) -> None:
    tasks = [asyncio.ensure_future(delete_once_async(client)) for _ in range(count)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# Older versions of anyio leave the socket of a cancelled attempt to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("raw", [ACCEPTED, answer(401), answer(503)], ids=["ok", "401", "503"])
@pytest.mark.parametrize("connections", [3, 10, None])
@pytest.mark.parametrize("backend", ["task.cancel", "asyncio", "trio"])
def test_no_connection_is_lost_to_cancelled_tasks(
    backend: str, connections: int | None, raw: bytes
) -> None:
    args = {"limits": httpx.Limits(max_connections=connections)} if connections else {}

    async def run() -> None:
        storm = _storm_of_asyncio if backend == "task.cancel" else _storm
        async with UpsunClient(**server.kwargs(httpx_args=args, max_retries=0)) as client:
            with suppress(UpsunError):
                await delete_once_async(client)
            for turn in range(20 if connections else 8):
                await storm(client, 4 * (connections or 60), 0.001 * (turn % 10))
            server.api = [ACCEPTED]
            for _ in range(2):
                async with anyio.create_task_group() as group:
                    for _ in range(connections or 100):
                        group.start_soon(delete_once_async, client)

    with Wire([raw]) as server:
        anyio.run(run, backend="trio" if backend == "trio" else "asyncio")


def test_waiting_at_the_gate_ends_as_a_wait_for_the_pool(flavour: str) -> None:
    asked, release = threading.Event(), threading.Event()

    def hold(_: Request) -> bytes:
        asked.set()
        release.wait(30)
        return ACCEPTED

    args = {"limits": httpx.Limits(max_connections=1)}
    kwargs = {"timeout": httpx.Timeout(30, pool=0.1), "httpx_args": args, "max_retries": 0}
    refused = pytest.raises(APITimeoutError, match="PoolTimeout.*nothing was sent")

    async def run(client: UpsunClient) -> None:
        async with client, anyio.create_task_group() as group:
            group.start_soon(delete_once_async, client)
            await anyio.to_thread.run_sync(asked.wait)
            with refused as caught:
                await delete_once_async(client)
            assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
            release.set()

    def run_sync(client: UpsunClient) -> None:
        with client, ThreadPoolExecutor(1) as pool:
            first = pool.submit(delete_once, client)
            asked.wait()
            with refused as caught:
                delete_once(client)
            assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
            release.set()
            first.result()

    with Wire(hold) as server:
        client = UpsunClient(**server.kwargs(**kwargs))
        run_sync(client) if flavour == "sync" else anyio.run(run, client, backend=flavour)


# --- processes


def in_child(function: Callable[[], object]) -> str:
    """Run a function in a forked child; give what it returns or raises."""
    receive, send = os.pipe()
    if not (child := os.fork()):
        try:
            said = str(function())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(send, said.encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestFork:
    def test_a_child_has_connections_of_its_own_and_the_token(self) -> None:
        with Wire() as server, UpsunClient(**server.kwargs()) as client:
            derived = client.with_timeout(9)
            session = client.get_httpx_client()
            delete_once(client)
            before = server.connections
            for call in (
                lambda: delete_once(client),
                lambda: delete_once(derived),
                lambda: session.get("/x").status_code,
            ):
                assert "Error" not in in_child(call)
            assert (server.connections, len(server.exchanges)) == (before + 3, 1)
            delete_once(client)
            assert server.connections == before + 3

    def test_a_child_sends_what_its_parent_set(self) -> None:
        with Wire() as server, UpsunClient(**server.kwargs()) as client:
            client.get_httpx_client().headers["X-A"] = "1"
            assert in_child(lambda: delete_once(client)) == "None"
            assert server.calls[0].headers["x-a"] == "1"

    def test_a_child_does_not_go_on_with_what_its_parent_reads(self) -> None:
        with Wire([answer(200, b"x" * 200_000)]) as server:
            with UpsunClient(**server.kwargs()) as client:
                with client.get_httpx_client().stream("GET", "/log") as response:
                    chunks = response.iter_raw(1)
                    next(chunks)
                    said = in_child(lambda: sum(map(len, chunks)))
                    assert said.startswith("ClientClosedError: this answer")
                    assert sum(map(len, chunks)) == 199_999

    def test_a_child_reads_nothing_that_its_parent_was_answered(self) -> None:
        with Wire([answer(200, b"x" * 200_000)]) as server:
            with UpsunClient(**server.kwargs()) as client:
                with client.get_httpx_client().stream("GET", "/log") as response:
                    assert in_child(response.read).startswith("ClientClosedError: this answer")
                    assert len(response.read()) == 200_000

    def test_a_child_waits_for_no_lock_and_no_exchange_of_its_parent(self) -> None:
        asked, go_on = threading.Event(), threading.Event()

        def exchange(_: Request) -> bytes:
            if not asked.is_set():
                asked.set()
                go_on.wait(30)
            return token()

        with Wire(exchange=exchange) as server, UpsunClient(**server.kwargs()) as client:
            thread = threading.Thread(target=delete_once, args=(client,))
            thread.start()
            asked.wait(30)
            assert in_child(lambda: delete_once(client)) == "None"
            assert (len(server.exchanges), len(server.calls)) == (2, 1)
            go_on.set()
            thread.join()

    def test_a_child_waits_for_no_client_that_its_parent_was_making(self) -> None:
        making, go_on, make = threading.Event(), threading.Event(), httpx.AsyncClient.__init__

        def slowly(self: Any, **kwargs: Any) -> None:
            if not go_on.is_set():
                making.set()
                go_on.wait(30)
            make(self, **kwargs)

        def child() -> object:
            go_on.set()
            threading.Timer(20, os._exit, [1]).start()
            return type(client.get_async_httpx_client()).__name__

        with UpsunClient("t") as client, mock.patch.object(httpx.AsyncClient, "__init__", slowly):
            thread = threading.Thread(target=client.get_async_httpx_client)
            thread.start()
            making.wait(30)
            said = in_child(child)
            go_on.set()
            thread.join()
        assert said == "AsyncSession"

    @pytest.mark.parametrize("way", ["transport", "mounts"])
    def test_a_transport_of_the_callers_is_refused_in_a_child(self, way: str) -> None:
        transport = httpx.HTTPTransport()
        args = {way: transport if way == "transport" else {"http://": transport}}
        with Wire() as server, UpsunClient(**server.kwargs(httpx_args=args)) as client:
            delete_once(client)
            said = in_child(lambda: delete_once(client))
            assert said.startswith("ConfigurationError: a transport in httpx_args cannot be used")
            delete_once(client)

    def test_a_closed_client_stays_closed_in_a_child(self) -> None:
        client = UpsunClient("t")
        session = client.get_httpx_client()
        client.close()
        for call in (lambda: delete_once(client), lambda: session.get("/x")):
            assert in_child(call).startswith("ClientClosedError")


# --- a base URL with a path


@pytest.mark.parametrize("prefix", ["/pre", "/a/b", "/projects", "/api/projects"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_operations_and_links_are_under_the_base_url_once(prefix: str, slash: str) -> None:
    with Wire() as server:
        with UpsunClient(**server.kwargs(base_url=server.url + prefix + slash)) as client:
            http = client.get_httpx_client()
            delete_once(client)
            http.get(f"{prefix}/projects/q?x=1")
            http.get(f"{server.url}{prefix}/projects/r")
            http.get("/organizations/o")
    assert [call.target for call in server.calls] == [
        f"{prefix}/projects/p/integrations/i",
        f"{prefix}/projects/q?x=1",
        f"{prefix}/projects/r",
        f"{prefix}/organizations/o",
    ]


# --- the HTTP clients themselves


def test_a_held_http_client_is_closed_on_its_own(calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        held = calls.session(client)
        async with calls.entered(held):
            await calls.do(held.get("/x"))
        assert held.is_closed
        with pytest.raises(ClientClosedError):
            await calls.do(held.get("/x"))
        await calls.delete(client)  # by another

    with Wire() as server:
        calls.use(run, **server.kwargs())
        assert len(server.exchanges) == 1


def test_a_hook_may_wrap_what_is_streamed() -> None:
    class Upper(httpx.SyncByteStream):
        def __init__(self, response: httpx.Response) -> None:
            self.stream: Any = response.stream
            response.stream = self

        def __iter__(self) -> Iterator[bytes]:
            return map(bytes.upper, self.stream)

    args = {"event_hooks": {"response": [Upper]}}
    with Wire([answer(200, b"abc")]) as server:
        with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            with client.get_httpx_client().stream("GET", "/x") as response:
                assert response.read() == b"ABC"


def test_threads_pass_the_gate_in_the_order_in_which_they_came() -> None:
    def api(request: Request) -> bytes:
        if not asked.is_set():
            asked.set()
            go_on.wait(30)
        return ACCEPTED

    asked, go_on = threading.Event(), threading.Event()
    limits = httpx.Limits(max_connections=1)
    with Wire(api) as server, ThreadPoolExecutor(2) as pool:
        with UpsunClient(**server.kwargs(httpx_args={"limits": limits})) as client:
            http = client.get_httpx_client()
            busy = pool.submit(lambda: [http.get("/x") for _ in range(20)])
            asked.wait(30)
            late = pool.submit(http.get, "/late")
            time.sleep(0.2)  # until it waits
            go_on.set()
            busy.result()
            late.result()
    assert "/late" in [call.target for call in server.calls[1:3]]


def test_event_hooks_can_be_read_and_set() -> None:
    seen: list[str] = []
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        http = client.get_httpx_client()
        http.event_hooks["request"].append(lambda request: seen.append(request.url.path))
        http.get("/x")
        delete_once(client.with_timeout(5))  # which shares them
        http.event_hooks = {"request": [lambda request: seen.append(request.method)]}
        assert [len(hooks) for hooks in http.event_hooks.values()] == [1, 0]
        delete_once(client)
        with pytest.raises(ConfigurationError, match="'request' and 'response'"):
            http.event_hooks = {"requests": []}
        http.event_hooks["request"].append(3)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="event_hooks"):
            delete_once(client)
    assert seen == ["/x", "/projects/p/integrations/i", "DELETE"]


class Stubborn(httpx.AsyncByteStream):
    """The body of an answer; who closes it is cancelled, and its connection stays taken."""

    def __init__(self, stream: Any, scope: anyio.CancelScope) -> None:
        self.stream, self.scope = stream, scope

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.stream:
            yield chunk

    async def aclose(self) -> None:
        self.scope.cancel()
        await anyio.lowlevel.checkpoint()


def test_a_stream_that_is_cancelled_while_it_closes_costs_no_connection(backend: str) -> None:
    kind, closed = httpx.AsyncHTTPTransport, list[object]()
    left, scopes = list[Any](), list[anyio.CancelScope]()

    async def handle(transport: Any, request: httpx.Request) -> httpx.Response:
        response = await handle_request(transport, request)
        if request.url.path == "/log":
            left.append(response.stream)
            response.stream = Stubborn(response.stream, scopes[-1])
        return response

    async def aclose(transport: Any) -> None:
        closed.append(transport)
        await close(transport)

    async def run() -> None:
        args = {"limits": httpx.Limits(max_connections=1)}
        async with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            for number in (1, 2, 3):
                with anyio.CancelScope() as scope:
                    scopes.append(scope)
                    async with client.get_async_httpx_client().stream("GET", "/log"):
                        pass
                assert scope.cancelled_caught
                assert len(closed) == number  # what was left behind is not kept
                await delete_once_async(client)
            for stream in left:
                await stream.aclose()

    handle_request, close = kind.handle_async_request, kind.aclose
    patched = mock.patch.multiple(kind, handle_async_request=handle, aclose=aclose)
    with Wire() as server, patched:
        anyio.run(run, backend=backend)


def test_a_stream_of_a_task_that_a_thread_would_close_costs_no_connection(backend: str) -> None:
    async def run() -> None:
        args = {"limits": httpx.Limits(max_connections=1)}
        async with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            http = client.get_async_httpx_client()
            response = await http.send(http.build_request("GET", "/log"), stream=True)
            with pytest.raises(RuntimeError):
                response.close()
            await response.aclose()
            await delete_once_async(client)

    with Wire() as server:
        anyio.run(run, backend=backend)
