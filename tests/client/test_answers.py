"""Bodies: limits, the server's own words, and what counts as a success."""

import functools
import gzip
import io
import itertools
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import upsun_client as u
from tests.client.conftest import Calls, Clock, Delete, mocked
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, cut
from upsun_api.errors import UnexpectedStatus
from upsun_api.types import File

pytestmark = pytest.mark.usefixtures("_short_waits")


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that counts its chunks, and goes on when it is closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.taken = chunks, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.taken += 1
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


class Unclosable(Body):
    """A body whose end is an error."""

    def close(self) -> Any:
        raise httpx.CloseError("access")

    aclose = close


def drip(clock: Clock, seconds: float) -> Body:
    def drops() -> Iterator[bytes]:
        for _ in range(100):
            clock.now += seconds
            yield b"x"

    return Body(drops())


def flood(_: Clock | None = None) -> Body:
    return Body(itertools.repeat(b"x" * 65_536, 2000))


# trio says so of a body that goes on.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
@pytest.mark.parametrize(
    "case",
    [  # a body, how much of it is taken, its status, and what comes of it
        (lambda clock: drip(clock, 3), 5, 404, u.NotFoundError, ": xxxx "),
        (lambda clock: drip(clock, 3), 5, 200, u.TokenExchangeError, "without a usable"),
        (lambda clock: drip(clock, 19), 17, 202, u.APITimeoutError, "ten times the read.*stream"),
        (flood, 3, 401, u.AuthenticationError, "401"),
        (flood, 3, 404, u.NotFoundError, "404"),
        (flood, 3, 200, u.TokenExchangeError, "without a usable access token"),
        (flood, 1026, 202, u.APIResponseValidationError, "has more than 64 MiB.*stream"),
        (lambda _: Unclosable([b'{"message": "words"}']), 1, 404, u.NotFoundError, "words"),
        (lambda _: Unclosable([b"{}"]), 1, 202, u.APIConnectionError, "202 to DELETE.*broke off"),
    ],
)
def test_a_body_without_end_is_cut_short(
    case: tuple[Callable[[Clock], Body], int, int, Any, str], delete: Delete, clock: Clock
) -> None:
    make, chunks, status, raises, says = case
    bodies: list[Body] = []

    def handle(_: httpx.Request) -> httpx.Response:
        bodies.append(make(clock))
        return httpx.Response(status, stream=bodies[-1])

    args = mocked(handle)
    if raises is u.TokenExchangeError:
        args["token_url"] = "https://x.example/"  # which is not the one that is answered well
    with pytest.raises(raises, match=says) as caught:
        delete(**args)
    assert {body.taken for body in bodies} == {chunks}
    assert caught.value.status_code == status
    assert len(getattr(caught.value, "body", "") or "") <= 64 * 1024
    assert ("the request has probably worked" in str(caught.value)) is (status == 202)


async def test_a_stream_that_cannot_be_closed_hides_no_error_of_a_hook(calls: Calls) -> None:
    def hook(_: httpx.Response) -> None:
        raise mine

    mine, args = ValueError("mine"), mocked(lambda _: httpx.Response(202, stream=Unclosable([])))
    args["httpx_args"]["event_hooks"] = {"response": [hook]}
    async with calls.client(**args) as client:
        with pytest.raises(ValueError, match="mine") as caught:
            async with calls.entered(calls.session(client).stream("GET", "/log")):
                pass
    assert caught.value is mine


def test_what_is_left_of_a_refusal_is_not_waited_for(delete: Delete) -> None:
    """Nobody needs the rest of what he may read until his long timeout ends."""
    waits: list[float] = []
    statuses = itertools.cycle([404, 202])

    def handle(request: httpx.Request) -> httpx.Response:
        def chunks() -> Iterator[bytes]:
            waits.append(request.extensions["timeout"]["read"])
            yield b"gone"

        return httpx.Response(next(statuses), stream=Body(chunks()))

    for timeout in (None, None, 60.0, 60.0, 5.0, 5.0):
        with pytest.raises(u.UpsunError):
            delete(**mocked(handle, timeout=timeout))
    assert waits == [10, None, 10, 60, 5, 5]


def test_a_body_that_was_taken_already_is_no_answer() -> None:
    """As that of a mock which gives the same one twice."""
    stream = httpx.Response(202, content=(part for part in [b"{}"])).stream
    with u.UpsunClient(**mocked(lambda _: httpx.Response(202, stream=stream))) as client:
        client.get_httpx_client().get("/x")
        with pytest.raises(u.APIConnectionError, match="202 to GET /x.*broke off") as caught:
            client.get_httpx_client().get("/x")
    assert isinstance(caught.value.__cause__, httpx.StreamConsumed)


@functools.cache
def bomb(encoding: str) -> bytes:
    pack = zlib.compress if encoding == "deflate" else gzip.compress
    packed = pack(b" " * 70_000_000)
    return gzip.compress(packed) if encoding == "gzip, gzip" else packed


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "br"])
@pytest.mark.parametrize("status", [404, 200])
def test_a_bomb_does_not_go_off(status: int, encoding: str, delete: Delete) -> None:
    raises: Any = u.NotFoundError if status == 404 else u.APIResponseValidationError
    with Wire([answer(status, bomb(encoding), Content_Encoding=encoding)]) as server:
        tracemalloc.start()
        with pytest.raises(raises, match="404|64 MiB|not read here") as caught:
            delete(**server.kwargs())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert status == 200 or peak < 10_000_000
    assert len(caught.value.body or "") <= 64 * 1024


@pytest.mark.parametrize("take", [httpx.Response.read, httpx.Response.close])
def test_a_hook_gets_bodies_that_were_read_within_their_limits_and_no_others(
    take: Any, delete: Delete
) -> None:
    def hook(response: httpx.Response) -> None:
        take(response)
        seen.append(response.content)

    def after(*script: Reaction) -> list[bytes]:
        seen.clear()
        with Wire([*script]) as server, suppress(u.UpsunError):
            delete(**server.kwargs(httpx_args={"event_hooks": {"response": [hook]}}))
        assert len(server.calls) == len(script)
        return [*seen]

    seen: list[bytes] = []
    accepted = ACCEPTED.partition(b"\r\n\r\n")[2]
    assert after(answer(503, b"busy"), cut(ACCEPTED[:-5]), ACCEPTED) == [b"busy", accepted]
    assert after(answer(200, bomb("gzip"), Content_Encoding="gzip")) == []
    (shown,) = after(answer(404, bomb("gzip"), Content_Encoding="gzip"))
    assert 64 * 1024 <= len(shown) <= 128 * 1024


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
async def test_a_streamed_success_is_read_by_the_caller_and_has_no_limit(calls: Calls) -> None:
    statuses = iter([503, 200, 404])
    args = mocked(lambda _: httpx.Response(next(statuses), stream=flood()))
    async with calls.client(**args) as client:
        http = calls.session(client)
        request = http.build_request("GET", "/log")
        response = await calls.do(http.send(request, stream=True))
        assert not response.is_stream_consumed
        assert len(await calls.read(response)) == 2000 * 65_536
        with pytest.raises(u.NotFoundError):
            await calls.do(http.send(request, stream=True))


def parse(parser: Any, content: bytes, kind: str = "application/json", **options: Any) -> Any:
    request = httpx.Request("GET", "https://x/")
    response = httpx.Response(200, content=content, headers={"Content-Type": kind}, request=request)
    return u.UpsunClient("t", **options).parse(parser, response)


def only_204(*, client: Any, response: httpx.Response) -> object:
    """Stand for the parser of a contract that knows a 204 and nothing else."""
    if client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def a_file(*, client: object, response: httpx.Response) -> File:
    return File(payload=io.BytesIO(response.content))


def a_list(*, client: object, response: httpx.Response) -> list[object]:
    return list(response.json())


def a_fault(*, client: object, response: httpx.Response) -> None:
    raise ValueError("x" * 9000)


@pytest.mark.parametrize(
    ("parser", "content", "kind", "says"),
    [
        (only_204, b"<html><title>Sign in</title>", "text/html", "28 bytes of text/html; check base"),
        (only_204, b"OK", "text/plain", "2 bytes of text/plain; check base"),
        (only_204, b'{"error": "denied"}', "application/json", "an error"),
        (only_204, b'{"status": 404, "title": "Not Found"}', "application/json", "an error"),
        (only_204, b'{"code": 400}', "application/json", "an error"),
        (a_file, b"<html>", "text/html; charset=utf-8", "HTML"),
        (a_list, b"{}", "application/json", "no list"),
        (a_list, b'""', "application/json", "no list"),
        (a_fault, b"{}", "application/json", "ValueError: xxx"),
    ],
)  # fmt: skip
def test_a_page_or_error_is_no_success(parser: Any, content: bytes, kind: str, says: str) -> None:
    with pytest.raises(u.APIResponseValidationError, match=says) as caught:
        parse(parser, content, kind)
    assert len(str(caught.value)) < 400


def test_a_body_of_the_right_kind_is_one_and_where_none_is_expected_does_no_harm() -> None:
    for content in (b"", b" \n", b"{}", b"null", b'{"status": "Accepted"}', b"[1]"):
        assert parse(only_204, content) is None
    assert parse(lambda **_: 1, b"") is None
    assert parse(a_file, b"%PDF", "application/pdf").payload.read() == b"%PDF"
    assert parse(a_list, b"[]") == []
    assert parse(a_list, b"[1]") == [1]


@pytest.mark.parametrize("content", [b"", b'{"secret": "%s"}' % (b"S" * 9000)])
def test_an_undocumented_status_raises_if_asked_to_and_quotes_nothing(content: bytes) -> None:
    assert parse(only_204, content) is None
    with pytest.raises(u.APIResponseValidationError, match="does not know this status") as caught:
        parse(only_204, content, raise_on_unexpected_status=True)
    assert "SSS" not in str(caught.value)
