"""The fetch: what it takes, what it refuses, and that both take bounded time and memory."""

import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.pipeline.fetch import fetch
from tests.client.wire import Request, Wire, answer, cut
from tests.pipeline.support import answering, refused


def test_a_path_a_file_url_and_a_server_give_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a b.json"
    file.write_bytes(b"{}")
    assert fetch(str(file)).body == b"{}"
    assert fetch(file.as_uri()).body == b"{}"
    with Wire([answer(200, b"{}")]) as server:
        assert fetch(server.url).body == b"{}"


def test_the_request_names_itself_and_asks_for_json() -> None:
    with Wire([answer(200, b"{}")]) as server:
        fetch(server.url)
    sent = server.calls[0].headers
    assert sent["user-agent"].startswith("upsun-client/")
    assert sent["accept"] == "application/json"
    assert "if-none-match" not in sent


def test_an_unchanged_document_has_no_body_when_the_fetch_is_conditional() -> None:
    with Wire(answering(b"{}", ETag='"a"', Last_Modified="yesterday")) as server:
        first = fetch(server.url)
        given = {"If-None-Match": '"a"', "If-Modified-Since": "yesterday"}
        assert first.conditions == given
        assert fetch(server.url, given).body is None
        assert server.calls[1].headers["if-modified-since"] == "yesterday"


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        ("404 Not Found", {}, "404 Not Found; check SPEC_URL"),
        ("500 Internal Server Error", {}, "500 Internal Server Error; try again later"),
        ("429 Too Many", {}, "429 Too Many; try again later"),
        ("304 Not Modified", {}, "304 Not Modified; check SPEC_URL"),
        ("204 No Content", {}, "204 No Content"),
        (200, {"Content_Encoding": "br"}, "an encoding that was not asked for"),
        (200, {"Content_Encoding": "gzip, gzip"}, "an encoding that was not asked for"),
    ],
)
def test_a_refusal_is_told_in_one_line(status: str, headers: dict[str, str], told: str) -> None:
    with Wire([answer(status, **headers)]) as server, refused(told, server.url):
        fetch(server.url)


def redirect(to: str) -> Callable[[Request], bytes]:
    return lambda request: (
        answer(200, b"here") if request.target == "/there" else answer(302, Location=to)
    )


def test_a_redirect_on_the_same_loopback_host_is_followed() -> None:
    with Wire(redirect("/there")) as server:
        assert fetch(f"{server.url}/openapi-spec").body == b"here"


@pytest.mark.parametrize(
    "to", ["http://example.invalid/", "http://localhost:1/", "ftp://127.0.0.1/", "file:///etc/x"]
)
def test_a_redirect_elsewhere_without_tls_is_refused(to: str) -> None:
    with Wire(redirect(to)) as server, refused("not https"):
        fetch(server.url)


def test_redirects_in_a_circle_end() -> None:
    with Wire(redirect("/again")) as server, refused("allowed redirects"):
        fetch(server.url)
    assert len(server.calls) == 6


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
    with refused() as error:
        fetch(url)
    assert "s3" not in str(error.value)


def test_credentials_in_a_redirect_are_not_repeated_in_the_error() -> None:
    to = "ftp://user:s3cret@x/?s3cret"
    with Wire(redirect(to)) as server, refused("not https") as error:
        fetch(server.url)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://127.0.0.1:9x",
        "socks5://127.0.0.1:9",
        "http://user:s3cret@127.0.0.1:9x",
        "http://127.0.0.1:99999",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with refused("cannot fetch https://example.invalid/x (", "environment's proxy") as error:
        fetch("https://example.invalid/x")
    assert "s3cret" not in str(error.value)


def test_validators_that_cannot_be_sent_are_not_remembered() -> None:
    odd = answer(200, b"{}", ETag="MARK", Last_Modified="a\tb").replace(b"MARK", b'"\xe9"')
    with Wire([odd]) as server:
        assert fetch(server.url).conditions == {}
        fetch(server.url, {"If-None-Match": '"\u20ac"', "If-Modified-Since": "a\nb"})
    assert not {"if-none-match", "if-modified-since"} & server.calls[1].headers.keys()


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_beyond_the_limit_is_refused(packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.pipeline.fetch.MAX_BYTES", 100_000)
    body = b"a" * 200_000
    whole = (
        answer(200, gzip.compress(body), Content_Encoding="gzip") if packed else answer(200, body)
    )
    with Wire([whole]) as server, refused("more than 100000 bytes"):
        fetch(server.url)


def drip(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def react(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(100):
            connection.sendall(piece)
            time.sleep(0.05)

    return react


@pytest.mark.parametrize(
    "slow",
    [drip(b"\r\n", b" "), drip(b"", b"X: y\r\n"), lambda _: time.sleep(1)],
    ids=["body", "headers", "silence"],
)
def test_a_slow_server_is_left_at_the_deadline(
    slow: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.pipeline.fetch.MAX_SECONDS", 0.4)
    started = time.monotonic()
    with Wire([slow]) as server, refused("did not deliver"):
        fetch(server.url)
    assert time.monotonic() - started < 30


def test_a_body_that_breaks_off_is_an_error() -> None:
    with Wire([cut(answer(200, b"{}")[:-1])]) as server, refused("cannot fetch", "peer closed"):
        fetch(server.url)


def test_nobody_listening_names_the_way_out() -> None:
    with Wire() as server:
        server.take_no_more()
        with refused("cannot fetch", "the network"):
            fetch(server.url)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("no/such/file.json", "there is no file"),
        (".", "there is no file"),
        ("http://example.invalid/openapi-spec", "is not https"),
        ("ftp://example.invalid/x", "is not https"),
        ("http://[::1", "is no URL"),
        ("http://127.0.0.1:99999/", "is no URL"),
        ("https:///x", "is no URL"),
        ("~nosuchuser/x", "cannot read ~nosuchuser/x"),
        ("/dev/zero", "there is no file"),
    ],
)
def test_an_odd_source_is_told_in_one_line(source: str, told: str) -> None:
    with refused(told):
        fetch(source)


def test_a_file_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.pipeline.fetch.MAX_BYTES", 10)
    (tmp_path / "big").write_bytes(b"a" * 11)
    with refused("more than 10 bytes"):
        fetch(str(tmp_path / "big"))
