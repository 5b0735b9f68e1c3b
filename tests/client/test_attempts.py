"""What is tried again, what was sent, and what is the caller's own."""

import importlib
import logging
import pickle
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import anyio
import pytest

from tests.client import wire
from tests.client.conftest import (
    Delete,
    delete_once,
    delete_once_async,
    mocked,
    outcome,
    send,
)
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Request, Wire, answer, token
from upsun_client import (
    APIConnectionError,
    APITimeoutError,
    NotFoundError,
    ServerError,
    TokenExchangeError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
)

pytestmark = pytest.mark.usefixtures("_short_waits")

httpcore: Any = importlib.import_module(httpx.__name__.replace("x", "core"))
EARLIER = "An earlier attempt of DELETE /projects/p1/integrations/i1 may have taken effect."


def test_an_error_remembers_that_an_earlier_attempt_was_sent(delete: Delete) -> None:
    def last_words(connection: Any) -> None:
        server.take_no_more()
        wire.reset(connection)

    with Wire() as server:
        server.api = [last_words]
        with pytest.raises(APIConnectionError, match="whether it took effect is unknown"):
            delete(**server.kwargs())
        assert len(server.calls) == 1


def test_a_failed_exchange_between_attempts_says_so_too(delete: Delete) -> None:
    refused = answer(400, {"error": "invalid_grant"})
    with Wire([wire.reset, answer(401)], [token(), refused]) as server:
        with pytest.raises(TokenExchangeError) as caught:
            delete(**server.kwargs())
    assert caught.value.__notes__ == [EARLIER]


def test_callers_that_share_a_failed_exchange_do_not_share_their_notes() -> None:
    refused = threading.Barrier(2)

    def api(request: Request) -> Reaction:
        if [call.target for call in server.calls].count(request.target) == 1:
            return wire.close
        refused.wait(30)
        return answer(401)

    def notes(project: str) -> list[str]:
        with pytest.raises(APIConnectionError) as caught:
            delete_projects_integrations(project, "i1", client=client)
        return [note for note in caught.value.__notes__ if "DELETE" in note]

    with Wire(api) as server, UpsunClient(**server.kwargs(max_retries=1)) as client:
        server.exchange = [token(), wire.close]
        with ThreadPoolExecutor(2) as pool:
            of_one, of_other = pool.map(notes, ["p1", "p2"])
    assert (of_one, of_other) == ([EARLIER], [EARLIER.replace("p1", "p2")])


def test_an_answer_after_an_attempt_of_unknown_fate_says_so(delete: Delete) -> None:
    for last, earlier in ((answer(404), 504), (answer(302), 504), (answer(404), 429)):
        with Wire([answer(earlier, b"", Retry_After="0"), last]) as server:
            with pytest.raises(UpsunError) as caught:
                delete(**server.kwargs())
        notes = getattr(caught.value, "__notes__", [])
        assert notes == [EARLIER] * (earlier == 504)


def test_what_cannot_be_sent_is_tried_once() -> None:
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(APIConnectionError, match="attempt 1"):
            client.get_httpx_client().get("/x", headers={"X": "a\nb"})
        assert not server.calls


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("kind", ["request", "response"])
@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("mine"),
        httpx.ReadTimeout("mine"),
        httpx.PoolTimeout("mine"),
        NotFoundError.__new__(NotFoundError, "mine"),
        RuntimeError("mine"),
        KeyboardInterrupt("mine"),
    ],
    ids=repr,
)
def test_what_a_hook_raises_is_the_callers(
    error: BaseException, kind: str, retries: int, flavour: str
) -> None:
    def fail(_: object) -> None:
        raise error

    async def fail_async(_: object) -> None:
        raise error

    args = {"event_hooks": {kind: [fail if flavour == "sync" else fail_async]}}
    with Wire() as server:
        with pytest.raises(type(error)) as caught:
            post(flavour, server.kwargs(max_retries=retries, httpx_args=args))
        assert caught.value is error
        assert not hasattr(error, "__notes__")
        assert len(server.calls) == (kind == "response")


def post(flavour: str, kwargs: dict[str, Any], **body: Any) -> None:
    with UpsunClient(**kwargs) as client:
        send(flavour, client, "POST", **body)


def body(flavour: str, *chunks: bytes | Exception) -> Any:
    """A body of the caller's that is made while it is sent, and may raise."""

    def made() -> Iterator[bytes]:
        for each in chunks:
            if isinstance(each, Exception):
                raise each
            yield each

    async def made_async() -> AsyncIterator[bytes]:
        for each in made():
            yield each

    return made() if flavour == "sync" else made_async()


@pytest.mark.parametrize(
    "error",
    # The last one is what httpx takes for its own: the body may come from another server.
    [httpx.ConnectError("mine"), OSError("mine"), httpcore.ConnectError("mine")],
    ids=repr,
)
def test_what_a_body_raises_is_the_callers(error: Exception, flavour: str) -> None:
    with Wire() as server, pytest.raises(type(error)) as caught:
        post(flavour, server.kwargs(), content=body(flavour, b"x", error))
    assert caught.value is error


def test_a_body_that_is_made_while_it_is_sent_is_sent_once(flavour: str) -> None:
    with Wire([ACCEPTED, answer(503)]) as server:
        post(flavour, server.kwargs(), content=body(flavour, b"on", b"ce"))
        with pytest.raises(ServerError) as caught:
            post(flavour, server.kwargs(), content=body(flavour, b"on", b"ce"))
    assert [call.body for call in server.calls] == [b"once", b"once"]
    assert caught.value.attempts == 1
    assert "only once" in caught.value.__notes__[0]


def test_an_error_of_a_hook_keeps_the_answer_and_no_token() -> None:
    def late(response: httpx.Response) -> None:
        response.raise_for_status()

    args = {"event_hooks": {"response": [late]}}
    with Wire([answer(404)], [token("access-secret")]) as server:
        with UpsunClient(**server.kwargs(httpx_args=args)) as client:
            with pytest.raises(httpx.HTTPStatusError) as caught:
                delete_once(client)
    assert b"access-secret" not in pickle.dumps(caught.value.request)
    assert "access-secret" not in str(caught.value.response.request.headers.multi_items())


def test_event_hooks_see_the_calls_and_no_exchange(flavour: str) -> None:
    seen: list[str | bytes] = []
    hooks = {
        "request": [lambda request: seen.extend([request.url.path, request.content])],
        "response": [lambda response: seen.append(response.status_code)],
    }
    with Wire() as server:
        post(flavour, server.kwargs(httpx_args={"event_hooks": hooks}), json={"a": 1})
    assert seen == ["/x", b'{"a":1}', 202]


def test_a_silent_server_times_out(flavour: str) -> None:
    with Wire() as server, UpsunClient(**server.kwargs(max_retries=0)) as client:
        delete_once(client)  # and the token is there, however slow this machine is
        server.api = [server.hang]
        with pytest.raises(APITimeoutError, match="ReadTimeout; attempt 1.*unknown") as caught:
            send(flavour, client, timeout=0.2)
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)


def test_nobody_at_home(delete: Delete) -> None:
    with Wire() as server:
        server.take_no_more()
        with pytest.raises(APIConnectionError, match="nothing was sent") as caught:
            delete(**server.kwargs())
    assert caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_a_wait_ends_when_its_task_is_cancelled(
    backend: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes: list[anyio.CancelScope] = []

    async def run() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            async with UpsunClient(**server.kwargs()) as client:
                await delete_once_async(client)

    def handle(_: logging.LogRecord) -> None:  # of the line that comes before the wait
        scopes[0].cancel()

    caplog.set_level("INFO", logger="upsun_client")
    monkeypatch.setattr(caplog.handler, "emit", handle)
    with Wire([answer(503, b"", Retry_After="59")]) as server:
        anyio.run(run, backend=backend)
        assert scopes[0].cancelled_caught
        assert len(server.calls) == 1


def test_a_post_is_repeated_only_when_it_was_not_processed() -> None:
    script = [answer(429, b"", Retry_After="0"), answer(503)]
    with Wire(script) as server, UpsunClient(**server.kwargs()) as client:
        for sent in (2, 3):
            with pytest.raises(ServerError):
                client.get_httpx_client().post("/x", json={})
            assert len(server.calls) == sent


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (httpx.ConnectError, 3),
        (httpx.ConnectTimeout, 3),
        (httpx.ReadError, 1),
        (httpx.ReadTimeout, 1),
        (httpx.WriteError, 1),
        (httpx.WriteTimeout, 1),
        (httpx.RemoteProtocolError, 1),
    ],
)
def test_a_post_is_repeated_only_when_it_was_not_sent(
    error: type[httpx.TransportError], attempts: int, flavour: str
) -> None:
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise error("broken")

    with pytest.raises(APIConnectionError, match="nothing was sent|is unknown") as caught:
        post(flavour, mocked(handle), json={})
    assert len(sent) == caught.value.attempts == attempts


# --- what the caller is handling


def _circle() -> BaseException:
    one, other = ValueError("one", 1, None), KeyError("other")
    one.__context__, other.__context__ = other, one
    one.__cause__ = other
    return one


HANDLED: dict[str, Callable[[], BaseException]] = {
    "odd arguments": lambda: ValueError(1, None, b"x", {"a": [1]}, object()),
    "a group": lambda: ExceptionGroup("group", [ValueError(1), OSError(2, "x")]),
    "a circle": _circle,
    "an error that is final": lambda: ssl.SSLCertVerificationError(1, "of another connection"),
}
FATES: dict[str, tuple[list[Reaction], str, int]] = {
    "works": ([ACCEPTED], "ok", 1),
    "is retried": ([wire.reset, ACCEPTED], "ok", 2),
    "fails": ([answer(404)], "NotFoundError", 1),
    "breaks": ([wire.reset], "APIConnectionError", 3),
}


def _state(error: BaseException) -> list[object]:
    chain = (error, error.__cause__, error.__context__)
    return [
        (id(each), each.args, each.__dict__, id(each.__cause__), id(each.__context__))
        for each in chain
        if each
    ]


@pytest.mark.parametrize(("script", "comes_to", "calls"), FATES.values(), ids=FATES)
@pytest.mark.parametrize("handled", HANDLED.values(), ids=HANDLED)
def test_what_a_caller_handles_stays_as_it_is(
    handled: Callable[[], BaseException],
    script: list[Reaction],
    comes_to: str,
    calls: int,
    delete: Delete,
) -> None:
    with Wire(script) as server:
        try:
            raise handled()
        except BaseException as error:
            before = _state(error)
            assert outcome(lambda: delete(**server.kwargs())) == comes_to
            assert _state(error) == before
        assert len(server.calls) == calls


# --- manners


@pytest.mark.parametrize(
    ("headers", "least", "spread"),
    [
        (None, 0, [0.5, 1, 2, 4, 8, 8]),  # no answer at all
        ({}, 0, [0.5, 1, 2, 4, 8, 8]),
        ({"Retry-After": "0"}, 0, [0.5, 1, 2, 4, 8, 8]),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0, [0.5, 1, 2, 4, 8, 8]),
        ({"Retry-After": "3"}, 3, [0.75, 1, 2, 4, 8, 8]),
        ({"Retry-After": "60"}, 60, [15] * 6),
    ],
)
def test_waits_grow_and_are_not_the_same_for_all(
    headers: dict[str, str] | None, least: float, spread: list[float]
) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        if headers is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(503, headers=headers)

    args = mocked(handle, max_retries=6)
    waits: list[float] = []
    with (
        mock.patch("time.sleep", waits.append),
        mock.patch("random.uniform", random.Random().uniform),  # and no short waits
        UpsunClient(**args) as client,
    ):
        for _ in range(40):
            with pytest.raises((ServerError, APIConnectionError)):
                delete_once(client)
    for number, longest in enumerate(spread):
        beyond = [wait - least for wait in waits[number::6]]
        assert 0 <= min(beyond) < longest / 2 < max(beyond) <= longest
    assert len(set(waits)) == len(waits) == 240


def test_a_date_without_a_zone_is_read_as_utc(
    delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = "Wed, 21 Oct 2015 07:28:"
    headers = {"Date": f"{day}00 GMT", "Retry-After": f"{day}30 -0000"}
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST5")
        time.tzset()
        with pytest.raises(ServerError) as caught:
            delete(**mocked(lambda _: httpx.Response(503, headers=headers)), max_retries=0)
    time.tzset()
    assert caught.value.retry_after == 30


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_asked_once(
    scheme: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire([answer("407 Proxy Authentication Required")]) as proxy:
        proxy.exchange = proxy.api
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
        url = f"{scheme}://127.0.0.1:1"
        with pytest.raises(UpsunError, match="407"):
            delete(api_token="t", base_url=url, token_url=f"{url}/oauth2/token")
        assert len(proxy.calls + proxy.exchanges) == 1


STRONGER = 'Bearer error="insufficient_user_authentication"'


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (answer(429, b"", Retry_After="90"), "wait 90 s"),
        (answer(429), "send fewer at once"),
        (answer(403), "admin role"),
        (answer(503, b"", Retry_After="90"), "wait 90 s, look whether it took effect"),
        (answer(500), r"Server Error \(look whether"),
        (answer(401), "check base_url"),
        (answer(401, b"", WWW_Authenticate=STRONGER), "stronger login"),
        (answer(400, {"errors": [{"message": "no such type"}]}), "no such type"),
        (
            answer(202, b"{", content_type="application/json"),
            "1 bytes of application/json; the request has prob",
        ),
        (answer(202, b"<html>", content_type="text/html"), "check base_url; the request has prob"),
        (answer(202, {"code": 202}), "status is no text.*the request has probably worked"),
    ],
)
def test_an_error_gives_the_next_step(raw: bytes, says: str, delete: Delete) -> None:
    with Wire([raw]) as server, pytest.raises(UpsunError, match=says):
        delete(**server.kwargs(max_retries=0))


@pytest.mark.parametrize("error", [httpx.PoolTimeout(""), httpx.ConnectError("no")], ids=repr)
def test_what_was_never_sent_says_what_to_check(error: Exception, delete: Delete) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(APIConnectionError, match="nothing was sent: check .*proxy.*limits"):
        delete(**mocked(handle, max_retries=0))


def test_an_error_of_the_exchange_says_each_thing_once_and_names_what_is_its_own(
    delete: Delete,
) -> None:
    for raw, says in (
        (answer(401, {"error": "invalid_client"}), r"UPSUN_CLI_TOKEN.*\(401 invalid_client\)"),
        (answer(302, b"", Location="/login"), r"check token_url.*not followed \(to /login\)"),
    ):
        with Wire(exchange=[raw]) as server, pytest.raises(TokenExchangeError, match=says):
            delete(**server.kwargs(max_retries=0))
