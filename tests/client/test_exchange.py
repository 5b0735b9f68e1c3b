"""The exchange: one for all, ahead of expiry, and nothing poisoned by what goes wrong."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any
from unittest import mock

import anyio
import pytest

from tests.client import wire
from tests.client.conftest import Calls, Clock, delete_once, delete_once_async
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Held, Reaction, Request, Wire, answer, token
from upsun_client import APITimeoutError, TokenExchangeError, UpsunClient, UpsunError

pytestmark = pytest.mark.usefixtures("_short_waits")

REFUSED = answer(400, {"error": "invalid_grant", "error_description": "No."})


def bearers(server: Wire) -> list[str]:
    """Give the access tokens that the API was sent."""
    return [call.headers["authorization"].removeprefix("Bearer ") for call in server.calls]


def crowd(calls: Calls, count: int, server: Wire, client: UpsunClient) -> set[str]:
    """Delete by many at once, held exchanges going on when all have begun; tell what came of it."""
    begun, came, clock = set[int](), set[str](), time.monotonic

    def read() -> float:
        now = clock()
        if "Pool" in threading.current_thread().name:
            begun.add(threading.get_ident())
            if len(begun) == count:
                server.let_go()
        return now

    async def call() -> None:
        try:
            await calls.delete(client)
            came.add("ok")
        except UpsunError as error:
            came.add(type(error).__name__)

    async def let_go() -> None:
        await anyio.sleep(0.1)  # in which all tasks begin
        server.let_go()

    async def run() -> None:
        async with calls.entered(calls.session(client)):
            await calls.together(*[call] * count, *([] if calls.is_sync else [let_go]))

    with mock.patch("time.monotonic", read):
        calls.run(run)
    return came


@pytest.mark.parametrize("first", [token(), token(expires_in=1e-9), REFUSED])
def test_a_crowd_shares_one_exchange(first: bytes, calls: Calls) -> None:
    """However short the life of its token."""
    comes_to = "TokenExchangeError" if first == REFUSED else "ok"
    script, hold = [first, token()], threading.Event()
    with Wire(exchange=script, hold=hold) as server, UpsunClient(**server.kwargs()) as client:
        assert crowd(calls, 64, server, client) == {comes_to}
        assert len(server.exchanges) == 1
        delete_once(client)
        # Who comes after a failure asks for himself.
        assert len(server.exchanges) == (2 if first != token() else 1)


# How many connections there are, what the renewal is answered, and what comes of all.
BURSTS = [(1, token("new"), "ok"), (32, token("new"), "ok")]
BURSTS += [(32, token("access-1"), "AuthenticationError"), (32, REFUSED, "TokenExchangeError")]


@pytest.mark.parametrize(("connections", "second", "comes_to"), BURSTS)
def test_a_burst_of_401s_renews_once(
    connections: int, second: Reaction, comes_to: str, calls: Calls
) -> None:
    sent = threading.Barrier(connections)

    def api(request: Request) -> bytes:
        if request.headers["authorization"] == "Bearer new":
            return ACCEPTED
        if len(server.exchanges) == 1:
            sent.wait(30)  # all that can have sent the first token before any is refused
        return answer(401, {"error": "invalid_token"})

    count = 300 if connections == 1 else connections
    args = {"limits": httpx.Limits(max_connections=connections)}
    with Wire(api, [token(), second]) as server:
        with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            assert crowd(calls, count, server, client) == {comes_to}
        assert len(server.exchanges) == 2


async def in_thread(client: UpsunClient) -> None:
    await anyio.to_thread.run_sync(delete_once, client)


async def cancelled(client: UpsunClient) -> None:
    with anyio.move_on_after(0):
        await delete_once_async(client)


@pytest.mark.parametrize("first", [delete_once_async, in_thread, cancelled])
async def test_all_wait_for_the_first_exchange(first: Any, tasks: Calls, server: Wire) -> None:
    """Also who blocks the event loop of the others, as an executor does inside a task."""
    server.hold = threading.Event()
    async with tasks.client(**server.kwargs()) as client:
        with ThreadPoolExecutor(3) as pool:
            async with anyio.create_task_group() as group:
                group.start_soon(first, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                for call in (delete_once_async, in_thread, cancelled):
                    group.start_soon(call, client)
                await anyio.sleep(0.1)
                threading.Timer(0.2, server.let_go).start()
                threads = [pool.submit(delete_once, client) for _ in range(3)]
                delete_once(client)
                wait(threads)
    assert len(server.exchanges) == 1
    assert len(server.calls) == (6 if first is cancelled else 7)


def test_the_exchange_is_as_documented(server: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSUN_CLI_TOKEN", " a&b+c= \n")
    with UpsunClient(base_url=server.url, token_url=server.token_url) as client:
        delete_once(client)
    (request,) = server.exchanges
    assert request.method == "POST"
    assert request.headers["authorization"] == "Basic cGxhdGZvcm0tYXBpLXVzZXI6"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"grant_type=api_token&api_token=a%26b%2Bc%3D"
    assert bearers(server) == ["access-1"]


# --- who waits


def test_a_process_ends_while_an_exchange_hangs() -> None:
    with Wire(hold=threading.Event()) as server:
        program = f"""import upsun_client
try:
    upsun_client.UpsunClient(**{server.kwargs(timeout=0.2)}).get_httpx_client().get("/x")
except upsun_client.APITimeoutError:
    print("late")
"""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", program]
        # The exchange itself would wait for ten seconds, more than once.
        told = subprocess.check_output(command, env=env, text=True, timeout=9)
    assert told == "late\n"


@pytest.mark.parametrize("ends", [True, False])
async def test_waiting_ends_with_the_timeout_of_who_waits(
    ends: bool, calls: Calls, clock: Clock, server: Wire
) -> None:
    """The exchange has more patience; one that never ends is left to itself."""
    server.exchange = exchange = Held(token())
    says = r"0\.2 s.*not sent; the token exchange goes on: repeat, or raise timeout$"
    async with calls.client(**server.kwargs(max_retries=0, timeout=0.2)) as client:
        for _ in range(2):
            with pytest.raises(APITimeoutError, match=says):
                await calls.delete(client)
        assert (len(server.calls), len(server.exchanges)) == (0, 1)
        if ends:
            exchange.go_on.set()
        else:
            clock.now += 300
        await calls.delete(client.with_timeout(30))
        exchange.go_on.set()
    assert len(server.exchanges) == (1 if ends else 2)


# --- renewal


def test_renewal_comes_ahead_of_expiry(clock: Clock) -> None:
    # Nonsense is 900.
    for lifetime, kept, renewed in ((0, 839, 841), (60, 53, 55), (600, 539, 541), (1, 0.8, 0.95)):
        with Wire(exchange=[token(name, expires_in=lifetime) for name in ("a", "b")]) as server:
            with UpsunClient(**server.kwargs()) as client:
                began = clock.now
                for after in (0, kept, renewed):
                    clock.now = began + after
                    delete_once(client)
        assert bearers(server) == ["a", "a", "b"]


@pytest.mark.parametrize("failure", [answer(503), REFUSED, wire.garbage])
def test_an_early_renewal_may_fail(failure: Reaction, clock: Clock, calls: Calls) -> None:
    script = [token(expires_in=100), failure, failure, failure, token("new")]
    with Wire(exchange=script) as server, UpsunClient(**server.kwargs(max_retries=0)) as client:
        delete_once(client)
        for later in (95, 0, 6):  # ahead of expiry by less than a tenth, twice; and after it
            clock.now += later
            server.hold = threading.Event()
            before = len(server.exchanges)
            (came,) = crowd(calls, 32, server, client)
            assert (came == "ok") is (later != 6)
            assert len(server.exchanges) == before + 1  # for all of the crowd
        delete_once(client)
        assert bearers(server)[-1] == "new"


def test_an_exchange_without_a_thread_is_made_by_who_asks(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(202, json={"access_token": "a", "status": "Accepted", "code": 202})

    sent: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with UpsunClient("t", httpx_args={"transport": httpx.MockTransport(handle)}) as client:
        delete_once(client)
        delete_once(client)
    assert sent == ["POST", "DELETE", "DELETE"]


@pytest.mark.parametrize(
    "case",
    [  # how the renewal goes, how long the first two attempts take, and what they send
        (token("access-2"), (1000, 1000), ["access-1", "access-2", "access-3"]),
        # Ahead of expiry it may fail; it is asked for again once the held token has ended.
        (REFUSED, (850, 60), ["access-1", "access-1", "access-3"]),
    ],
)
async def test_a_token_that_ends_during_a_call_is_renewed_before_the_next_attempt(
    case: tuple[bytes, tuple[int, int], list[str]], calls: Calls, clock: Clock, server: Wire
) -> None:
    renewal, lasts, sent = case

    def api(_: Request) -> bytes:
        count = len(server.calls)
        clock.now += sum(lasts[count - 1 : count])
        return ACCEPTED if count == 3 else answer(503)

    server.api, server.exchange = api, [token(), renewal, token("access-3")]
    async with calls.client(**server.kwargs()) as client:
        await calls.delete(client)
    assert bearers(server) == sent


@pytest.mark.parametrize(("came", "status"), [(REFUSED, 503), (token("ended"), 401)])
async def test_an_exchange_that_is_of_no_use_before_a_retry_is_not_the_retrys(
    came: bytes, status: int, calls: Calls, clock: Clock, server: Wire
) -> None:
    def api(_: Request) -> bytes:
        if len(server.calls) > 1:
            return ACCEPTED
        clock.now += 1000
        with suppress(TokenExchangeError):
            delete_once(client)  # somebody else's
        clock.now += 1000
        return answer(status)

    server.api, server.exchange = api, [token(), came, token("new")]
    async with calls.client(**server.kwargs()) as client:
        await calls.delete(client)
    assert bearers(server) == ["access-1", *["ended"] * (status == 401), "new"]


async def test_a_token_that_ends_while_its_call_waits_at_the_gate_is_not_sent(
    calls: Calls, clock: Clock, server: Wire
) -> None:
    def api(_: Request) -> bytes:
        time.sleep(0.1)  # in which the others come to the gate
        clock.now += 1000
        return ACCEPTED

    server.api, server.exchange = api, [token(name) for name in "abc"]
    limits = httpx.Limits(max_connections=1)
    async with calls.client(**server.kwargs(httpx_args={"limits": limits}, timeout=None)) as client:
        await calls.together(*[lambda: calls.delete(client)] * 3)
    assert bearers(server) == ["a", "b", "c"]


@pytest.mark.parametrize("second", [1, 2])
async def test_a_renewal_that_hangs_fails_no_call_whether_the_held_token_lives(
    second: int, calls: Calls, clock: Clock, server: Wire
) -> None:
    def exchange(_: Request) -> bytes:
        count = len(server.exchanges)
        clock.now += count - 1 if second == 2 else 0  # as a process that stands still
        time.sleep(0.5 * (count - 1))
        return token(f"access-{count}", expires_in=1000)

    server.exchange = exchange
    async with calls.client(**server.kwargs(timeout=None)) as client:
        await calls.delete(client)
        clock.now += 999.5
        await calls.delete(client)
    assert bearers(server) == ["access-1", f"access-{second}"]
