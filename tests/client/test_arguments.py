"""Arguments, httpx_args, TLS and the proxy environment: used, or refused in a line."""

import functools
import importlib.util
import io
import math
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

import upsun_client
from tests.client.conftest import Calls, Delete, send
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Wire, answer, token
from upsun_api.client import Client
from upsun_client import (
    APIConnectionError,
    ConfigurationError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

pytestmark = pytest.mark.usefixtures("_short_waits")

PASSWORDS = ("hunter2#x", "hunter2/x", "hunter2?x", "2#hunter2", "hunter2 x")


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"base_url": "http://api.upsun.com"}, "base_url must be https"),
        ({"token_url": "http://auth.upsun.com/oauth2/token"}, "token_url must be https"),
        ({"base_url": "http://127.0.0.1.evil.example"}, "must be https"),
        ({"base_url": "http://localhost.evil.example"}, "must be https"),
        *(
            ({"base_url": url}, "base_url must be https")
            for url in ("api.upsun.com", "ftp://127.0.0.1", "", "https://[::1", None, b"https://h")
        ),
        *(
            ({"base_url": url}, "without user, query or fragment")
            for url in ("https://api.upsun.com?x=1", "https://api.upsun.com#x", "https://h/a/../b")
        ),
        *(
            ({"base_url": url}, "without user, query or fragment$")  # and without the password
            for url in ("https://user:pass@api.upsun.com", "user:pass@host", "https://a:pass@[::1")
        ),
        *(
            ({"base_url": f"https://{host}"}, "base_url")
            for host in ("h:65536", "h/a b", "h /", "h\t", "127.0.0..1", ".h", "x" * 64)
        ),
        ({"base_url": " https://h"}, "base_url"),
        ({"trusted_origins": "https://h"}, "trusted_origins must be a list"),
        *(({"trusted_origins": [origin]}, "trusted_origins") for origin in (1, "")),
        ({"trusted_origins": ["http://elsewhere.example"]}, "trusted_origins must be https"),
        ({"trusted_origins": ["https://h/path"]}, "trusted_origins must be a list"),
        *(
            ({"timeout": value}, "timeout")
            for value in (0, -1, math.nan, math.inf, 1e10, "30", True, httpx.Timeout(5, read=0))
        ),
        *(({"max_retries": value}, "max_retries") for value in (-1, 1.5, True)),
        ({"httpx_args": "x"}, "mapping, not str"),
        ({"httpx_args": [1]}, "mapping, not list"),
        ({"httpx_args": {"auth": None, "verify": False}}, "auth, verify"),
        ({"httpx_args": {"follow_redirects": True}}, "follow_redirects"),
    ],
)
def test_an_unusable_argument_is_named(kwargs: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        UpsunClient("t", **kwargs)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost:65535"]
)
def test_loopback_may_be_http(url: str) -> None:
    UpsunClient("t", base_url=url, token_url=url)


@pytest.mark.parametrize("kind", [str, Path])
def test_missing_authorities_are_named(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        UpsunClient("t", verify_ssl=kind(tmp_path / "missing.pem")).get_httpx_client()


@pytest.mark.parametrize("kwargs", [{"verify_ssl": 1}, {"httpx_args": {"transport": 1}}])
def test_what_is_unusable_is_told_at_the_first_request(
    kwargs: dict[str, Any], delete: Delete
) -> None:
    with Wire() as server:
        with pytest.raises(ConfigurationError, match=f"{next(iter(kwargs))}.*int"):
            delete(**server.kwargs(**kwargs))
        assert server.connections == 0


def test_a_plain_generated_client_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be an UpsunClient"):
        delete_projects_integrations("p", "i", client=Client(base_url="x"))  # type: ignore[arg-type]
    client = UpsunClient("t")
    with pytest.raises(ConfigurationError, match="httpx_args"):
        client.set_httpx_client(httpx.Client())
    with pytest.raises(ConfigurationError, match="httpx_args"):
        client.set_async_httpx_client(httpx.AsyncClient())


def test_settings_can_be_read() -> None:
    client = UpsunClient("t")
    assert repr(client) == "<UpsunClient of https://api.upsun.com>"
    assert client.get_httpx_client().timeout == httpx.Timeout(30.0)
    other = UpsunClient("t", base_url="https://h/pre/", timeout=httpx.Timeout(3, read=60))
    assert other.get_httpx_client().timeout == other.timeout == httpx.Timeout(3, read=60)
    derived = other.with_timeout(None).with_max_retries(0)
    assert derived.get_httpx_client().timeout == httpx.Timeout(None)
    for each, settings in (
        (client, ("https://api.upsun.com", 30.0, 2)),
        (other, ("https://h/pre", httpx.Timeout(3, read=60), 2)),
        (derived, ("https://h/pre", None, 0)),
    ):
        assert (each.base_url, each.timeout, each.max_retries) == settings


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
        ({1: "a"}, "1 is no name"),
        *(({name: "c"}, "is no name") for name in ("a b", "", "a:", "\xe9")),
        *(
            ({"a": value}, "'a' is no name, or its value")
            for value in (1, "secret\n", "secret\r\nX: y", " secret", "secr\xe9t")
        ),
    ],
)
def test_fields_that_cannot_be_sent_are_refused_at_once(name: str, given: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        UpsunClient("t", **{name: given})
    assert "secret" not in str(caught.value)
    with UpsunClient("t") as client, pytest.raises(ConfigurationError, match=says):
        getattr(client, f"with_{name}")(given)


def test_headers_cookies_and_user_agent(delete: Delete) -> None:
    with Wire() as server:
        delete(**server.kwargs(headers={"X-Mine": "1"}, cookies={"a": "b"}))
        sent = server.calls[0].headers
        assert server.exchanges[0].headers["user-agent"] == sent["user-agent"]
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
    args = {
        "headers": {"accept-encoding": "identity", "x-a": "1"},
        "httpx_args": {"event_hooks": hooks},
    }
    with Wire() as server, UpsunClient(**server.kwargs(**args)) as client:
        with client.with_headers({"X-A": "2"}) as derived:
            delete_projects_integrations("p", "i", client=derived)
    ours = [pair for pair in sent[0] if pair[0].lower() in {b"x-a", b"accept-encoding"}]
    assert sorted(ours) == [(b"accept-encoding", b"identity"), (b"x-a", b"2")]


@pytest.mark.parametrize(
    ("proxy", "raises", "says"),
    [
        *(
            (proxy, ConfigurationError, "proxy environment")
            for proxy in ("socks5://127.0.0.1:1", "foo://x", "http://x:port")
        ),
        *((f"http://user:{password}@127.0.0.1:9", UpsunError, ".") for password in PASSWORDS),
    ],
)
def test_an_unusable_proxy_is_named_and_no_part_of_its_password(
    proxy: str, raises: Any, says: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    with Wire() as server:
        with pytest.raises(raises, match=says) as caught:
            delete(**server.kwargs(max_retries=0))
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))


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
    trusting = ssl.create_default_context(cafile=bundle)
    verify: Any = {"path": bundle, "context": trusting, "false": False}.get(how, True)
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
            ACCEPTED if request.method == "DELETE" else token()
        )
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        there = "http://127.0.0.1:1"
        delete(api_token="t", base_url=there, token_url=f"{there}/oauth2/token")
        targets = [request.target for request in proxy.exchanges + proxy.calls]
        assert targets == [f"{there}/oauth2/token", f"{there}/projects/p1/integrations/i1"]


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


# --- whatever else cannot be used

FOO: Any = object()


class AsyncOnly(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError


async def _async_hook(_: object) -> None: ...


def _turns_out_asynchronous(request: object) -> object:
    return _async_hook(request)


class AsyncCallable:
    async def __call__(self, _: object) -> None: ...


LIMITS: list[tuple[str, Any]] = [
    *(("max_connections", value) for value in ("5", 0, -1, 1.5, True)),
    *(("max_keepalive_connections", value) for value in (-1, 0.5)),
    *(("keepalive_expiry", value) for value in ("5", -0.1)),
]
UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "cert": ({"cert": "/no/such/cert.pem"}, "."),
    "cert kind": ({"cert": 3}, "."),
    "limits": ({"limits": 5}, "limits"),
    **{
        f"{name} {value!r}": ({"limits": httpx.Limits(**{name: value})}, f"{name} cannot be")
        for name, value in LIMITS
    },
    "hooks": ({"event_hooks": [print]}, "event_hooks"),
    "hooks key": ({"event_hooks": {"answer": [print]}}, "event_hooks"),
    "hooks function": ({"event_hooks": {"request": print}}, "event_hooks"),
    "hooks kind": ({"event_hooks": {"request": ["x"]}}, "event_hooks"),
    "mounts": ({"mounts": [1]}, "."),
    "mounts pattern": ({"mounts": {"http": httpx.HTTPTransport()}}, "."),
    "mounts kind": ({"mounts": {"http://": 1}}, "http"),
    "proxy scheme": ({"proxy": "ftp://user:hunter2@127.0.0.1"}, "proxy"),
    "proxy kind": ({"proxy": 5}, "proxy"),
    "proxy port": ({"proxy": "http://user:hunter2#x@127.0.0.1:9"}, "proxy"),
    "proxy host": ({"proxy": f"http://user:hunter2@{'x' * 64}:9"}, "proxy"),
    "proxy path": ({"proxy": "http://127.0.0.1:9/hunter2"}, "proxy"),
    "proxy query": ({"proxy": "http://127.0.0.1:9?hunter2"}, "proxy"),
    "proxy without host": ({"proxy": "http://:9"}, "proxy"),
    "http2": ({"http2": True}, "h2"),
    "unknown": ({"nope": 1}, "nope"),
    "params": ({"params": [1]}, "params"),
}


@pytest.mark.filterwarnings("ignore:.*cert:DeprecationWarning")
@pytest.mark.parametrize("what", UNUSABLE)
def test_an_unusable_value_is_a_configuration_error(what: str, delete: Delete) -> None:
    args, says = UNUSABLE[what]
    if what == "http2" and importlib.util.find_spec("h2"):
        pytest.skip("h2 is installed")
    with Wire() as server:
        with pytest.raises(ConfigurationError, match=says) as caught:
            delete(**server.kwargs(httpx_args=args))
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
        assert not server.calls + server.exchanges


@pytest.mark.parametrize(
    ("wrong", "args"),
    [
        ("sync", {"transport": AsyncOnly()}),
        ("sync", {"mounts": {"http://": AsyncOnly()}}),
        ("sync", {"event_hooks": {"request": [_async_hook]}}),
        ("sync", {"event_hooks": {"response": [_async_hook]}}),
        ("sync", {"event_hooks": {"response": [functools.partial(_async_hook)]}}),
        ("sync", {"event_hooks": {"response": [AsyncCallable()]}}),
        ("async", {"transport": httpx.HTTPTransport()}),
        ("async", {"mounts": {"http://": httpx.HTTPTransport()}}),
    ],
)
def test_what_the_flavour_cannot_use_is_refused_first(
    wrong: str, args: Any, flavour: str, delete: Delete
) -> None:
    if (wrong == "sync") is not (flavour == "sync"):
        pytest.skip("of the other flavour")
    with Wire() as server:
        with pytest.raises(ConfigurationError):
            delete(**server.kwargs(httpx_args=args))
        assert not server.calls + server.exchanges


def test_an_asynchronous_transport_serves_calls_and_not_the_exchange() -> None:
    class Mock(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(202, json={"status": "mocked", "code": 202})

    async def run() -> str:
        async with UpsunClient(**server.kwargs(httpx_args={"transport": Mock()})) as client:
            return (await delete_projects_integrations_async("p", "i", client=client)).status

    with Wire() as server:
        assert anyio.run(run) == "mocked"
        assert (len(server.calls), len(server.exchanges)) == (0, 1)


@pytest.mark.parametrize("kind", ["mock", "mount"])
def test_a_mock_transport_answers_calls_and_exchange(kind: str, delete: Delete) -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "a", "token_type": "bearer"})
        return httpx.Response(202, json={"status": "Accepted", "code": 202})

    mock = httpx.MockTransport(handle)
    args = {"transport": mock} if kind == "mock" else {"mounts": {"https://": mock}}
    assert delete(api_token="t", httpx_args=args).code == 202
    assert seen == ["POST", "DELETE"]


@pytest.mark.skipif(httpx.__name__ != "httpx", reason="httpx2 passes over such an entry")
def test_an_unreadable_entry_of_no_proxy_is_named(
    delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "good.example,::1,10.0.0.0/8,[::bad")
    with Wire() as server, pytest.raises(ConfigurationError, match=r"NO_PROXY.*\[::bad"):
        delete(**server.kwargs())


@pytest.mark.parametrize("how", ["environment", "argument"])
def test_plain_http_goes_through_no_proxy_elsewhere(
    how: str, delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = "http://user:pass@proxy.example:3128"
    args = {"proxy": proxy} if how == "argument" else {}
    if how == "environment":
        monkeypatch.setenv("ALL_PROXY", proxy)
    with Wire() as server:
        assert delete(**server.kwargs(httpx_args=args)).code == 202
        assert (len(server.calls), len(server.exchanges)) == (1, 1)


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.parametrize(
    "arguments",
    [
        {"content": b"longer than that", "headers": {"Content-Length": "3"}},
        {"content": b"x", "headers": {"Content-Length": "300"}},
        {"content": FOO},
        {"json": FOO},
        {"timeout": "soon"},
        {"params": FOO},
        {"files": {"a": 1}},
        {"files": [("a", io.BytesIO(b"x")), ("b", 1)]},
        {"headers": FOO},
        {"auth": ("user", "pass")},
        {"extensions": {"timeout": 5}},
        {"extensions": {"timeout": None}},
        {"extensions": {"timeout": {"read": "soon"}}},
        {"extensions": {"target": b"/projects/other"}},
    ],
    ids=",".join,
)
def test_an_unusable_request_is_an_error_of_ours(arguments: dict[str, Any], flavour: str) -> None:
    with Wire() as server, UpsunClient(**server.kwargs(max_retries=0, timeout=2.0)) as client:
        with pytest.raises(UpsunError):
            send(flavour, client, "POST", **arguments)
        assert "files" not in arguments or not server.calls


@pytest.mark.parametrize("method", ["", "D E", "GET\r\nX: y", "GÉT"])
def test_what_is_no_method_is_refused(method: str, flavour: str) -> None:
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(ConfigurationError, match="no HTTP method") as caught:
            send(flavour, client, method)
        assert str(caught.value).isprintable()
        assert server.connections == 0


class Awkward:
    def items(self) -> None:
        raise KeyError("items")


ODD: tuple[Any, ...] = (
    None, 0, -1, 1.5, float("nan"), True, "", "x", "x" * 2000, "x\ny", "\0", "\ud800", b"x", (), [1],
    {}, {1: 2}, {"a": 1}, {"a": b"\xff"}, {"a": "b\r\nX: y"}, {"a\n": "b"}, {"ü": "é"}, {"a": [None]},
    {"a": FOO}, {"a": ("f", FOO)}, {"timeout": 5}, {"timeout": {"read": "x"}}, [("a",)], Awkward(),
    FOO, object, print, "http://", "http://[::1", "http://" + "a" * 70, "socks5://127.0.0.1:1",
)  # fmt: skip
CLIENTS = ["api_token", "base_url", "token_url", "timeout", "max_retries", "verify_ssl", "headers", "cookies", "httpx_args", "trusted_origins"]  # fmt: skip
HTTPX_ARGS = ["cert", "limits", "event_hooks", "mounts", "proxy", "trust_env", "http1", "http2", "max_redirects", "transport", "default_encoding", "params", "nope"]  # fmt: skip
REQUESTS = ["url", "method", "headers", "content", "data", "files", "json", "timeout", "cookies", "extensions", "params"]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Async gen:ResourceWarning")
@pytest.mark.parametrize("name", [*CLIENTS, *(f"httpx_args.{name}" for name in HTTPX_ARGS)])
def test_of_an_odd_argument_comes_a_line_or_nothing(name: str, delete: Delete) -> None:
    outer, _, inner = name.partition(".")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    quick = {"max_retries": 0, "timeout": 2.0, "verify_ssl": context}
    with Wire() as server:
        for value in ODD:
            given = {outer: {inner: value} if inner else value}
            with _a_line_at_most(name, value):
                delete(**server.kwargs(**quick | given))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Async gen:ResourceWarning")
@pytest.mark.parametrize("name", REQUESTS)
def test_of_an_odd_request_comes_a_line_or_nothing(name: str, calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        for value in ODD:
            with _a_line_at_most(name, value):
                arguments = {"method": "POST", "url": "/x", name: value}
                await calls.do(calls.session(client).request(**arguments))

    with Wire() as server:
        calls.use(run, **server.kwargs(max_retries=0, timeout=2.0))


@contextmanager
def _a_line_at_most(name: str, value: object) -> Iterator[None]:
    try:
        yield
    except UpsunError as error:
        assert str(error).isprintable(), (name, value)
        assert 0 < len(str(error)) < 1000, (name, value)
    except Exception as error:
        raise AssertionError(f"{name}={value!r}"[:200]) from error


def test_times_of_one_request_are_the_clients_but_for_those_given(flavour: str) -> None:
    seen: list[dict[str, float]] = []
    hooks = {"request": [lambda request: seen.append(request.extensions["timeout"])]}
    with Wire() as server:
        with UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client:
            for times in ({"connect": 5.0}, {}):
                send(flavour, client, extensions={"timeout": times})
    rest = dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
    assert seen == [{**rest, "connect": 5.0}, rest]


def test_a_body_of_the_other_flavour_is_refused(flavour: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    body: Any = chunks() if flavour == "sync" else iter([b"x"])
    with Wire() as server, UpsunClient(**server.kwargs()) as client:
        with pytest.raises(ConfigurationError, match="body"):
            send(flavour, client, "POST", content=body)
        assert not server.calls + server.exchanges


@pytest.mark.parametrize(
    ("hooks", "says", "calls"),
    [
        ({"request": [_turns_out_asynchronous]}, "asynchronous", 0),
        (
            {"response": [lambda answer: list(answer.iter_raw())]},
            r"202 \(let it call response.read",
            1,
        ),
    ],
    ids=["turns out to be asynchronous", "takes the body away"],
)
def test_a_hook_that_cannot_be_used_is_named(hooks: Any, says: str, calls: int) -> None:
    with Wire() as server:
        with UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client:
            with pytest.raises(ConfigurationError, match=says):
                delete_projects_integrations("p", "i", client=client)
        assert len(server.calls) == calls


@pytest.mark.parametrize("breaks", ["POST", "DELETE"])
def test_what_a_transport_of_the_callers_raises_is_his(breaks: str, delete: Delete) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == breaks:
            raise LookupError("mine")
        return httpx.Response(200, json={"access_token": "a"})

    with pytest.raises(LookupError, match="mine"):
        delete(api_token="t", httpx_args={"transport": httpx.MockTransport(handle)})


@pytest.mark.parametrize(
    "limits", [{"max_connections": 1}, {"max_keepalive_connections": 0}, {"keepalive_expiry": 0},
               {"keepalive_expiry": 0.5}, {"keepalive_expiry": None}, {"max_connections": None}],
    ids=str,
)  # fmt: skip
def test_usable_limits_are_used(limits: dict[str, Any], delete: Delete) -> None:
    with Wire() as server:
        delete(**server.kwargs(httpx_args={"limits": httpx.Limits(**limits)}))
