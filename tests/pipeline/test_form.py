"""Whatever a document holds where something else belongs: it is taken, or told in one line."""

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from scripts.pipeline import validator
from scripts.pipeline.corrections import correct
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.select import select
from scripts.pipeline.upstream import read_upstream
from scripts.pipeline.validator import validated
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline import oas
from tests.pipeline.oas import TEXT, api, enum, listed, one_of, operation, parameter, ref, thing
from tests.pipeline.odd_answers import places
from tests.pipeline.support import refused, small_repo, unchanged, written

ODD: tuple[Any, ...] = (None, True, 1, "x", [], {})


def read(whole: Node) -> Node:
    return parse(json.dumps(whole).encode(), "here")


def rich() -> Node:
    """Make a document that has about everything that a stage looks into."""
    schemas: Node = {
        "Pet": one_of(ref("Cat"), TEXT),
        "Cat": {"allOf": [ref("Base"), thing("k", k=TEXT)], "additionalProperties": False},
        "Base": thing(
            e={**enum("a", "b"), "default": "a"},
            l=listed(ref("Pet")),
            m={"type": "object", "additionalProperties": {"anyOf": [TEXT, ref("Base")]}},
        ),
    }
    deep = parameter("query", "q", ref("Base"), style="deepObject")
    sent = [ref("P", "parameters"), {**deep, "in": "header"}]
    put = operation("a", ref("Pet"), body=ref("Cat"), parameters=sent, security=[{"B": []}])
    item = {"put": put, "parameters": [parameter("path", "id")]}
    made = api(
        schemas,
        paths={"/a/{id}": item, "/b": ref("I", "pathItems")},
        parameters={"P": deep},
        securitySchemes={"B": {"type": "http", "scheme": "bearer"}},
        pathItems={"I": {"get": operation("b")}},
    )
    servers = [{"url": "{s}://x", "variables": {"s": {"default": "https"}}}]
    return {**made, "servers": servers, "security": [{"B": []}]}


def odd(node: Any) -> Iterator[tuple[str, Any]]:
    """Put every odd value at every place, one at a time."""
    for place, value in product(places(node, deep=-1), ODD):
        yield f"{'.'.join(map(str, place))} = {value!r}", oas.put(node, place, value)


def attempt(repo: Repo, old: Node, new: Node) -> None:
    """Read a document, select from it, and compare it with another, both corrected."""
    repo.contract.write_text(json.dumps(old))
    assert read_upstream(written(repo, new), repo, ["*"]) is not None


def test_an_odd_value_anywhere_is_taken_or_told_in_one_line(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    attempt(repo, rich(), rich())
    plain = rich()
    for what, changed in odd(plain):
        for old, new in ((plain, changed), (changed, plain)):
            try:
                attempt(repo, old, new)
            except PipelineError:
                continue
            except Exception as error:
                raise AssertionError(what) from error


def test_what_says_nothing_is_left_out() -> None:
    get = operation("a", {"type": "object", "required": None, "properties": None})
    get |= {"parameters": None, "security": None, "requestBody": None}
    get["responses"]["x-note"] = "text"
    more: Node = {"x-generated-by": "tool", "x-draft": {"get": operation("draft")}, "x-none": None}
    found = read({**api(paths={"/a": {"get": get}, **more}), "security": None, "x-more": []})
    assert found == {**api(get=operation("a", {"type": "object"})), "x-more": []}


def test_what_can_be_said_in_two_ways_is_said_in_one() -> None:
    fields = {"a": True, "b": False, "additionalProperties": True}
    given: Node = {
        "Empty": {"type": "object", "properties": []},
        "Flags": {"properties": fields, "items": True, "allOf": [True]},
        "Closed": {"additionalProperties": False},
        "Old": {"required": ["b", 1, "a"], "properties": {"a": {"required": True, "enum": "x"}}},
    }
    flags: Node = {"a": {}, "b": {"not": {}}, "additionalProperties": {}}
    assert read(api(given))["components"]["schemas"] == {
        "Empty": {"type": "object", "properties": {}},
        "Flags": {"properties": flags, "items": {}, "allOf": [{}]},
        "Closed": {"additionalProperties": False},
        "Old": {"required": ["b", 1, "a"], "properties": {"a": {}}},
    }


def test_a_security_scheme_may_be_called_anything() -> None:
    schemes = {name: {"type": "http"} for name in ("x-key", "title")}
    made = api(get=operation("a", security=[{"x-key": []}]), securitySchemes=schemes)
    found = select(read({**made, "security": [{"title": []}]}), ["*"])
    assert found["security"] == [{"title": []}]
    assert found["paths"]["/a"]["get"]["security"] == [{"x-key": []}]
    assert found["components"]["securitySchemes"].keys() == {"x-key", "title"}


def with_parameter(where: str) -> Node:
    found = {"name": "q", "in": where, "schema": TEXT}
    return api(paths={"/a/{q}": {"get": operation("a", parameters=[found])}})


BAD_DEFAULT = operation("a", parameters=[parameter("query", "q", listed({**TEXT, "default": 1}))])
NO_LIMIT = api({"A": thing(x={**TEXT, "minLength": "one"})})
ANSWERLESS, NAMELESS = api(get={"operationId": "a"}), operation("a", parameters=[{"in": "query"}])
NO_PARAMETER = api(paths={"/a/{b.c}": {"get": operation("a")}})
# What is no valid OpenAPI, where, and what is said of it.
INVALID: list[tuple[Node, str]] = [
    (NO_LIMIT, "components.schemas.A.properties.x.minLength: 'one' is not of type 'integer'"),
    (api(get=BAD_DEFAULT), "paths./a.get.parameters.0.schema.items: 1 is not of type 'string'"),
    (with_parameter("body"), "paths./a/{q}.get.parameters.0: "),
    (with_parameter("path"), "paths./a/{q}.get.parameters.0: 'required' is a required property"),
    (api(get=NAMELESS), "paths./a.get.parameters.0: 'name' is a required property"),
    (ANSWERLESS, "paths./a.get: 'responses' is a required property"),
    (api(get=operation("a"), put=operation("a")), "Operation ID 'a' for 'put' in '/a' is not uni"),
    (NO_PARAMETER, "Path parameter 'b.c' for 'get' operation in '/a/{b.c}' was not resolved"),
]


@pytest.mark.parametrize(("document", "told"), INVALID)
def test_what_is_no_valid_openapi_is_named_by_its_place(document: Node, told: str) -> None:
    assert validator.fault(api(get=operation("a"))) == ""
    assert validator.fault(select(read(document), ["*"])).startswith(told)


@pytest.mark.parametrize("schema", [ref("A"), {"allOf": [ref("A")]}])
def test_a_schema_that_is_made_of_itself_is_told(schema: Node) -> None:
    document = api({"A": schema}, get=operation("a", ref("A")))
    assert validator.fault(document) == "a schema is made of itself"
    with suppress(PipelineError):
        correct(document)  # and is no reason to go round for ever


LATE = "the validator is not done after 0.5 s: "
ENDS = [(None, LATE), (PipelineError("ours"), LATE), (KeyboardInterrupt("theirs"), "theirs")]


@pytest.mark.parametrize(("error", "told"), ENDS, ids=repr)
@mock.patch.object(validator, "PATIENCE", 0.5)
def test_a_validator_that_is_never_done_is_ended(error: BaseException | None, told: str) -> None:
    chain = {f"A{n}": {"allOf": [ref(f"A{n + 1}")] * 3} for n in range(25)}
    raised = pytest.raises((PipelineError, KeyboardInterrupt), match=told)
    with raised, validated(api({**chain, "A25": TEXT})):
        if error:
            raise error
    assert multiprocessing.active_children() == []


@mock.patch.object(validator, "validated", validated)
def test_an_invalid_document_goes_before_what_the_generator_makes_of_it(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    document, told = INVALID[0]
    told = f"the document is not valid OpenAPI: {told}; correct it in spec/overlay.yaml"
    with refused(told), unchanged(repo):
        regenerate(written(repo, document, OPERATIONS="*"), repo)
