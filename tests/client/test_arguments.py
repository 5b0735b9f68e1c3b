"""Arguments, httpx_args, TLS and the proxy environment: used, or refused in a line."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

import upsun_client
from tests.client.conftest import Delete
from tests.client.wire import ACCEPTED, Wire, answer, token
from upsun_api.client import Client
from upsun_client import (
    APIConnectionError,
    ConfigurationError,
    UpsunClient,
    delete_projects_integrations,
)

pytestmark = pytest.mark.usefixtures("_short_waits")


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
    assert (client.base_url, client.timeout, client.max_retries) == (
        "https://api.upsun.com",
        30.0,
        2,
    )
    assert client.get_httpx_client().timeout == httpx.Timeout(30.0)


def test_clients_are_equal_only_to_themselves() -> None:
    one, other = UpsunClient("t"), UpsunClient("t")
    assert one == one  # noqa: PLR0124
    assert one != other
    assert len({one, other}) == 2


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


def test_the_exchange_says_who_asks(delete: Delete) -> None:
    with Wire() as server:
        delete(**server.kwargs())
    assert server.exchanges[0].headers["user-agent"].startswith("upsun-client/")
