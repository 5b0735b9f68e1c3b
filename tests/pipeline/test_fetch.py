"""The fetch: what it takes, what it refuses, and that both take bounded time and memory."""

import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from scripts.pipeline.fetch import fetch
from tests.client.wire import Request, Wire, answer, cut
from tests.pipeline.support import answering, refused


def test_a_path_a_file_url_and_a_server_give_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a b.json"
    file.write_bytes(b"{}")
    with Wire([answer(200, b"{}")]) as server:
        for source in (str(file), file.as_uri(), server.url):
            assert fetch(source).body == b"{}"
    sent = server.calls[0].headers
    assert sent["user-agent"].startswith("upsun-client/")
    assert sent["accept"] == "application/json"
    assert "if-none-match" not in sent


def redirect(to: str) -> Callable[[Request], bytes]:
    return lambda request: (
        answer(200, b"here") if request.target == "/there" else answer(302, Location=to)
    )


# How a server answers, and what is told of it.
REFUSED = [
    (answering(b"", "404 Not Found"), "404 Not Found; check SPEC_URL"),
    (answering(b"", "429 Too Many"), "429 Too Many; check SPEC_URL, or try again later"),
    (answering(b"", "304 Not Modified"), "304 Not Modified; check SPEC_URL"),
    (answering(b"", Content_Encoding="gzip, gzip"), "an encoding that was not asked for"),
    (redirect("http://u:s3cret@x.invalid/?s3cret"), "http://x.invalid/ ("),
    (redirect("http://localhost:1/"), "redirects there) is not https"),
    (redirect("ftp://127.0.0.1/"), "is not https"),
    ([cut(answer(200, b"{}")[:-1])], "(peer closed"),
]


@pytest.mark.parametrize(("react", "told"), REFUSED)
def test_a_refusal_is_told_in_one_line(react: Any, told: str) -> None:
    with Wire(react) as server, refused(told, server.url) as error:
        fetch(server.url)
    assert "s3cret" not in str(error.value)


def test_a_few_redirects_on_the_same_loopback_host_are_followed() -> None:
    with Wire(redirect("/there")) as server:
        assert fetch(f"{server.url}/openapi-spec").body == b"here"
    with Wire(redirect("/again")) as server, refused("allowed redirects"):
        fetch(server.url)
    assert len(server.calls) == 6


USER, NO_URL = "user:s3cret@", "://... is no URL; check SPEC_URL"
ODD_SOURCES = [
    ("no/such/file.json", "there is no file no/such/file.json; check SPEC_URL"),
    ("/dev/zero", "there is no file"),
    ("~nosuchuser/x", "cannot read ~nosuchuser/x"),
    (f"http://{USER}example.invalid/", "http://example.invalid/ is not https"),
    (f"ftp://{USER}example.invalid/x?token=s3cret", "ftp://example.invalid/x is not https"),
    (f"http://{USER}[::1/", NO_URL),
    ("http://user:s3/s3cret@127.0.0.1/", NO_URL),
    (f"https://user:\u2100{USER}x.invalid/", NO_URL),
    ("https:///x", NO_URL),
    ("http://127.0.0.1:9/?token=s3cret", "cannot fetch http://127.0.0.1:9/ ("),
]


@pytest.mark.parametrize(("source", "told"), ODD_SOURCES)
def test_an_odd_source_is_told_in_one_line_without_its_secrets(source: str, told: str) -> None:
    with refused(told) as error:
        fetch(source)
    assert "s3" not in str(error.value)


ODD_PROXIES = ("http://u:s3cret@127.0.0.1:9x", "http://127.0.0.1:99999", "socks5://127.0.0.1:9")


@pytest.mark.parametrize("proxy", ODD_PROXIES)
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setattr("os.environ", {"ALL_PROXY": proxy})
    with refused("cannot fetch https://example.invalid/x (", "environment's proxy") as error:
        fetch("https://example.invalid/x")
    assert "s3cret" not in str(error.value)


def test_validators_that_cannot_be_sent_are_not_remembered() -> None:
    odd = answer(200, b"{}", ETag="MARK", Last_Modified="a\tb").replace(b"MARK", b'"\xe9"')
    with Wire([odd]) as server:
        assert fetch(server.url).conditions == {}


@mock.patch("scripts.pipeline.fetch.MAX_BYTES", 100_000)
def test_what_is_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    body = b"a" * 200_000
    (tmp_path / "big").write_bytes(body)
    packed = answer(200, gzip.compress(body), Content_Encoding="gzip")
    with Wire([answer(200, body), packed]) as server:
        for source in (server.url, server.url, str(tmp_path / "big")):
            with refused("more than 100000 bytes"):
                fetch(source)
    assert len(server.calls) == 2


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("slow", [drip, lambda _: time.sleep(1)])
@mock.patch("scripts.pipeline.fetch.MAX_SECONDS", 0.4)
def test_a_slow_server_is_left_at_the_deadline(slow: Callable[[socket.socket], None]) -> None:
    started = time.monotonic()
    with Wire([slow]) as server, refused("did not deliver"):
        fetch(server.url)
    assert time.monotonic() - started < 30
