"""What requests of generated code look like to a server."""

import asyncio
import datetime as dt
import io
import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from scripts.pipeline.corrections.names import MAX_MODULE
from scripts.pipeline.walk import Node
from tests.pipeline import oas
from tests.pipeline.oas import FILE, FLAG, JSON, TEXT, listed, one_of, operation, query, ref, thing
from tests.pipeline.support import Load, mypy

TIME, DAY, SORT = oas.form("date-time"), oas.form("date"), oas.enum("a", "-a")
DECIMAL: Node = {"type": "number"}
MAYBE: Node = {**TEXT, "nullable": True}
RANGE = thing(eq=TEXT, lt=TIME, on=FLAG)
LONG = "a_very_long_name_" * 12
MERGE = "application/merge-patch+json"
FIELDS: Node = {
    "flag": FLAG,
    "flags": listed(FLAG),
    "at": TIME,
    "day": DAY,
    "maybe": MAYBE,
    "range": ref("Range"),
    "ranges": listed(ref("Range")),
    "lists": listed({}),
}
PARTS: Node = {"file": FILE, "photos": listed(FILE), "inner": thing(a=FLAG), "name": TEXT}
# The body of an operation of that name, and of another one that need not have it.
BODIES: dict[str, tuple[str, Node]] = {
    "form": (oas.FORM, ref("Form")),
    "upload": (oas.MULTIPART, ref("Upload")),
    "cased": ("Multipart/Form-Data", ref("Upload")),
    "interval": (JSON, ref("Range")),
    "either": (JSON, one_of(ref("Range"), listed(TEXT))),
    "con": (JSON, TIME),  # which is no name for a file on Windows
    "days": (JSON, listed(DAY)),
    "anything": (JSON, {}),
    "null": (JSON, {"allOf": [ref("Range")], "nullable": True}),
    "merge": (MERGE, one_of({**listed(TEXT), "nullable": True})),
    "raw": ("text/plain", TEXT),
    "image": ("image/png", FILE),
}
SENT: Node = {
    f"/{name}": {
        "put": operation(name, body=schema, media=media),
        "post": operation(
            f"maybe-{name}",
            requestBody=oas.content(schema, media),
            parameters=[query("files"), oas.parameter("header", "X-Trace")],
        ),
    }
    for name, (media, schema) in BODIES.items()
}
DATES = {"q": DAY, "days": listed(DAY), "from": one_of(TIME, listed(TIME)), "to": ref("Range")}
ASKED: dict[str, Node] = {
    "path": {"sort": SORT, "n": DECIMAL, "at": {"allOf": [TIME]}, "day": DAY},
    "header": {"X-Flag": FLAG, "X-Sort": SORT, "X-Number": DECIMAL, "X-Day": DAY},
    "cookie": {"sort": SORT, "session": TEXT},
    "query": {"session": TEXT, "x_flag": FLAG, "many": listed(TEXT), "maybe": MAYBE, **DATES},
}
DOCUMENT = oas.api(
    {
        "Range": RANGE,
        "Form": thing(**FIELDS),
        "Upload": thing(**FIELDS, **PARTS),
        "Aux": RANGE,
        LONG: RANGE,
    },
    paths={
        **SENT,
        "/ask/{day}/{at}/{n}/{sort}": {
            "parameters": [
                oas.parameter(where, name, schema)
                for where, named in ASKED.items()
                for name, schema in named.items()
            ],
            "get": operation("ask", parameters=[query("q", TIME), query("till", RANGE)]),
        },
        "/device": {
            "get": operation("prn", ref("Aux"), tags=["nul"]),
            "put": operation(LONG, ref(LONG), tags=["COM1"]),
        },
    },
)
NAIVE, AWARE = dt.datetime(2026, 1, 2, 3), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)  # noqa: DTZ001
DATE, SPELLED = dt.date(2026, 1, 2), "2026-01-02T03:00:00+00:00"
PATH: Node = {"day": DATE, "at": AWARE, "n": 1e16, "sort_path": "-a"}
Call = Callable[..., httpx.Request]


@pytest.fixture
def models(load: Load) -> Any:
    return load(".models")


@pytest.fixture
def file(load: Load) -> Callable[..., Any]:
    """Make a file, with a name or a type, to be sent."""
    kind = load(".types").File
    return lambda body, *more: kind(io.BytesIO(body), *more)


@pytest.fixture
def call(load: Load) -> Call:
    """Call an operation, and give the request that a server would get."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return httpx.Response(200, json={})

    options = {"transport": httpx.MockTransport(answer)}
    client = load("").Client(base_url="https://api.example", httpx_args=options)

    def send(name: str, **arguments: Any) -> httpx.Request:
        load(f".api.t.{name}").sync_detailed(client=client, **arguments)
        return seen[-1]

    return send


def parts(request: httpx.Request) -> list[tuple[Any, Any, Any]]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Any = message_from_bytes(head + request.content, policy=HTTP)
    name = {"param": "name", "header": "content-disposition"}
    return [
        (part.get_param(**name), part.get_content_type(), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_arguments_are_spelled_as_in_json_and_left_out_where_null(call: Call, models: Any) -> None:
    minus = models.AskXSort.VALUE_MINUS_A
    queries = {"q": AWARE, "from_": [AWARE, AWARE], "days": [], "x_flag_query": True}
    texts = {"maybe": None, "many": ["a", None, ""], "session_query": ""}
    objects = {"till_eq": "a", "to_eq": "b", "to_on": True}
    headers = {"x_flag_header": False, "x_sort": minus, "x_number": 1e16, "x_day": "2026-01-02"}
    cookies = {"sort_cookie": minus, "session_cookie": "b=c"}
    path = PATH | {"sort_path": minus}
    request = call("ask", **path, **queries, **texts, **objects, **headers, **cookies)
    assert request.url.raw_path.decode().partition("?")[0] == (
        "/ask/2026-01-02/2026-01-02T03%3A00%3A00%2B00%3A00/1e%2B16/-a"
    )
    asked = [("q", SPELLED), ("till[eq]", "a"), ("session", ""), ("x_flag", "true")]
    asked += [("many", "a"), ("many", ""), ("from", SPELLED), ("from", SPELLED)]
    asked += [("to[eq]", "b"), ("to[on]", "true")]
    assert parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True) == asked
    sent = {name: request.headers[name] for name in ("x-flag", "x-sort", "x-number", "x-day")}
    assert sent == {"x-flag": "false", "x-sort": "-a", "x-number": "1e+16", "x-day": "2026-01-02"}
    assert request.headers["Cookie"] == "sort=-a; session=b=c"


@pytest.mark.parametrize("value", ["a; admin=1", "a\r\nX: y", 'a"b', "ä", "a b", " a", "a\n"])
def test_what_would_end_a_header_or_a_cookie_is_refused(value: str, call: Call) -> None:
    fits = {"header": value in ("a; admin=1", 'a"b', "a b"), "cookie": False}
    for kind, name in (("header", "x_day"), ("cookie", "session_cookie")):
        if fits[kind]:
            assert call("ask", **PATH, **{name: value}).headers["X-Day"] == value
            continue
        with pytest.raises(ValueError, match=f"the {kind} .* holds what no {kind} can") as error:
            call("ask", **PATH, **{name: value})
        assert value not in str(error.value)


NO_OFFSET, FOR_DATE, FOR_TIME, FOR_TEXT = (
    "has no offset; give it one",
    *(f"where a {kind} is asked for" for kind in ("date", "time", "text")),
)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("form", {"at": NAIVE}, NO_OFFSET),
        ("upload", {"at": NAIVE}, NO_OFFSET),
        ("interval", {"lt": NAIVE}, NO_OFFSET),
        ("form", {"day": AWARE}, FOR_DATE),
        ("interval", {"lt": DATE}, FOR_TIME),
        ("days", [DATE, AWARE], FOR_DATE),
        ("maybe_con", DATE, FOR_TIME),
        ("ask", {"day": AWARE}, FOR_DATE),
        ("ask", {"q": DATE}, FOR_TIME),
        ("ask", {"days": [DATE, AWARE]}, FOR_DATE),
        ("ask", {"from_": [DATE]}, FOR_TIME),
        ("ask", {"from_": [AWARE, NAIVE]}, NO_OFFSET),
        ("ask", {"x_day": DATE}, FOR_TEXT),
    ],
)
def test_a_time_without_an_offset_or_for_a_date_is_refused(
    name: str, given: Any, told: str, call: Call, models: Any
) -> None:
    model = {"form": models.Form, "upload": models.Upload, "interval": models.Range}.get(name)
    body = {"body": model(**given) if model else given}
    with pytest.raises(ValueError, match=told):
        call(name, **(PATH | given if name == "ask" else body))


def test_values_in_a_form_are_spelled_as_in_json(call: Call, models: Any) -> None:
    one, two, three = models.Range(on=True), models.Range(eq="a"), models.Range(lt=AWARE)
    plain = {"at": AWARE, "day": DATE, "flag": True, "flags": [True, False]}
    body = models.Form(**plain, range_=one, ranges=[two, three])
    sent = [("at", SPELLED), ("day", "2026-01-02"), ("flag", "true")]
    sent += [("flags", "true"), ("flags", "false"), ("range", '{"on":true}')]
    sent += [("ranges", '{"eq":"a"}'), ("ranges", f'{{"lt":"{SPELLED}"}}')]
    assert parse_qsl(call("form", body=body).content.decode()) == sent


def test_multipart_arrives_whole_whatever_a_file_holds(call: Call, models: Any, file: Any) -> None:
    evil = b'a\r\n--+++\r\nContent-Disposition: form-data; name="name"\r\n\r\nb\r\n--+++--\r\n'

    def upload() -> Any:
        return models.Upload(
            at=AWARE,
            file=file(evil, "a.txt", "text/plain"),
            photos=[file(b"1", "1", "a/b"), file(b"2", "2")],
            flag=True,
            flags=[False],
            inner=models.UploadInner(a=True),
            lists=[[1, "b"], None, 2],
            maybe=None,
            name="ä",
        )

    first, second = call("upload", body=upload()), call("cased", body=upload())
    assert first.headers["Content-Type"] != second.headers["Content-Type"]
    assert parts(first) == parts(second)
    text = {"at": SPELLED.encode(), "file": evil, "flag": b"true", "flags": b"false"}
    sent = [(name, "text/plain", value) for name, value in text.items()]
    sent += [("inner", JSON, b'{"a":true}'), ("lists", JSON, b'[1,"b"]')]
    sent += [("lists", "text/plain", b"2"), ("name", "text/plain", "ä".encode())]
    sent += [("photos", "a/b", b"1"), ("photos", "application/octet-stream", b"2")]
    assert parts(first) == sent


@pytest.mark.parametrize("name", ["upload", "cased", "maybe_upload", "form", "maybe_form"])
def test_a_form_is_one_when_nothing_in_it_is_set(name: str, call: Call, models: Any) -> None:
    if "form" in name:
        request = call(name, body=models.Form(maybe=None, flags=[]))
        assert (request.headers["Content-Type"], request.content) == (oas.FORM, b"")
        return
    request = call(name, body=models.Upload(maybe=None, flags=[]))
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert parts(request) == []
    assert request.content.endswith(b"--\r\n")


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_left_out_is_not_sent_and_has_no_type(name: str, call: Call) -> None:
    request = call(f"maybe_{name}")
    assert request.content == b""
    assert "Content-Type" not in request.headers


@pytest.mark.parametrize("name", ["null", "anything", "merge", "maybe_merge"])
def test_none_is_sent_as_null_where_a_body_may_be_null(name: str, call: Call) -> None:
    request = call(name, body=None)
    assert request.content == b"null"
    assert request.headers["Content-Type"] == (MERGE if "merge" in name else JSON)


def test_a_body_of_anything_is_written_as_json(call: Call, models: Any) -> None:
    body = {"at": AWARE, "day": DATE, "in": models.Range(on=True), "n": [1e16, None, "ä"]}
    spelled = {"at": SPELLED, "day": "2026-01-02", "in": {"on": True}}
    assert json.loads(call("anything", body=body).content) == body | spelled
    with pytest.raises(ValueError, match="not JSON compliant"):
        call("anything", body=[float("nan")])


def test_a_file_has_a_name_and_says_of_which_kind_it_is(call: Call, models: Any, file: Any) -> None:
    sent = call("upload", body=models.Upload(file=file(b"a")))
    assert b'name="file"; filename="upload"' in sent.content
    typed = call("maybe_image", body=file(b"a", None, "image/jpeg"))
    plain, text = call("maybe_image", body=file(b"a")), call("raw", body=file("ä".encode()))
    types = [each.headers["Content-Type"] for each in (typed, plain, text)]
    assert types == ["image/jpeg", "image/png", "text/plain"]
    assert text.content == "ä".encode()


def test_a_type_of_a_file_ends_no_line(call: Call, models: Any, file: Any) -> None:
    with pytest.raises(ValueError, match="end its line"):
        call("upload", body=models.Upload(file=file(b"a", "a", "text/plain\r\nX: 1")))


def test_what_is_empty_or_no_number_is_no_part_of_a_path(call: Call) -> None:
    for odd in ({"sort_path": ""}, {"n": float("nan")}, {"n": float("-inf")}):
        assert "%00" in call("ask", **PATH | odd).url.raw_path.decode()


def test_a_file_is_sent_by_a_task_as_well(load: Load, file: Any) -> None:
    async def send() -> Any:
        echo = httpx.MockTransport(lambda sent: httpx.Response(200, content=sent.content))
        async with httpx.AsyncClient(transport=echo, base_url="https://api.example") as http:
            client = load(".client").Client(base_url="").set_async_httpx_client(http)
            return await load(".api.t.raw").asyncio_detailed(client=client, body=file(b"a"))

    assert asyncio.run(send()).content == b"a"


def test_windows_can_hold_every_file(package: Path) -> None:
    names = [file.relative_to(package) for file in package.rglob("*")]
    stems = {part.partition(".")[0] for name in names for part in name.parts}
    assert not stems & {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert max(len(name.name) for name in names) <= MAX_MODULE + len(".py")


def test_what_is_generated_is_typed(package: Path) -> None:
    assert mypy(package) == ""
