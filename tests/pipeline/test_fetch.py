"""The fetch: what it takes, what it refuses, and that both take bounded time and memory."""

import gzip
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.fetch import Validators, fetch
from tests.pipeline.support import Server, answering


def test_a_path_a_file_url_and_a_server_give_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a b.json"
    file.write_bytes(b"{}")
    assert fetch(str(file)).body == b"{}"
    assert fetch(file.as_uri()).body == b"{}"
    with Server(answering(b"{}")) as server:
        assert fetch(server.url).body == b"{}"


def test_the_request_names_itself_and_asks_for_json() -> None:
    with Server(answering(b"{}")) as server:
        fetch(server.url, user_agent="upsun-client/9")
        assert server.requests[0]["User-Agent"] == "upsun-client/9"
        assert server.requests[0]["Accept"] == "application/json"
        assert "If-None-Match" not in server.requests[0]


def test_an_unchanged_document_has_no_body_when_the_fetch_is_conditional() -> None:
    with Server(answering(b"{}", ETag='"a"', Last_Modified="yesterday")) as server:
        first = fetch(server.url)
        assert first.validators == Validators('"a"', "yesterday")
        assert fetch(server.url, first.validators).body is None
        assert server.requests[1]["If-Modified-Since"] == "yesterday"


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (404, {}, "404 Not Found; check SPEC_URL"),
        (500, {}, "500 Internal Server Error; try again later"),
        (429, {"Retry_After": "120"}, "429 Too Many Requests (Retry-After: 120)"),
        (304, {}, "304 Not Modified; check SPEC_URL"),
        (204, {}, "204 No Content"),
        (200, {"Content_Encoding": "br"}, "an encoding that was not asked for"),
        (200, {"Content_Encoding": "gzip, gzip"}, "an encoding that was not asked for"),
    ],
)
def test_a_refusal_is_told_in_one_line(status: int, headers: dict[str, str], told: str) -> None:
    with (
        Server(answering(b"", status, **headers)) as server,
        pytest.raises(PipelineError) as error,
    ):
        fetch(server.url)
    assert told in str(error.value)
    assert server.url in str(error.value)


def redirect(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/there":
            answering(b"here")(handler)
        else:
            answering(b"", 302, Location=to)(handler)

    return answer


def test_a_redirect_on_the_same_loopback_host_is_followed() -> None:
    with Server(redirect("/there")) as server:
        assert fetch(f"{server.url}/openapi-spec").body == b"here"


@pytest.mark.parametrize(
    "to", ["http://example.invalid/", "http://localhost:1/", "ftp://127.0.0.1/", "file:///etc/x"]
)
def test_a_redirect_elsewhere_without_tls_is_refused(to: str) -> None:
    with Server(redirect(to)) as server, pytest.raises(PipelineError, match="not https"):
        fetch(server.url)


def test_redirects_in_a_circle_end() -> None:
    with Server(redirect("/again")) as server, pytest.raises(PipelineError, match="more than 5"):
        fetch(server.url)
    assert len(server.requests) == 6


def test_plain_http_beyond_loopback_is_refused_before_it_is_tried() -> None:
    with pytest.raises(PipelineError, match="is not https"):
        fetch("http://example.invalid/openapi-spec")


SECRETS = (
    "http://user:s3cret@example.invalid/",
    "ftp://user:s3cret@example.invalid/x?token=s3cret",
    "http://user:s3cret@[::1/",
    "http://user:s3cret@127.0.0.1:99999/",
    "http://user:s3/s3cret@127.0.0.1/",
    "http://user:s3?s3cret@127.0.0.1/#s3cret",
    "http://127.0.0.1:9/?token=s3cret",
    "https://user:\u2100s3cret@example.invalid/",
)


@pytest.mark.parametrize("url", SECRETS)
def test_credentials_in_the_url_are_not_repeated_in_the_error(url: str) -> None:
    with pytest.raises(PipelineError) as error:
        fetch(url)
    assert "s3" not in str(error.value)
    assert str(error.value).count("\n") == 0


def test_credentials_in_a_redirect_are_not_repeated_in_the_error() -> None:
    with Server(redirect("ftp://user:s3cret@x/?s3cret")) as server:
        with pytest.raises(PipelineError, match="not https") as error:
            fetch(server.url)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://127.0.0.1:9x", "the environment names a proxy that cannot be used (Invalid port:"),
        ("socks5://127.0.0.1:9", "the environment names a proxy that cannot be used ("),
        ("http://user:s3cret@127.0.0.1:9x", "the environment names a proxy that cannot be used;"),
        ("http://127.0.0.1:99999", "cannot reach https://example.invalid/x ("),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, proxy: str, told: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(PipelineError) as error:
        fetch("https://example.invalid/x")
    assert told in str(error.value)
    assert "s3cret" not in str(error.value)


def test_validators_that_cannot_be_sent_are_not_remembered() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("ETag", '"\xe9"')
        handler.send_header("Last-Modified", "a\tb")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with Server(answer) as server:
        first = fetch(server.url)
        assert first.validators == Validators()
        fetch(server.url, Validators('"\u20ac"', "a\nb"))
        assert "If-None-Match" not in server.requests[1]
        assert "If-Modified-Since" not in server.requests[1]


@pytest.mark.parametrize("compress", [False, True])
def test_a_body_beyond_the_limit_is_refused(compress: bool) -> None:
    body = b"a" * 200_000
    answer = answering(body)
    if compress:
        answer = answering(gzip.compress(body), Content_Encoding="gzip")
    with (
        Server(answer) as server,
        pytest.raises(PipelineError, match="more than 100000 bytes"),
    ):
        fetch(server.url, max_bytes=100_000)


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        time.sleep(0.05)


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


@pytest.mark.parametrize("slow", [drip_body, drip_headers, hang])
def test_a_slow_server_is_left_at_the_deadline(
    slow: Callable[[BaseHTTPRequestHandler], None],
) -> None:
    started = time.monotonic()
    with Server(slow) as server, pytest.raises(PipelineError, match="did not deliver"):
        fetch(server.url, max_seconds=0.4)
    assert time.monotonic() - started < 30


def test_a_body_that_breaks_off_is_an_error() -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"{")

    with Server(cut) as server, pytest.raises(PipelineError, match="broke off"):
        fetch(server.url)


def test_nobody_listening_names_the_way_out() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PipelineError, match=r"cannot reach .*; check the network"):
        fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("no/such/file.json", "there is no file"),
        (".", "is not a file"),
        ("ftp://example.invalid/x", "is not https"),
        ("http://[::1", "is no URL (Invalid IPv6 URL)"),
        ("http://127.0.0.1:99999/", "is no URL (Port out of range"),
        ("https:///x", "is no URL (it names no host)"),
        ("~nosuchuser/x", "cannot read ~nosuchuser/x"),
        ("/dev/zero", "is not a file"),
    ],
)
def test_an_odd_source_is_told_in_one_line(source: str, told: str) -> None:
    with pytest.raises(PipelineError) as error:
        fetch(source)
    assert told in str(error.value)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"a" * 11)
    with pytest.raises(PipelineError, match="larger than 10 bytes"):
        fetch(str(tmp_path / "big"), max_bytes=10)
