"""What requests of generated code look like to a server."""

import asyncio
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from scripts.pipeline import select
from scripts.pipeline.corrections import correct
from scripts.pipeline.corrections.names import MAX_MODULE
from scripts.pipeline.walk import Node, operations
from tests.pipeline.support import (
    FILE,
    FLAG,
    FORM,
    JSON,
    JUNE,
    MULTIPART,
    TEXT,
    Load,
    api,
    content,
    enum,
    form,
    imported,
    listed,
    make,
    mypy,
    one_of,
    operation,
    parameter,
    published,
    query,
    read,
    ref,
    thing,
)

TIME, DAY, SORT = form("date-time"), form("date"), enum("a", "-a")
DECIMAL: Node = {"type": "number"}
MAYBE: Node = {**TEXT, "nullable": True}
RANGE = thing(eq=TEXT, lt=TIME, on=FLAG)
LONG = "a_very_long_name_" * 12
FIELDS: Node = {
    "flag": FLAG,
    "flags": listed(FLAG),
    "at": TIME,
    "day": DAY,
    "sort": SORT,
    "maybe": MAYBE,
    "range": ref("Range"),
    "ranges": listed(ref("Range")),
}
DEFAULTS = thing(
    on={**FLAG, "default": False},
    size={**enum("a", "b"), "default": "a"},
    many={**listed(TEXT), "default": []},
    text={**TEXT, "default": '"'},
)
UPLOAD = thing(
    **FIELDS,
    file=FILE,
    photos=listed(FILE),
    inner=thing(a=FLAG),
    lists=listed({}),
    name=TEXT,
)
MERGE = "application/merge-patch+json"


def sends(name: str, media: str, schema: Node, *, required: bool = True, **more: Any) -> Node:
    return operation(name, requestBody=content(schema, media, required=required), **more)


def asks(name: str, *parameters: Node) -> Node:
    return operation(name, parameters=list(parameters))


DOCUMENT = api(
    {
        "Range": RANGE,
        "Form": thing(**FIELDS),
        "Upload": UPLOAD,
        "Defaults": DEFAULTS,
        "Aux": RANGE,
        LONG: RANGE,
    },
    paths={
        "/plain": {
            "get": asks(
                "list-plain", query("on", FLAG), query("at", TIME), query("times", listed(TIME))
            )
        },
        "/ranges": {
            "parameters": [query("to", ref("Range"))],
            "get": asks("list-ranges", query("from", RANGE)),
        },
        "/form": {"post": sends("post-form", FORM, ref("Form"))},
        "/upload": {
            "post": sends("post-upload", MULTIPART, ref("Upload"), parameters=[query("files")])
        },
        "/time": {"post": sends("post-time", JSON, ref("Range"))},
        "/maybe": {
            "post": sends("post-maybe", JSON, one_of(ref("Range"), listed(TEXT)), required=False),
            "put": sends("con", JSON, TIME, required=False),
        },
        "/null": {
            "parameters": [parameter("header", "X-Trace")],
            "post": sends("post-null", JSON, {"allOf": [ref("Range")], "nullable": True}),
            "put": sends("put-anything", JSON, {}),
            "patch": sends("patch-null", MERGE, one_of({**listed(TEXT), "nullable": True})),
        },
        "/left-out": {
            "post": sends("no-form", FORM, ref("Form"), required=False),
            "put": sends("no-upload", MULTIPART, ref("Upload"), required=False),
            "patch": sends("no-file", "image/png", FILE, required=False),
        },
        "/default": {
            "patch": sends("patch-default", JSON, ref("Defaults")),
            "get": asks("get-default", query("limit", {**DECIMAL, "default": 20})),
        },
        "/all-days": {"post": sends("post-days", JSON, listed(DAY))},
        "/raw": {"post": sends("post-raw", "text/plain", TEXT)},
        "/cased": {"post": sends("post-cased", "Multipart/Form-Data", ref("Upload"))},
        "/days/{day}/{at}/{n}/{sort}": {
            "parameters": [
                parameter("path", "sort", SORT),
                parameter("path", "n", DECIMAL),
                parameter("path", "at", {"allOf": [TIME]}),
                parameter("path", "day", DAY),
                query("q", DAY),
                query("days", listed(DAY)),
                query("from", one_of(TIME, listed(TIME))),
            ],
            "get": asks("get-day", query("q", TIME)),
            "put": operation("put-day"),
        },
        "/fields": {
            "get": asks(
                "get-fields",
                parameter("header", "X-Flag", FLAG),
                parameter("header", "X-Sort", SORT),
                parameter("header", "X-Number", DECIMAL),
                parameter("header", "X-Day", DAY),
                parameter("cookie", "sort", SORT),
                parameter("cookie", "session"),
                query("many", listed(TEXT)),
                query("maybe", MAYBE),
                query("session"),
                query("x_flag", FLAG),
            )
        },
        "/device": {
            "get": operation("prn", ref("Aux"), tags=["nul"]),
            "put": operation(LONG, ref(LONG), tags=["COM1"]),
        },
    },
)
NAIVE, AWARE = dt.datetime(2026, 1, 2, 3), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)  # noqa: DTZ001
DATE = dt.date(2026, 1, 2)
Call = Callable[..., httpx.Request]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(DOCUMENT, tmp_path_factory.mktemp("wire"))


@pytest.fixture
def load(package: Path) -> Iterator[Load]:
    with imported(package) as found:
        yield found


@pytest.fixture
def models(load: Load) -> Any:
    return load(".models")


@pytest.fixture
def call(load: Load) -> Iterator[Call]:
    """Call an operation, and give the request that a server would get."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(answer)
    with httpx.Client(base_url="https://api.example", transport=transport) as http:
        client = load(".client").Client(base_url="https://api.example").set_httpx_client(http)

        def send(name: str, **arguments: Any) -> httpx.Request:
            load(f".api.t.{name}").sync_detailed(client=client, **arguments)
            return seen[-1]

        yield send


def pairs(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True)


def parts(request: httpx.Request) -> list[tuple[Any, Any, Any]]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Any = message_from_bytes(head + request.content, policy=HTTP)
    name = {"param": "name", "header": "content-disposition"}
    return [
        (part.get_param(**name), part.get_content_type(), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


def test_values_in_a_query_are_spelled_as_in_json(call: Call) -> None:
    sent = pairs(call("list_plain", on=False, at=AWARE, times=[AWARE, AWARE]))
    time = "2026-01-02T03:00:00+00:00"
    assert sent == [("on", "false"), ("at", time), ("times", time), ("times", time)]


def test_objects_that_share_field_names_all_arrive(call: Call) -> None:
    sent = pairs(call("list_ranges", from_eq="a", to_eq="b", to_on=True))
    assert sent == [("from[eq]", "a"), ("to[eq]", "b"), ("to[on]", "true")]


def test_the_published_objects_without_a_style_are_spread() -> None:
    whole = correct(select.select(read(published(JUNE)), ["blackfire_profiles_list", "*carbon*"]))
    for _, _, found in operations(whole):
        named = {parameter.get("name") for parameter in found["parameters"]}
        wanted = {"owner[values]", "languages[values]"}
        assert wanted <= named or {"from[eq]", "to[eq]"} <= named, found["operationId"]


def test_values_in_a_form_are_spelled_as_in_json(call: Call, load: Load) -> None:
    form = load(".models").Form(flag=True, flags=[True, False], at=AWARE, day=DATE)
    sent = parse_qsl(call("post_form", body=form).content.decode())
    assert sent == [
        ("at", "2026-01-02T03:00:00+00:00"),
        ("day", "2026-01-02"),
        ("flag", "true"),
        ("flags", "true"),
        ("flags", "false"),
    ]


def test_multipart_arrives_whole_whatever_a_file_holds(call: Call, load: Load) -> None:
    models, types = load(".models"), load(".types")
    evil = b'a\r\n--+++\r\nContent-Disposition: form-data; name="name"\r\n\r\nb\r\n--+++--\r\n'

    def upload() -> Any:
        return models.Upload(
            at=AWARE,
            file=types.File(io.BytesIO(evil), "a.txt", "text/plain"),
            photos=[types.File(io.BytesIO(b"1"), "1", "a/b"), types.File(io.BytesIO(b"2"), "2")],
            flag=True,
            flags=[False],
            inner=models.UploadInner(a=True),
            lists=[[1, "b"], None, 2],
            maybe=None,
            name="ä",
        )

    first, second = call("post_upload", body=upload()), call("post_upload", body=upload())
    assert first.headers["Content-Type"] != second.headers["Content-Type"]
    assert parts(first) == [
        ("at", "text/plain", b"2026-01-02T03:00:00+00:00"),
        ("file", "text/plain", evil),
        ("flag", "text/plain", b"true"),
        ("flags", "text/plain", b"false"),
        ("inner", "application/json", b'{"a":true}'),
        ("lists", "application/json", b'[1,"b"]'),
        ("lists", "text/plain", b"2"),
        ("name", "text/plain", "ä".encode()),
        ("photos", "a/b", b"1"),
        ("photos", "application/octet-stream", b"2"),
    ]


NO_OFFSET, OTHER = "has no offset; give it one", "is asked for"


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("post_form", lambda models: models.Form(at=NAIVE), NO_OFFSET),
        ("post_upload", lambda models: models.Upload(at=NAIVE), NO_OFFSET),
        ("post_time", lambda models: models.Range(lt=NAIVE), NO_OFFSET),
        ("post_form", lambda models: models.Form(day=AWARE), OTHER),
        ("post_upload", lambda models: models.Upload(day=AWARE), OTHER),
        ("post_time", lambda models: models.Range(lt=DATE), OTHER),
        ("post_days", lambda _: [DATE, AWARE], OTHER),
        ("con_operation", lambda _: DATE, OTHER),
    ],
)
def test_a_time_without_an_offset_or_for_a_date_is_refused_in_a_body(
    name: str, body: Callable[[Any], Any], told: str, call: Call, models: Any
) -> None:
    with pytest.raises(ValueError, match=told):
        call(name, body=body(models))


@pytest.mark.parametrize("name", ["post_maybe", "con_operation", "no_form", "no_upload", "no_file"])
def test_a_body_that_is_left_out_is_not_sent_and_has_no_type(name: str, call: Call) -> None:
    request = call(name)
    assert request.content == b""
    assert "Content-Type" not in request.headers


@pytest.mark.parametrize("name", ["post_null", "put_anything", "patch_null"])
def test_none_is_sent_as_null_where_a_body_may_be_null(name: str, call: Call) -> None:
    request = call(name, body=None)
    assert request.content == b"null"
    media = MERGE if name == "patch_null" else "application/json"
    assert request.headers["Content-Type"] == media


def test_a_body_of_anything_is_written_as_json(call: Call, load: Load) -> None:
    body = {"at": AWARE, "day": DATE, "in": load(".models").Range(on=True), "n": [1e16, None, "ä"]}
    request = call("put_anything", body=body)
    assert json.loads(request.content) == {
        "at": "2026-01-02T03:00:00+00:00",
        "day": "2026-01-02",
        "in": {"on": True},
        "n": [1e16, None, "ä"],
    }
    with pytest.raises(ValueError, match="not JSON compliant"):
        call("put_anything", body=[float("nan")])


@pytest.mark.parametrize("name", ["post_upload", "post_cased", "no_upload"])
def test_a_form_is_one_when_nothing_in_it_is_set(name: str, call: Call, models: Any) -> None:
    request = call(name, body=models.Upload(maybe=None, flags=[]))
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert parts(request) == []
    assert request.content.endswith(b"--\r\n")
    request = call("post_form", body=models.Form(maybe=None, flags=[]))
    assert (request.headers["Content-Type"], request.content) == (FORM, b"")


def test_a_file_is_sent_by_a_task_as_well(load: Load) -> None:
    async def send() -> Any:
        echo = httpx.MockTransport(lambda sent: httpx.Response(200, content=sent.content))
        async with httpx.AsyncClient(transport=echo, base_url="https://api.example") as http:
            client = load(".client").Client(base_url="").set_async_httpx_client(http)
            file = load(".types").File(io.BytesIO(b"a"))
            return await load(".api.t.post_raw").asyncio_detailed(client=client, body=file)

    assert asyncio.run(send()).content == b"a"


def test_a_form_of_parts_has_a_boundary_however_its_type_is_spelled(
    call: Call, models: Any
) -> None:
    request = call("post_cased", body=models.Upload(name="a"))
    assert parts(request) == [("name", "text/plain", b"a")]


def test_a_file_has_a_name_and_says_of_which_kind_it_is(call: Call, load: Load) -> None:
    file = load(".types").File
    sent = call("post_upload", body=load(".models").Upload(file=file(io.BytesIO(b"a"))))
    assert b'name="file"; filename="upload"' in sent.content
    typed = call("no_file", body=file(io.BytesIO(b"a"), mime_type="image/jpeg"))
    plain = call("no_file", body=file(io.BytesIO(b"a")))
    text = call("post_raw", body=file(io.BytesIO("ä".encode())))
    types = [each.headers["Content-Type"] for each in (typed, plain, text)]
    assert types == ["image/jpeg", "image/png", "text/plain"]
    assert text.content == "ä".encode()


def test_dates_and_times_in_a_path_and_query_are_what_is_asked_for(call: Call, load: Load) -> None:
    path = {"day": DATE, "at": AWARE, "n": 1e16, "sort": load(".models").GetDaySort.VALUE_MINUS_A}
    request = call("get_day", **path, q=AWARE, from_=[AWARE], days=[DATE])
    assert request.url.raw_path.decode().partition("?")[0] == (
        "/days/2026-01-02/2026-01-02T03%3A00%3A00%2B00%3A00/1e%2B16/-a"
    )
    time = "2026-01-02T03:00:00+00:00"
    assert sorted(pairs(request)) == [("days", "2026-01-02"), ("from", time), ("q", time)]


ASKED = "is a (time, where a date|date, where a time) is asked"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"day": AWARE}, ASKED),
        ({"at": DATE}, ASKED),
        ({"q": AWARE}, ASKED),
        ({"days": [DATE, AWARE]}, ASKED),
        ({"from_": DATE}, ASKED),
        ({"from_": [DATE]}, ASKED),
        ({"from_": [AWARE, NAIVE]}, NO_OFFSET),
    ],
)
def test_a_time_without_an_offset_or_for_a_date_is_refused_in_an_argument(
    change: Node, told: str, call: Call
) -> None:
    arguments: Node = {"day": DATE, "at": AWARE, "n": 1, "sort": "a"} | change
    with pytest.raises(ValueError, match=told):
        call("put_day", **arguments)


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_headers_and_cookies_are_spelled_as_in_json(call: Call, load: Load) -> None:
    sort = load(".models").GetFieldsSort
    headers = {"x_flag_header": False, "x_sort": "-a", "x_number": 1e16, "x_day": "2026-01-02"}
    request = call("get_fields", **headers, sort=sort.A, session_cookie="b=c")
    sent = {name: request.headers[name] for name in ("x-flag", "x-sort", "x-number", "x-day")}
    assert sent == {"x-flag": "false", "x-sort": "-a", "x-number": "1e+16", "x-day": "2026-01-02"}
    assert request.headers["Cookie"] == "sort=a; session=b=c"


def test_a_date_for_text_in_a_header_is_refused(call: Call) -> None:
    for value in (DATE, AWARE):
        with pytest.raises(ValueError, match="where a text is asked for"):
            call("get_fields", x_day=value)


@pytest.mark.parametrize(
    ("kind", "name"), [("cookie", "session_cookie"), ("header", "x_day")], ids=str
)
@pytest.mark.parametrize("value", ["a; admin=1", "a\r\nX: y", 'a"b', "ä", "a b", " a", "a\n"])
def test_what_would_end_a_header_or_a_cookie_is_refused(
    kind: str, name: str, value: str, call: Call
) -> None:
    if kind == "header" and value in ("a; admin=1", 'a"b', "a b"):
        assert call("get_fields", **{name: value}).headers["X-Day"] == value
        return
    with pytest.raises(ValueError, match=f"the {kind} .* holds what no {kind} can") as error:
        call("get_fields", **{name: value})
    assert value not in str(error.value)


def test_what_is_null_or_empty_in_a_query_is_left_out(call: Call) -> None:
    assert pairs(call("get_fields", maybe=None, many=[])) == []
    sent = pairs(call("get_fields", maybe="", many=["a", None, ""], x_flag_query=True))
    assert sent == [("many", "a"), ("many", ""), ("maybe", ""), ("x_flag", "true")]


def test_windows_can_hold_every_file(package: Path) -> None:
    names = [file.relative_to(package) for file in package.rglob("*")]
    stems = {part.partition(".")[0] for name in names for part in name.parts}
    assert not stems & {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert max(len(name.name) for name in names) <= MAX_MODULE + len(".py")


def test_what_is_generated_is_typed(package: Path, tmp_path: Path) -> None:
    assert mypy(package, tmp_path) == ""


def test_an_object_in_a_form_is_json(call: Call, load: Load) -> None:
    ranges = load(".models").Range
    body = load(".models").Form(range_=ranges(on=True), ranges=[ranges(eq="a"), ranges(lt=AWARE)])
    assert parse_qsl(call("post_form", body=body).content.decode()) == [
        ("range", '{"on":true}'),
        ("ranges", '{"eq":"a"}'),
        ("ranges", '{"lt":"2026-01-02T03:00:00+00:00"}'),
    ]


def test_a_default_is_left_to_the_server(call: Call, load: Load) -> None:
    assert call("patch_default", body=load(".models").Defaults()).content == b"{}"
    assert pairs(call("get_default")) == []
    assert pairs(call("get_default", limit=5)) == [("limit", "5")]
