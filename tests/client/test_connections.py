"""Connections: shared, closed, one set for each event loop, and none of a parent process."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest

from tests.client.conftest import BACKENDS, Delete, delete_once, delete_once_async
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Request, Wire, answer, reset
from upsun_client import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

pytestmark = pytest.mark.usefixtures("_short_waits")


def test_derived_clients_share_the_token_and_leave_the_original_alone() -> None:
    with Wire() as server, UpsunClient(**server.kwargs(headers={"X-A": "1"})) as client:
        before = client.get_httpx_client()
        derived = client.with_headers({"X-B": "2"}).with_cookies({"c": "3"}).with_timeout(5)
        with derived:
            delete_projects_integrations("p", "i", client=derived)
            assert derived.get_httpx_client().timeout == httpx.Timeout(5)
        delete_projects_integrations("p", "i", client=client)
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
            delete_projects_integrations("p", "i", client=derived)
    assert len(server.calls) == len(seen) == 1


def test_a_derived_client_is_what_a_subclass_made_of_it() -> None:
    class Mine(UpsunClient):
        def __init__(self, project: str) -> None:
            super().__init__("t")
            self.project = project

    with Mine("p") as client, client.with_timeout(3) as derived:
        assert derived.project == "p"


@pytest.mark.parametrize("way", ["transport", "mounts"])
def test_a_derived_client_leaves_a_transport_open_for_the_original(way: str) -> None:
    transport = httpx.HTTPTransport()
    closed: list[None] = []
    transport.close = lambda: closed.append(None)  # type: ignore[method-assign]
    httpx_args = {way: transport if way == "transport" else {"http://": transport}}
    with Wire() as server, UpsunClient(**server.kwargs(httpx_args=httpx_args)) as client:
        with client.with_headers({"X-A": "1"}) as derived:
            delete_projects_integrations("p", "i", client=derived)
        assert not closed
        delete_projects_integrations("p", "i", client=client)
    assert [call.headers.get("x-a") for call in server.calls] == ["1", None]
    transport._pool.close()


def test_a_client_works_without_with_and_again_after_close_of_another() -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        delete_projects_integrations("p", "i", client=client)
        with client:
            delete_projects_integrations("p", "i", client=client)
        assert len(server.calls) == 2


def test_a_closed_client_says_so(delete: Delete) -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        held = client.get_httpx_client()
        client.close()
        client.close()
        for use in (
            lambda: delete_projects_integrations("p", "i", client=client),
            lambda: held.get("/x"),
            client.get_async_httpx_client,
            client.__enter__,
        ):
            with pytest.raises(ClientClosedError, match="closed"):
                use()
        assert server.connections == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_async_with_closes_everything(backend: str) -> None:
    async def run() -> None:
        async with UpsunClient(**server.kwargs()) as client:
            delete_projects_integrations("p", "i", client=client)
            await delete_projects_integrations_async("p", "i", client=client)
            sessions = client.get_httpx_client(), client.get_async_httpx_client()
        assert all(session.is_closed for session in sessions)
        with pytest.raises(ClientClosedError):
            await delete_projects_integrations_async("p", "i", client=client)

    with Wire() as server:
        anyio.run(run, backend=backend)


def test_racing_threads_get_one_http_client() -> None:
    client = UpsunClient("t")
    barrier = threading.Barrier(32)

    def get(_: int) -> int:
        barrier.wait()
        return id(client.get_httpx_client())

    with ThreadPoolExecutor(32) as pool, client:
        assert len(set(pool.map(get, range(32)))) == 1


def test_a_dropped_client_is_freed() -> None:
    client = UpsunClient("t")
    gone = weakref.ref(client)
    client.close()
    del client
    gc.collect()
    assert gone() is None


def test_a_lent_transport_is_not_closed_by_the_exchange() -> None:
    class Lent(httpx.HTTPTransport):
        closed = 0

        def close(self) -> None:
            self.closed += 1
            super().close()

        def __exit__(self, *args: Any) -> None:  # noqa: PYI036
            self.closed += 1
            super().__exit__(*args)

    transport = Lent()
    with Wire() as server:
        client = UpsunClient(**server.kwargs(httpx_args={"transport": transport}))
        delete_projects_integrations("p", "i", client=client)
        assert transport.closed == 0
        client.close()
        assert transport.closed == 1


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


async def _delete_both(client: UpsunClient) -> None:
    delete_projects_integrations("p", "i", client=client)
    await delete_projects_integrations_async("p", "i", client=client)


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
            await _delete_both(client)

    anyio.run(run)
    exchange, *calls = httpx_mock.get_requests()
    assert exchange.headers["Authorization"].startswith("Basic ")
    assert [call.headers["Authorization"] for call in calls] == ["Bearer access"] * 2


def test_each_of_several_loops_keeps_its_connections() -> None:
    async def calls(client: UpsunClient) -> None:
        for _ in range(5):
            await delete_projects_integrations_async("p", "i", client=client)
            await anyio.sleep(0.01)
        await client.get_async_httpx_client().aclose()

    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        client.get_httpx_client().get("/warm")
        before = server.connections
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: anyio.run(calls, client), range(3)))
        assert server.connections == before + 3


def test_a_client_closed_during_a_wait_says_so() -> None:
    def last(_: Request) -> bytes:
        client.close()
        return answer(503, b"", Retry_After="0")

    with Wire(last) as server:
        client = UpsunClient(**server.kwargs())
        with pytest.raises(ClientClosedError) as caught:
            delete_projects_integrations("p", "i", client=client)
        assert "may have taken effect" in caught.value.__notes__[0]
        with pytest.raises(ClientClosedError) as caught:
            delete_projects_integrations("p", "i", client=client)
        assert not hasattr(caught.value, "__notes__")
        with pytest.raises(ClientClosedError):
            client.with_headers({})


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_held_session_ends_with_its_client(backend: str) -> None:
    async def run() -> None:
        client = UpsunClient(**server.kwargs())
        held = client.get_async_httpx_client()
        client.close()
        with pytest.raises(ClientClosedError):
            await held.get("/x")
        await held.aclose()

    with Wire() as server:
        anyio.run(run, backend=backend)


def test_a_lent_transport_of_tasks_is_not_closed_either() -> None:
    class Lent(httpx.AsyncHTTPTransport):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1
            await super().aclose()

        async def __aexit__(self, *args: Any) -> None:  # noqa: PYI036
            self.closed += 1
            await super().__aexit__(*args)

    async def run() -> None:
        transport = Lent()
        mounts = {"http://elsewhere.example": None, "http://": transport}
        async with UpsunClient(**server.kwargs(httpx_args={"mounts": mounts})) as client:
            await delete_projects_integrations_async("p", "i", client=client)
            assert transport.closed == 0
        assert transport.closed == 1

    with Wire() as server:
        anyio.run(run)


def test_a_trio_loop_keeps_its_connections_beside_another() -> None:
    turns = [threading.Event(), threading.Event()]

    def run(number: int) -> None:
        mine, other = turns[number], turns[1 - number]

        async def calls() -> None:
            for _ in range(3):
                while not mine.is_set():
                    await anyio.sleep(0.01)
                mine.clear()
                await delete_once_async(client)
                other.set()
            await client.get_async_httpx_client().aclose()

        anyio.run(calls, backend="trio")

    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        delete_once(client)
        before = server.connections
        turns[0].set()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))
        assert server.connections == before + 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_event_loops_in_turn(backend: str) -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())

        async def once() -> None:
            await delete_once_async(client)
            await client.get_async_httpx_client().aclose()

        async def twice() -> None:
            await delete_once_async(client)
            await client.aclose()

        anyio.run(once, backend=backend)
        anyio.run(twice, backend=backend)
        assert len(server.calls) == 2
        assert len(server.exchanges) == 1


# --- what derived clients share


def test_fifty_derived_clients_need_no_more_connections_than_one(flavour: str) -> None:
    def derive(client: UpsunClient, number: int) -> UpsunClient:
        ways = [
            lambda: client.with_headers({"X-N": str(number)}),
            lambda: client.with_cookies({"n": str(number)}),
            lambda: client.with_timeout(20 + number),
            lambda: client.with_max_retries(number),
        ]
        return ways[number % 4]()

    async def run() -> None:
        async with UpsunClient(**server.kwargs()) as client:
            derived = [derive(client, number) for number in range(50)]
            for each in derived:
                await delete_once_async(each)

    with Wire() as server:
        if flavour == "sync":
            with UpsunClient(**server.kwargs()) as client:
                derived = [derive(client, number) for number in range(50)]
                for each in derived:
                    delete_once(each)
        else:
            anyio.run(run, backend=flavour)
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


def test_a_stream_of_a_derived_client_goes_on_when_its_original_is_closed() -> None:
    with Wire([answer(200, b"x" * 300_000)]) as server:
        client = UpsunClient(**server.kwargs())
        derived = client.with_timeout(10)
        with derived.get_httpx_client().stream("GET", "/log") as response:
            client.close()
            assert len(response.read()) == 300_000
        derived.close()


def test_settings_can_be_read() -> None:
    client = UpsunClient("t", base_url="https://h/pre/", timeout=5, max_retries=4)
    derived = client.with_timeout(None).with_max_retries(0)
    assert (client.base_url, client.timeout, client.max_retries) == ("https://h/pre", 5, 4)
    assert (derived.base_url, derived.timeout, derived.max_retries) == ("https://h/pre", None, 0)


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


class SlotsClient(UpsunClient):
    __slots__ = ("project",)

    def __init__(self, project: str) -> None:
        super().__init__("t")
        self.project = project


@pytest.mark.parametrize("kind", [DataClient, AttrsClient, SlotsClient])
def test_a_subclass_of_any_kind_is_derived_with_its_fields(kind: Any) -> None:
    client = kind("mine")
    with client.with_timeout(3) as derived, client:
        assert type(derived) is kind
        assert derived.project == client.project == "mine"
        assert derived.get_httpx_client() is not client.get_httpx_client()


# --- the gate


def _limited(server: Wire, connections: int | None, **more: Any) -> UpsunClient:
    args = {"limits": httpx.Limits(max_connections=connections)} if connections else {}
    return UpsunClient(**server.kwargs(timeout=5.0, httpx_args=args, **more))


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
@pytest.mark.parametrize("backend", ["task.cancel", *BACKENDS])
def test_no_connection_is_lost_to_cancelled_tasks(
    backend: str, connections: int | None, raw: bytes
) -> None:
    script = {"storm": True}

    def api(_: Request) -> bytes:
        return raw if script["storm"] else ACCEPTED

    async def run() -> None:
        storm = _storm_of_asyncio if backend == "task.cancel" else _storm
        async with _limited(server, connections, max_retries=0) as client:
            with suppress(UpsunError):
                await delete_once_async(client)
            for turn in range(20 if connections else 8):
                await storm(client, 4 * (connections or 60), 0.001 * (turn % 10))
            script["storm"] = False
            for _ in range(2):
                async with anyio.create_task_group() as group:
                    for _ in range(connections or 100):
                        group.start_soon(delete_once_async, client)

    with Wire(api) as server:
        anyio.run(run, backend="trio" if backend == "trio" else "asyncio")


def test_waiting_at_the_gate_ends_as_a_wait_for_the_pool(flavour: str) -> None:
    release = threading.Event()

    def hold(connection: Any) -> None:
        release.wait(10)
        connection.sendall(ACCEPTED)

    timeout = httpx.Timeout(10, pool=0.1)
    args = {"limits": httpx.Limits(max_connections=1)}
    with Wire([hold]) as server:
        client = UpsunClient(**server.kwargs(timeout=timeout, httpx_args=args, max_retries=0))
        ended: list[str] = []

        def second() -> None:
            with pytest.raises(APITimeoutError, match=r"PoolTimeout.*nothing was sent") as caught:
                delete_once(client)
            ended.append(type(caught.value.__cause__).__name__)
            release.set()

        async def second_async() -> None:
            while not server.calls:
                await anyio.sleep(0.01)
            with pytest.raises(APITimeoutError, match=r"PoolTimeout.*nothing was sent") as caught:
                await delete_once_async(client)
            ended.append(type(caught.value.__cause__).__name__)
            release.set()

        async def run() -> None:
            async with client, anyio.create_task_group() as group:
                group.start_soon(delete_once_async, client)
                group.start_soon(second_async)

        if flavour == "sync":
            first = threading.Thread(target=delete_once, args=(client,))
            first.start()
            while not server.calls:
                time.sleep(0.01)
            second()
            first.join()
            client.close()
        else:
            anyio.run(run, backend=flavour)
        assert ended == ["PoolTimeout"]


def test_no_limit_of_connections_is_no_gate() -> None:
    args = {"limits": httpx.Limits(max_connections=None)}
    with Wire() as server, UpsunClient(**server.kwargs(httpx_args=args)) as client:
        delete_once(client)


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


forks = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


class TestFork:
    pytestmark = forks

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

    def test_a_child_reads_nothing_that_its_parent_was_answered(self) -> None:
        with Wire([answer(200, b"x" * 200_000)]) as server:
            with UpsunClient(**server.kwargs()) as client:
                with client.get_httpx_client().stream("GET", "/log") as response:
                    assert in_child(response.read).startswith("ClientClosedError: this answer")
                    assert len(response.read()) == 200_000

    def test_a_child_waits_for_no_lock_and_no_exchange_of_its_parent(self) -> None:
        with Wire(hold=threading.Event()) as server, UpsunClient(**server.kwargs()) as client:
            thread = threading.Thread(target=delete_once, args=(client,))
            thread.start()
            while not server.exchanges:
                time.sleep(0.01)
            assert server.hold

            def call() -> object:
                threading.Timer(0.1, lambda: None).start()
                return client.with_timeout(0.3)._tokens._pending

            assert in_child(call) == "None"
            server.hold.set()
            thread.join()

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


def test_a_held_http_client_is_closed_on_its_own(flavour: str) -> None:
    async def run() -> None:
        async with UpsunClient(**server.kwargs()) as client:
            async with client.get_async_httpx_client() as held:
                await held.get("/x")
            assert held.is_closed
            await delete_once_async(client)  # by another

    with Wire() as server:
        if flavour == "sync":
            with UpsunClient(**server.kwargs()) as client:
                with client.get_httpx_client() as held:
                    held.get("/x")
                assert held.is_closed
                with pytest.raises(ClientClosedError):
                    held.get("/x")
                delete_once(client)
        else:
            anyio.run(run, backend=flavour)
        assert len(server.exchanges) == 1


def test_event_hooks_can_be_read_and_set() -> None:
    seen: list[str] = []
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        http = client.get_httpx_client()
        http.event_hooks = {"request": [lambda request: seen.append(request.method)]}
        assert [len(hooks) for hooks in http.event_hooks.values()] == [1, 0]
        delete_once(client)
        with pytest.raises(ConfigurationError):
            http.event_hooks = {"answer": []}
    assert seen == ["DELETE"]


def test_a_stream_that_was_cancelled_while_it_closed_costs_no_connection() -> None:
    async def run() -> None:
        async with _limited(server, 1) as client:
            http = client.get_async_httpx_client()
            response = await http.send(http.build_request("GET", "/x"), stream=True)
            task = asyncio.current_task()
            assert task
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await response.aclose()
            await delete_once_async(client)

    with Wire() as server:
        asyncio.run(run())
