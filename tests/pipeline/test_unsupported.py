"""What would be silently wrong is refused in one line that names it, and only what is selected."""

import json
from functools import partial

import pytest

from scripts.pipeline import document, select, unsupported
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node
from tests.pipeline import oas
from tests.pipeline.oas import FILE, FORM, TEXT, api, content, listed, operation, query, ref, thing

LIST, OBJECT, HOLDS = listed(TEXT), thing(a=TEXT), thing(f=FILE, fs=listed(FILE))
MAP: Node = {"type": "object", "additionalProperties": TEXT}
RAW: Node = {"contentEncoding": "binary"}
COMPONENTS: Node = {"List": LIST, "Object": OBJECT, "Map": MAP, "Raw": RAW, "Holds": HOLDS}
DEEP, LISTED, THERE = {"style": "deepObject"}, "a list or an object", [{"url": "https://x.example"}]
header, cookie = (partial(oas.parameter, where) for where in ("header", "cookie"))


def told(whole: Node, *wanted: str) -> str:
    """Say why a document is refused; empty when it is not."""
    parsed = document.parse(json.dumps(whole).encode(), "the document")
    try:
        unsupported.check(select.select(parsed, wanted or ["*"]))
    except PipelineError as error:
        return str(error)
    return ""


ALL_OF: Node = {"allOf": [ref("Object")]}
FLAT = ({**ALL_OF, "nullable": True}, oas.one_of(ref("Object"), TEXT), listed(ref("Object")))
NESTED = (ref("Map"), {**OBJECT, "additionalProperties": TEXT}, ALL_OF, thing(a=OBJECT))
PARAMETERS: tuple[tuple[Node, str], ...] = (
    (query("q", LIST, explode=False), "explode: false"),
    (query("q", LIST, style="pipeDelimited"), "style: pipeDelimited"),
    (query("q", LIST, style="deepObject"), "style: deepObject"),
    *((query("q", schema), "an object") for schema in FLAT),
    *((query("q", each, **DEEP), "an object") for each in (*NESTED, {**OBJECT, "nullable": True})),
    (query("q", allowReserved=True), "allowReserved"),
    ({"name": "q", "in": "query", **content(OBJECT)}, "content"),
    *((header("q", ref("Object")), LISTED), (cookie("q", LIST), LISTED)),
    (header("Authorization"), "a header that the client sets"),
    (header("a: b"), "a name that no header has"),
)
ID = oas.parameter("path", "id")
SLASH, NO_TEXT = "a trailing or a doubled slash", "what is no text or number"
QUERY = "a query or a fragment in the path"
# A path, what is there beside an operation or in it, and what is told of it.
PATHS: list[tuple[str, Node, str]] = [
    ("/x?beta=true", {"parameters": [query("limit")]}, QUERY),
    ("/x#part", {}, QUERY),
    ("/x/", {}, SLASH),
    ("/x//y", {}, SLASH),
    ("/x", {"servers": THERE}, "(list-x): servers is not supported"),
    ("/x/{id}", {"parameters": [{**ID, "style": "matrix"}]}, "style: matrix"),
    ("/x/{id}", {"parameters": [oas.parameter("path", "id", oas.FLAG)]}, NO_TEXT),
    ("/x/{id}", {"parameters": [oas.parameter("path", "id", ref("List"))]}, NO_TEXT),
    ("/x", {"parameters": [header("q"), header("Q")]}, "a parameter twice"),
    *(
        ("/x", {"parameters": [each]}, f", {each['in']} parameter {each['name']}: {what} is not s")
        for each, what in PARAMETERS
    ),
]


@pytest.mark.parametrize(("path", "parts", "what"), PATHS)
def test_what_is_at_a_path_is_refused_wherever_it_stands(path: str, parts: Node, what: str) -> None:
    named = {str(number): each for number, each in enumerate(parts.get("parameters", ()))}
    shared = {**parts, "parameters": [ref(name, "parameters") for name in named]}
    for inside, beside in ((parts, {}), ({}, parts), (shared, {})):
        item = {"get": operation("list-x", **inside), **beside}
        line = told(api(COMPONENTS, paths={path: item}, parameters=named))
        assert line.startswith(f"GET {path} (list-x)")
        assert what in line
        assert "\n" not in line


def fields(schema: Node, media: str = oas.MULTIPART) -> Node:
    """Make a form with a field `a`."""
    return content(thing(a=schema), media)


NO_FORM, CODED = "a form of anything but fields", "contentMediaType or contentEncoding"
EITHER: Node = {"anyOf": [OBJECT, ref("Map")]}
ROWS: Node = {**MAP, "additionalProperties": listed(ref("List"))}
ENCODED = ["content", FORM, "encoding"]
BODIES: list[tuple[Node, str]] = [
    ({"content": {}}, "a body of no media type"),
    (content(None, "image/*"), "a media range"),
    (oas.put(content(OBJECT), ["content", FORM], {}), "a choice of bodies"),
    (content(FILE, "Multipart/Related; x=y"), "a multipart that is no form"),
    (content(OBJECT, "application/json; charset=latin1"), "a charset"),
    (fields(oas.one_of(TEXT, listed(FILE)), FORM), "a file"),
    (content(ROWS, oas.MULTIPART), "a list of lists"),
    (oas.put(fields(LIST, FORM), ENCODED, {"a": {"explode": False}}), "encoding"),
    (fields({**TEXT, "contentMediaType": "x/y"}), CODED),
    (fields(listed(ref("Raw"))), CODED),
    (content(LIST, oas.MULTIPART), NO_FORM),
    (content({"allOf": [OBJECT, EITHER]}, FORM), NO_FORM),
    (content(ref("Holds"), "application/merge-patch+json"), "schemas.Holds.properties.f: a file"),
    (fields(oas.one_of(TEXT, listed(HOLDS))), "data.a.oneOf.1.items.properties.f: a file"),
    (fields({"allOf": [ref("Holds")]}), "components.schemas.Holds.properties.f: a file"),
]


@pytest.mark.parametrize(("body", "what"), BODIES)
def test_a_request_body_is_refused(body: Node, what: str) -> None:
    for sent in (body, ref("B", "requestBodies")):
        post = operation("add-x", requestBody=sent)
        line = told(api(COMPONENTS, post=post, requestBodies={"B": body}))
        assert line.startswith("POST /a (add-x), ")
        assert what in line


SCHEMAS: list[tuple[Node, str]] = [
    ({"type": ["string", "null"]}, "a list of types"),
    ({"const": False}, "const"),
    (listed(TEXT) | {"prefixItems": [TEXT]}, "prefixItems"),
    (thing(**{"<<": OBJECT}), "a YAML merge (<<)"),
    (oas.one_of(OBJECT, MAP, discriminator={"propertyName": "a"}), "a discriminator"),
]


@pytest.mark.parametrize(("schema", "what"), SCHEMAS)
@pytest.mark.parametrize("deep", [False, True])
def test_a_schema_is_refused_wherever_it_stands(schema: Node, what: str, *, deep: bool) -> None:
    schemas = {**COMPONENTS, "A": thing(a=schema, again=ref("A"))}
    below = listed(ref("A")) if deep else schema
    error = content({"const": "x"})  # is raised, and so not read
    read = operation("a", below)
    read["responses"] |= {"404": error, "default": error}
    for found, place in (
        (operation("a", body=below), "JSON schema requestBody.application/json"),
        (read, "JSON schema 200.application/json"),
        (operation("a", parameters=[query("q", below)]), "schema parameters.q"),
    ):
        here = f"{place.rpartition(' ')[0]} components.schemas.A.properties.a" if deep else place
        assert f"PUT /a (a), {here}: {what} is not supported (" in told(api(schemas, put=found))


PET = thing(pet={"discriminator": {"propertyName": "a"}, "type": "object"})
ASKED = [
    *(query("q[]", LIST), query("q", ref("List"), style="form", explode=True)),
    *(query("q", explode=False), query("q", {"anyOf": [TEXT, {"type": "null"}]})),
    *(query("q", oas.one_of(TEXT, LIST)), query("q", ref("Object"), **DEEP, explode=True)),
    query("q", {"allOf": [{"type": "string"}], "nullable": True}),
    *(header("q", oas.NUMBER), cookie("q", {**oas.enum("a"), "nullable": True})),
]
TAKEN: list[Node] = [
    *(operation("a", parameters=[each]) for each in ASKED),
    operation("a", requestBody=content(ref("Holds"), oas.MULTIPART)),
    operation("a", PET, body=OBJECT),
    operation("a", responses={"200": {"description": ""}, "404": content({"const": "x"})}),
]


@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_sent_and_read_right_is_taken(taken: Node) -> None:
    assert told(api(COMPONENTS, put=taken)) == ""


def test_what_is_beside_a_reference_is_refused_where_it_counts() -> None:
    lost: list[Node] = [{"properties": {"z": TEXT}}, {"required": ["z"]}, {"allOf": [OBJECT]}]
    for beside in (*lost, {"type": "object", "description": "", "readOnly": True}):
        whole = api(COMPONENTS, put=operation("a", body=listed({**ref("Object"), **beside})))
        for version in ("3.0.3", "3.1.0", "3.2.0"):
            line = told({**whole, "openapi": version})
            counts = beside in lost and version != "3.0.3"
            assert ("requestBody.application/json.items: keywords beside $ref" in line) is counts


def test_operations_are_refused_that_have_one_name_or_none() -> None:
    alike = api(get=operation("get-a"), put=operation("getA"))
    twin = "an operationId that is another one's name in Python is not"
    assert f"GET /a (get-a): {twin}" in told(alike)
    assert f"PUT /a (getA): {twin}" in told(alike)
    assert told(alike, "getA") == ""
    line = told(api(get=operation("")))
    assert "GET /a (no id): an operation without an operationId is not supported" in line


def test_a_method_of_openapi_3_2_is_refused_when_it_is_selected() -> None:
    item = {"query": operation("search-x")}
    for more in ({}, {"get": operation("get-x")}):
        whole = {**api(paths={"/x": {**item, **more}}), "openapi": "3.2.0"}
        for wanted in ("*", "search-*"):
            assert "QUERY /x (search-x): the method is not supported" in told(whole, wanted)
    assert told(whole, "get-x") == ""
    whole["paths"]["/x"]["additionalOperations"] = {"COPY": operation("copy-x")}
    assert list(select.select(whole, ["get-x"])["paths"]["/x"]) == ["get"]
    assert "ADDITIONALOPERATIONS /x (no id): the method is not supported" in told(whole, "*")


def test_what_is_not_selected_stops_nobody() -> None:
    bad = operation("bad", parameters=[query("q", OBJECT)], servers=THERE)
    ids = [oas.parameter("path", "n", oas.NUMBER), oas.parameter("path", "x", {"type": "number"})]
    good = operation("good", parameters=ids)
    whole = api(paths={"/bad/": {"get": bad}, "/good/{n}/{x}": {"get": good}})
    assert told(whole, "good") == ""
    assert "3 more" not in told(whole, "bad")
    assert told(whole, "*").count("not supported") == 3
