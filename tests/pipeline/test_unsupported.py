"""What would be silently wrong is refused in one line that names it, and only what is selected."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline import document, select, unsupported
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node
from tests.pipeline.support import JANUARY, JUNE, api, operation, published, read, ref, refused

TEXT: Node = {"type": "string"}
FLAG: Node = {"type": "boolean"}
LIST: Node = {"type": "array", "items": TEXT}
OBJECT: Node = {"type": "object", "properties": {"a": TEXT}}
NESTED: Node = {"type": "object", "properties": {"a": OBJECT}}
FILE: Node = {"type": "string", "format": "binary"}
LISTS: Node = {"type": "array", "items": LIST}
EITHER: Node = {"anyOf": [OBJECT, {"$ref": "#/components/schemas/Map"}]}
MAP: Node = {"type": "object", "additionalProperties": TEXT}
NULLABLE: Node = {**OBJECT, "nullable": True}
RAW: Node = {"contentMediaType": "image/png"}
COMPONENTS: Node = {"Text": TEXT, "List": LIST, "Object": OBJECT, "Map": MAP, "Raw": RAW}


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
    (query({**LIST, "nullable": True}, explode=False), "explode: false"),
    (query(LIST, style="pipeDelimited"), "style: pipeDelimited"),
    (query(LIST, style="spaceDelimited", explode=True), "style: spaceDelimited"),
    (query(LIST, style="deepObject"), "style: deepObject"),
    (query(OBJECT), "an object"),
    (query(ref("Object")), "an object"),
    (query(ref("Map"), style="deepObject"), "an object"),
    (query({**OBJECT, "additionalProperties": TEXT}, style="deepObject"), "an object"),
    (query(NULLABLE, style="deepObject"), "an object"),
    (query({"allOf": [ref("Object")]}, style="deepObject"), "an object"),
    (query({"oneOf": [ref("Object"), TEXT]}), "an object"),
    (query(NESTED, style="deepObject"), "an object"),
    (query({"type": "array", "items": ref("Object")}), "an object"),
    (query({"type": "array", "items": LIST}), "an object"),
    (query(TEXT, allowReserved=True), "allowReserved"),
    ({"name": "q", "in": "query", "content": {"application/json": {"schema": OBJECT}}}, "content"),
    (header(LIST), "a list or an object"),
    (header(ref("Object")), "a list or an object"),
    ({**header(TEXT), "name": "Authorization"}, "a header that the client sets"),
    (cookie(LIST), "a list or an object"),
    (cookie(ref("Object")), "a list or an object"),
    ({**cookie(TEXT), "name": "a=b"}, "a name that no header has"),
    ({**header(TEXT), "name": "a: b"}, "a name that no header has"),
    ({**header(TEXT), "name": "Transfer-Encoding"}, "a header that the client sets"),
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
        query({"anyOf": [TEXT, {"type": "null"}]}),
        query({"oneOf": [TEXT, LIST]}),
        query(ref("Object"), style="deepObject", explode=True),
        query({"type": "string", "enum": ["a"]}),
        query({"allOf": [ref("Text")], "nullable": True}),
        header({"type": "integer"}),
        cookie(ref("Text")),
        cookie(FLAG),
        cookie({"type": "integer", "nullable": True}),
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
        ({"Multipart/Related; x=y": {"schema": FILE}}, "a multipart that is no form"),
        ({"multipart/mixed": {"schema": FILE}}, "a multipart that is no form"),
        ({FORM: fields(a=FILE)}, "a file"),
        ({FORM: fields(a={"oneOf": [TEXT, FILE]})}, "a file"),
        ({FORM: {"schema": {"allOf": [fields(a=FILE)["schema"]]}}}, "a file"),
        ({UPLOAD: fields(a={"type": "array", "items": LIST})}, "a list of lists"),
        ({UPLOAD: fields(a={"type": "array", "items": ref("List")})}, "a list of lists"),
        (
            {UPLOAD: {"schema": {"type": "object", "additionalProperties": LISTS}}},
            "a list of lists",
        ),
        ({FORM: {**fields(a=LIST), "encoding": {"a": {"explode": False}}}}, "encoding"),
        ({UPLOAD: {**fields(a=TEXT), "encoding": {"a": {"contentType": "x/y"}}}}, "encoding"),
        ({UPLOAD: fields(a={**TEXT, "contentMediaType": "x/y"})}, "contentMediaType or"),
        ({UPLOAD: fields(a={"contentEncoding": "binary"})}, "contentMediaType or"),
        ({UPLOAD: fields(a={"type": "array", "items": ref("Raw")})}, "contentMediaType or"),
        ({UPLOAD: fields(a={"anyOf": [ref("Raw"), {"type": "null"}]})}, "contentMediaType or"),
        ({UPLOAD: {"schema": LIST}}, "a form of anything but fields"),
        ({UPLOAD: {"schema": {"oneOf": [OBJECT, ref("Object")]}}}, "a form of anything but fields"),
        ({FORM: {"schema": {"allOf": [OBJECT, EITHER]}}}, "a form of anything but fields"),
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


def sends(media: str, schema: Node) -> Node:
    """Make an operation with a body."""
    return operation("add-x", requestBody={"content": {media: {"schema": schema}}})


HOLDS: Node = {"type": "object", "properties": {"f": FILE, "fs": {"type": "array", "items": FILE}}}


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": ["string", "null"]}, "a list of types"),
        ({"const": "x"}, "const"),
        ({"const": False}, "const"),
        ({"type": "array", "prefixItems": [TEXT]}, "prefixItems"),
    ],
)
@pytest.mark.parametrize("deep", [False, True])
def test_a_schema_is_refused_wherever_it_stands(schema: Node, keyword: str, *, deep: bool) -> None:
    components = {"A": {"type": "object", "properties": {"a": schema, "again": ref("A")}}}
    below = {"type": "array", "items": ref("A")} if deep else schema
    sent = told(api(components, paths={"/x": {"post": sends("application/json", below)}}))
    read = told(api(components, paths={"/x": {"get": operation("get-x", schema=below)}}))
    asked = told(
        api(components, paths={"/x": {"get": operation("get-x", parameters=[query(below)])}})
    )
    here = "components.schemas.A.properties.a" if deep else ""
    assert (
        f"POST /x (add-x), JSON schema {here or 'requestBody.application/json'}: {keyword}" in sent
    )
    assert f"GET /x (get-x), JSON schema {here or '200.application/json'}: {keyword} is not" in read
    assert f"GET /x (get-x), schema {here or 'parameters.q'}: {keyword} is not" in asked


@pytest.mark.parametrize(
    ("media", "schema", "place"),
    [
        ("application/json", HOLDS, "requestBody.application/json.properties.f"),
        ("application/merge-patch+json", ref("Holds"), "components.schemas.Holds.properties.f"),
        (UPLOAD, fields(a=HOLDS)["schema"], "requestBody.multipart/form-data.a.properties.f"),
        (UPLOAD, fields(a={"type": "array", "items": ref("Holds")})["schema"], "a.properties.f"),
        (UPLOAD, fields(a={"allOf": [ref("Holds")]})["schema"], "schemas.Holds.properties.f"),
    ],
)
def test_a_file_in_json_is_refused(media: str, schema: Node, place: str) -> None:
    line = told(api({"Holds": HOLDS}, paths={"/x": {"post": sends(media, schema)}}))
    assert f"{place}: a file is not supported (" in line
    assert told(api({"Holds": HOLDS}, paths={"/x": {"post": sends(UPLOAD, ref("Holds"))}})) == ""


@pytest.mark.parametrize("union", ["oneOf", "anyOf"])
def test_a_discriminator_is_refused_where_it_would_choose(union: str) -> None:
    pet: Node = {"discriminator": {"propertyName": "a"}, "type": "object"}
    for more, chooses in (({}, False), ({union: [ref("Object"), ref("Map")]}, True)):
        components = {**COMPONENTS, "Holder": {"type": "object", "properties": {"pet": pet | more}}}
        line = told(api(components, paths={"/x": {"get": operation("x", schema=ref("Holder"))}}))
        here = "GET /x (x), JSON schema components.schemas.Holder.properties.pet: a discriminator"
        assert line.startswith(here) is chooses


@pytest.mark.parametrize(
    ("beside", "is_lost"),
    [
        ({"properties": {"z": TEXT}}, True),
        ({"required": ["z"]}, True),
        ({"allOf": [OBJECT]}, True),
        ({"type": "object", "description": "", "readOnly": True}, False),
    ],
)
def test_what_is_beside_a_reference_is_refused_where_it_counts(
    beside: Node, *, is_lost: bool
) -> None:
    schema = {"type": "array", "items": {**ref("Object"), **beside}}
    whole = api(COMPONENTS, paths={"/x": {"post": sends("application/json", schema)}})
    for version, counts in (("3.0.3", False), ("3.1.0", is_lost), ("3.2.0", is_lost)):
        line = told({**whole, "openapi": version})
        assert ("requestBody.application/json.items: keywords beside $ref" in line) is counts


def test_operations_are_refused_that_have_one_name_or_none() -> None:
    alike = {"get": operation("get-a"), "put": operation("getA")}
    line = told(api(paths={"/a": alike}))
    assert "GET /a (get-a): an operationId that is another one's name in Python" in line
    assert "PUT /a (getA): " in line
    assert told(api(paths={"/a": alike}), "getA") == ""
    line = told(api(paths={"/a": {"get": operation("")}}))
    assert "GET /a (no id): an operation without an operationId is not supported" in line


def test_a_method_of_openapi_3_2_is_refused_when_it_is_selected() -> None:
    item = {"query": operation("search-x")}
    for more in ({}, {"get": operation("get-x")}):
        whole = {**api(paths={"/x": {**item, **more}}), "openapi": "3.2.0"}
        for wanted in ("*", "search-*"):
            assert "QUERY /x (search-x): the method is not supported" in told(whole, wanted)
    assert told(whole, "get-x") == ""
    assert list(select.select(whole, ["get-x"])["paths"]["/x"]) == ["get"]
    whole["paths"]["/x"]["additionalOperations"] = {"COPY": operation("copy-x")}
    assert list(select.select(whole, ["get-x"])["paths"]["/x"]) == ["get"]
    with refused("ADDITIONALOPERATIONS /x documents no responses"):
        select.select(whole, ["*"])


def test_an_error_is_not_refused_since_it_is_raised() -> None:
    whole = operation("get-x", schema=TEXT)
    bad = {"description": "", "content": {"application/json": {"schema": {"const": "x"}}}}
    whole["responses"] |= {"404": bad, "default": bad}
    assert told(api(paths={"/x": {"get": whole}})) == ""
    whole["responses"]["201"] = bad
    assert "201.application/json: const is not supported" in told(api(paths={"/x": {"get": whole}}))


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
