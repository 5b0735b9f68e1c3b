"""What requests of generated code look like to a server."""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from scripts.pipeline import identifiers, select
from scripts.pipeline.corrections import correct
from scripts.pipeline.walk import Node, operations
from tests.pipeline.support import JUNE, api, imported, make, mypy, operation, published, read, ref

TEXT: Node = {"type": "string"}
FLAG: Node = {"type": "boolean"}
TIME: Node = {"type": "string", "format": "date-time"}
FILE: Node = {"type": "string", "format": "binary"}
RANGE: Node = {"type": "object", "properties": {"eq": TEXT, "lt": TIME, "on": FLAG}}
LONG = "a_very_long_name_" * 12
FORM: Node = {
    "type": "object",
    "properties": {
        "flag": FLAG,
        "flags": {"type": "array", "items": FLAG},
        "at": TIME,
        "day": {"type": "string", "format": "date"},
        "maybe": {**TEXT, "nullable": True},
    },
}
UPLOAD: Node = {
    "type": "object",
    "properties": {
        **FORM["properties"],
        "file": FILE,
        "raw": {"type": "string", "contentMediaType": "image/png"},
        "inner": {"type": "object", "properties": {"a": FLAG}},
        "name": TEXT,
    },
}
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def sends(name: str, content_type: str, schema: Node, *, required: bool = True) -> Node:
    body = {"required": required, "content": {content_type: {"schema": schema}}}
    return operation(name, requestBody=body)


def query(name: str, schema: Node, **more: Any) -> Node:
    return {"name": name, "in": "query", "schema": schema, **more}


DOCUMENT = api(
    {"Range": RANGE, "Form": FORM, "Upload": UPLOAD, "Aux": RANGE, LONG: RANGE},
    paths={
        "/plain": {
            "get": operation(
                "list-plain",
                parameters=[
                    query("on", FLAG),
                    query("at", TIME),
                    query("times", {"type": "array", "items": TIME}),
                ],
            )
        },
        "/ranges": {
            "parameters": [query("to", ref("Range"))],
            "get": operation("list-ranges", parameters=[query("from", RANGE)]),
        },
        "/form": {"post": sends("post-form", URLENCODED, ref("Form"))},
        "/upload": {"post": sends("post-upload", MULTIPART, ref("Upload"))},
        "/time": {"post": sends("post-time", "application/json", ref("Range"))},
        "/maybe": {
            "post": sends(
                "post-maybe",
                "application/json",
                {"oneOf": [ref("Range"), {"type": "array", "items": TEXT}]},
                required=False,
            ),
            "put": sends("con", "application/json", TIME, required=False),
        },
        "/device": {
            "get": {**operation("prn", schema=ref("Aux")), "tags": ["nul"]},
            "put": {**operation(LONG, schema=ref(LONG)), "tags": ["COM1"]},
        },
    },
)
NAIVE, AWARE = dt.datetime(2026, 1, 2, 3), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)  # noqa: DTZ001
Import = Callable[[str], ModuleType]
Call = Callable[..., httpx.Request]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(DOCUMENT, tmp_path_factory.mktemp("wire"))


@pytest.fixture
def load(package: Path) -> Iterator[Import]:
    with imported(package) as found:
        yield found


@pytest.fixture
def call(load: Import) -> Iterator[Call]:
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
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
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


def test_values_in_a_form_are_spelled_as_in_json(call: Call, load: Import) -> None:
    form = load(".models").Form(flag=True, flags=[True, False], at=AWARE, day=dt.date(2026, 1, 2))
    sent = parse_qsl(call("post_form", body=form).content.decode())
    assert sent == [
        ("at", "2026-01-02T03:00:00+00:00"),
        ("day", "2026-01-02"),
        ("flag", "true"),
        ("flags", "true"),
        ("flags", "false"),
    ]


def test_multipart_arrives_whole_whatever_a_file_holds(call: Call, load: Import) -> None:
    models, types = load(".models"), load(".types")
    evil = b'a\r\n--+++\r\nContent-Disposition: form-data; name="name"\r\n\r\nb\r\n--+++--\r\n'

    def upload() -> Any:
        return models.Upload(
            at=AWARE,
            file=types.File(io.BytesIO(evil), "a.txt", "text/plain"),
            flag=True,
            flags=[False],
            inner=models.UploadInner(a=True),
            maybe=None,
            name="ä",
            raw=types.File(io.BytesIO(b"\xff\x00"), "a.png", "image/png"),
        )

    first, second = call("post_upload", body=upload()), call("post_upload", body=upload())
    assert first.headers["Content-Type"] != second.headers["Content-Type"]
    assert parts(first) == [
        ("at", "text/plain", b"2026-01-02T03:00:00+00:00"),
        ("file", "text/plain", evil),
        ("flag", "text/plain", b"true"),
        ("flags", "text/plain", b"false"),
        ("inner", "application/json", b'{"a": true}'),
        ("name", "text/plain", "ä".encode()),
        ("raw", "image/png", b"\xff\x00"),
    ]


@pytest.mark.parametrize("name", ["post_form", "post_upload", "post_time", "list_plain"])
def test_a_time_without_an_offset_is_refused(name: str, call: Call, load: Import) -> None:
    models = load(".models")
    build: dict[str, Callable[[], Node]] = {
        "post_form": lambda: {"body": models.Form(at=NAIVE)},
        "post_upload": lambda: {"body": models.Upload(at=NAIVE)},
        "post_time": lambda: {"body": models.Range(lt=NAIVE)},
        "list_plain": lambda: {"times": [AWARE, NAIVE]},
    }
    with pytest.raises(ValueError, match="has no offset; give it one"):
        call(name, **build[name]())


@pytest.mark.parametrize("name", ["post_maybe", "con_operation"])
def test_a_body_that_is_left_out_is_not_sent(name: str, call: Call) -> None:
    assert call(name).content == b""


def test_windows_can_hold_every_file(package: Path) -> None:
    names = [file.relative_to(package) for file in package.rglob("*")]
    stems = {part.partition(".")[0] for name in names for part in name.parts}
    assert not stems & {"con", "prn", "aux", "nul", "com1", "lpt1"}
    assert max(len(name.name) for name in names) <= identifiers.MAX_MODULE + len(".py")


def test_what_is_generated_is_typed(package: Path, tmp_path: Path) -> None:
    assert mypy(package, tmp_path) == ""


def test_text_in_json_stays_text() -> None:
    raw: Node = UPLOAD["properties"]["raw"]
    schema: Node = {"type": "object", "properties": {"raw": raw}}
    whole = api({"A": schema}, paths={"/a": {"post": sends("a", "application/json", ref("A"))}})
    assert correct(whole)["components"]["schemas"]["A"]["properties"]["raw"] == raw
