"""What would be silently wrong is refused in one line that names it, and only what is selected."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline import document, select, unsupported
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node
from tests.pipeline.support import JANUARY, JUNE, api, operation, published, read, ref

TEXT: Node = {"type": "string"}
FLAG: Node = {"type": "boolean"}
LIST: Node = {"type": "array", "items": TEXT}
OBJECT: Node = {"type": "object", "properties": {"a": TEXT}}
NESTED: Node = {"type": "object", "properties": {"a": OBJECT}}
MAP: Node = {"type": "object", "additionalProperties": TEXT}
NULLABLE: Node = {**OBJECT, "nullable": True}
COMPONENTS: Node = {"Text": TEXT, "List": LIST, "Object": OBJECT, "Map": MAP}


def query(schema: Node, **more: Any) -> Node:
    return {"name": "q", "in": "query", "schema": schema, **more}


def header(schema: Node, **more: Any) -> Node:
    return {"name": "q", "in": "header", "schema": schema, **more}


def cookie(schema: Node) -> Node:
    return {"name": "q", "in": "cookie", "schema": schema}


def told(whole: Node, *wanted: str) -> str:
    """Say why a document is refused; empty when it is not."""
    parsed = document.parse(json.dumps(whole).encode(), "the document")
    try:
        unsupported.check(select.select(parsed, wanted or ["*"]))
    except PipelineError as error:
        return str(error)
    return ""


PARAMETERS: tuple[tuple[Node, str], ...] = (
    (query(LIST, explode=False), "explode: false"),
    (query(ref("List"), explode=False), "explode: false"),
    (query({"anyOf": [TEXT, ref("List")]}, explode=False), "explode: false"),
    (query({"type": ["array", "null"], "items": TEXT}, explode=False), "explode: false"),
    (query(LIST, style="pipeDelimited"), "style: pipeDelimited"),
    (query(LIST, style="spaceDelimited", explode=True), "style: spaceDelimited"),
    (query(LIST, style="deepObject"), "deepObject of what is no object"),
    (query(OBJECT), "an object"),
    (query(ref("Object")), "an object"),
    (query(ref("Map"), style="deepObject"), "an object"),
    (query({**OBJECT, "additionalProperties": TEXT}, style="deepObject"), "an object"),
    (query(NULLABLE, style="deepObject"), "an object"),
    (query({"allOf": [ref("Object")]}, style="deepObject"), "an object"),
    (query({"oneOf": [ref("Object"), TEXT]}), "an object"),
    (
        query({"type": ["object", "null"], "properties": {"a": TEXT}}, style="deepObject"),
        "an object",
    ),
    (query(NESTED, style="deepObject"), "an object"),
    (query({"type": "array", "items": ref("Object")}), "an object"),
    (query({"type": "array", "items": LIST}), "an object"),
    (query(TEXT, allowReserved=True), "allowReserved"),
    ({"name": "q", "in": "query", "content": {"application/json": {"schema": OBJECT}}}, "content"),
    (header(LIST), "a list or an object"),
    (header(ref("Object")), "a list or an object"),
    ({**header(TEXT), "name": "Authorization"}, "a header that the client sets"),
    (cookie(FLAG), "what is no text"),
    (cookie({"type": ["integer", "null"]}), "what is no text"),
    (cookie(LIST), "what is no text"),
)


@pytest.mark.parametrize(("parameter", "keyword"), PARAMETERS)
@pytest.mark.parametrize("where", ["operation", "path", "components"])
def test_a_parameter_is_refused_wherever_it_stands(
    parameter: Node, keyword: str, where: str
) -> None:
    used = {"$ref": "#/components/parameters/Q"} if where == "components" else parameter
    item: Node = {"get": operation("list-x")}
    (item if where == "path" else item["get"])["parameters"] = [used]
    line = told(api(COMPONENTS, paths={"/x": item}, parameters={"Q": parameter}))
    place = f"{parameter['in']} parameter {parameter['name']}"
    assert f"GET /x (list-x), {place}: {keyword} is not supported (" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "parameter",
    [
        query(LIST),
        query(ref("List"), style="form", explode=True),
        query(TEXT, explode=False),
        query({"type": ["string", "null"]}),
        query({"oneOf": [TEXT, LIST]}),
        query(ref("Object"), style="deepObject", explode=True),
        query({"type": "string", "enum": ["a"]}),
        query({"allOf": [ref("Text")], "nullable": True}),
        header({"type": "integer"}),
        cookie(ref("Text")),
    ],
)
def test_a_parameter_is_taken_when_it_is_sent_right(parameter: Node) -> None:
    get = operation("list-x", parameters=[parameter])
    assert told(api(COMPONENTS, paths={"/x": {"get": get}})) == ""


ID: Node = {"name": "id", "in": "path", "required": True, "schema": TEXT}


@pytest.mark.parametrize(
    ("path", "more", "keyword"),
    [
        ("/x?beta=true", {}, "a query or a fragment in the path"),
        ("/x#part", {}, "a query or a fragment in the path"),
        ("/x/", {}, "a trailing or a doubled slash"),
        ("/x//y", {}, "a trailing or a doubled slash"),
        ("/x", {"servers": [{"url": "https://other.example"}]}, "servers"),
        ("/x/{id}", {}, "a placeholder without its parameter"),
        ("/x/{other}", {"parameters": [ID]}, "a placeholder without its parameter"),
        ("/x", {"parameters": [ID]}, "a placeholder without its parameter"),
        ("/x/{id}", {"parameters": [{**ID, "style": "matrix"}]}, "style: matrix"),
        ("/x/{id}", {"parameters": [{**ID, "style": "label"}]}, "style: label"),
        ("/x/{id}", {"parameters": [{**ID, "schema": FLAG}]}, "what is no text or number"),
        ("/x/{id}", {"parameters": [{**ID, "schema": ref("List")}]}, "what is no text or number"),
        ("/x/{id}", {"parameters": [{**ID, "schema": OBJECT}]}, "what is no text or number"),
        ("/x", {"parameters": [query(TEXT), {**query(TEXT), "name": "Q"}]}, "a parameter twice"),
        ("/x", {"parameters": [header(TEXT), {**header(TEXT), "name": "Q"}]}, "a parameter twice"),
    ],
)
def test_a_path_or_an_operation_is_refused(path: str, more: Node, keyword: str) -> None:
    line = told(api(COMPONENTS, paths={path: {"get": operation("list-x", **more)}}))
    assert f"GET {path} (list-x)" in line
    assert keyword in line


def test_servers_of_a_path_are_refused() -> None:
    item = {"servers": [{"url": "https://other.example"}], "get": operation("list-x")}
    assert "GET /x (list-x): servers is not supported" in told(api(paths={"/x": item}))


FORM, UPLOAD = "application/x-www-form-urlencoded", "multipart/form-data"


def fields(**named: Node) -> Node:
    return {"schema": {"type": "object", "properties": named}}


@pytest.mark.parametrize(
    ("content", "keyword"),
    [
        ({"image/*": {}}, "a media range"),
        ({"*/*": {"schema": OBJECT}}, "a media range"),
        ({"application/*+json": {"schema": OBJECT}}, "a media range"),
        ({"application/json": {"schema": OBJECT}, UPLOAD: fields(b=TEXT)}, "a choice of bodies"),
        ({"application/json": {"schema": OBJECT}, "text/plain": {"schema": TEXT}}, "a choice of"),
        ({FORM: fields(a=OBJECT)}, "an object in a form"),
        ({FORM: fields(a={"oneOf": [ref("Object"), TEXT]})}, "an object in a form"),
        ({FORM: fields(a={"type": "array", "items": ref("Object")})}, "an object in a form"),
        ({FORM: fields(a={"type": "string", "format": "binary"})}, "an object in a form"),
        ({FORM: {"schema": {"allOf": [fields(a=NULLABLE)["schema"]]}}}, "an object in a form"),
        (
            {FORM: {"schema": {"type": "object", "additionalProperties": MAP}}},
            "an object in a form",
        ),
        ({FORM: {**fields(a=LIST), "encoding": {"a": {"explode": False}}}}, "encoding"),
        ({UPLOAD: {**fields(a=TEXT), "encoding": {"a": {"contentType": "x/y"}}}}, "encoding"),
        ({UPLOAD: {"schema": LIST}}, "a form of anything but fields"),
        ({FORM: {"schema": {"type": "string"}}}, "a form of anything but fields"),
    ],
)
@pytest.mark.parametrize("shared", [False, True])
def test_a_request_body_is_refused(content: Node, keyword: str, *, shared: bool) -> None:
    body = {"$ref": "#/components/requestBodies/B"} if shared else {"content": content}
    paths = {"/x": {"post": operation("add-x", requestBody=body)}}
    line = told(api(COMPONENTS, paths=paths, requestBodies={"B": {"content": content}}))
    assert "POST /x (add-x), " in line
    assert f"{keyword}" in line


def test_what_is_not_selected_stops_nobody() -> None:
    bad = operation("bad", parameters=[query(OBJECT)], servers=[{"url": "https://x.example"}])
    whole = api(paths={"/bad/": {"get": bad}, "/good": {"get": operation("good")}})
    assert told(whole, "good") == ""
    assert "3 more" not in told(whole, "bad")
    assert told(whole, "*").count("not supported") == 3


@pytest.mark.parametrize("name", [JANUARY, JUNE])
def test_published_documents_are_taken_whole(name: str) -> None:
    path: Path = published(name)
    unsupported.check(select.select(read(path), ["*"]))
