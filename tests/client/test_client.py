"""The client: arguments, lifecycle, environment, and what it shares."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import trustme
from pytest_httpx import HTTPXMock

import upsun_client
from tests.client.conftest import Delete
from tests.client.wire import ACCEPTED, Wire, answer, reset
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_api.client import Client
from upsun_client import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ApiTokenAuth,
    ConfigurationError,
    NotFoundError,
    UpsunClient,
    delete_projects_integrations,
    delete_projects_integrations_async,
)
from upsun_client._errors import ClientClosedError

# --- arguments


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"base_url": "http://api.upsun.com"}, "base_url must be https"),
        ({"token_url": "http://auth.upsun.com/oauth2/token"}, "token_url must be https"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "must be https"),
        ({"base_url": "http://localhost.evil.example"}, "must be https"),
        ({"base_url": "api.upsun.com"}, "must be an https URL"),
        ({"base_url": "ftp://127.0.0.1"}, "must be an https URL"),
        ({"base_url": ""}, "must be an https URL"),
        ({"base_url": "https://user:pass@api.upsun.com"}, "no user, query or fragment"),
        ({"base_url": "https://api.upsun.com?x=1"}, "no user, query or fragment"),
        ({"base_url": "https://api.upsun.com/a/../b"}, "no usable URL"),
        ({"base_url": "https://[::1"}, "no usable URL"),
        ({"base_url": None}, "no usable URL|must be"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": 1e10}, "timeout"),
        ({"timeout": "30"}, "timeout"),
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"httpx_args": {"auth": None, "verify": False}}, "auth, verify"),
        ({"httpx_args": {"follow_redirects": True}}, "follow_redirects"),
    ],
)
def test_an_unusable_argument_is_named(kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        UpsunClient("t", **kwargs)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost:1"]
)
def test_loopback_may_be_http(url: str) -> None:
    UpsunClient("t", base_url=url, token_url=url)


def test_missing_authorities_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        UpsunClient("t", verify_ssl=str(tmp_path / "missing.pem")).get_httpx_client()


def test_a_plain_generated_client_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be an UpsunClient"):
        delete_projects_integrations("p", "i", client=Client(base_url="x"))  # type: ignore[arg-type]
    client = UpsunClient("t")
    with pytest.raises(ConfigurationError, match="httpx_args"):
        client.set_httpx_client(httpx.Client())
    with pytest.raises(ConfigurationError, match="httpx_args"):
        client.set_async_httpx_client(httpx.AsyncClient())


def test_defaults() -> None:
    client = UpsunClient("t")
    assert repr(client) == "<UpsunClient of https://api.upsun.com>"
    assert repr(ApiTokenAuth("t")) == (
        "<ApiTokenAuth for https://api.upsun.com by https://auth.upsun.com/oauth2/token>"
    )
    assert client.get_httpx_client().timeout == httpx.Timeout(30.0)


def test_clients_are_equal_only_to_themselves() -> None:
    one, other = UpsunClient("t"), UpsunClient("t")
    assert one == one  # noqa: PLR0124
    assert one != other
    assert len({one, other}) == 2


# --- what is sent


def test_headers_cookies_and_user_agent(delete: Delete) -> None:
    with Wire() as server:
        delete(**server.kwargs(headers={"X-Mine": "1"}, cookies={"a": "b"}))
        sent = server.calls[0].headers
        assert sent["x-mine"] == "1"
        assert sent["cookie"] == "a=b"
        assert sent["user-agent"].startswith(f"upsun-client/{upsun_client.__version__} Python/3.")
        # What is meant for the API is none of the auth server's business.
        assert not {"x-mine", "cookie"} & server.exchanges[0].headers.keys()
        for name in ("User-Agent", "user-agent"):
            delete(**server.kwargs(headers={name: "mine"}))
            assert server.calls[-1].headers["user-agent"] == "mine"


def test_a_header_is_sent_once_whatever_the_case_of_its_name() -> None:
    sent: list[list[tuple[bytes, bytes]]] = []
    hooks = {"request": [lambda request: sent.append(request.headers.raw)]}
    with Wire() as server:
        kwargs = server.kwargs(
            headers={"accept-encoding": "identity", "x-a": "1"}, httpx_args={"event_hooks": hooks}
        )
        with UpsunClient(**kwargs) as client, client.with_headers({"X-A": "2"}) as derived:
            delete_projects_integrations("p", "i", client=derived)
    ours = [pair for pair in sent[0] if pair[0].lower() in {b"x-a", b"accept-encoding"}]
    assert sorted(ours) == [(b"X-A", b"2"), (b"accept-encoding", b"identity")]


def test_cookies_of_the_server_are_kept(flavour: str) -> None:
    body = {"status": "Accepted", "code": 202}
    answers = [
        # What is not ASCII could not be sent, and would fail every request after it.
        answer(202, body, Set_Cookie="a=1; Path=/", Set_cookie="e=\xe9"),
        answer(404, {}, Set_Cookie="b=2"),
        ACCEPTED,
    ]

    def run(client: UpsunClient) -> None:
        delete_projects_integrations("p", "i", client=client)
        client.get_httpx_client().cookies.set("c", "3")
        with pytest.raises(NotFoundError):
            delete_projects_integrations("p", "i", client=client)
        delete_projects_integrations("p", "i", client=client)
        client.get_httpx_client().cookies = {"d": "4"}
        delete_projects_integrations("p", "i", client=client)

    async def run_async(client: UpsunClient) -> None:
        await delete_projects_integrations_async("p", "i", client=client)
        client.get_async_httpx_client().cookies.set("c", "3")
        with pytest.raises(NotFoundError):
            await delete_projects_integrations_async("p", "i", client=client)
        await delete_projects_integrations_async("p", "i", client=client)
        client.get_async_httpx_client().cookies = {"d": "4"}
        await delete_projects_integrations_async("p", "i", client=client)
        await client.aclose()

    with Wire(answers) as server, UpsunClient(**server.kwargs()) as client:
        if flavour == "sync":
            run(client)
        else:
            anyio.run(run_async, client, backend=flavour)
    sent = [set(call.headers.get("cookie", "").split("; ")) for call in server.calls]
    assert sent == [{""}, {"a=1", "c=3"}, {"a=1", "c=3", "b=2"}, {"d=4"}]


def test_a_jar_of_the_callers_sees_every_answer() -> None:
    seen: list[str] = []

    class Jar(CookieJar):
        def extract_cookies(self, response: Any, request: Any) -> None:
            seen.append(request.full_url)

    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        client.get_httpx_client().cookies = Jar()
        delete_projects_integrations("p", "i", client=client)
        assert seen == [f"{server.url}/projects/p/integrations/i"]


def test_event_hooks_see_the_calls_and_no_exchange() -> None:
    seen: list[str] = []
    hooks = {"request": [lambda request: seen.append(request.url.path)]}
    with (
        Wire() as server,
        UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client,
    ):
        delete_projects_integrations("p", "i", client=client)
    assert seen == ["/projects/p/integrations/i"]


# --- any generated operation


@pytest.mark.parametrize("body", [{}, [], "x", None, 1], ids=repr)
def test_a_generated_operation_raises_typed_errors(body: Any) -> None:
    with Wire([answer(200, body)]) as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(APIResponseValidationError, match="does not fit the contract"):
            generated.sync(project_id="p", integration_id="i", client=client)


def test_a_generated_operation_takes_an_empty_success() -> None:
    with Wire([b"HTTP/1.1 204 No Content\r\n\r\n"]) as server:
        with UpsunClient(**server.kwargs()) as client:
            accepted = generated.sync(project_id="p", integration_id="i", client=client)
    assert accepted
    assert (accepted.status, accepted.code) == ("No Content", 204)


def test_without_our_client_a_generated_operation_raises_what_it_raised() -> None:
    with Wire([answer(200, {})]) as server, Client(base_url=server.url) as client:
        with pytest.raises(KeyError):
            generated.sync(project_id="p", integration_id="i", client=client)


# --- derived clients


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


# --- lifecycle


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


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
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


# --- time


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


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
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


# --- TLS and the environment


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_an_unknown_authority_is_refused(tls: ssl.SSLContext, delete: Delete) -> None:
    with Wire(tls=tls) as server:
        with pytest.raises(APIConnectionError, match="certificate"):
            delete(**server.kwargs())
        assert not server.exchanges
        assert server.connections == 1  # the next attempt would not trust it either


@pytest.mark.parametrize("how", ["path", "context", "false", "SSL_CERT_FILE"])
def test_verify_ssl_holds_for_both(
    how: str, tls: ssl.SSLContext, bundle: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify: Any = {"path": bundle, "false": False, "SSL_CERT_FILE": True}.get(how)
    if how == "context":
        verify = ssl.create_default_context(cafile=bundle)
    if how == "SSL_CERT_FILE":
        monkeypatch.setenv("SSL_CERT_FILE", bundle)
    with Wire(tls=tls) as server:
        delete(**server.kwargs(verify_ssl=verify))
        assert [len(server.exchanges), len(server.calls)] == [1, 1]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_holds_for_both(
    variable: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire() as proxy:
        proxy.exchange = proxy.api = lambda request: (
            ACCEPTED if request.method == "DELETE" else _token()
        )
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        delete(
            api_token="t",
            base_url="http://127.0.0.1:1",
            token_url="http://127.0.0.1:1/oauth2/token",
        )
        targets = [request.target for request in proxy.exchanges + proxy.calls]
        assert targets == [
            "http://127.0.0.1:1/oauth2/token",
            "http://127.0.0.1:1/projects/p1/integrations/i1",
        ]


def _token() -> bytes:
    from tests.client.wire import token

    return token()


def test_no_proxy_holds_too(delete: Delete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Wire() as server:
        delete(**server.kwargs())


def test_https_proxy_is_asked_to_connect(delete: Delete, monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire([answer("403 Forbidden")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(APIConnectionError, match="403"):
            delete(api_token="t", max_retries=0)
        assert [call.method for call in proxy.calls] == ["CONNECT"]
        assert proxy.calls[0].target == "auth.upsun.com:443"


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


# --- requests that no operation covers


def test_a_streamed_answer_stays_open() -> None:
    with Wire([answer(503, b"", Retry_After="0"), answer(200, b'{"a": 1}')]) as server:
        with UpsunClient(**server.kwargs()) as client:
            with client.get_httpx_client().stream("GET", "/log") as response:
                assert not response.is_stream_consumed
                assert b"".join(response.iter_bytes()) == b'{"a": 1}'


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_streamed_answer_stays_open_for_tasks(backend: str) -> None:
    async def run() -> None:
        async with UpsunClient(**server.kwargs()) as client:
            async with client.get_async_httpx_client().stream("GET", "/log") as response:
                assert not response.is_stream_consumed
                assert await response.aread() == b'{"a": 1}'

    with Wire([answer(200, b'{"a": 1}')]) as server:
        anyio.run(run, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_other_origins_get_no_bearer_from_tasks_either(backend: str) -> None:
    async def run() -> None:
        async with UpsunClient(**server.kwargs()) as client:
            await client.get_async_httpx_client().get(f"{other.url}/x")

    with Wire() as server, Wire() as other:
        anyio.run(run, backend=backend)
    assert "authorization" not in other.calls[0].headers
    assert not server.exchanges


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


def test_a_folder_of_authorities(tls: ssl.SSLContext, bundle: str, tmp_path: Path) -> None:
    with Wire(tls=tls) as server, UpsunClient(**server.kwargs(verify_ssl=str(tmp_path))) as client:
        # Not hashed as OpenSSL wants it, so nothing in it is trusted; but it is read.
        with pytest.raises(APIConnectionError, match="certificate"):
            client.get_httpx_client().get("/x")


def test_a_timeout_of_httpx_is_taken_as_it_is() -> None:
    with UpsunClient("t", timeout=httpx.Timeout(3, read=60)) as client:
        assert client.get_httpx_client().timeout == httpx.Timeout(3, read=60)
    with UpsunClient("t", timeout=None) as client:
        assert client.get_httpx_client().timeout == httpx.Timeout(None)


# --- the tests of those who use it


async def _delete_both(client: UpsunClient) -> None:
    delete_projects_integrations("p", "i", client=client)
    await delete_projects_integrations_async("p", "i", client=client)


def test_a_mock_of_httpx_sees_the_requests_as_sent(httpx_mock: HTTPXMock) -> None:
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
