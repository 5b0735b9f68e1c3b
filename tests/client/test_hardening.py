"""Odd circumstances, each of which went wrong once."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from tests.client import wire
from tests.client.conftest import Delete
from tests.client.wire import ACCEPTED, Request, Wire, answer, token
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_api.errors import UnexpectedStatus
from upsun_api.types import File
from upsun_client import (
    APIConnectionError,
    APIResponseValidationError,
    ApiTokenAuth,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    ServerError,
    TokenExchangeError,
    UnsafePathError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)
from upsun_client._errors import ClientClosedError
from upsun_client._loops import running_loop
from upsun_client._success import Answer

pytestmark = pytest.mark.usefixtures("_short_waits")

REFUSED = answer(400, {"error": "invalid_grant"})


def call(client: UpsunClient) -> str:
    try:
        delete_projects_integrations("p", "i", client=client)
    except UpsunError as error:
        return type(error).__name__
    return "ok"


def burst(client: UpsunClient, count: int = 64) -> set[str]:
    with ThreadPoolExecutor(count) as pool:
        return set(pool.map(lambda _: call(client), range(count)))


# --- what was sent, and who says so


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
    with Wire([wire.reset, answer(401)], [token(), REFUSED]) as server:
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


@pytest.mark.parametrize(
    "location",
    ["mailto:x", "javascript:alert(1)", "http://xn--/", "https://[::1", "x" * 60_000, "\x80"],
)
def test_an_odd_location_is_a_redirect_like_any_other(location: str, delete: Delete) -> None:
    raw = answer(302, b"", Location="LOCATION").replace(b"LOCATION", location.encode("latin-1"))
    with Wire([raw]) as server:
        with pytest.raises(APIResponseValidationError, match="redirects are not followed"):
            delete(**server.kwargs())
        assert len(server.calls) == 1
    with Wire(exchange=[raw]) as server:
        with pytest.raises(TokenExchangeError, match="redirects are not followed"):
            delete(**server.kwargs())
        assert len(server.exchanges) == 1


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


@pytest.mark.parametrize("name", ["headers", "cookies"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("x", "must be a mapping, not str"),
        ([("a", "b")], "must be a mapping, not list"),
        ({"a": 1}, "'a' does not"),
        ({1: "a"}, "1 does not"),
        ({"a b": "c"}, "the name 'a b'"),
        ({"": "c"}, "the name ''"),
        ({"a:": "c"}, "the name 'a:'"),
        ({"\xe9": "c"}, "the name"),
        ({"a": "secret\n"}, "the value of a "),
        ({"a": "secret\r\nX: y"}, "the value of a "),
        ({"a": " secret"}, "the value of a "),
        ({"a": "secr\xe9t"}, "the value of a "),
    ],
)
def test_fields_that_cannot_be_sent_are_refused_at_once(name: str, given: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        UpsunClient("t", **{name: given})
    assert "secret" not in str(caught.value)
    with (
        UpsunClient("t") as client,
        pytest.raises(ConfigurationError, match=says),
    ):
        getattr(client, f"with_{name}")(given)


@pytest.mark.parametrize(
    ("httpx_args", "says"),
    [("x", "mapping, not str"), ([1], "mapping, not list"), ({"transport": 1}, "not int")],
)
def test_httpx_args_of_another_kind_are_refused(httpx_args: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        UpsunClient("t", httpx_args=httpx_args)


@pytest.mark.parametrize(
    "url",
    [
        "https://h:99999",
        "https://h /",
        " https://h",
        "https://h\t",
        "https://127.0.0..1",
        "https://.h",
        f"https://{'x' * 64}",
    ],
)
def test_a_url_with_whitespace_or_no_port_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        UpsunClient("t", base_url=url)


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


@pytest.mark.parametrize("first", [401, 429])
def test_a_form_with_a_file_that_is_gone_is_not_sent_again(first: int) -> None:
    with Wire([answer(first, b"", Retry_After="0"), ACCEPTED]) as server:
        with UpsunClient(**server.kwargs()) as client:
            http = client.get_httpx_client()
            once: Any = {"f": ("name", Pipe())}
            with pytest.raises(UpsunError) as caught:
                http.put("/x", files=once)
            assert [b"DATA" in call.body for call in server.calls] == [True]
            assert ("no new access token" in str(getattr(caught.value, "__notes__", ""))) is (
                first == 401
            )
            assert http.put("/x", files={"f": io.BytesIO(b"data")}, data={"a": "b"}).is_success


def test_a_form_is_sent_again() -> None:
    with Wire([answer(401), answer(429, b"", Retry_After="0"), ACCEPTED]) as server:
        with UpsunClient(**server.kwargs()) as client:
            files: Any = {"f": io.BytesIO(b"BYTES"), "g": b"RAW", "h": ("name", "TEXT")}
            client.get_httpx_client().post("/x", files=files, data={"field": "1"})
    bodies = [call.body for call in server.calls]
    assert len(bodies) == 3
    assert all(part in body for body in bodies for part in (b"BYTES", b"RAW", b"TEXT", b"field"))


def test_a_hook_may_raise_what_it_likes(delete: Delete) -> None:
    def fail(_: object) -> None:
        raise httpx.ReadTimeout("mine")

    def late(response: httpx.Response) -> None:
        response.raise_for_status()

    with (
        Wire([answer(404)]) as server,
        UpsunClient(
            **server.kwargs(max_retries=0, httpx_args={"event_hooks": {"request": [fail]}})
        ) as client,
    ):
        with pytest.raises(APIConnectionError, match="ReadTimeout"):
            delete_projects_integrations("p", "i", client=client)
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


def test_in_a_plain_client_an_error_holds_no_token_either() -> None:
    with Wire([wire.reset], [token("access-secret")]) as server:
        auth = ApiTokenAuth("t", base_url=server.url, token_url=server.token_url)
        with httpx.Client(auth=auth) as client, pytest.raises(httpx.HTTPError) as caught:
            client.get(f"{server.url}/x")
    assert "access-secret" not in str(caught.value.request.headers.multi_items())
    assert server.calls[0].headers["authorization"] == "Bearer access-secret"


# --- the exchange


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


def test_a_stopped_loop_that_leads_an_exchange_blocks_nobody() -> None:
    with Wire(hold=threading.Event()) as server:
        client = UpsunClient(**server.kwargs())
        loop = asyncio.new_event_loop()

        async def lead() -> None:
            await delete_projects_integrations_async("p", "i", client=client)

        async def wait_for_the_exchange() -> None:
            while not server.exchanges:
                await asyncio.sleep(0.01)

        task = loop.create_task(lead())
        loop.run_until_complete(wait_for_the_exchange())  # and then it stands still
        assert server.hold
        server.hold.set()
        assert call(client) == "ok"

        async def elsewhere() -> None:
            await delete_projects_integrations_async("p", "i", client=client)
            await client.aclose()

        asyncio.run(elsewhere())
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()


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


def test_the_exchange_says_who_asks(delete: Delete) -> None:
    with Wire() as server:
        delete(**server.kwargs())
    assert server.exchanges[0].headers["user-agent"].startswith("upsun-client/")


# --- limits


def drip(head: bytes, server: Wire) -> Any:
    def react(connection: Any) -> None:
        connection.sendall(head)
        while not server.stopping.wait(0.05):
            connection.sendall(b"x")

    return react


ENDLESS = b"HTTP/1.1 %s X\r\nConnection: close\r\n\r\n"


def test_a_body_that_drips_is_cut_short(delete: Delete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upsun_client._http._PATIENCE", 0.3)
    with Wire() as server:
        server.api = [drip(ENDLESS % b"404", server)]
        with pytest.raises(NotFoundError, match="xxx"):
            delete(**server.kwargs())
    with Wire() as server:
        server.exchange = [drip(ENDLESS % b"200", server)]
        with pytest.raises(TokenExchangeError, match="without a usable access token"):
            delete(**server.kwargs())


def flood(head: bytes) -> Any:
    def react(connection: Any) -> None:
        connection.sendall(head)
        for _ in range(10_000):
            connection.sendall(b"x" * 65_536)

    return react


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_flood_is_cut_short(status: int, delete: Delete) -> None:
    head = ENDLESS % str(status).encode()
    with Wire([flood(head)] if status > 200 else [ACCEPTED]) as server:
        if status == 200:
            server.exchange = [flood(head)]
        with pytest.raises((TokenExchangeError, AuthenticationError, NotFoundError)) as caught:
            delete(**server.kwargs())
    assert len(getattr(caught.value, "body", None) or "") <= 64 * 1024


def test_a_bomb_does_not_go_off(delete: Delete) -> None:
    bomb = gzip.compress(gzip.compress(b" " * 50_000_000))
    for encoding in ("gzip, gzip", "gzip"):
        with Wire([answer(404, bomb, Content_Encoding=encoding)]) as server:
            with pytest.raises(NotFoundError) as caught:
                delete(**server.kwargs())
        assert len(caught.value.body or "") <= 64 * 1024


def test_json_too_deep_to_pickle_is_kept_as_text(delete: Delete) -> None:
    with Wire([answer(404, b"[" * 500 + b"]" * 500)]) as server:
        with pytest.raises(NotFoundError) as caught:
            delete(**server.kwargs())
    assert pickle.loads(pickle.dumps(caught.value)).body == "[" * 500 + "]" * 500


# --- the server's own words


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ("Accès refusé".encode("iso-8859-1"), "text/plain; charset=iso-8859-1", "Accès refusé"),
        ('{"message": "Accès"}'.encode("utf-16"), "application/json", "Accès"),
        ('{"message": "Accès"}'.encode("iso-8859-1"), "application/json; charset=iso-8859-1", "Accès"),
        (b"words", "text/plain; charset=idna", "words"),
        (b"words", "text/plain; charset=undefined", "words"),
        (b"words", "text/plain; charset=base64", "words"),
        (b"words", "text/plain; charset=no-such", "words"),
        (b'{"message": "cut o', "application/json", "Bad Request"),
        ({"message": "Bad Request", "detail": {"url": ["must be https"]}}, "application/json", "url: must be https"),
        ({"code": 400, "message": "", "detail": [{"url": "no"}]}, "application/json", "url: no"),
        ({"message": "a\x1b[31mb\nc"}, "application/json", "a [31mb c"),
    ],
)  # fmt: skip
def test_words_are_found(body: Any, content_type: str, message: str, delete: Delete) -> None:
    with Wire([answer(400, body, content_type)]) as server:
        with pytest.raises(UpsunError) as caught:
            delete(**server.kwargs())
    assert caught.value.message == message  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["mock", "hook"])
def test_words_that_were_read_already_are_kept(how: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "a"})
        return httpx.Response(404, json={"message": "really gone"})

    args: dict[str, Any] = {"transport": httpx.MockTransport(handler)}
    if how == "hook":
        args["event_hooks"] = {"response": [lambda response: response.read()]}
    with UpsunClient("t", httpx_args=args) as client:
        with pytest.raises(NotFoundError, match="really gone"):
            delete_projects_integrations("p", "i", client=client)


def test_a_short_token_does_not_eat_the_words(delete: Delete) -> None:
    body = {"error": "invalid_token", "error_description": "The access token is invalid."}
    with Wire([answer(401, body)], [token("access")]) as server:
        with pytest.raises(AuthenticationError, match="The access token is invalid"):
            delete(**server.kwargs(api_token="token"))


def test_escapes_hide_no_token(delete: Delete) -> None:
    body = (
        json.dumps({"message": "you sent access/secret"})
        .replace("/", "\\/")
        .replace("a", "\\u0061")
    )
    with Wire([answer(404, body.encode())], [token("access/secret")]) as server:
        with pytest.raises(NotFoundError) as caught:
            delete(**server.kwargs())
    assert "access/secret" not in str(caught.value) + repr(caught.value.body)


# --- success


@pytest.mark.parametrize(
    "body",
    [
        {"status": "Not Found", "code": 404},
        {"status": None, "code": 202},
        {"status": "x", "code": True},
    ],
)
def test_a_success_that_says_otherwise_is_none(body: Any, delete: Delete) -> None:
    with Wire([answer(200, body)]) as server:
        with pytest.raises(APIResponseValidationError):
            delete(**server.kwargs())
        with UpsunClient(**server.kwargs()) as client, pytest.raises(APIResponseValidationError):
            generated.sync("p", "i", client=client)


def test_an_empty_success_of_a_bare_request_is_no_json() -> None:
    with Wire([b"HTTP/1.1 204 \r\n\r\n"]) as server, UpsunClient(**server.kwargs()) as client:
        assert delete_projects_integrations("p", "i", client=client).status == "No Content"
        response = client.get_httpx_client().get("/x")
        with pytest.raises(APIResponseValidationError, match="no JSON"):
            response.json()


# --- where things go


def test_nothing_of_the_client_goes_to_another_server() -> None:
    with Wire() as other, Wire() as server:
        kwargs = server.kwargs(headers={"X-Api-Key": "k"}, cookies={"c": "1"})
        with UpsunClient(**kwargs) as client:
            client.get_httpx_client().get(f"{other.url}/x", headers={"X-Meant": "for it"})
            with pytest.raises(UnsafePathError, match="loopback"):
                client.get_httpx_client().get("http://elsewhere.example/x")
    sent = other.calls[0].headers
    assert not {"x-api-key", "cookie", "authorization"} & sent.keys()
    assert sent["x-meant"] == "for it"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_base_url_with_a_prefix(slash: str) -> None:
    with (
        Wire() as server,
        UpsunClient(**server.kwargs(base_url=f"{server.url}/pre{slash}")) as client,
    ):
        delete_projects_integrations("p", "i", client=client)
        client.get_httpx_client().get("/pre/projects/p?x=1")
        client.get_httpx_client().get(f"{server.url}/pre/projects/q")
    assert [call.target for call in server.calls] == [
        "/pre/projects/p/integrations/i",
        "/pre/projects/p?x=1",
        "/pre/projects/q",
    ]
    assert all("authorization" in call.headers for call in server.calls)


# --- arguments and the environment


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTPS_PROXY", "foo://x"),
        ("HTTPS_PROXY", "http://x:port"),
    ],
)
def test_an_unusable_proxy_is_named(
    variable: str, value: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match="proxy environment"):
        delete(api_token="t")


def test_what_httpx_does_not_take_is_named(delete: Delete) -> None:
    with pytest.raises(ConfigurationError, match="make no HTTP client"):
        delete(api_token="t", httpx_args={"nope": 1})


def test_verify_ssl_takes_a_path_object_and_no_number(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        UpsunClient("t", verify_ssl=tmp_path / "none.pem").get_httpx_client()
    with pytest.raises(ConfigurationError, match="not int"):
        UpsunClient("t", verify_ssl=1)  # type: ignore[arg-type]


def test_a_password_in_a_url_is_not_quoted() -> None:
    with pytest.raises(ConfigurationError) as caught:
        UpsunClient("t", base_url="user:hunter2@host")
    assert "hunter2" not in str(caught.value)


# --- the end


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


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
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


# --- corners


def test_in_a_plain_client_that_follows_redirects_the_answer_is_of_the_last_request() -> None:
    def api(request: Request) -> bytes:
        return answer(302, b"", Location="/there") if request.target == "/here" else ACCEPTED

    with Wire(api) as server:
        auth = ApiTokenAuth("t", base_url=server.url, token_url=server.token_url)
        with httpx.Client(auth=auth, follow_redirects=True) as client:
            assert client.get(f"{server.url}/here").url.path == "/there"


def test_an_error_of_a_hook_is_left_alone(delete: Delete) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("mine")

    async def fail_async(_: object) -> None:
        raise RuntimeError("mine")

    async def run() -> None:
        async with UpsunClient(**kwargs(fail_async)) as client:
            await delete_projects_integrations_async("p", "i", client=client)

    def kwargs(hook: Any) -> dict[str, Any]:
        return server.kwargs(httpx_args={"event_hooks": {"request": [hook]}})

    with Wire() as server:
        with UpsunClient(**kwargs(fail)) as client, pytest.raises(RuntimeError, match="mine"):
            delete_projects_integrations("p", "i", client=client)
        with pytest.raises(RuntimeError, match="mine"):
            anyio.run(run)


def test_an_empty_success_of_another_contract_is_none() -> None:
    response = httpx.Response(200, request=httpx.Request("GET", "https://x/"))
    assert Answer.parse(_as_answer(response), lambda **_: 1, None) is None


def _undocumented(*, client: Any, response: httpx.Response) -> object:
    """Stand for the parser of a contract that knows a 204 and nothing else."""
    if response.status_code != 204 and client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _parse(parser: Any, content: bytes, kind: str = "application/json", **strict: bool) -> Any:
    request = httpx.Request("GET", "https://x/")
    response = httpx.Response(200, content=content, headers={"Content-Type": kind}, request=request)
    client = SimpleNamespace(raise_on_unexpected_status=strict.get("strict", False))
    return Answer.parse(_as_answer(response), parser, client)


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"<html><title>Sign in</title>", "text/html", "no JSON"),
        (b"OK", "text/plain", "no JSON"),
        (b'{"error": "denied"}', "application/json", "an error"),
        (b'{"status": 404, "title": "Not Found"}', "application/json", "an error"),
        (b'{"code": 400}', "application/json", "an error"),
    ],
)
def test_a_login_page_is_no_success_where_no_body_is_expected(
    content: bytes, kind: str, says: str
) -> None:
    with pytest.raises(APIResponseValidationError, match=says):
        _parse(_undocumented, content, kind)


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"{}", b"null", b'{"status": "Accepted"}', b"[1]"]
)
def test_a_body_where_none_is_expected_does_no_harm(content: bytes) -> None:
    assert _parse(_undocumented, content) is None


def test_a_login_page_is_no_download() -> None:
    def parser(*, client: object, response: httpx.Response) -> File:
        return File(payload=io.BytesIO(response.content))

    assert _parse(parser, b"%PDF", "application/pdf").payload.read() == b"%PDF"
    with pytest.raises(APIResponseValidationError, match="HTML"):
        _parse(parser, b"<html>", "text/html; charset=utf-8")


def test_no_list_is_not_an_empty_one() -> None:
    def parser(*, client: object, response: httpx.Response) -> list[object]:
        return list(response.json())

    assert _parse(parser, b"[]") == []
    assert _parse(parser, b"[1]") == [1]
    for content in (b"{}", b'""'):
        with pytest.raises(APIResponseValidationError, match="no list"):
            _parse(parser, content)


@pytest.mark.parametrize("content", [b"", b'{"secret": "%s"}' % (b"S" * 9000)])
def test_an_undocumented_status_raises_if_asked_to_and_quotes_nothing(content: bytes) -> None:
    assert _parse(_undocumented, content) is None
    with pytest.raises(APIResponseValidationError, match="does not know this status") as caught:
        _parse(_undocumented, content, strict=True)
    assert "SSS" not in str(caught.value)


def test_an_empty_success_is_one_for_who_asks_about_statuses_too() -> None:
    assert _parse(generated._parse_response, b"", strict=True).code == 200


def test_what_a_parser_says_is_quoted_from_its_beginning() -> None:
    def parser(*, client: object, response: httpx.Response) -> None:
        raise ValueError("x" * 9000)

    with pytest.raises(APIResponseValidationError) as caught:
        _parse(parser, b"{}")
    assert len(str(caught.value)) < 400


def _as_answer(response: httpx.Response) -> Answer:
    response.__class__ = Answer
    assert isinstance(response, Answer)
    return response


def test_without_a_library_for_loops_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("asyncio", "trio"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert running_loop() is None
