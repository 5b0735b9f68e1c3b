"""Selection: everything an operation needs, nothing else, whatever subset is asked for."""

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator

from scripts.pipeline.references import resolve
from scripts.pipeline.select import read_operations, select
from scripts.pipeline.walk import METHODS, Node, operations, walk
from tests.pipeline.support import (
    DELETE,
    JANUARY,
    JUNE,
    TEXT,
    api,
    content,
    listed,
    operation,
    parameter,
    published,
    query,
    read,
    ref,
    refused,
    thing,
)


@cache
def whole(name: str) -> Node:
    return read(published(name))


def names(document: Node, section: str = "schemas") -> set[str]:
    return set(document.get("components", {}).get(section, {}))


def test_one_operation_keeps_its_answer_and_its_security_and_nothing_else() -> None:
    selected = select(whole(JUNE), [DELETE])
    assert [o["operationId"] for _, _, o in operations(selected)] == [DELETE]
    assert names(selected) == {"AcceptedResponse"}
    assert names(selected, "securitySchemes") == {"BearerAuth"}
    assert selected["servers"][0]["url"] == "{schemes}://api.upsun.com"
    assert selected == select(whole(JANUARY), [DELETE])


def test_the_document_is_left_as_it_was() -> None:
    document = whole(JANUARY)
    before = copy.deepcopy(document)
    select(document, ["*"])
    assert document == before


USES: dict[str, Node] = {
    "property": thing(x=ref("Used")),
    "items": listed(ref("Used")),
    "map": {"additionalProperties": ref("Used")},
    "allOf": {"allOf": [ref("Used")]},
    "oneOf": {"oneOf": [ref("Used")]},
    "anyOf": {"anyOf": [ref("Used")]},
    "not": {"not": ref("Used")},
    "through another": ref("Via"),
    "part of a component": {"$ref": "#/components/schemas/Used/properties/inner"},
}


@pytest.mark.parametrize("schema", USES.values(), ids=USES)
def test_a_schema_is_kept_however_it_is_used(schema: Node) -> None:
    schemas = {"Used": thing(inner=TEXT), "Via": listed(ref("Used")), "Unused": thing()}
    paths = {"/a": {"get": operation("a", schema)}, "/b": {"get": operation("b")}}
    document = api(schemas, paths=paths)
    assert names(select(document, ["a"])) - {"Via"} == {"Used"}
    assert "components" not in select(document, ["b"])


def test_shared_parts_of_every_kind_are_kept() -> None:
    get = operation(
        "a",
        parameters=[ref("P", "parameters")],
        requestBody=ref("B", "requestBodies"),
        responses={"200": ref("R", "responses")},
    )
    response = content(ref("S"), description="")
    response |= {"headers": {"X": ref("H", "headers")}, "links": {"L": ref("L", "links")}}
    parts: dict[str, Any] = {
        "parameters": {
            "P": query("p", ref("S")),
            "Q": query("q", ref("T")),
            "Shared": parameter("header", "s", ref("U")),
        },
        "requestBodies": {"B": content(ref("S")), "C": {"content": {}}},
        "responses": {"R": response},
        "headers": {"H": {"schema": ref("V")}},
        "links": {"L": {"operationId": "a"}, "M": {}},
    }
    item = {"get": get, "parameters": [ref("Shared", "parameters")]}
    paths = {"/a": item, "/b": {"get": operation("b")}}
    document = api(dict.fromkeys("STUV", TEXT), paths=paths, **parts)
    selected = select(document, ["a"])
    assert {k: set(v) for k, v in selected["components"].items()} == {
        "parameters": {"P", "Shared"},
        "requestBodies": {"B"},
        "responses": {"R"},
        "headers": {"H"},
        "links": {"L"},
        "schemas": {"S", "U", "V"},
    }


def test_a_path_that_is_a_reference_is_resolved() -> None:
    document = api(
        {"A": {"type": "object"}},
        paths={"/a": ref("I", "pathItems")},
        pathItems={"I": {"get": operation("a", ref("A"))}},
    )
    selected = select(document, ["a"])
    assert selected["paths"]["/a"]["get"]["operationId"] == "a"
    assert names(selected) == {"A"}


def test_paths_that_share_an_item_are_operations_of_their_own() -> None:
    get = operation("a")
    del get["operationId"]
    item = ref("I", "pathItems")
    document = api(paths={"/a": item, "/b": item}, pathItems={"I": {"get": get}})
    assert set(select(document, ["*"])["paths"]) == {"/a", "/b"}
    with refused("no operation 'None'"):
        select(document, ["None"])


def test_prose_goes_and_fields_named_like_prose_stay() -> None:
    prose = {"description": "d", "title": "t", "example": 1, "x-note": 1, "externalDocs": {}}
    fields = ("description", "title", "example", "examples", "summary", "x-foo", "$ref", "enum")
    schema = {
        **prose,
        "type": "object",
        "properties": {name: {"type": "string", **prose} for name in fields},
        "default": {"description": "kept", "$ref": "kept"},
    }
    document = api({"A": schema})
    document["paths"]["/all"]["get"] |= prose
    document["paths"]["/all"]["get"]["responses"]["200"]["description"] = "gone"
    kept = select(document, ["*"])
    assert kept["components"]["schemas"]["A"] == {
        "type": "object",
        "properties": {name: {"type": "string"} for name in sorted(fields)},
        "default": {"description": "kept", "$ref": "kept"},
    }
    get = kept["paths"]["/all"]["get"]
    assert get.keys() == {"operationId", "tags", "responses"}
    assert get["responses"]["200"]["description"] == ""


def test_order_without_meaning_makes_no_difference() -> None:
    def shuffled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: shuffled(node[key]) for key in reversed(node)}
        return [shuffled(item) for item in node] if isinstance(node, list) else node

    fields = {"a": {"enum": ["y", "x"]}, "b": {}}
    one = api({"A": {"type": "object", "required": ["b", "a"], "properties": fields}})
    other = copy.deepcopy(one)
    other["components"]["schemas"]["A"]["required"] = ["a", "b"]
    other["components"]["schemas"]["A"]["properties"]["a"]["enum"] = ["x", "y"]
    assert json.dumps(select(one, ["*"])) == json.dumps(select(shuffled(other), ["*"]))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (["delete-projects-integration"], f"did you mean '{DELETE}'?"),
        ([], "no operation is selected"),
        (["zzz"], "no operation 'zzz' (selected by OPERATIONS or spec/operations.txt)"),
    ],
)
def test_an_unknown_operation_is_named(wanted: list[str], told: str) -> None:
    with refused(told):
        select(api(delete=operation(DELETE)), wanted)


def test_a_list_of_operations_takes_commas_lines_and_comments() -> None:
    assert read_operations("b, a\n# no\nc # yes\n\n b") == ["a", "b", "c"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_subset_resolves_and_is_valid_openapi(data: st.DataObject) -> None:
    document = whole(data.draw(st.sampled_from([JANUARY, JUNE])))
    ids = [o["operationId"] for _, _, o in operations(document)]
    wanted = data.draw(st.sets(st.sampled_from(ids), min_size=1, max_size=12))
    selected = select(document, wanted)
    assert {o["operationId"] for _, _, o in operations(selected)} == wanted
    used = set()
    for _, kind, node in walk(selected, "document"):
        if isinstance(node.get("$ref"), str):
            resolve(selected, node["$ref"], kind)
            used.add(node["$ref"])
    for section, group in selected.get("components", {}).items():
        if section != "securitySchemes":
            assert {f"#/components/{section}/{name}" for name in group} <= used
    assert all(set(item) & set(METHODS) for item in selected["paths"].values())
    assert not list(OpenAPIV30SpecValidator(selected).iter_errors())
