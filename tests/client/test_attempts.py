"""What is tried again, what was sent, and what is the caller's own."""

from __future__ import annotations

import io
import pickle
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest import mock

import anyio
import pytest

import upsun_client
from tests.client import wire
from tests.client.conftest import BACKENDS, Delete
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token
from upsun_client import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TokenExchangeError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)
from upsun_client._retry import pause

pytestmark = pytest.mark.usefixtures("_short_waits")


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
    with Wire(
        [wire.reset, answer(401)], [token(), answer(400, {"error": "invalid_grant"})]
    ) as server:
        with pytest.raises(TokenExchangeError) as caught:
            delete(**server.kwargs())
    assert "may have taken effect" in caught.value.__notes__[0]


def test_an_answer_after_an_attempt_of_unknown_fate_says_so(delete: Delete) -> None:
    for last, earlier in ((answer(404), 504), (answer(302), 504), (answer(404), 429)):
        with Wire([answer(earlier, b"", Retry_After="0"), last]) as server:
            with pytest.raises(UpsunError) as caught:
                delete(**server.kwargs())
        notes = getattr(caught.value, "__notes__", [])
        assert bool(notes) is (earlier == 504)


def test_what_cannot_be_sent_is_tried_once(delete: Delete) -> None:
    with Wire() as server:
        with pytest.raises(ConfigurationError, match="the value of X"):
            delete(**server.kwargs(headers={"X": "a\nb"}))
        with (
            UpsunClient(**server.kwargs()) as client,
            pytest.raises(APIConnectionError, match="attempt 1"),
        ):
            client.get_httpx_client().get("/x", headers={"X": "a\nb"})
        assert not server.calls


def test_a_body_that_is_gone_is_not_sent_again(delete: Delete) -> None:
    with Wire([answer(503)]) as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(ServerError) as caught:
            client.get_httpx_client().put("/x", content=iter([b"once"]))
        assert caught.value.attempts == len(server.calls) == 1


class Pipe(io.RawIOBase):
    """A file that cannot be wound back."""

    def __init__(self) -> None:
        self._left = b"DATA"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken, self._left = self._left, b""
        return taken


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

    hook = fail if flavour == "sync" else fail_async
    with Wire() as server:
        args = {"event_hooks": {kind: [hook]}}
        with pytest.raises(type(error)) as caught:
            post(flavour, server.kwargs(max_retries=retries, httpx_args=args))
        assert caught.value is error
        assert not hasattr(error, "__notes__")
        assert len(server.calls) == (kind == "response")


def post(flavour: str, kwargs: dict[str, Any], **body: Any) -> None:
    async def run() -> None:
        async with UpsunClient(**kwargs) as client:
            await client.get_async_httpx_client().post("/x", **body)

    if flavour == "sync":
        with UpsunClient(**kwargs) as client:
            client.get_httpx_client().post("/x", **body)
    else:
        anyio.run(run, backend=flavour)


@pytest.mark.parametrize("error", [httpx.ConnectError("mine"), OSError("mine")], ids=repr)
def test_what_a_body_raises_is_the_callers(error: Exception, flavour: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x"
        raise error

    async def chunks_async() -> AsyncIterator[bytes]:
        yield b"x"
        raise error

    body = chunks() if flavour == "sync" else chunks_async()
    with Wire() as server, pytest.raises(type(error)) as caught:
        post(flavour, server.kwargs(), content=body)
    assert caught.value is error


def test_an_error_of_a_hook_keeps_the_answer_and_no_token() -> None:
    def late(response: httpx.Response) -> None:
        response.raise_for_status()

    with (
        Wire([answer(404)], [token("access-secret")]) as server,
        UpsunClient(**server.kwargs(httpx_args={"event_hooks": {"response": [late]}})) as client,
    ):
        with pytest.raises(httpx.HTTPStatusError) as caught:
            delete_projects_integrations("p", "i", client=client)
    assert b"access-secret" not in pickle.dumps(caught.value.request)
    assert "access-secret" not in str(caught.value.response.request.headers.multi_items())


def test_a_hook_may_read_a_request() -> None:
    seen: list[bytes] = []
    hooks = {"request": [lambda request: seen.append(request.content)]}
    with (
        Wire() as server,
        UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client,
    ):
        client.get_httpx_client().post("/x", json={"a": 1})
    assert seen == [b'{"a":1}']


def test_event_hooks_see_the_calls_and_no_exchange() -> None:
    seen: list[str] = []
    hooks = {"request": [lambda request: seen.append(request.url.path)]}
    with (
        Wire() as server,
        UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client,
    ):
        delete_projects_integrations("p", "i", client=client)
    assert seen == ["/projects/p/integrations/i"]


def test_a_silent_server_times_out(delete: Delete) -> None:
    with Wire() as server:
        server.api = [server.hang]
        with pytest.raises(APITimeoutError, match="ReadTimeout; attempt 1.*unknown") as caught:
            delete(**server.kwargs(timeout=0.2, max_retries=0))
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)


def test_nobody_at_home(delete: Delete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upsun_client._retry._FIRST_BACKOFF", 0.01)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # so that nobody else gets the port; it does not listen
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(APIConnectionError, match="nothing was sent") as caught:
            delete(api_token="t", base_url=url, token_url=f"{url}/oauth2/token")
    assert caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wait_ends_when_its_task_is_cancelled(backend: str) -> None:
    async def run() -> None:
        with anyio.move_on_after(0.5) as scope:
            async with UpsunClient(**server.kwargs()) as client:
                await delete_projects_integrations_async("p", "i", client=client)
        assert scope.cancelled_caught

    with Wire([answer(503, b"", Retry_After="59")]) as server:
        anyio.run(run, backend=backend)
        assert len(server.calls) == 1


def test_a_post_is_repeated_only_when_it_was_not_processed() -> None:
    script = [answer(429, b"", Retry_After="0"), answer(503)]
    with Wire(script) as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(upsun_client.ServerError):
            client.get_httpx_client().post("/x", json={})
        assert len(server.calls) == 2
        with pytest.raises(upsun_client.ServerError):
            client.get_httpx_client().post("/x", json={})
        assert len(server.calls) == 3


def test_a_body_that_streams_is_sent_once() -> None:
    with Wire([answer(503)]) as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(upsun_client.ServerError) as caught:
            client.get_httpx_client().put(
                "/x", content=iter([b"once"]), headers={"Content-Length": "4"}
            )
    assert caught.value.attempts == len(server.calls) == 1


def test_a_retry_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="upsun_client")
    with Wire([answer(503, b"", Retry_After="0"), ACCEPTED]) as server:
        with UpsunClient(**server.kwargs()) as client:
            delete_projects_integrations("p", "i", client=client)
    (record,) = (record for record in caplog.records if record.name == "upsun_client")
    assert record.levelname == "INFO"
    assert record.getMessage() == (
        "DELETE /projects/p/integrations/i: 503 to attempt 1 of 3; next in 0.0 s"
    )


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
FATES: dict[str, list[Reaction]] = {
    "works": [ACCEPTED],
    "is retried": [wire.reset, ACCEPTED],
    "fails": [answer(404)],
    "breaks": [wire.reset],
}


def _state(error: BaseException | None) -> object:
    return error and (
        id(error),
        error.args,
        error.__dict__,
        id(error.__cause__),
        id(error.__context__),
    )


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("kind", HANDLED)
def test_what_a_caller_handles_stays_as_it_is(kind: str, fate: str, delete: Delete) -> None:
    handled = HANDLED[kind]()
    with Wire(FATES[fate]) as server:
        try:
            raise handled
        except BaseException as error:
            before = [_state(error), _state(error.__cause__), _state(error.__context__)]
            try:
                delete(**server.kwargs())
            except UpsunError as ours:
                assert fate in {"fails", "breaks"}
                assert isinstance(ours, NotFoundError if fate == "fails" else APIConnectionError)
            else:
                assert fate in {"works", "is retried"}
            assert before == [_state(error), _state(error.__cause__), _state(error.__context__)]
        assert len(server.calls) == {"is retried": 2, "breaks": 3}.get(fate, 1)


# --- manners


@pytest.mark.parametrize("asked", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_no_wait_asked_for_is_the_usual_backoff(
    asked: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="upsun_client")
    with Wire([answer(503, b"", Retry_After=asked)]) as server:
        with mock.patch("upsun_client._retry._FIRST_BACKOFF", 0.2):
            with UpsunClient(**server.kwargs(max_retries=5)) as client:
                with pytest.raises(ServerError):
                    delete_projects_integrations("p", "i", client=client)
    waits = [record.args[-1] for record in caplog.records if isinstance(record.args, tuple)]
    assert len(set(waits)) == 5
    assert max(waits) > 0.01  # type: ignore[type-var, operator]


def test_a_wait_asked_for_is_a_minimum_and_not_the_same_for_all() -> None:
    waits = {pause(1, 1.0) for _ in range(80)}
    assert len(waits) == 80
    assert min(waits) >= 1


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


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (answer(429, b"", Retry_After="90"), "wait 90 s"),
        (answer(429), "pause"),
        (answer(403), "admin role"),
    ],
)
def test_an_error_gives_the_next_step(raw: bytes, says: str, delete: Delete) -> None:
    with Wire([raw]) as server, pytest.raises((RateLimitError, PermissionDeniedError), match=says):
        delete(**server.kwargs(max_retries=0))
