"""What each rule makes possible, and that none can be left out.

All that the rules are for is in one document, and the tests look at the package made of it.
"""

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from scripts.pipeline.corrections import RULES, correct
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generate import differences
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline import oas
from tests.pipeline.oas import NUMBER, TEXT, api, enum, listed, one_of, operation, query, ref, thing
from tests.pipeline.support import Load, make, mypy

PAIR = thing("b", b=NUMBER)
MORE = thing("b", "c", b=NUMBER, c=NUMBER)
EITHER = one_of(ref("Less"), ref("More"))
SCHEMAS: Node = {
    "Less": PAIR,
    "More": MORE,
    "Closed": {**thing(x=TEXT), "additionalProperties": False},
    "SortOrder": enum("a", "-a", "*", "1.0", ""),
    "Quotes": enum('a"b', "ab", "a\\b"),
    "Lines": enum("new\nline", "x"),
    "Enums": thing(
        quotes=ref("Quotes"),
        lines=ref("Lines"),
        mixed={"enum": ["a", 1]},
        half={"type": "number", "enum": [1.5]},
    ),
    "Sixty": {"type": "integer", "enum": [60]},
    "Prose": thing(x={"allOf": [{}, ref("Sixty")]}),
    "Both": {"allOf": [thing(x=TEXT), EITHER]},
    "Holder": thing(a=ref("Both")),
    "Field": thing(x=PAIR),
    "Fields": {"allOf": [ref("Field"), thing(x=MORE)]},
    "Told": {"allOf": [thing(x=ref("Less")), thing(x={"readOnly": True})]},
    "Nested": one_of(thing(x={"anyOf": [PAIR, MORE]})),
    "Opened": thing(x=one_of(ref("Nested"), TEXT)),
    "Lists": one_of(listed(ref("Lists")), listed(TEXT)),
    "Unions": thing(
        x=one_of(listed(ref("Less")), listed(TEXT), oas.form("date-time"), TEXT, ref("Less")),
        y=EITHER,
        lists=ref("Lists"),
    ),
    "Null": {**thing(impact=PAIR), "nullable": True},
    "Nullable": thing(r=ref("Null")),
    "ProjectStatus": enum("a"),
    "Project": thing(status=PAIR),
    **dict.fromkeys(("Response", "File", "Client"), PAIR),
    "Spelled": thing(a=ref("Response"), b=ref("response")),
    "Alias": ref("Wrapped"),
    "Wrapped": {"allOf": [ref("Less")]},
    "Aliases": listed({**ref("Alias"), "allOf": [TEXT], "name": 5}),
    "Resource": thing(id=TEXT),
    "Base": thing(id={**TEXT, "readOnly": True}, at={**ref("At"), "readOnly": True}, x=TEXT),
    "At": enum("a"),
    "Sent": {"allOf": [ref("Base")], "required": ["id", "at", "x"]},
    "Defaults": thing(
        on={**oas.FLAG, "default": False},
        size={**enum("a", "b"), "default": "a"},
        many={**listed(TEXT), "default": []},
        text={**TEXT, "default": 'a"b'},
    ),
}
PARAMETERS = [
    oas.parameter("path", "b", oas.form("uuid")),
    query("filter[id]", thing(eq=TEXT, **{"in": TEXT}), style="deepObject", explode=True),
    query("sort"),
    query("limit", {**NUMBER, "default": 20}),
]
BOTH = oas.put(oas.content(TEXT, "text/csv"), ["content", "application/pdf"], {})
WRONG = oas.content(ref("Wrong"))
DOCUMENT = api(
    {**SCHEMAS, "Wrong": PAIR, "response": MORE},
    paths={
        "/all": {"get": operation("all", thing(**{name: ref(name) for name in SCHEMAS}))},
        "/resource": {
            "get": operation("get", ref("Resource")),
            "put": operation("send", EITHER, body=ref("Sent")),
        },
        "/both": {"get": operation("both", responses={"200": BOTH, "default": WRONG})},
        "/load": {"put": operation("load", body=PAIR, media="application/gzip")},
        "/{b}": {"put": operation("put", body=ref("Defaults"), parameters=PARAMETERS)},
    },
)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_can_be_left_out(rule: str, package: Path, tmp_path: Path) -> None:
    assert "Cause: " in str(RULES[rule].__doc__)
    with mock.patch.dict(RULES, {rule: lambda document: document}):
        try:
            made = make(DOCUMENT, tmp_path)
        except PipelineError:
            return
    assert differences(made, package)


def test_what_is_generated_is_strictly_typed(package: Path) -> None:
    assert mypy(package) == ""


KEPT: list[tuple[str, Node]] = [
    ("Closed", {"x": "1", "_links": {"self": {}}, "_embedded": {"a": []}}),
    *(("Enums", {"quotes": value}) for value in ('a"b', "a\\b", "new")),
    *(("Enums", {"lines": value, "mixed": 1, "half": 1.5}) for value in ("new\nline", "x")),
    *(("Prose", {"x": value}) for value in (60, 61)),
    ("Holder", {"a": {"x": "1", "b": 2}}),
    *(("Unions", {"x": value}) for value in (["s", {"b": 1}], "2026", {"b": 1}, [])),
    *(("Nullable", {"r": value}) for value in (None, {"impact": {"b": 1}})),
    ("Project", {"status": {"b": 1}}),
    ("AllResponse200", {"Alias": {"b": 1}, "Aliases": [{"b": 2}]}),
]


@pytest.mark.parametrize(("name", "value"), KEPT, ids=repr)
def test_what_is_read_is_written_back(load: Load, name: str, value: Node) -> None:
    read = getattr(load(".models"), name).from_dict(copy.deepcopy(value))
    assert read.to_dict() == value


TYPES = {
    "Fields.x": "FieldsX | Unset",
    "FieldsX.c": "int",
    "Told.x": "Less | Unset",
    "Opened.x": "OpenedXType0 | str | Unset",
    "OpenedXType0.x": "OpenedXType0XType0 | OpenedXType0XType1 | Unset",
    "Unions.x": "Less | list[Any] | str | Unset",  # and no time
    "Unions.lists": "list[Any] | Unset",
    "Holder.a": "BothType0 | BothType1 | Unset",
    "Null.impact": "NullImpact | Unset",
    "Project.status": "ProjectStatusField | Unset",
    "Spelled.a": "ResponseModel | Unset",
    "Spelled.b": "ResponseA9F4B3 | Unset",
    "AllResponse200.lines": "str | Unset",
    "AllResponse200.project_status": "ProjectStatus | Unset",
    "AllResponse200.alias": "Less | Unset",
    "AllResponse200.aliases": "list[Less] | Unset",
    "AllResponse200.response": "ResponseModel | Unset",
    "AllResponse200.file": "FileModel | Unset",
    "AllResponse200.client": "ClientModel | Unset",
}


def test_fields_are_of_the_types_that_they_amount_to(load: Load) -> None:
    for field, type_ in TYPES.items():
        model, _, name = field.partition(".")
        assert getattr(load(".models"), model).__annotations__[name] == type_, field
    assert "Wrong" not in load(".models").__all__  # which errors alone have


def test_enum_values_have_names_of_their_own(load: Load) -> None:
    assert {str(each) for each in load(".models").Quotes} == {'a"b', "ab", "a\\b"}
    found = {each.value: name for name, each in load(".models").SortOrder.__members__.items()}
    odd = {"-a": "VALUE_MINUS_A", "*": "VALUE_ASTERISK", "1.0": "VALUE_1_0", "": "VALUE_EMPTY"}
    assert found == {"a": "A", **odd}


def test_nothing_is_asked_for_or_sent_that_is_left_to_the_server(load: Load) -> None:
    arguments = inspect.signature(load(".models").Sent).parameters.values()
    assert [each.name for each in arguments if each.default is each.empty] == ["x"]
    sent = load(".api.t.put")._get_kwargs("1", body=load(".models").Defaults())
    assert (sent["content"], sent["params"]) == (b"{}", {})


def test_parameters_are_what_travels(load: Load) -> None:
    put = load(".api.t.put")
    assert inspect.signature(put.sync).parameters["b"].annotation is str
    body = inspect.signature(load(".api.t.load").sync).parameters["body"]
    assert body.annotation is load(".types").File
    defaults = load(".models").Defaults()
    sent = put._get_kwargs("1", filter_id_in="1,2", sort="b", limit=5, body=defaults)
    assert sent["params"] == {"filter[id][in]": "1,2", "sort": "b", "limit": "5"}


def mesh(key: str, outer: Callable[[Node], Node], inner: Callable[[Node], Node]) -> Node:
    """Make 25 rows of three schemas, each of them made of the whole next row."""
    schemas = {
        f"A{n}_{m}": outer({key: [inner(ref(f"A{n + 1}_{k}")) for k in range(3)]})
        for n in range(25)
        for m in range(3)
    }
    return {**schemas, **{f"A25_{m}": thing(**{f"x{m}": TEXT}) for m in range(3)}}


def ring(key: str) -> Node:
    """Make 12 schemas, each of them made of all others."""
    return {
        f"A{n}": {key: [*(ref(f"A{m}") for m in range(12) if m != n), thing(**{f"x{n}": TEXT})]}
        for n in range(12)
    }


SHAPES: dict[str, Callable[[Node], Node]] = {
    "itself": lambda schema: schema,
    "a list": listed,
    "fields": lambda schema: thing(a=schema, b=schema),
    "a union": one_of,
    "itself with a field": lambda schema: {**thing(a=schema), **schema},
}
BOMBS = {
    **{
        f"{key} in {around} of {within}": mesh(key, SHAPES[around], SHAPES[within])
        for key in ("allOf", "oneOf")
        for around in ("itself", "a list", "fields", "itself with a field")
        for within in ("itself", "a list", "fields", "a union")
    },
    "ring of allOf": ring("allOf"),
    "ring of anyOf": ring("anyOf"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("schemas", BOMBS.values(), ids=BOMBS)
def test_schemas_that_multiply_are_corrected_or_told_in_bounded_time(schemas: Node) -> None:
    selected = select(api({**schemas, "A": thing(a=ref(next(iter(schemas))))}), ["*"])
    try:
        correct(selected)
    except PipelineError as error:
        assert "multiply" in str(error)
