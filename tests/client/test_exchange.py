"""The exchange: one for all, ahead of expiry, and nothing poisoned by what goes wrong."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import anyio
import pytest

from tests.client import wire
from tests.client.conftest import Clock, delete_once, delete_once_async, outcome, send
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Request, Wire, answer, token
from upsun_client import APITimeoutError, AuthenticationError, UpsunClient, UpsunError

pytestmark = pytest.mark.usefixtures("_short_waits")


REFUSED = answer(400, {"error": "invalid_grant", "error_description": "No."})


def in_threads(count: int, server: Wire, client: UpsunClient) -> list[str]:
    """Delete from many threads at once; exchanges that are held go on when all have begun."""
    begun, clock = set[int](), time.monotonic

    def read() -> float:
        now = clock()
        if threading.current_thread().name.startswith("caller"):  # who begins looks at the clock
            begun.add(threading.get_ident())
            if len(begun) == count:
                server.let_go()
        return now

    with mock.patch("time.monotonic", read), ThreadPoolExecutor(count, "caller") as pool:
        futures = [pool.submit(outcome, lambda: delete_once(client)) for _ in range(count)]
        return [future.result() for future in futures]


def in_tasks(backend: str, count: int, server: Wire, client: UpsunClient) -> list[str]:
    results: list[str] = []

    async def call() -> None:
        try:
            await delete_once_async(client)
            results.append("ok")
        except UpsunError as error:
            results.append(type(error).__name__)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(call)
            await anyio.sleep(0.1)  # in which all tasks begin
            server.let_go()
        await client.get_async_httpx_client().aclose()

    anyio.run(run, backend=backend)
    return results


def crowd(flavour: str, count: int, server: Wire, client: UpsunClient) -> set[str]:
    """Delete by many at once; tell what came of it."""
    if flavour == "sync":
        return set(in_threads(count, server, client))
    return set(in_tasks(flavour, count, server, client))


def held(**script: Any) -> Wire:
    """A server whose exchanges wait until all who need one have begun."""
    return Wire(hold=threading.Event(), **script)


CROWDS = {"sync": 64, "asyncio": 1000, "trio": 1000}


def test_a_crowd_makes_one_exchange(flavour: str) -> None:
    args = {"limits": httpx.Limits(max_connections=50)}
    with held() as server, UpsunClient(**server.kwargs(httpx_args=args)) as client:
        assert crowd(flavour, CROWDS[flavour], server, client) == {"ok"}
        assert (len(server.exchanges), len(server.calls)) == (1, CROWDS[flavour])


def test_a_crowd_that_waits_for_a_refusal_shares_it(flavour: str) -> None:
    with held(exchange=[REFUSED, token()]) as server, UpsunClient(**server.kwargs()) as client:
        assert crowd(flavour, 64, server, client) == {"TokenExchangeError"}
        assert len(server.exchanges) == 1
        delete_once(client)  # asks for itself: the auth server may have changed its mind
        assert (len(server.exchanges), len(server.calls)) == (2, 1)


def test_a_crowd_takes_what_it_waited_for_however_short_its_life(flavour: str) -> None:
    script = [token(expires_in=1e-9)]
    with held(exchange=script) as server, UpsunClient(**server.kwargs()) as client:
        assert crowd(flavour, 16, server, client) == {"ok"}
        assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    ("second", "comes_to"),
    [
        (token("new"), "ok"),
        (token("access-1"), "AuthenticationError"),
        (REFUSED, "TokenExchangeError"),
    ],
)
def test_a_burst_of_401s_renews_once(second: Reaction, comes_to: str, flavour: str) -> None:
    refused = threading.Barrier(32)

    def api(request: Request) -> bytes:
        if request.headers["authorization"] == "Bearer new":
            return ACCEPTED
        if len(server.exchanges) == 1:
            refused.wait(30)  # all have sent the first token before any is refused
        return answer(401, {"error": "invalid_token"})

    with Wire(api, [token(), second]) as server, UpsunClient(**server.kwargs()) as client:
        assert crowd(flavour, 32, server, client) == {comes_to}
        assert len(server.exchanges) == 2


def test_a_burst_through_one_connection_renews_once(flavour: str) -> None:
    def api(request: Request) -> bytes:
        return ACCEPTED if request.headers["authorization"] == "Bearer new" else answer(401)

    args = {"limits": httpx.Limits(max_connections=1)}
    with Wire(api, [token(), token("new")]) as server:
        with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            assert crowd(flavour, CROWDS[flavour] // 3, server, client) == {"ok"}
        assert len(server.exchanges) == 2


def test_threads_and_tasks_share_the_token() -> None:
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        delete_once(client)
        assert in_tasks("asyncio", 5, server, client) == ["ok"] * 5
        assert len(server.exchanges) == 1


@pytest.mark.parametrize("first", ["task", "thread"])
def test_threads_and_tasks_wait_for_the_same_exchange(first: str, backend: str) -> None:
    with held() as server:
        client = UpsunClient(**server.kwargs())
        calls = [delete_once_async, lambda client: anyio.to_thread.run_sync(delete_once, client)]

        async def run() -> None:
            async with client, anyio.create_task_group() as group:
                for call in calls if first == "task" else reversed(calls):
                    group.start_soon(call, client)
                    while not server.exchanges:
                        await anyio.sleep(0.01)
                await anyio.sleep(0.1)
                server.let_go()

        anyio.run(run, backend=backend)
        assert (len(server.exchanges), len(server.calls)) == (1, 2)


def _slowly(_: Request) -> bytes:
    time.sleep(0.2)
    return token()


def _delete_in_threads(client: UpsunClient) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(delete_once, [client] * 3))


@pytest.mark.parametrize("call", [delete_once, _delete_in_threads])
def test_a_call_does_not_wait_for_a_loop_that_waits_for_it(
    backend: str, call: Callable[[UpsunClient], None]
) -> None:
    """As an executor does inside a task: for ever, as no timeout of HTTP ends it."""
    with Wire(exchange=_slowly) as server:
        client = UpsunClient(**server.kwargs())

        async def run() -> None:
            async with client, anyio.create_task_group() as group:
                group.start_soon(delete_once_async, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                call(client)  # blocks the loop of the task that asked for the exchange

        anyio.run(run, backend=backend)
        assert len(server.exchanges) == 1


def test_a_thread_waits_for_a_thread_that_blocks_its_own_loop() -> None:
    """A synchronous call in a task is slow, but the exchange that it began goes on."""
    with Wire(exchange=_slowly) as server, UpsunClient(**server.kwargs()) as client:

        async def run() -> None:
            thread.start()
            delete_once(client)

        def later() -> None:
            while not server.exchanges:
                time.sleep(0.01)
            delete_once(client)

        thread = threading.Thread(target=later)
        asyncio.run(run())
        thread.join()
        assert len(server.exchanges) == 1


@pytest.mark.parametrize("body", [{"files": {"f": b"data"}}, {"content": iter([b"data"])}])
def test_a_refused_token_is_forgotten_even_if_the_body_is_gone(body: dict[str, Any]) -> None:
    with Wire([answer(401), ACCEPTED], [token("one"), token("two")]) as server:
        with UpsunClient(**server.kwargs()) as client:
            http = client.get_httpx_client()
            if "files" in body:
                assert http.post("/x", **body).is_success
            else:
                with pytest.raises(AuthenticationError):
                    http.post("/x", headers={"Content-Length": "4"}, **body)
            delete_once(client)
            assert len(server.exchanges) == 2


def test_the_exchange_is_as_documented() -> None:
    with Wire() as server, UpsunClient(**server.kwargs(api_token=" a&b+c= \n")) as client:
        delete_once(client)
        (request,) = server.exchanges
    assert request.method == "POST"
    assert request.headers["authorization"] == "Basic cGxhdGZvcm0tYXBpLXVzZXI6"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"grant_type=api_token&api_token=a%26b%2Bc%3D"
    assert server.calls[0].headers["authorization"] == "Bearer access-1"


# --- who waits


def test_who_is_cancelled_stops_nobody_else(backend: str) -> None:
    with held() as server:
        client = UpsunClient(**server.kwargs())
        done: list[int] = []

        async def call(number: int) -> None:
            await delete_once_async(client)
            done.append(number)

        async def run() -> None:
            async with client, anyio.create_task_group() as group:
                with anyio.move_on_after(0.2):
                    await call(0)
                for number in (1, 2, 3):
                    group.start_soon(call, number)
                await anyio.sleep(0.1)
                server.let_go()

        anyio.run(run, backend=backend)
        assert sorted(done) == [1, 2, 3]
        assert len(server.exchanges) == 1


def test_waiting_ends_with_the_timeout_of_who_waits(flavour: str) -> None:
    with held() as server, UpsunClient(**server.kwargs(max_retries=0)) as client:
        hasty = client.with_timeout(0.2)
        for _ in range(2):
            with pytest.raises(APITimeoutError, match=r"0\.2 s.*not sent"):
                send(flavour, hasty)
        assert not server.calls
        server.let_go()
        delete_once(client)
        assert len(server.exchanges) == 1


# --- renewal


def test_renewal_comes_ahead_of_expiry(clock: Clock) -> None:
    for lifetime, kept, renewed in ((900, 839, 841), (60, 53, 55), (600, 539, 541), (1, 0.8, 0.95)):
        with Wire(exchange=[token(name, expires_in=lifetime) for name in ("a", "b")]) as server:
            with UpsunClient(**server.kwargs()) as client:
                began = clock.now
                for after in (0, kept, renewed):
                    clock.now = began + after
                    delete_once(client)
        sent = [call.headers["authorization"] for call in server.calls]
        assert sent == ["Bearer a", "Bearer a", "Bearer b"]


@pytest.mark.parametrize(
    "failure", [answer(503), answer(400, {"error": "invalid_grant"}), wire.garbage]
)
def test_an_early_renewal_that_fails_fails_no_call(failure: Any, clock: Clock) -> None:
    with Wire(exchange=[token(expires_in=100), failure, failure, token("new")]) as server:
        with UpsunClient(**server.kwargs(max_retries=0)) as client:
            delete_once(client)
            clock.now += 95  # ahead of expiry by less than a tenth
            delete_once(client)
            delete_once(client)  # asks again
            assert len(server.exchanges) == 3
            delete_once(client)
            sent = [call.headers["authorization"] for call in server.calls]
            assert sent == ["Bearer access-1"] * 3 + ["Bearer new"]


def test_a_crowd_asks_once_for_an_early_renewal_that_fails(clock: Clock, flavour: str) -> None:
    with Wire(exchange=[token(expires_in=100), answer(503)]) as server:
        with UpsunClient(**server.kwargs(max_retries=0)) as client:
            delete_once(client)
            for later, comes_to in ((95, "ok"), (6, "TokenExchangeError")):
                clock.now += later
                server.hold = threading.Event()
                before = len(server.exchanges)
                assert crowd(flavour, 32, server, client) == {comes_to}
                assert len(server.exchanges) == before + 1


def test_an_exchange_without_a_thread_is_made_by_who_asks(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    exchanges = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            exchanges.append(request)
            return httpx.Response(200, json={"access_token": "a"})
        return httpx.Response(202, json={"status": "Accepted", "code": 202})

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with UpsunClient("t", httpx_args={"transport": httpx.MockTransport(handle)}) as client:
        delete_once(client)
        delete_once(client)
    assert len(exchanges) == 1
