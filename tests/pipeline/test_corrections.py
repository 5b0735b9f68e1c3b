"""Each rule on its own: what it makes possible, and that nothing else does.

A case is a small document and what must hold for the package made of it. It must fail when its
rule is left out: so each rule is needed, and a failure names it.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.pipeline import validator
from scripts.pipeline.corrections import RULES, correct
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline.support import (
    JSON,
    NUMBER,
    TEXT,
    Load,
    api,
    content,
    enum,
    form,
    listed,
    made,
    make,
    mypy,
    one_of,
    operation,
    parameter,
    query,
    ref,
    refused,
    thing,
)

Check = Callable[[Load], None]


def keeps(model: str, *values: Any) -> Check:
    """Require that values are read and written back as they were."""

    def check(load: Load) -> None:
        kind = getattr(load(".models"), model)
        for value in values:
            assert kind.from_dict(json.loads(json.dumps(value))).to_dict() == value

    return check


def read(load: Load, name: str, body: bytes, media: str = JSON) -> Any:
    """Give what an operation makes of an answer."""
    client = load("").Client(base_url="http://x")
    response = httpx.Response(200, content=body, headers={"Content-Type": media})
    return load(f".api.t.{name}")._parse_response(client=client, response=response)


def has(*names: str) -> Check:
    """Require classes by name."""

    def check(load: Load) -> None:
        assert set(names) <= set(load(".models").__all__)

    return check


def lacks(name: str) -> Check:
    """Require that there is no class of such a name."""

    def check(load: Load) -> None:
        assert not [each for each in load(".models").__all__ if each.startswith(name)]

    return check


def both(*checks: Check) -> Check:
    """Require several things."""

    def check(load: Load) -> None:
        for each in checks:
            each(load)

    return check


def check_filter(load: Load) -> None:
    made = load(".api.t.a")._get_kwargs(filter_id_in="1,2", sort="b")
    assert made["params"] == {"filter[id][in]": "1,2", "sort": "b"}


def check_pdf(load: Load) -> None:
    assert read(load, "invoice", b"%PDF-1.7", "application/pdf").payload.read() == b"%PDF-1.7"
    assert read(load, "events", b"{}\n{}\n", "application/x-ndjson").payload.read()
    assert read(load, "graph", b"digraph {}", "text/vnd.graphviz") == "digraph {}"


def check_sort(load: Load) -> None:
    members = load(".models").SortOrder.__members__
    assert {name: member.value for name, member in members.items()} == {
        "A": "a",
        "VALUE_MINUS_A": "-a",
        "VALUE_ASTERISK": "*",
        "VALUE_1_0": "1.0",
        "VALUE_EMPTY": "",
    }


def check_quotes(load: Load) -> None:
    assert {str(each) for each in load(".models").E} == {'a"b', "ab", "a\\b"}


def check_union(load: Load) -> None:
    keeps("A", {"x": ["s", {"b": 1}]}, {"x": "2026"}, {"x": {"b": 1}}, {"x": []})(load)
    read = load(".models").A.from_dict({"x": "2026-06-16T12:00:00Z", "y": {"b": 1, "c": 2}})
    assert type(read.x) is str
    assert type(read.y).__name__ == "More"


def holds(model: str, field: str, type_: str) -> Check:
    """Require a field of a type."""

    def check(load: Load) -> None:
        assert getattr(load(".models"), model).__annotations__[field] == type_

    return check


def sets_nothing(load: Load) -> None:
    assert load(".models").A().to_dict() == {}


def takes(name: str, type_: str) -> Check:
    """Require that an operation takes an argument of a type."""

    def check(load: Load) -> None:
        signature = inspect.signature(load(".api.t.a").sync)
        assert getattr(signature.parameters[name].annotation, "__name__", "") == type_

    return check


def asks_for(name: str, *, asked: bool) -> Check:
    """Require that an argument of a model must be given, or need not."""

    def check(load: Load) -> None:
        argument = inspect.signature(load(".models").A).parameters[name]
        assert (argument.default is argument.empty) is asked

    return check


def reads(body: Any, kind: str, media: str = JSON) -> Check:
    """Require that an operation reads an answer as something of a type."""

    def check(load: Load) -> None:
        assert type(read(load, "a", json.dumps(body).encode(), media)).__name__ == kind

    return check


def answers(name: str, schema: Node | None, media: str) -> Node:
    """Make an operation that answers with one kind of body."""
    return operation(name, responses={"200": content(schema, media, description="")})


def sends(schema: Node, media: str) -> Node:
    """Make an operation that takes one kind of body."""
    return operation("a", requestBody=content(schema, media, required=True))


PAIR = thing("b", b=NUMBER)
MORE = thing("b", "c", b=NUMBER, c=NUMBER)
CLOSED: Node = {**thing(x=TEXT), "additionalProperties": False}
FILTER = query("filter[id]", ref("F"), style="deepObject", explode=True)
ALTERNATIVES = one_of(listed(ref("Less")), listed(TEXT), form("date-time"), TEXT, ref("Less"))
ERRORS = operation("a")["responses"] | {
    "default": content(ref("Wrong"), description=""),
    "201": content(TEXT, description=""),
}
CSV = content(PAIR, description="")
CSV["content"]["text/csv"] = {"schema": TEXT}

# A rule, a document that it is for, and what must hold for the package made of it.
CASES: dict[str, tuple[str, Node, Check]] = {
    "a closed object": (
        "open_objects",
        api({"A": CLOSED}),
        keeps("A", {"x": "1", "_links": {"self": {}}, "_embedded": {"a": []}}),
    ),
    "enum values that are spelled alike": (
        "settle_enums",
        api({"SortOrder": enum("a", "-a", "*", "1.0", "")}),
        check_sort,
    ),
    "enums of mixed and fractional values": (
        "settle_enums",
        api({"A": thing(x={"enum": ["a", 1]}, y={"type": "number", "enum": [1.5]})}),
        keeps("A", {"x": 1, "y": 1.5}),
    ),
    "enum values that the generator would change": (
        "settle_enums",
        api({"E": enum("new\nline", "x"), "A": thing(e=ref("E"))}),
        both(keeps("A", {"e": "new\nline"}, {"e": "x"}), lacks("E")),
    ),
    "enum values with quotes": (
        "settle_enums",
        api({"E": enum('a"b', "ab", "a\\b"), "A": thing(e=ref("E"))}),
        both(keeps("A", {"e": 'a"b'}, {"e": "a\\b"}), check_quotes),
    ),
    "an object in the query": (
        "spread_deep_objects",
        api(
            {"F": thing(eq=TEXT, **{"in": TEXT})},
            get=operation("a", parameters=[FILTER, query("sort")]),
        ),
        check_filter,
    ),
    "an id that is a UUID": (
        "settle_parameters",
        api(
            paths={
                "/{b}": {"get": operation("a", parameters=[parameter("path", "b", form("uuid"))])}
            }
        ),
        takes("b", "str"),
    ),
    "a default": (
        "leave_to_server",
        api({"A": thing(x={**TEXT, "default": 'a"b'}, y={**NUMBER, "default": 1})}),
        sets_nothing,
    ),
    "an allOf with only prose beside a number": (
        "flatten_all_of",
        api({"S": {"type": "integer", "enum": [60]}, "A": thing(x={"allOf": [{}, ref("S")]})}),
        keeps("A", {"x": 60}, {"x": 61}),
    ),
    "an allOf with a union": (
        "flatten_all_of",
        api(
            {
                "P": PAIR,
                "M": MORE,
                "A": {"allOf": [thing(x=TEXT), one_of(ref("P"), ref("M"))]},
                "B": thing(a=ref("A")),
            }
        ),
        both(keeps("B", {"a": {"x": "1", "b": 2}}), has("AType0", "AType1")),
    ),
    "a field that two of an allOf have": (
        "flatten_all_of",
        api({"P": thing(x=PAIR), "A": {"allOf": [ref("P"), thing(x=MORE)]}}),
        both(holds("A", "x", "AX | Unset"), holds("AX", "c", "int")),
    ),
    "alternatives that JSON does not tell apart": (
        "simplify_unions",
        api(
            {
                "Less": PAIR,
                "More": MORE,
                "A": thing(x=ALTERNATIVES, y=one_of(ref("Less"), ref("More"))),
            }
        ),
        check_union,
    ),
    "answers of unknown media types": (
        "settle_answers",
        api(
            paths={
                "/a": {"get": answers("invoice", None, "application/pdf")},
                "/b": {"get": answers("events", PAIR, "application/x-ndjson")},
                "/c": {"get": answers("graph", PAIR, "text/vnd.graphviz")},
            }
        ),
        check_pdf,
    ),
    "a request of an unknown media type": (
        "settle_bodies",
        api(put=sends(PAIR, "application/gzip")),
        takes("body", "File"),
    ),
    "a component that may be null": (
        "move_null_to_references",
        api({"R": {**thing(impact=PAIR), "nullable": True}, "A": thing(r=ref("R"))}),
        both(keeps("A", {"r": None}, {"r": {"impact": {"b": 1}}}), has("R", "RImpact")),
    ),
    "an inline class with the name of a component": (
        "name_classes",
        api({"ProjectStatus": enum("a"), "Project": thing(status=PAIR)}),
        both(
            keeps("Project", {"status": {"b": 1}}),
            has("Project", "ProjectStatus", "ProjectStatusField"),
        ),
    ),
    "classes with names of the generated code": (
        "name_classes",
        api({"Response": PAIR, "File": PAIR, "Client": PAIR, "A": thing(r=ref("Response"))}),
        has("ResponseModel", "FileModel", "ClientModel"),
    ),
    "components that only refer to others": (
        "name_classes",
        api(
            {
                "A": ref("B"),
                "B": {"allOf": [ref("C")]},
                "C": PAIR,
                "E": listed(ref("A")),
            }
        ),
        both(
            holds("AllResponse200", "a", "C | Unset"),
            holds("AllResponse200", "e", "list[C] | Unset"),
            keeps("AllResponse200", {"A": {"b": 1}, "E": [{"b": 2}]}),
        ),
    ),
    "errors, which are raised": (
        "keep_successes",
        api({"Wrong": PAIR}, get=operation("a", responses=ERRORS)),
        lacks("Wrong"),
    ),
    "an answer of one kind or another": (
        "settle_answers",
        api(get=operation("a", responses={"200": CSV})),
        reads("a,b", "str", "text/csv"),
    ),
    "what only the server writes": (
        "leave_to_server",
        api(
            {
                "Base": thing(id={**TEXT, "readOnly": True}, at={**ref("At"), "readOnly": True}),
                "At": enum("a"),
                "A": {"allOf": [ref("Base")], "required": ["id", "at"]},
            },
            put=operation("a", body=ref("A")),
        ),
        both(asks_for("id", asked=False), asks_for("at", asked=False)),
    ),
    "an id that nothing requires": (
        "promise_ids",
        api({"A": thing(id=TEXT)}, get=operation("a", ref("A"))),
        asks_for("id", asked=True),
    ),
    "one of two models": (
        "tell_alternatives_apart",
        api({"Less": PAIR, "More": MORE}, get=operation("a", one_of(ref("Less"), ref("More")))),
        reads({"b": 1}, "Less"),
    ),
}


@pytest.mark.parametrize(("rule", "document", "check"), CASES.values(), ids=CASES)
def test_the_rule_does_what_it_is_for(
    rule: str, document: Node, check: Check, tmp_path: Path
) -> None:
    assert validator.fault(document) == ""  # so that it would come to its rule
    with made(document, tmp_path) as load:
        check(load)


@pytest.mark.parametrize(("rule", "document", "check"), CASES.values(), ids=CASES)
def test_without_its_rule_it_fails(rule: str, document: Node, check: Check, tmp_path: Path) -> None:
    try:
        with made(document, tmp_path, without=rule) as load:
            check(load)
    except Exception:
        return
    pytest.fail(f"{rule} is not needed for this")


def test_every_rule_has_a_case_and_a_reason() -> None:
    assert {rule for rule, _, _ in CASES.values()} == set(RULES)
    assert all("Cause: " in str(rule.__doc__) for rule in RULES.values())


DOTTED = operation("a", parameters=[parameter("path", "b.c")])
REFUSED = {
    "a list of itself": api({"L": listed(ref("L")), "A": thing(x=ref("L"))}),
    "an answer that is a list of itself": api(
        {"L": listed(ref("L"))}, get=operation("a", ref("L"))
    ),
    "a parameter of unusual spelling": api(paths={"/{b.c}": {"get": DOTTED}}),
}


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED)
def test_what_the_generator_leaves_out_is_told_in_a_line(tmp_path: Path, document: Node) -> None:
    with refused("the generator left something out: "):
        make(document, tmp_path)


def test_everything_made_here_is_strictly_typed(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "__init__.py").touch()
    for number, (_, document, _) in enumerate(CASES.values()):
        make(document, tmp_path).rename(whole / f"case_{number}")
    assert mypy(whole, tmp_path / "cache") == ""


def chain(link: Callable[[Node], Node]) -> Node:
    """Make 25 schemas, each of them made of the next."""
    return {**{f"A{n}": link(ref(f"A{n + 1}")) for n in range(25)}, "A25": CLOSED}


def mesh(key: str, wrap: Callable[[Node], Node] = lambda one: one) -> Node:
    """Make 25 rows of three schemas, each of them made of the whole next row."""
    schemas = {
        f"A{n}_{m}": {key: [wrap(ref(f"A{n + 1}_{k}")) for k in range(3)]}
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


BOMBS = {
    "allOf": chain(lambda below: {"allOf": [below] * 3}),
    "oneOf": chain(lambda below: one_of(*[below] * 3)),
    "properties": chain(lambda below: thing(a=below, b=below, c=below)),
    "allOf beside properties": chain(
        lambda below: {**thing(a=below, b=below, c=below), "allOf": [below] * 3}
    ),
    "allOf in properties": chain(
        lambda below: thing(**{name: {"allOf": [below, below, thing(x=TEXT)]} for name in "abc"})
    ),
    "oneOf of lists": chain(lambda below: one_of(*[listed(below)] * 3)),
    "lists of oneOf": chain(lambda below: listed(one_of(listed(below), below, TEXT))),
    "mesh of allOf": mesh("allOf"),
    "mesh of oneOf": mesh("oneOf"),
    "mesh of oneOf in oneOf": mesh("oneOf", one_of),
    "mesh of oneOf of lists": mesh("oneOf", listed),
    "mesh of allOf of lists": mesh("allOf", listed),
    "mesh of allOf of objects": mesh("allOf", lambda one: thing(p=one)),
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


def test_a_component_that_leads_into_a_circle_of_others_is_refused() -> None:
    with refused("goes round in a circle"):
        select(api({"H": ref("D"), "D": ref("E"), "E": ref("D")}), ["*"])


def test_a_list_of_lists_of_itself_is_one_of_anything() -> None:
    made = correct(select(api({"L": one_of(listed(ref("L")), listed(TEXT))}), ["*"]))
    assert made["components"]["schemas"]["L-plain"]["type"] == "array"
