"""The report: every change by its place, breaking or not for a caller."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from scripts.pipeline.compare import Change, compare, compare_names
from scripts.pipeline.report import Report
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline import oas
from tests.pipeline.oas import NUMBER, TEXT, api, content, enum, operation, put, query, ref, thing
from tests.pipeline.support import refused

GOT = operation("get", ref("Thing"))
LIMITS: Node = {"maximum": 5, "minLength": 1, "minItems": 2, "pattern": "a", "uniqueItems": False}


def contract() -> Node:
    schemas = {
        "Thing": thing("a", a=TEXT, b=enum("x", "y"), cC=TEXT),
        "Sent": thing("s", s=TEXT, t=enum("1", "2"), n={**NUMBER, **LIMITS}),
        "Error": thing(e=TEXT),
    }
    made = operation("put", ref("Thing"), body=ref("Sent"), parameters=[query("q")])
    made["responses"]["404"] = content(ref("Error"))
    schemes = {"Token": {"type": "http", "scheme": "bearer"}}
    paths = {"/a": {"put": made}, "/b": {"get": GOT}}
    document = api(schemas, paths=paths, securitySchemes=schemes)
    return select({**document, "security": [{"Token": []}]}, ["*"])


def edited(edits: dict[str, Any]) -> Node:
    """Make the contract with something else at some places."""
    made = contract()
    for place, value in edits.items():
        made = put(made, place.split(), value)
    return made


PUT, GET = "paths /a put", "paths /b get"
Q, OK, SENT = f"{PUT} parameters 0", f"{PUT} responses 200", "components schemas Sent"
BODY, LOST, THING = f"{PUT} requestBody", f"{PUT} responses 404", "components schemas Thing"
A, B, S = f"{THING} properties a", f"{THING} properties b", f"{SENT} properties s"
N = f"{SENT} properties n"
ANSWER = "get: response 200 (application/json)"

# What is told of each edit, or of several; `!` breaks a caller.
EDITS: dict[str, dict[str, Any]] = {
    "": {"info version": "2"},
    # What is at a place is compared by what it says, but another class is another class.
    f"! {ANSWER}: no longer Thing\n! {ANSWER}.a: type changed from string to integer": {
        "components schemas Other": thing("a", a=NUMBER, b=enum("x", "y"), cC=TEXT),
        f"{GET} responses 200": content(ref("Other")),
    },
    f"! {ANSWER}: no longer Thing": {
        f"{GET} responses 200": content(thing("a", a=TEXT, b=enum("x", "y"), cC=TEXT))
    },
    "! get: operation removed; the path /b is gone too": {"paths /b": ...},
    "! get: operation removed; /b has no GET any more\n  x: operation added": {
        "paths /b": {"post": {**GOT, "operationId": "x"}}
    },
    "! get: operation removed; renamed to x\n  x: operation added": {f"{GET} operationId": "x"},
    "  new: operation added": {"paths /c": {"get": operation("new")}},
    "  get: path changed from /b to /z": {"paths /b": ..., "paths /z": {"get": GOT}},
    "! get: method changed from GET to DELETE": {"paths /b": {"delete": GOT}},
    '! put: tags (its module) changed from ["t"] to ["u"]': {f"{PUT} tags": ["u"]},
    "! put: parameter q (query): removed": {f"{PUT} parameters": []},
    "  put: parameter r (query): added, optional": {f"{PUT} parameters": [query("q"), query("r")]},
    "! put: parameter q (query): now required": {f"{Q} required": True},
    "! put: parameter q (query): type changed from string to integer": {f"{Q} schema": NUMBER},
    "! put: body: removed": {BODY: ...},
    '! Sent: required, of another part changed from [] to ["x"]': {f"{SENT} required": [*"sx"]},
    "! Sent.s: readOnly changed from nothing to true": {f"{S} readOnly": True},
    "  put: body: now optional": {f"{BODY} required": ...},
    "  put: response 200.headers.X: added": {f"{OK} headers": {"X": {"schema": TEXT}}},
    "  put: response 409: added": {f"{PUT} responses 409": {"description": ""}},
    "! put: response 200: removed": {OK: ...},
    "! Thing.b: removed": {B: ...},
    "  Thing.c: added, optional": {f"{THING} properties c": TEXT},
    "! Thing.a: now optional": {f"{THING} required": []},
    "! Thing.a: may be null now": {f"{A} nullable": True},
    "  Sent.s: may be null now": {f"{S} nullable": True},
    "! Sent.u: added, required": {f"{SENT} properties u": TEXT, f"{SENT} required": ["s", "u"]},
    "  Thing.b: value z added": {f"{B} enum": ["x", "y", "z"]},
    "! Thing.b: value y removed": {f"{B} enum": ["x"]},
    "! Sent.n: REFUSE maximum changed from 5 to 4": {f"{N} maximum": 4},
    "! Sent.n: REFUSE minLength changed from 1 to 2": {f"{N} minLength": 2},
    "  Sent.n: minItems changed from 2 to 1": {f"{N} minItems": 1},
    "! Sent.n: REFUSE pattern changed from a to b": {f"{N} pattern": "b"},
    "  Sent.n: pattern changed from a to nothing": {f"{N} pattern": ...},
    "! Sent.s: REFUSE maxLength changed from nothing to 3": {f"{S} maxLength": 3},
    "! Sent.n: REFUSE uniqueItems changed from false to true": {f"{N} uniqueItems": True},
    "  Sent.n: exclusiveMaximum changed from nothing to false": {f"{N} exclusiveMaximum": False},
    "  Thing.a: maxLength changed from nothing to 3": {f"{A} maxLength": 3},
    "! Sent.s: now one of a, b": {f"{S} enum": ["a", "b"]},
    "  Thing.a: now one of a, b": {f"{A} enum": ["a", "b"]},
    "! Thing.b: any value now": {f"{B} enum": ...},
    '! Thing.a.anyOf.{"type": "string"}: added': {f"{A} anyOf": [TEXT]},
    "  Thing: additionalProperties changed from nothing to false": {
        f"{THING} additionalProperties": False
    },
    '  document: servers changed from nothing to [{"url": "/"}]': {"servers": [{"url": "/"}]},
    "  document.securitySchemes.Token: scheme changed from bearer to basic": {
        "components securitySchemes Token scheme": "basic"
    },
    '  document: security changed from [{"Token": []}] to []': {"security": []},
    '  get: servers changed from nothing to [{"url": "/"}]': {"paths /b servers": [{"url": "/"}]},
    "! put: response 201: added": {f"{PUT} responses 201": content(TEXT)},
    "! put: response 200 (text/csv): added": {f"{OK} content text/csv": {}},
    "  put: response default: added": {f"{PUT} responses default": content(TEXT)},
    "  Thing.A: added, optional": {f"{THING} properties A": TEXT},
    # What is wrapped alone says the same.
    "  Thing.c: added, optional ": {
        f"{THING} properties c": TEXT,
        f"{OK} content application/json schema": {"allOf": [ref("Thing")]},
    },
    "! Sent: REFUSE additionalProperties changed from nothing to false": {
        f"{SENT} additionalProperties": False
    },
    "  put: response 404: removed": {LOST: ...},
    "  Error.e: removed": {"components schemas Error properties e": ...},
    "  put: response 404 (application/json): removed": {f"{LOST} content": {}},
}


@pytest.mark.parametrize(("told", "edits"), EDITS.items(), ids=EDITS)
def test_a_change_is_told_once_at_its_place(told: str, edits: dict[str, Any]) -> None:
    found = compare(contract(), edited(edits))
    changes = [f"{' !'[each.breaking]} {each.place}: {each.what}" for each in found]
    assert "\n".join(changes) == told.rstrip().replace("REFUSE", "the server may refuse more:")


NO_OVERLAY: Node = {"overlay": "1.0.0", "actions": []}


def test_a_path_that_takes_ids_in_another_order_breaks_who_passes_them_by_position() -> None:
    get = operation("a", parameters=[oas.parameter("path", "x"), oas.parameter("path", "y")])
    paths = ("/a/{x}/b/{y}", "/b/{y}/a/{x}", "/c/{x}/b/{y}")
    old, new, beside = (select(api(paths={path: {"get": get}}), ["*"]) for path in paths)
    assert [change.breaking for change in compare(old, new)] == [True, False]
    assert [change.breaking for change in compare(old, beside)] == [False]


def test_a_class_that_leaves_or_changes_its_name_breaks_who_imports_it() -> None:
    assert compare_names(contract(), contract(), NO_OVERLAY) == []
    new = json.loads(json.dumps(edited({f"{SENT} properties t": TEXT})).replace("Thing", "Item"))
    assert compare_names(contract(), new, NO_OVERLAY) == [
        Change("upsun_api.models.SentT", "no longer there", breaking=True),
        Change("upsun_api.models.Thing", "renamed to Item", breaking=True),
        Change("upsun_api.models.ThingB", "renamed to ItemB", breaking=True),
    ]


def test_a_class_whose_name_passes_to_another_schema_has_left_it() -> None:
    made = put(contract(), f"{THING} properties b".split(), thing(x=NUMBER))
    new = put(made, ["components", "schemas", "ThingB"], thing(a=TEXT))
    new = put(new, f"{GET} responses 200".split(), content(ref("ThingB")))
    told = "renamed to ThingBField; another class has its name"
    assert compare_names(made, new, NO_OVERLAY) == [
        Change("upsun_api.models.ThingB", told, breaking=True)
    ]


# Of names that Python spells alike, some do not keep their own.
OTHERS: dict[str, tuple[str, Any]] = {
    "put.q": (f"{PUT} parameters", [query("q"), oas.parameter("header", "Q")]),
    "upsun_api.models.Thing.c_c": (f"{THING} properties c_c", TEXT),
    "upsun_api.models.ThingB.X": (f"{B} enum", ["x", "X", "y"]),
    "": (f"{THING} properties A", TEXT),
}


@pytest.mark.parametrize(("told", "edit"), OTHERS.items(), ids=OTHERS)
def test_a_name_that_another_one_takes_has_left_it(told: str, edit: tuple[str, Any]) -> None:
    found = compare_names(contract(), edited(dict([edit])), NO_OVERLAY)
    changes = [f"{each.place}: {each.what}" for each in found if each.breaking]
    assert changes == ([f"{told}: has another name in Python"] if told else [])


def test_alternatives_are_compared_whatever_their_order() -> None:
    pets = {name: thing(**{name: TEXT}) for name in ("a", "b", "c")}
    documents = [
        select(api(pets, get=operation("pet", oas.one_of(*map(ref, names)))), ["*"])
        for names in ("aab", "ba", "cab")
    ]
    assert compare(*documents[:2]) == []
    assert [(each.place, each.breaking) for each in compare(documents[0], documents[2])] == [
        ("pet: response 200 (application/json).oneOf.c", True)
    ]


def test_a_class_of_a_union_is_told_as_renamed() -> None:
    pets = {"CatPet": thing(c=TEXT), "DogPet": thing(d=TEXT)}
    old = select(api(pets, get=operation("pet", oas.one_of(*map(ref, pets)))), ["*"])
    new = json.loads(json.dumps(old).replace("DogPet", "HoundPet"))
    told = Change("upsun_api.models.DogPet", "renamed to HoundPet", breaking=True)
    assert compare_names(old, new, NO_OVERLAY) == [told]


def test_the_report_counts_and_names() -> None:
    changes = [Change("a: b", "gone | `x`", breaking=True), Change("c", "added")]
    report = Report({"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "1", "d": "1"}, 2, changes)
    assert report.text().splitlines() == [
        "upstream: 3 operations; 1 added, 1 removed, 1 changed",
        "  + d",
        "  - c",
        "  ~ a",
        "selected: 2 operations; 1 breaking, 1 not breaking",
        "  BREAKING a: b: gone | `x`",
        "  fine     c: added",
    ]
    assert report.markdown().startswith("# Regenerate: 2 changes in the contract, 1 breaking\n")
    assert "## Breaks a caller\n\n- `a: b`: `gone | 'x'`\n" in report.markdown()
    assert "## Does not break a caller\n\n- `c`: `added`\n" in report.markdown()
    assert "## Added upstream\n\n- `d`" in report.markdown()


def test_upstream_text_stays_code_on_its_line_and_short() -> None:
    evil = "a`@all`\n::error::\r\x1b[31m <img src=x>\u2028# " + "x" * 1000
    report = Report({"a": "1"}, {evil: "1"}, 1, [Change(evil, evil, breaking=True)])
    safe = "a'@all' ::error:: [31m <img src=x> # xxx"
    assert f"- `{safe}" in report.markdown()
    for lines in (report.text().splitlines(), report.markdown().splitlines()):
        assert not any(line.startswith(("::", "#  ", "# x")) for line in lines)
        assert max(map(len, lines)) < 700
    outside = [line.split("`")[::2] for line in report.markdown().splitlines()]
    assert not any("@all" in part or "<img" in part for parts in outside for part in parts)


def test_the_report_of_a_first_run_and_of_no_change_is_short() -> None:
    first = Report({}, {"a": "1"}, 1, [])
    assert first.text().startswith("upstream: 1 operation; no earlier record")
    same = Report({"a": "1"}, {"a": "1"}, 1, [])
    assert same.text() == (
        "upstream: 1 operation; none changed\nselected: 1 operation; contract unchanged"
    )


def test_a_report_is_written_wholly_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    file.write_text("earlier")
    full = OSError("the disk is full")
    with mock.patch.object(Path, "replace", side_effect=full), refused("the disk is full"):
        Report({}, {}, 0).write(str(file))
    assert [*tmp_path.iterdir()] == [file]
    assert file.read_text() == "earlier"
    Report({}, {}, 0).write(str(file))
    assert file.read_text().startswith("# Regenerate")
