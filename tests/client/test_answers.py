"""Bodies: limits, the server's own words, and what counts as a success."""

import functools
import gzip
import io
import itertools
import pickle
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.client import wire
from tests.client.conftest import Calls, Clock, Delete, mocked
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_api.client import Client
from upsun_api.errors import UnexpectedStatus
from upsun_api.types import File
from upsun_client import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    AuthenticationError,
    NotFoundError,
    TokenExchangeError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
)

pytestmark = pytest.mark.usefixtures("_short_waits")


class Slow(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that takes so many seconds for each byte, and goes on when it is closed."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds, self.taken = clock, seconds, 0

    def __iter__(self) -> Iterator[bytes]:
        while self.taken < 100:
            self.clock.now += self.seconds
            self.taken += 1
            yield b"x"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in self:
            yield byte


class Unclosable(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose end is an error."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"message": "words"}'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"message": "words"}'

    def close(self) -> Any:
        raise httpx.CloseError("access")

    aclose = close


@pytest.mark.parametrize(
    ("status", "raises", "says"),
    [(404, NotFoundError, "words"), (202, APIConnectionError, "202 .*probably worked")],
)
def test_what_closing_an_answer_raises_hides_no_status(
    status: int, raises: Any, says: str, delete: Delete
) -> None:
    with pytest.raises(raises, match=says) as caught:
        delete(**mocked(lambda _: httpx.Response(status, stream=Unclosable())), max_retries=0)
    assert caught.value.status_code == status


# trio says so of a body that goes on.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
def test_a_body_that_drips_is_cut_short(delete: Delete, clock: Clock) -> None:
    error, success = Slow(clock, 3), Slow(clock, 19)
    with pytest.raises(NotFoundError, match=": xxxx "):
        delete(**mocked(lambda _: httpx.Response(404, stream=error)))
    assert error.taken - 1 == 4  # of 3 seconds each, beyond 10
    says = "202 to DELETE.*ten times the read timeout.*probably worked.*stream"
    with pytest.raises(APITimeoutError, match=says) as caught:
        delete(**mocked(lambda _: httpx.Response(202, stream=success), timeout=30))
    assert caught.value.status_code == 202
    assert success.taken - 1 == 16  # of 19 seconds each, beyond ten times 30


def test_what_is_left_of_a_refusal_is_not_waited_for(delete: Delete) -> None:
    """Nobody needs the rest of what he may read until his long timeout ends."""
    waits: list[float] = []

    class Body(Slow):
        def __iter__(self) -> Iterator[bytes]:
            waits.append(asked[0].extensions["timeout"]["read"])
            yield b"gone"

    def handle(request: httpx.Request) -> httpx.Response:
        asked[:] = [request]
        return httpx.Response(next(statuses), stream=Body(Clock(), 0))

    asked: list[httpx.Request] = []
    statuses = itertools.cycle([404, 202])
    for timeout in (None, None, 60.0, 60.0, 5.0, 5.0):
        with pytest.raises(UpsunError):
            delete(**mocked(handle, timeout=timeout))
    assert waits == [10, None, 10, 60, 5, 5]


def test_a_body_that_was_taken_already_is_no_answer() -> None:
    """As that of a mock which gives the same one twice."""
    response = httpx.Response(202, content=(part for part in [b"{}"]))

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(202, stream=response.stream)

    with UpsunClient(**mocked(handle, max_retries=0)) as client:
        client.get_httpx_client().get("/x")
        with pytest.raises(APIConnectionError, match="202 to GET /x.*broke off") as caught:
            client.get_httpx_client().get("/x")
    assert isinstance(caught.value.__cause__, httpx.StreamConsumed)


class Flood(Slow):
    """A body of many chunks of 64 KiB."""

    def __init__(self) -> None:
        super().__init__(Clock(), 0)

    def __iter__(self) -> Iterator[bytes]:
        while self.taken < 2000:
            self.taken += 1
            yield b"x" * 65_536


# trio says so of a body that goes on.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
@pytest.mark.parametrize(
    ("status", "raises", "chunks"),
    [(401, AuthenticationError, 2), (404, NotFoundError, 2), (202, APIResponseValidationError, 1025)],
)  # fmt: skip
def test_a_flood_is_cut_short(status: int, raises: Any, chunks: int, delete: Delete) -> None:
    floods: list[Flood] = []

    def handle(_: httpx.Request) -> httpx.Response:
        floods.append(Flood())
        return httpx.Response(status, stream=floods[-1])

    with pytest.raises(raises) as caught:
        delete(**mocked(handle))
    assert {flood.taken - 1 for flood in floods} == {chunks}
    assert caught.value.status_code == status
    assert len(caught.value.body or "") <= 64 * 1024
    if status == 202:
        for told in ("the body has more than 64 MiB", "stream", "the request has probably worked"):
            assert told in str(caught.value)


def test_a_token_that_drips_or_floods_is_none(delete: Delete, clock: Clock) -> None:
    for body, taken in ((Slow(clock, 3), 4), (Flood(), 2)):
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(200, stream=body))
        with pytest.raises(TokenExchangeError, match="without a usable access token"):
            delete(api_token="t", httpx_args={"transport": transport})
        assert body.taken - 1 == taken


@functools.cache
def packed_bomb(encoding: str) -> bytes:
    pack = zlib.compress if encoding == "deflate" else gzip.compress
    packed = pack(b" " * 70_000_000)
    return gzip.compress(packed) if encoding == "gzip, gzip" else packed


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "br"])
@pytest.mark.parametrize("status", [404, 200])
def test_a_bomb_does_not_go_off(status: int, encoding: str, delete: Delete) -> None:
    raises = NotFoundError if status == 404 else APIResponseValidationError
    with Wire([answer(status, packed_bomb(encoding), Content_Encoding=encoding)]) as server:
        tracemalloc.start()
        with pytest.raises(raises, match="404|64 MiB|not read here") as caught:
            delete(**server.kwargs())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    if status == 404:
        assert peak < 10_000_000
    assert len(caught.value.body or "") <= 64 * 1024  # type: ignore[attr-defined]


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_too_deep_to_pickle_is_kept_as_text(
    opening: str, closing: str, delete: Delete
) -> None:
    for depth, kind in ((40, list | dict), (500, str)):
        text = opening * depth + "1" + closing * depth
        with Wire([answer(404, text.encode())]) as server, pytest.raises(NotFoundError) as caught:
            delete(**server.kwargs())
        assert isinstance(caught.value.body, kind)
        assert pickle.loads(pickle.dumps(caught.value)).body == caught.value.body


@pytest.mark.parametrize("how", ["mock", "hook"])
def test_words_that_were_read_already_are_kept(how: str) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"message": "really gone"})

    args = mocked(handle)
    if how == "hook":
        args["httpx_args"]["event_hooks"] = {"response": [lambda response: response.read()]}
    with UpsunClient(**args) as client:
        with pytest.raises(NotFoundError, match="really gone"):
            delete_projects_integrations("p", "i", client=client)


def test_a_short_token_does_not_eat_the_words(delete: Delete) -> None:
    body = {"error": "invalid_token", "error_description": "The access token is invalid."}
    with Wire([answer(401, body)], [token("access")]) as server:
        with pytest.raises(AuthenticationError, match="The access token is invalid"):
            delete(**server.kwargs(api_token="token"))


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


def test_without_our_client_a_generated_operation_raises_what_it_raised() -> None:
    with Wire([answer(200, [])]) as server, Client(base_url=server.url) as client:
        with pytest.raises(TypeError, match="expected an object, not a list"):
            generated.sync(project_id="p", integration_id="i", client=client)


def test_an_empty_success_of_another_contract_is_none() -> None:
    assert _parse(lambda **_: 1, b"") is None


def _undocumented(*, client: Any, response: httpx.Response) -> object:
    """Stand for the parser of a contract that knows a 204 and nothing else."""
    if response.status_code != 204 and client.raise_on_unexpected_status:
        raise UnexpectedStatus(response.status_code, response.content)
    return None


def _parse(parser: Any, content: bytes, kind: str = "application/json", **strict: bool) -> Any:
    request = httpx.Request("GET", "https://x/")
    response = httpx.Response(200, content=content, headers={"Content-Type": kind}, request=request)
    client = UpsunClient("t", raise_on_unexpected_status=strict.get("strict", False))
    return client.parse(parser, response)


def _file(*, client: object, response: httpx.Response) -> File:
    return File(payload=io.BytesIO(response.content))


def _list(*, client: object, response: httpx.Response) -> list[object]:
    return list(response.json())


@pytest.mark.parametrize(
    ("parser", "content", "kind", "says"),
    [
        (
            _undocumented,
            b"<html><title>Sign in</title>",
            "text/html",
            "28 bytes of text/html; check base",
        ),
        (_undocumented, b"OK", "text/plain", "2 bytes of text/plain; check base"),
        (_undocumented, b'{"error": "denied"}', "application/json", "an error"),
        (_undocumented, b'{"status": 404, "title": "Not Found"}', "application/json", "an error"),
        (_undocumented, b'{"code": 400}', "application/json", "an error"),
        (_file, b"<html>", "text/html; charset=utf-8", "HTML"),
        (_list, b"{}", "application/json", "no list"),
        (_list, b'""', "application/json", "no list"),
    ],
)
def test_a_login_page_or_an_error_is_no_success(
    parser: Any, content: bytes, kind: str, says: str
) -> None:
    with pytest.raises(APIResponseValidationError, match=says):
        _parse(parser, content, kind)


def test_a_body_of_the_right_kind_is_one_and_where_none_is_expected_does_no_harm() -> None:
    for content in (b"", b" \n", b"{}", b"null", b'{"status": "Accepted"}', b"[1]"):
        assert _parse(_undocumented, content) is None
    assert _parse(_file, b"%PDF", "application/pdf").payload.read() == b"%PDF"
    assert _parse(_list, b"[]") == []
    assert _parse(_list, b"[1]") == [1]


@pytest.mark.parametrize("content", [b"", b'{"secret": "%s"}' % (b"S" * 9000)])
def test_an_undocumented_status_raises_if_asked_to_and_quotes_nothing(content: bytes) -> None:
    assert _parse(_undocumented, content) is None
    with pytest.raises(APIResponseValidationError, match="does not know this status") as caught:
        _parse(_undocumented, content, strict=True)
    assert "SSS" not in str(caught.value)


def test_what_a_parser_says_is_quoted_from_its_beginning() -> None:
    def parser(*, client: object, response: httpx.Response) -> None:
        raise ValueError("x" * 9000)

    with pytest.raises(APIResponseValidationError) as caught:
        _parse(parser, b"{}")
    assert len(str(caught.value)) < 400


def test_a_streamed_answer_stays_open(calls: Calls) -> None:
    async def run(client: UpsunClient) -> None:
        http = calls.session(client)
        response = await calls.do(http.send(http.build_request("GET", "/log"), stream=True))
        assert not response.is_stream_consumed
        read = response.read if calls.is_sync else response.aread
        assert await calls.do(read()) == b'{"a": 1}'

    with Wire([answer(503, b"", Retry_After="0"), answer(200, b'{"a": 1}')]) as server:
        calls.use(run, **server.kwargs())


@pytest.mark.parametrize("key", ["_embedded", "_links"])
def test_an_acceptance_that_leaves_out_status_or_code_has_the_status_line(
    key: str, delete: Delete
) -> None:
    for rest in ({}, {"status": "Accepted"}, {"code": 202}):
        with Wire([answer("202 Accepted", {key: {"a": 1}, **rest})]) as server:
            accepted = delete(**server.kwargs())
        assert (accepted.status, accepted.code, accepted[key]) == ("Accepted", 202, {"a": 1})


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "x", None, 1, {"_embedded": 1, "code": 404}, {"_links": 1, "status": None},
        {"status": "Not Found", "code": 404}, {"status": None, "code": 202}, {"status": "x", "code": True},
        {"status": "x", "code": 199}, {"status": "x", "code": 300}, {"status": "x", "code": "202"},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_acceptance_is_none(body: Any, delete: Delete) -> None:
    with Wire([answer(202, body, X_Id="1")]) as server:
        with pytest.raises(APIResponseValidationError, match="does not fit the contract") as caught:
            delete(**server.kwargs())
        with UpsunClient(**server.kwargs()) as client, pytest.raises(APIResponseValidationError):
            generated.sync("p", "i", client=client)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.body, error.headers["x-id"], error.status_code) == (body, "1", 202)


def test_a_success_that_breaks_off_has_a_status(delete: Delete) -> None:
    for cut in (wire.truncated, wire.cut(ACCEPTED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")):
        with Wire([cut]) as server:
            with pytest.raises(APIConnectionError, match="probably worked") as caught:
                delete(**server.kwargs(max_retries=0))
        assert caught.value.status_code == 202
        assert caught.value.headers["content-type"] == "application/json"


def test_a_stream_has_no_limit() -> None:
    with UpsunClient(**mocked(lambda _: httpx.Response(200, stream=Flood()))) as client:
        with client.get_httpx_client().stream("GET", "/log") as response:
            assert sum(map(len, response.iter_raw())) == 2000 * 65_536


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("gzip", lambda raw: gzip.compress(raw[:45]) + gzip.compress(raw[45:])),
    ],
    ids=["gzip", "x-gzip", "zlib", "identity", "two members"],
)
def test_a_compressed_success_is_read(encoding: str, pack: Any, delete: Delete) -> None:
    body = pack(b'{"status": "Accepted", "code": 202, "_embedded": {}}')
    with Wire([answer(202, body, Content_Encoding=encoding)]) as server:
        assert delete(**server.kwargs()).code == 202
        with UpsunClient(**server.kwargs()) as client:
            response = client.get_httpx_client().get("/x")
    assert response.json()["code"] == 202
    assert response.headers["content-encoding"] == encoding
    assert {call.headers["accept-encoding"] for call in server.calls} == {"gzip"}


# --- one line of text

ODD_TEXT = "\x1b[31mred\x07 \u202e " + "long " * 4000


@pytest.mark.parametrize(
    ("api", "exchange"),
    [
        (answer(404, {"message": ODD_TEXT}), token()),
        (answer(500, ODD_TEXT.encode(), content_type="text/plain"), token()),
        (answer(302, b"", Location="/" + "x" * 20_000), token()),
        (answer(200, b"no", content_type="text/" + "y" * 9000), token()),
        (answer("409 " + "z" * 9000, b""), token()),
        (wire.cut(b"HTTP/1.1 " + b"q" * 9000 + b"\r\n\r\n"), token()),
        (ACCEPTED, answer(400, {"error": ODD_TEXT, "error_description": ODD_TEXT})),
        (ACCEPTED, answer(302, b"", Location="/" + "x" * 20_000)),
        (ACCEPTED, answer("418 " + "z" * 9000, {"error": ODD_TEXT})),
    ],
    ids=lambda raw: "",
)
def test_an_error_is_one_printable_line(api: Reaction, exchange: Reaction, delete: Delete) -> None:
    with Wire([api], [exchange]) as server, pytest.raises(UpsunError) as caught:
        delete("p" * 900, **server.kwargs(max_retries=0))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
