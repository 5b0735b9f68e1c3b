"""The exchange: one for all, ahead of expiry, and nothing poisoned by what goes wrong."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from tests.client.wire import ACCEPTED, Request, Wire, answer, token
from upsun_client import (
    TokenExchangeError,
    UpsunClient,
    UpsunError,
    _fork,
    delete_projects_integrations,
    delete_projects_integrations_async,
)
from upsun_client._loops import PerLoop
from upsun_client._token import AccessToken
from upsun_client._tokens import Tokens, _Flight

BACKENDS = ["asyncio", "trio"]
REFUSED = answer(400, {"error": "invalid_grant", "error_description": "No."})


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("upsun_client._tokens.time.monotonic", lambda: self.now)


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except UpsunError as error:
        return type(error).__name__
    return "ok"


def in_threads(count: int, server: Wire, client: UpsunClient) -> list[str]:
    """Delete from many threads at once, all waiting for the same exchange."""

    def call(_: int) -> str:
        return outcome(lambda: delete_projects_integrations("p", "i", client=client))

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(call, n) for n in range(count)]
        if server.hold:
            time.sleep(0.3)
            server.hold.set()
        return [future.result() for future in futures]


def in_tasks(backend: str, count: int, server: Wire, client: UpsunClient) -> list[str]:
    results: list[str] = []

    async def call() -> None:
        try:
            await delete_projects_integrations_async("p", "i", client=client)
            results.append("ok")
        except UpsunError as error:
            results.append(type(error).__name__)

    async def run() -> None:
        async with client, anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(call)
            if server.hold:
                await anyio.sleep(0.3)
                server.hold.set()

    anyio.run(run, backend=backend)
    return results


def test_64_threads_make_one_exchange() -> None:
    with Wire(hold=threading.Event()) as server, UpsunClient(**server.kwargs()) as client:
        assert in_threads(64, server, client) == ["ok"] * 64
        assert len(server.exchanges) == 1
        assert len(server.calls) == 64


@pytest.mark.parametrize("backend", BACKENDS)
def test_1000_tasks_make_one_exchange(backend: str) -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(
            **server.kwargs(httpx_args={"limits": httpx.Limits(max_connections=50)})
        )
        assert in_tasks(backend, 1000, server, client) == ["ok"] * 1000
        assert len(server.exchanges) == 1
        assert len(server.calls) == 1000


def test_threads_that_wait_for_a_refusal_share_it() -> None:
    with Wire(exchange=[REFUSED], hold=threading.Event()) as server:
        with UpsunClient(**server.kwargs()) as client:
            assert in_threads(64, server, client) == ["TokenExchangeError"] * 64
            assert len(server.exchanges) == 1
            # Who comes later asks for itself: the auth server may have changed its mind.
            assert in_threads(1, server, client) == ["TokenExchangeError"]
        assert len(server.exchanges) == 2
        assert not server.calls


@pytest.mark.parametrize("backend", BACKENDS)
def test_tasks_that_wait_for_a_refusal_share_it(backend: str) -> None:
    with Wire(exchange=[REFUSED], hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())
        assert in_tasks(backend, 300, server, client) == ["TokenExchangeError"] * 300
        assert len(server.exchanges) == 1


def _burst_of_401(issued: list[str]) -> Callable[[Request], bytes]:
    def api(request: Request) -> bytes:
        if request.headers["authorization"] == f"Bearer {issued[-1]}":
            return ACCEPTED
        return answer(401, {"error": "invalid_token"})

    return api


def test_a_burst_of_401s_renews_once() -> None:
    issued = ["revoked"]

    def exchange(_: Request) -> bytes:
        issued.append(f"access-{len(issued)}")
        time.sleep(0.2)
        return token(issued[-1])

    with Wire(_burst_of_401(issued), exchange) as server, UpsunClient(**server.kwargs()) as client:
        in_threads(1, server, client)
        issued.append("revoked again")
        assert in_threads(32, server, client) == ["ok"] * 32
        assert len(server.exchanges) == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_burst_of_401s_renews_once_for_tasks(backend: str) -> None:
    issued = ["revoked"]

    def exchange(_: Request) -> bytes:
        # The first token is refused from the start.
        time.sleep(0.2)
        issued.append(f"access-{len(issued)}")
        return token(issued[-1] if len(issued) > 2 else "stale")

    with Wire(_burst_of_401(issued), exchange) as server:
        client = UpsunClient(**server.kwargs())
        assert in_tasks(backend, 100, server, client) == ["ok"] * 100
        assert len(server.exchanges) == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cancelled_leader_lets_the_others_go_on(backend: str) -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())
        done: list[int] = []

        async def call(number: int) -> None:
            await delete_projects_integrations_async("p", "i", client=client)
            done.append(number)

        async def run() -> None:
            assert server.hold
            async with client, anyio.create_task_group() as group:
                leader = anyio.CancelScope()

                async def lead() -> None:
                    with leader:
                        await call(0)

                group.start_soon(lead)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                for number in (1, 2, 3):
                    group.start_soon(call, number)
                await anyio.sleep(0.1)
                leader.cancel()
                await anyio.sleep(0.1)
                server.hold.set()

        anyio.run(run, backend=backend)
        assert sorted(done) == [1, 2, 3]
        assert len(server.exchanges) == 2


def test_threads_and_tasks_share_the_token() -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())
        delete_projects_integrations("p", "i", client=client)
        assert in_tasks("asyncio", 5, server, client) == ["ok"] * 5
        assert len(server.exchanges) == 1


def test_a_thread_waits_for_the_exchange_of_a_task() -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())

        async def run() -> None:
            assert server.hold
            async with client, anyio.create_task_group() as group:
                group.start_soon(_delete_async, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                group.start_soon(anyio.to_thread.run_sync, _delete, client)
                await anyio.sleep(0.1)
                server.hold.set()

        anyio.run(run)
        assert len(server.exchanges) == 1
        assert len(server.calls) == 2


def test_a_task_waits_for_the_exchange_of_a_thread() -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())

        async def run() -> None:
            assert server.hold
            async with client, anyio.create_task_group() as group:
                group.start_soon(anyio.to_thread.run_sync, _delete, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                group.start_soon(_delete_async, client)
                await anyio.sleep(0.1)
                server.hold.set()

        anyio.run(run)
        assert len(server.exchanges) == 1
        assert len(server.calls) == 2


def _delete(client: UpsunClient) -> None:
    delete_projects_integrations("p", "i", client=client)


async def _delete_async(client: UpsunClient) -> None:
    await delete_projects_integrations_async("p", "i", client=client)


def _delete_in_a_thread(client: UpsunClient) -> None:
    thread = threading.Thread(target=_delete, args=(client,))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("call", [_delete, _delete_in_a_thread])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_call_does_not_wait_for_a_loop_that_waits_for_it(
    backend: str, call: Callable[[UpsunClient], None]
) -> None:
    """As an executor does inside a task: for ever, as no timeout of HTTP ends it."""
    with Wire(exchange=_slowly) as server:
        client = UpsunClient(**server.kwargs())

        async def run() -> None:
            async with client, anyio.create_task_group() as group:
                group.start_soon(_delete_async, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                call(client)  # blocks the loop that leads the exchange

        anyio.run(run, backend=backend)
        assert len(server.calls) == 2


def _slowly(_: Request) -> bytes:
    time.sleep(0.2)
    return token()


def test_a_thread_waits_for_a_thread_that_blocks_its_own_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A synchronous call in a task is slow, but it leads an exchange that goes on."""
    monkeypatch.setattr("upsun_client._loops._PATIENCE", 0.01)
    with Wire(exchange=_slowly) as server, UpsunClient(**server.kwargs()) as client:

        async def run() -> None:
            thread.start()
            _delete(client)

        def later() -> None:
            while not server.exchanges:
                time.sleep(0.01)
            _delete(client)

        thread = threading.Thread(target=later)
        asyncio.run(run())
        thread.join()
        assert len(server.exchanges) == 1


def test_a_trio_loop_keeps_its_connections_beside_another() -> None:
    turns = [threading.Event(), threading.Event()]

    def run(number: int) -> None:
        mine, other = turns[number], turns[1 - number]

        async def calls() -> None:
            for _ in range(3):
                while not mine.is_set():
                    await anyio.sleep(0.01)
                mine.clear()
                await _delete_async(client)
                other.set()
            await client.get_async_httpx_client().aclose()

        anyio.run(calls, backend="trio")

    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        _delete(client)
        before = server.connections
        turns[0].set()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))
        assert server.connections == before + 2


def test_loops_that_have_ended_may_be_swept_by_two_at_once() -> None:
    ended = asyncio.new_event_loop()
    ended.close()
    gates = PerLoop(object)

    class Swept(dict[Any, object]):
        def __iter__(self) -> Iterator[Any]:
            return iter([ended])  # which the other thread has just taken away

    gates._values = Swept()
    assert gates.get()


@pytest.mark.parametrize("backend", BACKENDS)
def test_event_loops_in_turn(backend: str) -> None:
    with Wire() as server:
        client = UpsunClient(**server.kwargs())

        async def once() -> None:
            await _delete_async(client)
            await client.get_async_httpx_client().aclose()

        async def twice() -> None:
            await _delete_async(client)
            await client.aclose()

        anyio.run(once, backend=backend)
        anyio.run(twice, backend=backend)
        assert len(server.calls) == 2
        assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    ("lifetime", "kept", "renewed"),
    [(900, 839, 841), (60, 53, 55), (600, 539, 541), (1, 0.8, 0.95)],
)
def test_renewal_comes_ahead_of_expiry(
    monkeypatch: pytest.MonkeyPatch, lifetime: float, kept: float, renewed: float
) -> None:
    clock = Clock(monkeypatch)
    issued: list[AccessToken] = []

    def exchange() -> AccessToken:
        issued.append(AccessToken(f"t{len(issued)}", lifetime))
        return issued[-1]

    tokens = Tokens(exchange, _never)
    assert tokens.get(0).value == "t0"
    clock.now += kept
    assert tokens.get(0).value == "t0"
    clock.now += renewed - kept
    assert tokens.get(0).value == "t1"
    assert tokens.held() == ("t1", "t0")


async def _never() -> AccessToken:
    raise AssertionError


def test_the_life_of_a_token_counts_from_before_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)

    def slow_exchange() -> AccessToken:
        clock.now += 30
        return AccessToken("t", 100)

    tokens = Tokens(slow_exchange, _never)
    assert tokens.get(0).renew_at == 1000 + 90


def test_a_failed_exchange_poisons_nothing() -> None:
    with Wire(exchange=[REFUSED, token()]) as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(TokenExchangeError):
            delete_projects_integrations("p", "i", client=client)
        delete_projects_integrations("p", "i", client=client)
        assert [len(server.exchanges), len(server.calls)] == [2, 1]


def test_the_exchange_is_as_documented() -> None:
    with Wire() as server, UpsunClient(**server.kwargs(api_token=" a&b+c= \n")) as client:
        delete_projects_integrations("p", "i", client=client)
        (request,) = server.exchanges
    assert request.method == "POST"
    assert request.headers["authorization"] == "Basic cGxhdGZvcm0tYXBpLXVzZXI6"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"grant_type=api_token&api_token=a%26b%2Bc%3D"
    assert server.calls[0].headers["authorization"] == "Bearer access-1"


def test_the_repr_of_a_token_is_none() -> None:
    assert repr(AccessToken("secret", 900)) == "<AccessToken for 900 s>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_neither_shares_a_connection_nor_waits_for_a_lock() -> None:
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        session = client.get_httpx_client()
        delete_projects_integrations("p", "i", client=client)
        before = server.connections
        tokens, connector = client._auth._tokens, client._auth.connector
        with tokens._lock, connector._lock, client._lock:  # as if other threads were at work
            tokens._flight = _Flight()
            child = os.fork()
            if child == 0:
                try:
                    tokens._token = None
                    _delete(client)
                    session.get("/x")
                    os._exit(0)
                finally:
                    os._exit(1)
        tokens._flight = None
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert server.connections == before + 2  # the child's exchange and its calls
        delete_projects_integrations("p", "i", client=client)
        assert server.connections == before + 2  # the parent's connection still serves


def test_what_is_done_after_a_fork() -> None:
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        client.get_httpx_client()
        client.get_async_httpx_client()
        with client._auth._tokens._lock, client._auth.connector._lock, client._lock:
            _fork._forked()
        delete_projects_integrations("p", "i", client=client)


def _tokens(*outcomes: AccessToken | UpsunError) -> Tokens:
    script = iter(outcomes)

    def exchange() -> AccessToken:
        outcome = next(script)
        if isinstance(outcome, UpsunError):
            raise outcome
        return outcome

    return Tokens(exchange, _never)


def test_a_failure_is_shared_with_who_began_before_it_and_nobody_else() -> None:
    tokens = _tokens(UpsunError("one"), UpsunError("two"), AccessToken("t", 900))
    since = tokens.settled
    with pytest.raises(UpsunError, match="one") as first:
        tokens.get(since)
    with pytest.raises(UpsunError, match="one") as again:
        tokens.get(since)
    assert again.value is not first.value
    with pytest.raises(UpsunError, match="two"):
        tokens.get(tokens.settled)
    assert tokens.get(tokens.settled).value == "t"


def test_a_token_that_came_between_two_looks_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _tokens(AccessToken("t", 900))
    token = tokens.get(0)
    looks = iter([None, token])
    monkeypatch.setattr(Tokens, "_usable", lambda *_: next(looks))
    assert tokens.get(0) is token


def test_who_waited_for_a_cancelled_exchange_leads_the_next() -> None:
    tokens = _tokens(AccessToken("t", 900))
    cancelled = tokens._flight = _Flight()
    cancelled.thread = -1
    threading.Timer(0.05, cancelled.landed.set).start()
    assert tokens.get(0).value == "t"


def test_only_the_refused_token_is_forgotten() -> None:
    tokens = _tokens(AccessToken("one", 900), AccessToken("two", 900))
    one = tokens.get(0)
    two = tokens.get(0, refused=one)
    tokens.forget(one)
    assert tokens.get(0) is two
    assert tokens.held() == ("two", "one")
    tokens.forget(two)
    assert tokens.held() == ("", "two")
