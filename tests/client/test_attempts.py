"""What is tried again, what was sent, and what is the caller's own."""

import importlib
import random
import signal
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any
from unittest import mock

import anyio
import pytest

import upsun_client as u
from tests.client import wire
from tests.client.conftest import Calls, Delete, delete_once, mocked
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Request, Wire, answer, token

pytestmark = pytest.mark.usefixtures("_short_waits")

httpcore: Any = importlib.import_module(httpx.__name__.replace("x", "core"))
EARLIER = "An earlier attempt of DELETE /projects/p1/integrations/i1 may have taken effect."


def test_nobody_at_home_any_more(delete: Delete, server: Wire) -> None:
    def last_words(connection: Any) -> None:
        server.take_no_more()
        wire.reset(connection)

    server.api = [last_words]
    for says in ("whether it took effect is unknown", "nothing was sent"):
        with pytest.raises(u.APIConnectionError, match=says) as caught:
            delete(**server.kwargs())
        assert caught.value.attempts == 3
        assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert len(server.calls) == 1


@pytest.mark.parametrize(("kind", "after"), [("request", 0), ("request", 1), ("response", 1)])
def test_a_client_that_is_closed_during_a_call_says_so(kind: str, after: int, calls: Calls) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503)

    sent: list[httpx.Request] = []
    args = mocked(handle)
    args["httpx_args"]["event_hooks"] = {kind: [lambda _: len(sent) < after or client.close()]}
    client: Any = u.UpsunClient(**args)
    with pytest.raises(u.ClientClosedError) as caught:
        calls.run(partial(calls.delete, client, "p1", "i1"))
    assert getattr(caught.value, "__notes__", []) == [EARLIER] * after
    assert len(sent) == after


LATE = [type("LateError", (Exception,), {})("mine"), Exception("mine")]  # as job queues do


@pytest.mark.parametrize("late", [*LATE, u.ClientClosedError()], ids=repr)
def test_what_a_signal_does_as_a_request_is_sent_is_told_and_leaves_no_connection(
    late: Exception, client: u.UpsunClient, server: Wire
) -> None:
    def send(self: Any, *args: Any, **more: Any) -> Any:
        if late in LATE:
            raise late
        client.close()
        return real(self, *args, **more)

    delete_once(client)  # and has its token
    real, before = httpx.Client.send, server.connections
    with mock.patch.object(httpx.Client, "send", send), pytest.raises(type(late)) as caught:
        delete_once(client)
    assert caught.value is late or late not in LATE
    with suppress(u.ClientClosedError):
        delete_once(client)
    assert server.connections == before + (late in LATE)  # which may have spoiled the first one


@pytest.mark.parametrize("kind", [TimeoutError, ConnectionResetError, ssl.SSLError, ValueError])
@pytest.mark.parametrize("answered", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
@pytest.mark.parametrize("made", [lambda it: it, partial, lambda it: mock.Mock(side_effect=it)])
def test_what_the_handler_of_a_signal_raises_is_not_taken_for_the_networks(
    made: Any, answered: bytes, kind: type[Exception], client: u.UpsunClient, server: Wire
) -> None:
    def end_late(connection: Any) -> None:
        connection.sendall(answered)
        time.sleep(0.1)  # until it is waited for
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        over.wait(30)

    def handle(*_: object) -> None:
        raise late

    late, over, before = kind("overdue"), threading.Event(), signal.getsignal(signal.SIGUSR1)
    server.api = [end_late, ACCEPTED]
    signal.signal(signal.SIGUSR1, made(handle))
    try:
        with pytest.raises(kind) as caught:
            delete_once(client)
    finally:
        over.set()
        signal.signal(signal.SIGUSR1, before)
    assert caught.value is late
    assert len(server.calls) == 1
    delete_once(client)


def test_an_error_that_is_its_own_cause_is_told(delete: Delete) -> None:
    error = httpx.ReadError("x")
    error.__cause__ = error
    with pytest.raises(u.APIConnectionError):
        delete(**mocked(mock.Mock(side_effect=error), max_retries=0))


def test_callers_that_share_a_failed_exchange_do_not_share_their_notes(
    client: u.UpsunClient, server: Wire
) -> None:
    refused = threading.Barrier(2)

    def api(request: Request) -> Reaction:
        if [call.target for call in server.calls].count(request.target) == 1:
            return wire.close
        refused.wait(30)
        return answer(401)

    def notes(project: str) -> list[str]:
        with pytest.raises(u.APIConnectionError) as caught:
            u.delete_projects_integrations(project, "i1", client=client)
        return [note for note in caught.value.__notes__ if "DELETE" in note]

    server.api, server.exchange = api, [token(), wire.close]
    with ThreadPoolExecutor(2) as pool:
        of_one, of_other = pool.map(notes, ["p1", "p2"])
    assert (of_one, of_other) == ([EARLIER], [EARLIER.replace("p1", "p2")])


def post(calls: Calls, kwargs: dict[str, Any], **body: Any) -> None:
    with u.UpsunClient(**kwargs) as client:
        calls.send(client, "POST", **body)


def body(calls: Calls, *chunks: bytes | BaseException) -> Any:
    """A body of the caller's that is made while it is sent, and may raise."""

    def made() -> Iterator[bytes]:
        for each in chunks:
            if isinstance(each, BaseException):
                raise each
            yield each

    async def made_async() -> AsyncIterator[bytes]:
        for each in made():
            yield each

    return made() if calls.is_sync else made_async()


MINE: list[Any] = [httpx.ConnectError, httpx.ReadTimeout, httpx.PoolTimeout, u.NotFoundError]
MINE += [OSError, KeyboardInterrupt, httpcore.ConnectError]  # the last httpx takes for its own


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("place", ["request", "response", "body", "body that a hook put in"])
@pytest.mark.parametrize("kind", MINE)
def test_what_a_hook_or_a_body_raises_is_the_callers(
    kind: type[BaseException], place: str, retries: int, calls: Calls, server: Wire
) -> None:
    error = kind("mine")

    def fail(_: object) -> None:
        raise error

    def put_in(request: httpx.Request) -> None:
        request.stream = httpx.Request("POST", request.url, content=body(calls, error)).stream
        request.headers["Transfer-Encoding"] = "chunked"
        del request.headers["Content-Length"]

    hooks: Any = {place: [fail]}
    if "body" in place:
        hooks = {"request": [put_in]} if "hook" in place else {}
    content = body(calls, b"x", error) if place == "body" else b"x"
    args = {"max_retries": retries, "httpx_args": {"event_hooks": hooks}}
    with pytest.raises(kind) as caught:
        post(calls, server.kwargs(**args), content=content)
    assert caught.value is error
    assert not hasattr(error, "__notes__")
    assert len(server.calls) == (place == "response")


LEADS: list[Any] = [
    lambda request: setattr(request, "url", httpx.URL("https://elsewhere.example/x")),
    lambda request: setattr(request, "url", request.url.copy_with(path="/projects//x")),
    lambda request: request.extensions.update(target=b"/projects"),
]


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("lead", LEADS)
def test_a_request_is_judged_as_hooks_leave_it(delete: Delete, lead: Any, earlier: int) -> None:
    leads = iter([*[lambda _: None] * earlier, lead])

    def hook(request: httpx.Request) -> None:
        next(leads)(request)

    with Wire([answer(503)] * earlier + [ACCEPTED]) as server:
        with pytest.raises(u.UnsafePathError, match="nothing was sent") as caught:
            delete(**server.kwargs(httpx_args={"event_hooks": {"request": [hook]}}))
        assert len(getattr(caught.value, "__notes__", ())) == len(server.calls) == earlier


def test_a_header_that_a_hook_spoils_hides_no_earlier_attempt(delete: Delete, server: Wire) -> None:
    server.api, spoils = [answer(503)], iter([{}, {"X": "a\nb"}])
    hook: Any = lambda request: request.headers.update(next(spoils))  # noqa: E731
    with pytest.raises(u.ConfigurationError) as caught:
        delete(**server.kwargs(httpx_args={"event_hooks": {"request": [hook]}}))
    assert caught.value.__notes__ == [EARLIER]


def test_a_hook_that_raises_costs_no_connection(client: u.UpsunClient, server: Wire) -> None:
    def fail(_: object) -> None:
        raise ValueError("mine")

    delete_once(client)
    http, before = client.get_httpx_client(), server.connections
    http.event_hooks = {"response": [fail]}
    for _ in range(2):
        with pytest.raises(ValueError, match="mine"):
            http.get("/x")
    assert server.connections == before


def test_a_hook_may_set_how_long_an_attempt_takes(delete: Delete, server: Wire) -> None:
    hook: Any = lambda request: request.extensions.update(timeout={"read": 5.0})  # noqa: E731
    delete(**server.kwargs(httpx_args={"event_hooks": {"request": [hook]}}))


def test_a_body_that_is_made_while_it_is_sent_is_sent_once(calls: Calls) -> None:
    script = [ACCEPTED, answer(503), answer(401), answer(401), ACCEPTED]
    with Wire(script) as server, u.UpsunClient(**server.kwargs()) as client:
        calls.send(client, "PUT", content=body(calls, b"on", b"ce"))
        for raises in (u.ServerError, u.AuthenticationError):
            with pytest.raises(raises, match="50|40") as caught:
                calls.send(client, "PUT", content=body(calls, b"on", b"ce"))
            assert caught.value.attempts == 1
            assert "only once" in caught.value.__notes__[0]
        calls.send(client, "PUT", files={"f": b"data"})  # which can be sent again
    assert [call.body for call in server.calls[:-2]] == [b"once"] * 3
    assert len(server.exchanges) == 3  # as each 401 is about a token of its own


def test_hooks_see_the_call_as_it_is_and_no_error_holds_its_token(calls: Calls) -> None:
    seen: list[httpx.Request] = []
    hooks = {"request": [seen.append], "response": [httpx.Response.raise_for_status]}
    with Wire([answer(302, b"", Location="/y")], [token("access-secret")]) as server:
        with pytest.raises(httpx.HTTPStatusError, match="302") as caught:
            post(calls, server.kwargs(httpx_args={"event_hooks": hooks}), json={"a": 1})
    (sent,) = seen  # and no exchange
    assert (sent.url.path, sent.content) == ("/x", b'{"a":1}')
    assert caught.value.response.next_request is None  # which would be as it was sent
    for request in (sent, caught.value.request, caught.value.response.request):
        assert "access-secret" not in str(request.headers.multi_items())


@pytest.mark.timeout(50)
async def test_a_wait_ends_when_its_task_is_cancelled(tasks: Calls, server: Wire) -> None:
    server.api = [answer(503, b"", Retry_After="59")]
    async with tasks.client(**server.kwargs()) as client, anyio.create_task_group() as group:
        group.start_soon(tasks.delete, client)
        while not server.calls:
            await anyio.sleep(0.01)
        await anyio.sleep(0.1)  # until it waits
        group.cancel_scope.cancel()
    assert len(server.calls) == 1


REPEATED: list[Any] = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, 429]
FINAL: list[Any] = [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.WriteTimeout]
FINAL += [httpx.RemoteProtocolError, 502, 503, 504]
IDEMPOTENT = ("DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE")
ASKED = [*((method, 503) for method in IDEMPOTENT), *(("POST", each) for each in REPEATED + FINAL)]


@pytest.mark.parametrize(("method", "fault"), ASKED)
def test_a_request_is_repeated_when_it_was_not_processed_or_is_idempotent(
    method: str, fault: Any, calls: Calls
) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(fault, int):
            return httpx.Response(fault)
        raise fault("broken")

    sent: list[httpx.Request] = []
    says = "429|nothing was sent: check .*proxy.*limits" if fault in REPEATED else "50.|is unknown"
    with u.UpsunClient(**mocked(handle)) as client, pytest.raises(u.UpsunError, match=says):
        calls.send(client, method, json={})
    assert len(sent) == (3 if fault in REPEATED or method in IDEMPOTENT else 1)


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST5")
        time.tzset()
        yield
    time.tzset()


DAY = "Wed, 21 Oct 2015 07:28:"


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(
    ("headers", "least"),
    [
        (None, 0),  # no answer at all
        ({}, 0),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": f"{DAY}00 GMT"}, 0),
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "3, 5"}, 3),  # as two of them come
        ({"Retry-After": f"{DAY}30 -0000", "Date": f"{DAY}00 GMT"}, 30),  # -0000 is no zone
        ({"Retry-After": "60"}, 60),
    ],
)
def test_waits_grow_and_are_not_the_same(headers: dict[str, str] | None, least: float) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        if headers is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(503, headers=headers)

    waits: list[float] = []
    with (
        mock.patch("time.sleep", waits.append),
        mock.patch("random.uniform", random.Random().uniform),  # and no short waits
        u.UpsunClient(**mocked(handle, max_retries=6)) as client,
    ):
        for _ in range(40):
            with pytest.raises((u.ServerError, u.APIConnectionError)):
                delete_once(client)
    for number, backoff in enumerate([0.5, 1, 2, 4, 8, 8]):
        longest = max(backoff, least / 4)
        beyond = [wait - least for wait in waits[number::6]]
        assert 0 <= min(beyond) < longest / 2 < max(beyond) <= longest
    assert len(set(waits)) == len(waits) == 240
