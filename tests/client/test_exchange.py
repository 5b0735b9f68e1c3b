"""The exchange: one for all, ahead of expiry, and nothing poisoned by what goes wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from tests.client import wire
from tests.client.conftest import BACKENDS, delete_once, delete_once_async, outcome
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Request, Wire, answer, token
from upsun_client import (
    APITimeoutError,
    AuthenticationError,
    TokenExchangeError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

pytestmark = pytest.mark.usefixtures("_short_waits")


REFUSED = answer(400, {"error": "invalid_grant", "error_description": "No."})


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


def call(client: UpsunClient) -> str:
    try:
        delete_projects_integrations("p", "i", client=client)
    except UpsunError as error:
        return type(error).__name__
    return "ok"


def burst(client: UpsunClient, count: int = 64) -> set[str]:
    with ThreadPoolExecutor(count) as pool:
        return set(pool.map(lambda _: call(client), range(count)))


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
                group.start_soon(delete_once_async, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                group.start_soon(anyio.to_thread.run_sync, delete_once, client)
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
                group.start_soon(anyio.to_thread.run_sync, delete_once, client)
                while not server.exchanges:
                    await anyio.sleep(0.01)
                group.start_soon(delete_once_async, client)
                await anyio.sleep(0.1)
                server.hold.set()

        anyio.run(run)
        assert len(server.exchanges) == 1
        assert len(server.calls) == 2


def _delete_in_a_thread(client: UpsunClient) -> None:
    thread = threading.Thread(target=delete_once, args=(client,))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("call", [delete_once, _delete_in_a_thread])
@pytest.mark.parametrize("backend", BACKENDS)
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


def test_a_burst_renews_once_even_to_the_same_token() -> None:
    with Wire([answer(401)], [_slow_token]) as server, UpsunClient(**server.kwargs()) as client:
        assert burst(client) == {"AuthenticationError"}
        assert len(server.exchanges) == 2


def _slow_token(connection: Any) -> None:
    time.sleep(0.3)
    connection.sendall(token())


def test_who_waits_for_a_token_takes_it_however_short_its_life() -> None:
    def short(connection: Any) -> None:
        time.sleep(0.5)
        connection.sendall(token(expires_in=0.01))

    with Wire(exchange=[short]) as server, UpsunClient(**server.kwargs()) as client:
        assert burst(client, 16) == {"ok"}
        assert len(server.exchanges) <= 3


def test_a_quick_refusal_after_a_burst_of_401s_is_shared() -> None:
    gate = threading.Barrier(32)

    def api(request: Request) -> bytes:
        if request.target == "/warm":
            return answer(200, {})
        gate.wait(10)  # all begin before any is refused
        return answer(401)

    with Wire(api, [token(), REFUSED]) as server, UpsunClient(**server.kwargs()) as client:
        client.get_httpx_client().get("/warm")
        assert burst(client, 32) == {"TokenExchangeError"}
        assert len(server.exchanges) == 2


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
            assert call(client) == "ok"
            assert len(server.exchanges) == 2


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


# --- who waits


@pytest.mark.parametrize("backend", BACKENDS)
def test_who_is_cancelled_stops_nobody_else(backend: str) -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())
        done: list[int] = []

        async def call(number: int) -> None:
            await delete_once_async(client)
            done.append(number)

        async def run() -> None:
            assert server.hold
            async with client, anyio.create_task_group() as group:
                with anyio.move_on_after(0.2):
                    await call(0)
                for number in (1, 2, 3):
                    group.start_soon(call, number)
                await anyio.sleep(0.1)
                server.hold.set()

        anyio.run(run, backend=backend)
        assert sorted(done) == [1, 2, 3]
        assert len(server.exchanges) == 1


def test_a_client_in_a_hurry_has_its_token_at_the_next_call(flavour: str) -> None:
    def slow(_: Request) -> bytes:
        time.sleep(0.6)
        return token()

    async def run() -> None:
        async with UpsunClient(**server.kwargs(timeout=0.4, max_retries=0)) as client:
            with pytest.raises(APITimeoutError, match=r"0\.4 s.*not sent"):
                await delete_once_async(client)
            await anyio.sleep(0.4)
            await delete_once_async(client)

    with Wire(exchange=slow) as server:
        if flavour == "sync":
            with UpsunClient(**server.kwargs(timeout=0.4, max_retries=0)) as client:
                with pytest.raises(APITimeoutError, match=r"0\.4 s.*not sent"):
                    delete_once(client)
                time.sleep(0.4)
                delete_once(client)
        else:
            anyio.run(run, backend=flavour)
        assert len(server.exchanges) == 1


def test_waiting_ends_with_the_timeout_of_who_waits(flavour: str) -> None:
    def slow(_: Request) -> bytes:
        time.sleep(0.6)
        return token()

    with Wire(exchange=slow) as server, UpsunClient(**server.kwargs(max_retries=0)) as client:
        hasty = client.with_timeout(0.2)
        results: list[str] = []
        if flavour == "sync":
            with ThreadPoolExecutor(10) as pool:
                results += pool.map(lambda _: outcome(lambda: delete_once(hasty)), range(10))
        else:
            results += in_tasks(flavour, 10, server, hasty)
        assert results == ["APITimeoutError"] * 10
        assert not server.calls
        delete_once(client)
        assert len(server.exchanges) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_call_in_a_thread_that_its_own_loop_waits_for_comes_through(backend: str) -> None:
    """Another thread's call waits for the exchange; the loop is blocked by somebody else's."""
    with Wire(exchange=_slowly) as server, UpsunClient(**server.kwargs()) as client:

        async def run() -> None:
            with ThreadPoolExecutor(2) as pool:
                calls = [pool.submit(delete_once, client) for _ in range(2)]
                delete_once(client)
                for call in calls:
                    call.result(10)

        anyio.run(run, backend=backend)
        assert len(server.exchanges) == 1


# --- renewal


def _expiring(issued: list[str], lifetime: float) -> Callable[[Request], bytes]:
    def exchange(_: Request) -> bytes:
        issued.append(f"access-{len(issued)}")
        return token(issued[-1], expires_in=lifetime)

    return exchange


def test_renewal_comes_ahead_of_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    for lifetime, kept, renewed in ((900, 839, 841), (60, 53, 55), (600, 539, 541), (1, 0.8, 0.95)):
        now, issued = [1000.0], list[str]()
        monkeypatch.setattr("upsun_client._tokens.time.monotonic", lambda now=now: now[0])
        with Wire(exchange=_expiring(issued, lifetime)) as server:
            with UpsunClient(**server.kwargs()) as client:
                for after in (0, kept, renewed):
                    now[0] = 1000 + after
                    delete_once(client)
        sent = [call.headers["authorization"] for call in server.calls]
        assert sent == ["Bearer access-0", "Bearer access-0", "Bearer access-1"]
        monkeypatch.undo()


@pytest.mark.parametrize(
    "failure", [answer(503), answer(400, {"error": "invalid_grant"}), wire.garbage]
)
def test_an_early_renewal_that_fails_fails_no_call(
    failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("upsun_client._tokens.time.monotonic", lambda: now[0])
    with Wire(exchange=[token(expires_in=100), failure, failure, token("new")]) as server:
        with UpsunClient(**server.kwargs(max_retries=0)) as client:
            delete_once(client)
            now[0] += 95  # ahead of expiry by less than a tenth
            delete_once(client)
            delete_once(client)  # asks again
            assert len(server.exchanges) == 3
            delete_once(client)
            sent = [call.headers["authorization"] for call in server.calls]
            assert sent == ["Bearer access-1"] * 3 + ["Bearer new"]


def test_a_crowd_asks_once_for_an_early_renewal_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("upsun_client._tokens.time.monotonic", lambda: now[0])
    with Wire(exchange=[token(expires_in=100), _slow_failure]) as server:
        with UpsunClient(**server.kwargs(max_retries=0)) as client:
            delete_once(client)
            now[0] += 95
            assert burst(client, 32) == {"ok"}
            assert len(server.exchanges) == 2
            now[0] += 6  # expired: now it matters
            assert burst(client, 4) == {"TokenExchangeError"}


def _slow_failure(connection: Any) -> None:
    time.sleep(0.3)
    connection.sendall(answer(503))


def test_a_burst_through_one_connection_renews_once(flavour: str) -> None:
    issued = ["revoked"]

    def exchange(_: Request) -> bytes:
        issued.append(f"access-{len(issued)}")
        return token("stale" if len(issued) == 2 else issued[-1])

    limits = httpx.Limits(max_connections=1)
    with Wire(_burst_of_401(issued), exchange) as server:
        client = UpsunClient(**server.kwargs(httpx_args={"limits": limits}))
        if flavour == "sync":
            assert in_threads(32, server, client) == ["ok"] * 32
            client.close()
        else:
            assert in_tasks(flavour, 300, server, client) == ["ok"] * 300
        assert len(server.exchanges) == 2


def test_an_exchange_without_a_thread_is_made_by_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    with Wire() as server, UpsunClient(**server.kwargs()) as client, monkeypatch.context() as patch:
        server.api = server.api  # threads of the server have begun by now
        delete_once(client)
        client._tokens._token = None
        start = threading.Thread.start
        patch.setattr(
            threading.Thread,
            "start",
            lambda self: refuse(self) if self.daemon and self.name != "server" else start(self),
        )
        delete_once(client)
    assert len(server.exchanges) == 2
