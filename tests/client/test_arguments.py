"""Arguments, httpx_args, TLS and the proxy environment: used, or refused in a line."""

import functools
import importlib.util
import io
import math
import os
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import upsun_client as u
from tests.client.conftest import Calls, Delete, mocked
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Wire, answer, token

pytestmark = pytest.mark.usefixtures("_short_waits")

FOO: Any = object()
FIELDS: list[tuple[str, list[Any]]] = [
    ("must be a mapping, not (str|list)", ["x", [("a", "b")]]),
    ("is no name", [{1: "a"}, {"a b": "c"}, {"": "c"}, {"a:": "c"}, {"\xe9": "c"}]),
    ("'a' is no name, or its value", [{"a": 1}, {"a": "hunter2\n"}, {"a": "hunter2\r\nX: y"}]),
    ("'a' is no name, or its value", [{"a": " hunter2"}, {"a": "hunter2\xe9"}]),
]
URL = "base_url must be https.*without user, query"
TWICE = httpx.Cookies()
for _domain in ("a.example", "b.example"):
    TWICE.set("name", "value", _domain)
NO_COUNT: list[Any] = ["5", -1, 1.5, True]
KEPT = "max_keepalive_connections"
# httpx2 passes over such an entry.
UNREADABLE = ["good.example,::1,10.0.0.0/8,[::bad"] if httpx.__name__ == "httpx" else []
# The argument or variable, what the error says, values. Of the first, texts.txt has the whole text.
UNUSABLE: list[tuple[str, str, list[Any]]] = [
    ("api_token", "is empty", [""]),
    ("api_token", "must be a string", [3, b"token"]),
    ("base_url", URL, ["http://api.upsun.com", "api.upsun.com", "", None]),
    ("base_url", URL, ["ftp://127.0.0.1", "https://[::1", b"https://h", f"https://{'x' * 64}"]),
    ("base_url", URL, ["http://127.0.0.1.evil.example", "http://localhost.evil.example"]),
    ("base_url", URL, [" https://h", "https://h/a b", "https://h/\u3000b", "https://h\t"]),
    ("base_url", URL, ["https://h:65536", "https://127.0.0..1", "https://h/a/../b", "https://.h"]),
    ("base_url", URL, ["https://h?x=1", "https://h/projects/p?", "https://h#x"]),
    ("base_url", URL, ["https://user:hunter2@h", "user:hunter2@h", "https://a:hunter2@[::1"]),
    ("token_url", "token_url must be https", ["http://auth.upsun.com/oauth2/token"]),
    ("trusted_origins", "must be a list", ["https://h", 1, ["https://h/path"]]),
    ("trusted_origins", "must be https", [["http://elsewhere.example"], [1], [""]]),
    ("trusted_origins", "must be https", [["https://*.a"]]),
    ("timeout", "timeout", [0, -1, math.nan, math.inf, 1e10, "30", True, httpx.Timeout(5, read=0)]),
    ("max_retries", "max_retries", NO_COUNT),
    *(("headers", f"headers.*{says}", values) for says, values in FIELDS),
    *(("cookies", f"cookies.*{says}", values) for says, values in FIELDS),
    ("cookies", "cookies.*Conflict", [TWICE]),
    ("verify_ssl", r"verify_ssl.*(missing\.pem|int)", ["/missing.pem", Path("/missing.pem"), 1]),
    ("httpx_args", "mapping, not", ["x", [1]]),
    ("httpx_args", "cannot set", [dict.fromkeys(("auth", "base_url", "cookies", "verify"))]),
    ("httpx_args", "cannot set", [{"follow_redirects": True, "headers": {}, "timeout": 1}]),
    ("httpx_args.transport", "transport.*int", [1]),
    ("httpx_args.cert", ".", ["/no/such/cert.pem", 3]),
    ("httpx_args.limits", "limits", [5]),
    ("httpx_args.limits", "max_connections", [httpx.Limits(max_connections=n) for n in NO_COUNT]),
    ("httpx_args.limits", "max_connections", [httpx.Limits(max_connections=0)]),
    ("httpx_args.limits", KEPT, [httpx.Limits(**{KEPT: n}) for n in NO_COUNT]),
    ("httpx_args.limits", "expiry", [httpx.Limits(keepalive_expiry=odd) for odd in (-0.1, FOO)]),
    ("httpx_args.event_hooks", "event_hooks", [[print], {"answer": [print]}]),
    ("httpx_args.event_hooks", "event_hooks", [{"request": print}, {"request": ["x"]}]),
    ("httpx_args.mounts", ".", [[1], {"http": httpx.HTTPTransport()}, {"http://": 1}]),
    ("httpx_args.proxy", "proxy", ["ftp://a:hunter2@127.0.0.1", "http://a:hunter2#x@127.0.0.1:9"]),
    ("httpx_args.proxy", "proxy", [f"http://a:hunter2@{'x' * 64}:9", "http://127.0.0.1:9/hunter2"]),
    ("httpx_args.proxy", "proxy", ["http://127.0.0.1:9?hunter2", "http://:9", 5]),
    ("HTTP_PROXY", "proxy environment", ["socks5://127.0.0.1:1", "foo://x", "http://x:port"]),
    ("HTTP_PROXY", "proxy environment", [f"http://a:hunter2{mark}x@127.0.0.1:9" for mark in "#/?"]),
    ("HTTPS_PROXY", "proxy environment", ["http://a:2#hunter2@127.0.0.1:9"]),
    ("NO_PROXY", r"NO_PROXY.*\[::bad", UNREADABLE),
    ("httpx_args.http2", "h2", [] if importlib.util.find_spec("h2") else [True]),
    ("httpx_args.default_encoding", "default_encoding", ["latin-99", 5, None]),
    ("httpx_args.nope", "nope", [1]),
    ("httpx_args.params", "params", [[1]]),
]


def argument(name: str, value: object) -> dict[str, Any]:
    """Make an argument of its name, with a dot for one within another."""
    outer, _, inner = name.partition(".")
    return {outer: {inner: value} if inner else value}


@pytest.mark.filterwarnings("ignore:.*cert:DeprecationWarning")
@pytest.mark.parametrize(
    "case",
    [(name, says, value) for name, says, values in UNUSABLE for value in values],
    ids=lambda case: f"{case[0]} {case[2]!r:.40}",
)
def test_what_is_unusable_is_named_before_anything_is_sent(
    case: tuple[str, str, Any], delete: Delete, server: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, says, value = case
    if name.isupper():
        monkeypatch.setenv(name, value)
    with pytest.raises(u.ConfigurationError, match=says) as caught:
        delete(**server.kwargs(**({} if name.isupper() else argument(name, value))))
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert server.connections == 0
    if derive := getattr(u.UpsunClient, f"with_{name}", None):
        with u.UpsunClient("t") as client, pytest.raises(u.ConfigurationError, match=says):
            derive(client, value)


async def _asynchronous(_: object) -> None: ...


async def _answer_later(_: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "access-1"})


async def _chunks() -> AsyncIterator[bytes]:
    yield b"x"


class _Asynchronous:
    async def __call__(self, _: object) -> None: ...


def test_what_a_call_cannot_use_is_refused_first(
    calls: Calls, client: u.UpsunClient, delete: Delete, server: Wire
) -> None:
    other = httpx.AsyncHTTPTransport() if calls.is_sync else httpx.HTTPTransport()
    unusable: list[dict[str, Any]] = [{"transport": other}, {"mounts": {"http://": other}}]
    if calls.is_sync:
        unusable += [{"transport": httpx.MockTransport(_answer_later)}]
        for hook in (_asynchronous, functools.partial(_asynchronous), _Asynchronous()):
            unusable += [{"event_hooks": {kind: [hook]}} for kind in ("request", "response")]
    for args in unusable:
        with pytest.raises(u.ConfigurationError):
            delete(**server.kwargs(httpx_args=args))
    body = _chunks() if calls.is_sync else iter([b"x"])
    with pytest.raises(u.ConfigurationError, match="body"):
        calls.send(client, content=body)
    assert server.connections == 0
    if calls.is_sync:  # one that turns out to be asynchronous
        hooks = {"request": [lambda _: _asynchronous(None)]}
        with pytest.raises(u.ConfigurationError, match="asynchronous"):
            delete(**server.kwargs(httpx_args={"event_hooks": hooks}))
        assert not server.calls


# --- what is used


def test_loopback_may_be_http() -> None:
    for host in ("127.0.0.1:1", "127.9.9.9", "[::1]:1", "localhost:65535"):
        u.UpsunClient("t", base_url=f"http://{host}", token_url=f"http://{host}")


def test_settings_can_be_read() -> None:
    client = u.UpsunClient("t")
    assert repr(client) == "<UpsunClient of https://api.upsun.com>"
    times = httpx.Timeout(3, read=60)
    other = u.UpsunClient("t", base_url="https://h/pre/", timeout=times)
    for each, settings in (
        (client, ("https://api.upsun.com", 30.0, 2)),
        (other, ("https://h/pre", times, 2)),
        (other.with_timeout(None).with_max_retries(0), ("https://h/pre", None, 0)),
    ):
        assert (each.base_url, each.timeout, each.max_retries) == settings
        assert each.get_httpx_client().timeout == httpx.Timeout(each.timeout)
    assert len({client, other, u.UpsunClient("t")}) == 3


def test_headers_cookies_and_user_agent(delete: Delete, server: Wire) -> None:
    headers = {"X-Mine": "1", "Accept-Encoding": "identity"}
    delete(**server.kwargs(headers=headers, cookies={"a": "b"}))
    (exchange,), (call,) = server.exchanges, server.calls
    ours = f"upsun-client/{u.__version__} Python/3."
    assert call.headers["user-agent"].startswith(ours)
    wanted = {"x-mine": "1", "accept-encoding": "identity", "cookie": "a=b"}
    assert call.headers.items() >= wanted.items()
    # What is meant for the API is none of the auth server's business.
    assert exchange.headers["user-agent"] == call.headers["user-agent"]
    assert not {"x-mine", "cookie"} & exchange.headers.keys()


def test_usable_limits_are_used(delete: Delete, server: Wire) -> None:
    usable: list[dict[str, Any]] = [{"max_connections": 1}, {"max_connections": None}, {KEPT: 0}]
    usable += [{"keepalive_expiry": seconds} for seconds in (0, 0.5, math.inf, None)]
    for limits in usable:
        delete(**server.kwargs(httpx_args={"limits": httpx.Limits(**limits)}))


class MockOfTasks(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(202, json={"status": "mocked", "code": 202})


@pytest.mark.parametrize("way", ["transport", "mounts"])
async def test_a_transport_of_tasks_takes_no_exchange_off_its_proxy(
    way: str, tasks: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = "http://127.0.0.1:1"
    args = {way: MockOfTasks() if way == "transport" else {"http://": MockOfTasks()}}
    kwargs = {"api_token": "t", "base_url": there, "token_url": f"{there}/exchange"}
    with Wire([token()]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with tasks.client(httpx_args=args, **kwargs) as client:
            assert (await tasks.delete(client)).status == "mocked"
        assert [call.target for call in proxy.calls] == [f"{there}/exchange"]


# --- TLS


@pytest.mark.parametrize("how", ["path", "context", "false", "SSL_CERT_FILE", "folder", "nothing"])
def test_verify_ssl_holds_for_both_and_what_breaks_within_tls_is_tried_again(
    how: str, delete: Delete, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def spoil(connection: Any) -> None:
        connection.sendall(ACCEPTED[:-5] * (len(server.calls) - 1))
        os.write(connection.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))

    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    if how == "SSL_CERT_FILE":
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    trusting = ssl.create_default_context(cafile=bundle)
    # The folder is not hashed as OpenSSL wants it, so nothing in it is trusted; but it is read.
    verify = {"path": bundle, "context": trusting, "false": False, "folder": str(tmp_path)}
    with Wire([spoil, spoil, ACCEPTED], tls=tls) as server:
        kwargs = server.kwargs(**{"verify_ssl": verify[how]} if how in verify else {})
        if how in {"folder", "nothing"}:
            with pytest.raises(u.APIConnectionError, match="certificate"):
                delete(**kwargs)
            assert server.connections == 1  # the next attempt would not trust it either
        else:
            delete(**kwargs)
            assert (len(server.exchanges), len(server.calls)) == (1, 3)


# --- proxies


ELSEWHERE = "http://user:pass@elsewhere.example:3128"


@pytest.mark.parametrize(
    ("ways", "is_direct"),
    [
        ({"HTTP_PROXY": "here"}, False),
        ({"ALL_PROXY": "here"}, False),
        ({"HTTP_PROXY": "here", "NO_PROXY": "127.0.0.1"}, True),
        ({"ALL_PROXY": ELSEWHERE}, True),
        ({"argument": ELSEWHERE}, True),
        ({"argument": ELSEWHERE, "mount": "all://eu-2.platform.sh"}, True),
        ({"argument": ELSEWHERE, "mount": "all://*"}, True),
        ({"HTTP_PROXY": ELSEWHERE, "mount": "all://"}, True),
        ({"HTTP_PROXY": ELSEWHERE, "mount": "http://metrics.local"}, True),
    ],
)
def test_plain_http_goes_through_a_proxy_on_this_machine_or_none(
    ways: dict[str, str], is_direct: bool, server: Wire, delete: Delete, monkeypatch: Any
) -> None:
    with Wire([token(), ACCEPTED]) as proxy:
        for name, value in ways.items():
            monkeypatch.setenv(name, proxy.url if value == "here" else value)
        mounts = {ways["mount"]: None} if "mount" in ways else {}
        delete(**server.kwargs(httpx_args={"proxy": ways.get("argument"), "mounts": mounts}))
        targets = [server.token_url, f"{server.url}/projects/p1/integrations/i1"]
        assert [request.target for request in proxy.calls] == ([] if is_direct else targets)
        assert len(server.exchanges) == len(server.calls) == is_direct


@pytest.mark.parametrize("mount", ["all://", "http://", "http://127.0.0.1", "port"])
def test_a_mount_of_the_callers_for_this_machine_is_taken(mount: str, calls: Calls) -> None:
    there = "http://127.0.0.1:1"
    transport = mocked(lambda _: httpx.Response(202))["httpx_args"]["transport"]
    args: Any = {"proxy": ELSEWHERE, "mounts": {there if mount == "port" else mount: transport}}
    kwargs: Any = {"base_url": there, "token_url": f"{there}/oauth2/token", "httpx_args": args}
    with u.UpsunClient("t", **kwargs) as client:
        assert calls.send(client).status_code == 202


def test_https_proxy_is_asked_to_connect_once(delete: Delete, monkeypatch: Any) -> None:
    with Wire([answer("407 Proxy Authentication Required, hunter2 x")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//a:hunter2 x@"))
        with pytest.raises(u.APIConnectionError, match="407") as caught:
            delete(api_token="t")
        sent = [(call.method, call.target) for call in proxy.calls]
    assert sent == [("CONNECT", "auth.upsun.com:443")]
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


# --- requests of the caller's own


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.parametrize(
    "arguments",
    [
        {"content": b"longer than that", "headers": {"Content-Length": "3"}},
        {"content": b"x", "headers": {"Content-Length": "300"}},
        {"headers": {"X": "api-token\n"}},
        {"timeout": "soon"},
        {"files": [("a", io.BytesIO(b"x")), ("b", 1)]},
        {"auth": ("user", "pass")},
        {"extensions": {"target": b"/projects/other"}},
        {"extensions": {"trace": print}},
        *({"method": method} for method in ("", "D E", "GET\r\nX: y", "GÉT")),
    ],
    ids=",".join,
)
def test_an_unusable_request_is_refused(
    arguments: dict[str, Any], calls: Calls, server: Wire
) -> None:
    with u.UpsunClient(**server.kwargs(timeout=2.0)) as client:
        with pytest.raises(u.UpsunError) as caught:
            calls.send(client, **{"method": "PUT", **arguments})
    assert str(caught.value).isprintable()
    assert "api-token" not in str(caught.value)
    assert ("cannot send" in str(caught.value)) is ("headers" in arguments)
    assert ("may have taken effect" in str(caught.value)) is ("content" in arguments)
    assert "headers" in arguments or server.connections == 0
    assert getattr(caught.value, "attempts", 1) == 1
    assert "method" not in arguments or "no HTTP method" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("timeout", -1), ("timeout", math.nan), ("auth", ("user", "pass"))]
)
async def test_what_a_session_is_set_to_and_cannot_use_is_refused(
    name: str, value: Any, calls: Calls, server: Wire
) -> None:
    async with calls.client(**server.kwargs(max_retries=0)) as client:
        http = calls.session(client)
        with pytest.raises(u.ConfigurationError, match=name):
            await calls.do(setattr(http, name, value) or http.get("/x"))  # type: ignore[func-returns-value]
    assert not server.connections


def test_times_of_a_request_are_the_clients_unless_given(calls: Calls, server: Wire) -> None:
    seen: list[dict[str, float]] = []
    hooks = {"request": [lambda request: seen.append(request.extensions["timeout"])]}
    with u.UpsunClient(**server.kwargs(httpx_args={"event_hooks": hooks})) as client:
        for times in ({"connect": 5.0}, {}):
            calls.send(client, extensions={"timeout": times})
    rest = dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
    assert seen == [{**rest, "connect": 5.0}, rest]


# --- anything at all


class Awkward:
    def items(self) -> None:
        raise KeyError("items")


ODD: tuple[Any, ...] = (
    {"timeout": None},
    None, 0, -1, 1.5, float("nan"), True, "", "x", "x" * 2000, "x\ny", "\0", "\ud800", b"x", (), [1],
    {}, {1: 2}, {"a": 1}, {"a": b"\xff"}, {"a": "b\r\nX: y"}, {"a\n": "b"}, {"ü": "é"}, {"a": [None]},
    {"a": FOO}, {"a": ("f", FOO)}, {"timeout": 5}, {"timeout": {"read": "x"}}, [("a",)], Awkward(),
    FOO, object, print, "http://", "http://[::1", "http://" + "a" * 70, "socks5://127.0.0.1:1",
)  # fmt: skip
CLIENTS = ["api_token", "base_url", "token_url", "timeout", "max_retries", "verify_ssl", "headers", "cookies", "httpx_args", "trusted_origins"]  # fmt: skip
HTTPX_ARGS = ["cert", "limits", "event_hooks", "mounts", "proxy", "trust_env", "http1", "http2", "max_redirects", "transport", "default_encoding", "params", "nope"]  # fmt: skip
REQUESTS = ["url", "method", "headers", "content", "data", "files", "json", "timeout", "cookies", "extensions", "params"]  # fmt: skip
NAMES = [*CLIENTS, *map("httpx_args.{}".format, HTTPX_ARGS), *map("request.{}".format, REQUESTS)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Async gen:ResourceWarning")
@pytest.mark.parametrize("name", NAMES)
async def test_an_odd_value_gives_a_line_or_nothing(name: str, calls: Calls, server: Wire) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    quick = {"max_retries": 0, "timeout": 2.0, "verify_ssl": context}
    for value in ODD:
        given = argument(name, value)
        request = {"method": "POST", "url": "/x", **given.pop("request", {})}
        try:
            async with calls.client(**server.kwargs(**quick | given)) as client:
                await calls.do(calls.session(client).request(**request))
        except u.UpsunError as error:
            assert str(error).isprintable(), value
            assert 0 < len(str(error)) < 1000, value
        except Exception as error:
            raise AssertionError(f"{value!r}"[:200]) from error
