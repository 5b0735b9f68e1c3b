"""Whatever a document holds where something else belongs: it is taken, or told in one line."""

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline import generator, validator
from scripts.pipeline.corrections import correct
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import Repo
from scripts.pipeline.select import select
from scripts.pipeline.upstream import read_upstream
from scripts.pipeline.validator import validated
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline.support import api, operation, ref, small_repo, snapshot

TEXT: Node = {"type": "string"}
ODD: tuple[Any, ...] = (None, True, 1, "x", [], {})


def read(whole: Node) -> Node:
    return parse(json.dumps(whole).encode(), "here")


def rich() -> Node:
    """Make a document that has about everything that a stage looks into."""
    pet: Node = {
        "oneOf": [ref("Cat"), TEXT],
        "discriminator": {"propertyName": "k", "mapping": {"c": "Cat"}},
    }
    cat: Node = {
        "allOf": [ref("Base"), {"type": "object", "required": ["k"], "properties": {"k": TEXT}}],
        "additionalProperties": False,
    }
    base: Node = {
        "type": "object",
        "properties": {
            "e": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "l": {"type": "array", "items": ref("Pet")},
            "m": {"type": "object", "additionalProperties": {"anyOf": [TEXT, ref("Base")]}},
        },
    }
    query: Node = {"name": "q", "in": "query", "style": "deepObject", "schema": ref("Base")}
    put = operation(
        "a",
        schema=ref("Pet"),
        parameters=[{"$ref": "#/components/parameters/P"}, {**query, "in": "header"}],
        requestBody={"required": True, "content": {"application/json": {"schema": ref("Cat")}}},
        security=[{"B": []}],
    )
    item = {
        "put": put,
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
    }
    parts: Node = {
        "parameters": {"P": query},
        "securitySchemes": {"B": {"type": "http", "scheme": "bearer"}},
        "pathItems": {"I": {"get": operation("b")}},
    }
    made = api(
        {"Pet": pet, "Cat": cat, "Base": base},
        paths={"/a/{id}": item, "/b": {"$ref": "#/components/pathItems/I"}},
        **parts,
    )
    servers = [{"url": "{s}://x", "variables": {"s": {"default": "https"}}}]
    return {**made, "servers": servers, "security": [{"B": []}]}


def places(node: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield from places(node[key], (*place, key))


def odd(whole: Node) -> Iterator[tuple[str, Node]]:
    """Put every odd value at every place, one at a time."""
    for place in places(whole):
        for value in ODD:
            changed = copy.deepcopy(whole)
            above: Any = changed
            for key in place[:-1]:
                above = above[key]
            above[place[-1]] = value
            yield f"{'.'.join(map(str, place))} = {json.dumps(value)}", changed


def attempt(repo: Repo, old: Node, new: Node) -> Node:
    """Read a document, select from it and compare it with another, as every target does."""
    repo.contract.write_text(json.dumps(old))
    file = repo.root / "new.json"
    file.write_text(json.dumps(new))
    upstream = read_upstream({"SPEC_URL": str(file)}, repo, ["*"])
    assert upstream is not None
    return upstream.selected


def test_an_odd_value_anywhere_is_taken_or_told_in_one_line(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    correct(attempt(repo, rich(), rich()))
    for what, changed in odd(rich()):
        for old, new in ((rich(), changed), (changed, rich())):
            try:
                with generator.translate_errors():
                    correct(attempt(repo, old, new))
            except PipelineError:
                continue
            except Exception as error:
                raise AssertionError(what) from error


BROKEN = {
    "null as a path": ({"paths": {"/a": None}}, "paths./a is null, not an object"),
    "a list as a schema": ({"components": {"schemas": {"A": []}}}, "schemas.A is a list, not an"),
    "text as parameters": (
        {"paths": {"/a": {"get": operation("a", parameters="x")}}},
        "paths./a.get.parameters is text, not a list",
    ),
    "a number as security": ({"security": [1]}, "security.0 is a number, not an object"),
    "true as content": (
        {"components": {"requestBodies": {"A": {"content": True}}}},
        "requestBodies.A.content is true or false, not an object",
    ),
    "a reference that is no text": (
        {"components": {"schemas": {"A": {"$ref": ["x"]}}}},
        "schemas.A.$ref is a list, not text",
    ),
    "a parameter without a name": (
        {"components": {"parameters": {"A": {"in": "query"}}}},
        "parameters.A.name is null, not text",
    ),
    "no responses": (
        {"paths": {"/a": {"get": {}}}},
        "GET /a documents no responses",
    ),
}


@pytest.mark.parametrize(("parts", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_out_of_place_is_named_by_its_place(parts: Node, told: str) -> None:
    with pytest.raises(PipelineError) as error:
        read({**api(paths={"/a": {"get": operation("a")}}), **parts})
    assert told in str(error.value)
    assert str(error.value).startswith("here: ")


def test_extensions_beside_paths_and_responses_are_no_part_of_them() -> None:
    get = operation("a")
    get["responses"]["x-note"] = "text"
    more: Node = {"x-generated-by": "tool", "x-draft": {"get": operation("draft")}, "x-none": None}
    plain = api(paths={"/a": {"get": operation("a")}})
    assert read(api(paths={"/a": {"get": get}, **more})) == plain
    assert set(select(read(api(paths={"/a": {"get": get}, **more})), ["*"])["paths"]) == {"/a"}


def test_what_is_null_is_left_out() -> None:
    get = operation("a", schema={"type": "object", "required": None, "properties": None})
    get |= {"parameters": None, "security": None, "requestBody": None}
    found = read({**api(paths={"/a": {"get": get}}), "security": None})
    assert found == api(paths={"/a": {"get": operation("a", schema={"type": "object"})}})


def test_an_empty_list_may_stand_for_an_empty_map() -> None:
    found = read({**api({"A": {"type": "object", "properties": []}}), "x-more": []})
    assert found["components"]["schemas"]["A"] == {"type": "object", "properties": {}}
    assert found["x-more"] == []


def test_a_schema_that_is_true_or_false_is_one_that_says_so() -> None:
    fields = {"a": True, "b": False, "additionalProperties": True}
    given: Node = {"properties": fields, "items": True, "allOf": [True]}
    found = read(api({"A": {**given, "additionalProperties": False}}))["components"]["schemas"]
    assert found["A"] == {
        "properties": {"a": {}, "b": {"not": {}}, "additionalProperties": {}},
        "items": {},
        "allOf": [{}],
        "additionalProperties": False,
    }


def test_a_property_that_calls_itself_required_does_not_stop_the_run() -> None:
    field = {"required": True, "enum": "x"}
    schema = {"required": ["b", 1, "a"], "properties": {"a": field, "b": {"enum": [1]}}}
    found = read(api({"A": schema}))["components"]["schemas"]["A"]
    assert found == {"required": ["b", "a"], "properties": {"a": {}, "b": {"enum": [1]}}}


def test_a_security_scheme_may_be_called_anything() -> None:
    made = {**api(paths={"/a": {"get": operation("a", security=[{"x-key": []}])}})}
    made |= {"security": [{"title": []}]}
    made["components"]["securitySchemes"] = {name: {"type": "http"} for name in ("x-key", "title")}
    found = select(read(made), ["*"])
    assert (found["security"], found["paths"]["/a"]["get"]["security"]) == (
        [{"title": []}],
        [{"x-key": []}],
    )
    assert found["components"]["securitySchemes"].keys() == {"x-key", "title"}


def with_field(schema: Node) -> Node:
    return api({"A": {"type": "object", "properties": {"x": schema}}})


def with_parameter(**parts: Any) -> Node:
    parameter = {"name": "q", "schema": TEXT, **parts}
    return api(paths={"/a/{q}": {"get": operation("a", parameters=[parameter])}})


INVALID = {
    "a type that is none": (with_field({"type": "file"}), "components.schemas.A.properties.x.type"),
    "a limit that is text": (
        with_field({**TEXT, "minLength": "one"}),
        "components.schemas.A.properties.x.minLength: 'one' is not of type 'integer'",
    ),
    "a place that is none": (
        with_parameter(**{"in": "body"}),
        "paths./a/{q}.get.parameters.0: ",
    ),
    "a parameter that must be required": (
        with_parameter(**{"in": "path"}),
        "paths./a/{q}.get.parameters.0: 'required' is a required property",
    ),
    "a placeholder without a parameter": (
        api(paths={"/a/{b.c}": {"get": operation("a")}}),
        "Path parameter 'b.c' for 'get' operation in '/a/{b.c}' was not resolved",
    ),
    "an enum of nothing": (
        with_field({"type": "array", "items": {"enum": []}}),
        "components.schemas",
    ),
}


@pytest.mark.parametrize(("document", "told"), INVALID.values(), ids=INVALID)
def test_what_is_no_valid_openapi_is_named_by_its_place(document: Node, told: str) -> None:
    assert validator.fault(api(paths={"/a": {"get": operation("a")}})) == ""
    assert validator.fault(select(read(document), ["*"])).startswith(told)


def test_a_circle_of_references_is_anything_and_one_of_all_of_is_told() -> None:
    circle = {"A": ref("B"), "B": ref("A"), "C": ref("C"), "D": {"not": ref("C")}}
    assert validator.fault(api(circle)) == ""
    told = validator.fault(api({**circle, "E": {"type": "array", "items": {"type": 1}}}))
    assert told.startswith("components.schemas.E.items")
    assert validator.fault(api({"A": {"allOf": [ref("A")]}})).endswith("made of itself (allOf)")


def stops(document: Node, error: BaseException | None) -> None:
    with validated(document):
        if error:
            raise error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "the validator is not done after 0.5 s: "),
        (PipelineError("ours"), "ours"),
        (KeyboardInterrupt("theirs"), "theirs"),
    ],
    ids=repr,
)
def test_a_validator_that_is_never_done_is_ended(
    monkeypatch: pytest.MonkeyPatch, error: BaseException | None, told: str
) -> None:
    monkeypatch.setattr(validator, "PATIENCE", 0.5)
    started: list[subprocess.Popen[bytes]] = []

    class Started(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Started)
    chain = {f"A{n}": {"allOf": [ref(f"A{n + 1}")] * 3} for n in range(25)}
    with pytest.raises((PipelineError, KeyboardInterrupt), match=told):
        stops(api({**chain, "A25": TEXT}), error)
    assert started[0].returncode is not None


def test_an_invalid_document_goes_before_what_the_generator_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validator, "validated", validated)
    repo = small_repo(tmp_path)
    before = snapshot(repo)
    document, told = INVALID["a limit that is text"]
    file = tmp_path / "new.json"
    file.write_text(json.dumps(document))
    with pytest.raises(PipelineError) as error:
        regenerate({"SPEC_URL": str(file), "OPERATIONS": "*"}, repo)
    assert str(error.value) == (
        f"the document is not valid OpenAPI: {told}; correct it in spec/overlay.yaml"
    )
    assert snapshot(repo) == before


def test_half_a_character_is_told(tmp_path: Path) -> None:
    whole = rich()
    whole["info"]["title"] = "\ud800"
    with pytest.raises(PipelineError, match="half a character"):
        attempt(small_repo(tmp_path), rich(), whole)


def test_what_a_stage_did_not_expect_is_told_with_the_stage_and_the_place() -> None:
    broken: Any = {"paths": {"/a": 1}, "openapi": "3.0.1"}
    told = r"^the stage select met something unexpected \(.*Error: .*, from scripts/[\w/]+.py\); "
    with pytest.raises(PipelineError, match=told), stage("select"):
        select(broken, ["*"])
