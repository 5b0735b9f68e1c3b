"""Connections: shared, closed, one set for each event loop, and none of a parent process."""

import asyncio
import dataclasses
import gc
import itertools
import linecache
import os
import ssl
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from types import FrameType
from typing import Any
from unittest import mock

import anyio
import anyio.lowlevel
import attrs
import pytest

import upsun_client as u
from tests.client.conftest import Calls, delete_once, delete_once_async, mocked
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Held, Request, Wire, answer, reset, token

pytestmark = pytest.mark.usefixtures("_short_waits")

ONE_CONNECTION = {"limits": httpx.Limits(max_connections=1)}


# --- what derived clients share


async def test_derived_clients_share_token_and_connections_and_leave_the_original_alone(
    calls: Calls, server: Wire
) -> None:
    server.api = [reset, ACCEPTED]
    async with calls.client(**server.kwargs(headers={"X-A": "1", "X-B": "2"})) as client:
        before = calls.session(client)
        derived = client.with_max_retries(0).with_headers({"x-a": "3"})
        async with calls.entered(derived.with_cookies({"c": "4"}).with_timeout(5)) as derived:
            assert calls.session(derived).timeout == httpx.Timeout(5)
            with pytest.raises(u.APIConnectionError):
                await calls.delete(derived)
            await calls.delete(derived)
        await calls.delete(client)
        assert calls.session(client) is before
        assert before.timeout == httpx.Timeout(30.0)
    names = ("x-a", "x-b", "cookie")
    sent = [tuple(map(call.headers.get, names)) for call in server.calls]
    assert sent == [("3", "2", "c=4"), ("3", "2", "c=4"), ("1", "2", None)]
    assert (len(server.exchanges), server.connections) == (1, 3)  # the reset cost one


async def test_who_waits_for_the_token_is_closed_by_no_other(calls: Calls, server: Wire) -> None:
    async def close() -> None:
        await calls.block(exchange.asked.wait, 30)
        await calls.close(client)
        exchange.go_on.set()

    server.exchange = exchange = Held(token())
    client = u.UpsunClient(**server.kwargs())
    calls.session(client)
    derived = client.with_max_retries(0)
    await calls.together(partial(calls.delete, derived), close)
    await calls.close(derived)
    with pytest.raises(u.ClientClosedError):
        await calls.delete(derived)
    assert len(server.calls) == 1


async def test_a_stream_goes_on_when_the_original_is_closed(calls: Calls, server: Wire) -> None:
    server.api = [answer(200, b"x" * 300_000)]
    client = u.UpsunClient(**server.kwargs(httpx_args=ONE_CONNECTION))
    derived = client.with_timeout(10)
    http = calls.session(derived)
    response = await calls.do(http.send(http.build_request("GET", "/log"), stream=True))
    await calls.close(client)
    if not calls.is_sync:
        with pytest.raises(RuntimeError):
            response.close()
    assert len(await calls.read(response)) == 300_000
    for each in (response.stream, response, derived):
        await calls.close(each)


@dataclasses.dataclass
class DataClient(u.UpsunClient):
    project: str = "p"

    def __post_init__(self) -> None:
        super().__init__("t")


class PlainClient(u.UpsunClient):
    def __init__(self, project: str) -> None:
        u.UpsunClient.__init__(self, "t")
        self.project = project


@attrs.define  # which makes slots
class AttrsClient(u.UpsunClient):
    project: str
    __init__ = PlainClient.__init__


@pytest.mark.parametrize("kind", [DataClient, PlainClient, AttrsClient])
def test_a_subclass_of_any_kind_is_derived_with_its_fields(kind: Any) -> None:
    client = kind("mine")
    with client.with_timeout(3) as derived, client:
        assert type(derived) is kind
        assert derived.project == client.project == "mine"
        assert derived.get_httpx_client() is not client.get_httpx_client()


# --- how clients, their sessions and connections end


@pytest.mark.parametrize("way", ["transport", "mounts"])
async def test_a_transport_serves_all_and_is_closed_with_the_last(way: str, calls: Calls) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/stop":
            raise KeyboardInterrupt
        return httpx.Response(200, json={"status": "Accepted", "code": 202, "access_token": "a"})

    async def handle_async(request: httpx.Request) -> httpx.Response:
        return handle(request)

    transport: Any = httpx.MockTransport(handle if calls.is_sync else handle_async)
    transport.close = closed = mock.Mock()
    transport.aclose = mock.AsyncMock(side_effect=closed)
    mounts = {"http://elsewhere.example": None, "https://": transport}
    once = ["/x"]  # which a hook asks for, though there is one connection
    hook: Any = lambda _: calls.session(client).get(once.pop()) if once else None  # noqa: E731
    args = {**ONE_CONNECTION, "event_hooks": {"response": [hook]}}
    args[way] = transport if way == "transport" else mounts
    client: u.UpsunClient = u.UpsunClient("t", httpx_args=args)
    derived = client.with_headers({"X-A": "1"})
    await calls.delete(client)
    await calls.close(client)
    with pytest.raises(KeyboardInterrupt):
        await calls.do(calls.session(derived).get("/stop"))
    await calls.delete(derived)
    assert not closed.called  # by the exchange neither, nor by who was interrupted
    await calls.close(derived if way == "transport" else calls.session(derived))
    closed.assert_called_once()


async def test_a_client_works_without_with_and_ends_with_it(calls: Calls, server: Wire) -> None:
    client = u.UpsunClient(**server.kwargs())
    first = calls.session(client)
    async with calls.entered(first):
        await calls.do(first.get("/x"))
    assert first.is_closed
    with pytest.raises(u.ClientClosedError):
        await calls.do(first.get("/x"))
    await calls.delete(client)  # by another
    held = calls.session(client)
    async with calls.entered(client):
        await calls.delete(client)
    assert held.is_closed
    for use in (
        lambda: calls.delete(client),
        lambda: calls.do(held.get("/x")),
        lambda: calls.do(calls.session(client)),
        lambda: calls.do(client.__enter__()),
        lambda: calls.do(client.__aenter__()),
        lambda: calls.do(client.with_headers({})),
    ):
        with pytest.raises(u.ClientClosedError, match="closed"):
            await use()
    await calls.close(held)
    await calls.close(client)
    assert (len(server.calls), len(server.exchanges)) == (3, 1)


def test_a_dropped_client_is_freed_and_leaves_no_socket(
    server: Wire, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(gc.enable)
    gc.disable()  # so that it finds all at once, and what is older first
    client = u.UpsunClient(**server.kwargs())
    client.get_httpx_client().get("/x")
    gone = weakref.ref(client)
    del client
    gc.collect()  # which would warn of a socket
    assert gone() is None


def around(response: httpx.Response) -> Any:
    """Give a body that a hook puts around that of an answer, and that closes nothing."""
    body: Any = response.stream

    class Around(httpx.SyncByteStream, httpx.AsyncByteStream):
        __iter__, __aiter__ = body.__iter__, body.__aiter__

    return Around()


async def test_a_stream_that_is_cancelled_costs_no_connection(tasks: Calls, server: Wire) -> None:
    async def cancel() -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()

    async def wrap(response: httpx.Response) -> None:
        if response.url.path == "/log":
            stream: Any = response.stream
            stream.aclose = cancel
            left.append(stream)

    left: list[Any] = []  # streams whose connections stay taken
    args = {**ONE_CONNECTION, "event_hooks": {"response": [wrap]}}
    kind = httpx.AsyncHTTPTransport
    with mock.patch.object(kind, "aclose", autospec=True, side_effect=kind.aclose) as closed:
        async with tasks.client(**server.kwargs(httpx_args=args)) as client:
            http = client.get_async_httpx_client()
            for number in (1, 2, 3):
                with anyio.CancelScope() as scope:
                    async with http.stream("GET", "/log"):
                        pass
                assert scope.cancelled_caught
                assert closed.call_count == number  # what was left behind is not kept
                await tasks.delete(client)
            for stream in left:
                del stream.aclose
                await stream.aclose()


@pytest.mark.parametrize("is_streamed", [False, True])
def test_who_is_cancelled_again_as_he_stops_reading_costs_no_connection(
    is_streamed: bool, server: Wire
) -> None:
    async def read(http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/log") if is_streamed else nullcontext() as response:
            await (response.aread() if response else http.get("/log"))

    async def main() -> None:
        async with u.UpsunClient(**server.kwargs(httpx_args=ONE_CONNECTION, timeout=5)) as client:
            reading = asyncio.create_task(read(client.get_async_httpx_client()))
            await asyncio.sleep(0.2)  # in which a part of the body comes
            for _ in range(2):
                reading.cancel()
                await asyncio.sleep(0)
            await asyncio.wait([reading])
            await delete_once_async(client)

    server.api = [lambda it: it.recv(it.send(answer(200, b"12")[:-1])), ACCEPTED]
    asyncio.run(main())


@pytest.mark.parametrize("body", [around, lambda _: httpx.ByteStream(b"")])
async def test_a_body_that_a_hook_replaces_costs_no_connection(
    body: Any, calls: Calls, server: Wire
) -> None:
    def replace(response: httpx.Response) -> None:
        response.stream = body(response)

    args = {**ONE_CONNECTION, "event_hooks": {"response": [replace]}}
    kwargs = server.kwargs(httpx_args=args, timeout=5, max_retries=0)
    async with calls.client(**kwargs) as client:
        for _ in range(2):
            await calls.delete(client)
            async with calls.entered(calls.session(client).stream("GET", "/log")):
                pass


# --- threads and event loops


def test_many_threads_get_one_session_and_derive_and_close_clients(
    client: u.UpsunClient, request: pytest.FixtureRequest
) -> None:
    def use(_: int) -> int:
        barrier.wait()
        session = client.get_httpx_client()
        for _ in range(100):
            client.with_headers({"X-A": "1"}).close()
        return id(session)

    kept = [client.with_headers({}) for _ in range(1000)]
    for each in kept:
        each.close()
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    barrier = threading.Barrier(16)
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(use, range(16)))) == 1


def test_each_of_several_loops_keeps_its_connections(tasks: Calls, server: Wire) -> None:
    async def run() -> None:
        session = client.get_async_httpx_client()
        sessions.append(session)
        for _ in range(3):
            together.wait(30)
            await delete_once_async(client)
        await session.aclose()

    client, together = u.UpsunClient(**server.kwargs()), threading.Barrier(3)
    sessions = [client.get_async_httpx_client()]  # which serves the first loop that runs
    delete_once(client)
    before = server.connections
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(tasks.run, [run] * 3))
    client.close()
    assert server.connections == before + 3
    assert len(set(map(id, sessions))) == 3
    assert (len(server.calls), len(server.exchanges)) == (10, 1)


def test_a_loop_that_has_ended_leaves_nothing_behind(tasks: Calls, server: Wire) -> None:
    async def run() -> None:
        seen.append(weakref.ref(client.get_async_httpx_client()))
        async with client.get_async_httpx_client():
            await delete_once_async(client)

    seen: list[weakref.ref[Any]] = []
    with u.UpsunClient(**server.kwargs()) as client:
        for _ in range(4):
            tasks.run(run)
        gc.collect()
        assert [ref() is None for ref in seen[:-1]] == [True] * 3


# --- the gate


# Older versions of anyio leave the socket of a cancelled attempt to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("raw", [ACCEPTED, answer(401), answer(503)], ids=["ok", "401", "503"])
@pytest.mark.parametrize("connections", [3, 10, None])
async def test_no_connection_is_lost_to_cancelled_tasks(
    connections: int | None, raw: bytes, tasks: Calls, server: Wire
) -> None:
    async def attempt() -> None:
        with suppress(u.UpsunError):
            await tasks.delete(client)

    server.api = [raw]
    args = {"limits": httpx.Limits(max_connections=connections)} if connections else {}
    async with tasks.client(**server.kwargs(httpx_args=args, max_retries=0)) as client:
        await attempt()
        for turn in range(20 if connections else 8):
            attempts, seconds = [attempt] * 4 * (connections or 60), 0.001 * (turn // 2)
            with suppress(TimeoutError):
                if turn % 2 and tasks.flavour == "asyncio":  # which cancels once only
                    await asyncio.wait_for(asyncio.gather(*(each() for each in attempts)), seconds)
                else:
                    with anyio.fail_after(seconds):
                        await tasks.together(*attempts)
        server.api = [ACCEPTED]
        for _ in range(2):
            await tasks.together(*[partial(tasks.delete, client)] * (connections or 100))


async def test_waiting_at_the_gate_ends_as_a_wait_for_the_pool(calls: Calls, server: Wire) -> None:
    async def late() -> None:
        await calls.block(api.asked.wait, 30)
        with pytest.raises(u.APITimeoutError, match="PoolTimeout.*nothing was sent") as caught:
            await calls.delete(client)
        assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
        api.go_on.set()

    server.api = api = Held(ACCEPTED)
    times = httpx.Timeout(30, pool=0.1)
    kwargs = server.kwargs(max_retries=0, timeout=times, httpx_args=ONE_CONNECTION)
    async with calls.client(**kwargs) as client:
        await calls.together(partial(calls.delete, client), late)


@pytest.mark.parametrize("width", [2, 100])
async def test_no_more_pass_the_gate_than_there_are_connections(width: int, calls: Calls) -> None:
    inside, most = [0], [0]

    def handle(_: httpx.Request) -> Any:
        return calls.run(accept) if calls.is_sync else accept()

    async def accept() -> httpx.Response:
        inside.append(0)
        most.append(len(inside[1:]))
        await calls.block(time.sleep, width / 200)  # in which all come
        inside.pop()
        return httpx.Response(202, json={"status": "Accepted", "code": 202})

    kwargs = mocked(handle)
    if width != 100:  # the default
        kwargs["httpx_args"]["limits"] = httpx.Limits(max_connections=width)
    async with calls.client(**kwargs) as client:
        await calls.together(*[partial(calls.delete, client)] * (width + 20))
    assert max(most) == width


def test_who_waits_at_the_gate_of_a_client_that_is_closed_sends_nothing(server: Wire) -> None:
    server.api = api = Held(ACCEPTED)
    client = u.UpsunClient(**server.kwargs(httpx_args=ONE_CONNECTION))
    with ThreadPoolExecutor(2) as pool:
        came = [pool.submit(delete_once, client)]
        api.asked.wait(30)
        came.append(pool.submit(delete_once, client))
        time.sleep(0.2)  # until it waits
        client.close()
        api.go_on.set()
    for each in came:
        with pytest.raises(u.ClientClosedError):
            each.result()
    assert len(server.calls) == 1


def test_threads_pass_the_gate_in_the_order_in_which_they_came(server: Wire) -> None:
    server.api = api = Held(ACCEPTED)
    with u.UpsunClient(**server.kwargs(httpx_args=ONE_CONNECTION)) as client:
        http = client.get_httpx_client()
        late = ["/1", "/2", "/3"]
        with ThreadPoolExecutor(4) as pool:
            came: list[Any] = [pool.submit(lambda: [http.get("/x") for _ in range(20)])]
            api.asked.wait(30)
            for path in late:
                came.append(pool.submit(http.get, path))
                time.sleep(0.1)  # until it waits
            api.go_on.set()
        for each in came:
            each.result()
    assert [call.target for call in server.calls[1:4]] == late


# --- at any line


@contextmanager
def at_line(number: int, act: Callable[[], object]) -> Iterator[None]:
    """Act at one of the lines of the wrapper that run meanwhile."""
    lines, before = itertools.count(1), sys.gettrace()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        file, line = frame.f_code.co_filename, frame.f_lineno
        if f"{os.sep}upsun_client{os.sep}_" not in file:
            return None
        # As a block ends, its `with` is a line once more, at which no signal is handled.
        is_with = linecache.getline(file, line).lstrip().startswith("with ")
        if event == "line" and not is_with and next(lines) == number:
            act()
        return trace

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


class OverdueError(Exception):
    """As the signal handler of a job queue raises it."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the line may be the one that closes
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, OverdueError])
def test_a_signal_at_any_line_of_a_call_costs_no_later_one(
    server: Wire, request: pytest.FixtureRequest, kind: type[BaseException]
) -> None:
    def interrupt() -> None:
        raise kind

    request.addfinalizer(gc.enable)
    gc.disable()  # so that no client of before ends at such a line
    verify = ssl.create_default_context()  # to be made once
    kwargs = server.kwargs(timeout=5, verify_ssl=verify, httpx_args=ONE_CONNECTION)
    for number in itertools.count(1):
        with u.UpsunClient(**kwargs) as client:
            with suppress(kind, u.ConfigurationError), at_line(number, interrupt):
                delete_once(client)
                break
            delete_once(client)
    gc.collect()
    assert number > 100


def test_closing_the_original_at_any_line_of_a_call_of_a_derived_one_costs_it_nothing(
    server: Wire,
) -> None:
    verify = ssl.create_default_context()
    closing: list[threading.Thread] = []
    for number in itertools.count(1):
        client = u.UpsunClient(**server.kwargs(verify_ssl=verify))
        delete_once(client)

        def close(client: u.UpsunClient = client) -> None:
            closing.append(threading.Thread(target=client.close))
            closing[-1].start()
            closing[-1].join(0.05)  # it may wait for a lock that this thread holds

        with client.with_timeout(5) as derived, at_line(number, close):
            delete_once(derived)
        if len(closing) < number:
            client.close()
            break
        closing[-1].join()
    assert number > 100


# --- processes


def in_child(function: Callable[[], object]) -> str:
    """Run a function in a forked child; give what it returns or raises."""
    fork = get_context("fork")
    receive, send = fork.Pipe(duplex=False)

    def run() -> None:
        try:
            send.send(str(function()))
        except BaseException as error:
            send.send(f"{type(error).__name__}: {error}")

    child = fork.Process(target=run)
    child.start()
    said = receive.recv() if receive.poll(20) else "it hangs"
    child.terminate() if said == "it hangs" else child.join()
    return str(said)


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestFork:
    def test_a_child_has_connections_of_its_own_and_what_its_parent_set(
        self, client: u.UpsunClient, server: Wire
    ) -> None:
        derived, session = client.with_timeout(9), client.get_httpx_client()
        session.headers["X-A"] = "1"
        delete_once(client)
        before = server.connections
        uses = (lambda: delete_once(client), lambda: session.get("/x").status_code)
        for call in (*uses, lambda: delete_once(derived)):
            assert "Error" not in in_child(call)
        delete_once(client)
        assert (server.connections, len(server.exchanges)) == (before + 3, 1)
        sent = [call.headers.get("x-a") for call in server.calls]
        assert sent == ["1", "1", "1", None, "1"]
        client.close()
        for call in uses:
            assert in_child(call).startswith("ClientClosedError")

    def test_a_child_reads_no_answer_of_its_parent(
        self, client: u.UpsunClient, server: Wire
    ) -> None:
        server.api = [answer(200, b"x" * 200_000)]
        with client.get_httpx_client().stream("GET", "/log") as response:
            assert in_child(response.read).startswith("ClientClosedError: this answer")
            chunks = response.iter_raw(1)
            next(chunks)
            said = in_child(lambda: sum(map(len, chunks)))
            assert said.startswith("ClientClosedError: this answer")
            assert sum(map(len, chunks)) == 199_999

    def test_a_child_waits_for_no_exchange(self, client: u.UpsunClient, server: Wire) -> None:
        def exchange(_: Request) -> bytes:
            if len(server.exchanges) == 1:
                said.append(in_child(lambda: delete_once(client)))
            return token()

        said, server.exchange = list[str](), exchange
        delete_once(client)
        assert said == ["None"]
        assert (len(server.exchanges), len(server.calls)) == (2, 2)

    def test_a_child_waits_for_no_client_in_the_making(self, client: u.UpsunClient) -> None:
        def fork(self: Any, **kwargs: Any) -> None:
            making.append(self)
            if len(making) == 1:
                said.append(in_child(lambda: client.get_async_httpx_client().is_closed))
            make(self, **kwargs)

        making, said, make = list[Any](), list[str](), httpx.AsyncClient.__init__
        with mock.patch.object(httpx.AsyncClient, "__init__", fork):
            client.get_async_httpx_client()
        assert said == ["False"]

    @pytest.mark.parametrize("way", ["transport", "mounts"])
    def test_a_transport_of_the_callers_is_refused_in_a_child(self, way: str, server: Wire) -> None:
        transport = httpx.HTTPTransport()
        args = {way: transport if way == "transport" else {"http://": transport}}
        with u.UpsunClient(**server.kwargs(httpx_args=args)) as client:
            delete_once(client)
            said = in_child(lambda: delete_once(client))
            assert said.startswith("ConfigurationError: a transport in httpx_args cannot be used")
            delete_once(client)


# --- the HTTP clients themselves


@pytest.mark.parametrize(
    "prefix",
    ["/pre", "/a/b", "/projects", "/api/projects", "/projects/p", "/a%23%3F%2Fb", "/%C3%A9"],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_all_paths_are_under_the_base_url_once(prefix: str, slash: str, server: Wire) -> None:
    with u.UpsunClient(**server.kwargs(base_url=server.url + prefix + slash)) as client:
        delete_once(client)
        links = (f"{prefix}/projects/q?x=1", f"{server.url}{prefix}/projects/r", "/other")
        for link in (*links, f"{prefix}/projects?page=2"):
            client.get_httpx_client().get(link)
    paths = ("/projects/p/integrations/i", "/projects/q?x=1", "/projects/r", "/other")
    wanted = [prefix + path for path in (*paths, "/projects?page=2")]
    assert [call.target for call in server.calls] == wanted


def test_a_link_to_the_base_url_itself_is_not_below_it(server: Wire) -> None:
    with u.UpsunClient(**server.kwargs(base_url=f"{server.url}/api")) as client:
        for link in ("/api", "/api?x=1", "/apis"):
            client.get_httpx_client().get(link)
    targets = [call.target for call in server.calls]
    assert targets == ["/api", "/api?x=1", "/api/apis"]


def test_event_hooks_can_be_read_and_set(client: u.UpsunClient) -> None:
    seen: list[str] = []
    http = client.get_httpx_client()
    http.event_hooks["request"].append(lambda request: seen.append(request.url.path))
    http.get("/x")
    delete_once(client.with_timeout(5))  # which shares them
    http.event_hooks = {"request": [lambda request: seen.append(request.method)]}
    assert [len(hooks) for hooks in http.event_hooks.values()] == [1, 0]
    delete_once(client)
    with pytest.raises(u.ConfigurationError, match="'request' and 'response'"):
        http.event_hooks = {"requests": []}
    http.event_hooks["request"].append(3)  # type: ignore[arg-type]
    with pytest.raises(u.ConfigurationError, match="event_hooks"):
        delete_once(client)
    assert seen == ["/x", "/projects/p/integrations/i", "DELETE"]


async def test_a_mock_of_httpx_sees_the_requests_as_sent(
    calls: Calls, request: pytest.FixtureRequest
) -> None:
    if httpx.__name__ != "httpx":
        pytest.skip("pytest-httpx patches httpx alone")
    httpx_mock: Any = request.getfixturevalue("httpx_mock")
    accepted = {"status": "Accepted", "code": 202, "access_token": "access"}
    httpx_mock.add_response(json=accepted, is_reusable=True)
    async with calls.client(api_token="t") as client:
        await calls.delete(client)
    asked, sent = httpx_mock.get_requests()
    assert str(asked.url) == "https://auth.upsun.com/oauth2/token"
    assert str(sent.url) == "https://api.upsun.com/projects/p/integrations/i"
