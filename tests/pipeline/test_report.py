"""The report: every change by its place, breaking or not for a caller."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.pipeline.compare import Change, compare, compare_names
from scripts.pipeline.contract import digests
from scripts.pipeline.report import Report
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline.support import (
    DELETE,
    JANUARY,
    JUNE,
    NUMBER,
    TEXT,
    api,
    content,
    enum,
    listed,
    operation,
    parameter,
    published,
    query,
    read,
    ref,
    thing,
)


def contract() -> Node:
    schemas = {
        "Thing": thing("a", a=TEXT, b=enum("x", "y")),
        "Sent": thing("s", s=TEXT, t=enum("1", "2")),
        "Error": thing(e=TEXT),
    }
    put = operation("put", ref("Thing"), body=ref("Sent"), parameters=[query("q")])
    put["responses"]["404"] = content(ref("Error"), description="")
    paths = {"/a": {"put": put}, "/b": {"get": operation("get", ref("Thing"))}}
    schemes = {"Token": {"type": "http", "scheme": "bearer"}}
    document = api(schemas, paths=paths, securitySchemes=schemes)
    return select({**document, "security": [{"Token": []}]}, ["*"])


def at(document: Node, place: str) -> Any:
    """Give the part of a document at a place."""
    found: Any = document
    for key in place.split():
        found = found[int(key) if isinstance(found, list) else key]
    return found


PUT, GET, ROOT = "paths /a put", "paths /b get", ""
Q, OK, LOST = f"{PUT} parameters 0", f"{PUT} responses 200", f"{PUT} responses 404"
THING, SENT, ERROR = (f"components schemas {name}" for name in ("Thing", "Sent", "Error"))
A, B, S = f"{THING} properties a", f"{THING} properties b", f"{SENT} properties s"
TOKEN = "components securitySchemes Token"
Edit = Callable[[Node], Any]


def update(place: str, **values: Any) -> Edit:
    return lambda document: at(document, place).update(values)


def drop(place: str, key: str) -> Edit:
    return lambda document: at(document, place).pop(key)


def rename(place: str, old: str, new: str, **values: Any) -> Edit:
    def edit(document: Node) -> None:
        around = at(document, place)
        around[new] = around.pop(old) | values

    return edit


def append(place: str, value: Any) -> Edit:
    return lambda document: at(document, place).append(value)


# What is told of each; `!` breaks a caller.
EDITS: list[tuple[str, Edit]] = [
    ("! get: operation removed; the path /b is gone too", drop("paths", "/b")),
    (
        "! get: operation removed; /b has no GET any more\n  x: operation added",
        rename("paths /b", "get", "post", operationId="x"),
    ),
    ("! get: operation removed; renamed to x\n  x: operation added", update(GET, operationId="x")),
    ("  new: operation added", update("paths", **{"/c": {"get": operation("new")}})),
    ("  get: path changed from /b to /z", rename("paths", "/b", "/z")),
    ("! get: method changed from GET to DELETE", rename("paths /b", "get", "delete")),
    ('! put: tags (its module) changed from ["t"] to ["u"]', update(PUT, tags=["u"])),
    ("! put: parameter q (query): removed", drop(PUT, "parameters")),
    ("  put: parameter r (query): added, optional", append(f"{PUT} parameters", query("r"))),
    (
        "! put: parameter r (header): added, required",
        append(f"{PUT} parameters", parameter("header", "r", required=True)),
    ),
    ("! put: parameter q (query): now required", update(Q, required=True)),
    ("! put: parameter q (query): type changed from string to integer", update(Q, schema=NUMBER)),
    ("! put: body: removed", drop(PUT, "requestBody")),
    ("  put: body: now optional", drop(f"{PUT} requestBody", "required")),
    ("  put: body (text/plain): added", update(f"{PUT} requestBody content", **{"text/plain": {}})),
    ("  put: response 409: added", update(f"{PUT} responses", **{"409": {"description": ""}})),
    ("! put: response 200: removed", drop(f"{PUT} responses", "200")),
    ("! Thing.b: removed", drop(f"{THING} properties", "b")),
    ("  Thing.c: added, optional", update(f"{THING} properties", c=TEXT)),
    ("! Thing.a: now optional", update(THING, required=[])),
    ("! Thing.a: may be null now", update(A, nullable=True)),
    ("  Sent.s: may be null now", update(S, nullable=True)),
    ("! Sent.t: now required", update(SENT, required=["s", "t"])),
    ("  Sent.s: now optional", update(SENT, required=[])),
    (
        "! Sent.u: added, required",
        update(SENT, **thing("s", "u", s=TEXT, t=enum("1", "2"), u=TEXT)),
    ),
    ("  Thing.b: value z added", append(f"{B} enum", "z")),
    ("! Thing.b: value y removed", update(B, enum=["x"])),
    ("! Sent.s: REFUSE maxLength changed from nothing to 3", update(S, maxLength=3)),
    (
        "! put: parameter q (query): REFUSE pattern changed from nothing to ^a",
        update(Q, schema={**TEXT, "pattern": "^a"}),
    ),
    ("  Thing.a: maxLength changed from nothing to 3", update(A, maxLength=3)),
    ("! Sent.s: now one of a, b", update(S, enum=["a", "b"])),
    ("  Thing.a: now one of a, b", update(A, enum=["a", "b"])),
    ("! Thing.b: any value now", drop(B, "enum")),
    ('! Thing.a.anyOf.{"type": "string"}: added', update(A, anyOf=[TEXT])),
    (
        "  Thing: additionalProperties changed from nothing to false",
        update(THING, additionalProperties=False),
    ),
    (
        '  document: servers changed from nothing to [{"url": "/"}]',
        update(ROOT, servers=[{"url": "/"}]),
    ),
    (
        "  document.securitySchemes.Token: scheme changed from bearer to basic",
        update(TOKEN, scheme="basic"),
    ),
    ('  document: security changed from [{"Token": []}] to []', update(ROOT, security=[])),
    ("  document: openapi changed from 3.0.1 to 3.1.0", update(ROOT, openapi="3.1.0")),
    (
        "  put: parameter q (query): style changed from nothing to deepObject",
        update(Q, style="deepObject"),
    ),
    (
        '  get: servers changed from nothing to [{"url": "/"}]',
        update("paths /b", servers=[{"url": "/"}]),
    ),
    (
        "! put: response 201: added",
        update(f"{PUT} responses", **{"201": content(ref("Thing"), description="")}),
    ),
    (
        "! Sent: REFUSE additionalProperties changed from nothing to false",
        update(SENT, additionalProperties=False),
    ),
    ("  put: response 404: removed", drop(f"{PUT} responses", "404")),
    ("  Error.e: removed", drop(f"{ERROR} properties", "e")),
    ("  put: response 404 (application/json): removed", update(LOST, content={})),
]


@pytest.mark.parametrize(("told", "edit"), EDITS)
def test_a_change_is_told_once_at_its_place(told: str, edit: Edit) -> None:
    old, new = contract(), contract()
    edit(new)
    changes = [f"{' !'[each.breaking]} {each.place}: {each.what}" for each in compare(old, new)]
    assert "\n".join(changes) == told.replace("REFUSE", "the server may refuse more:")


LIMITS = [
    ({"maximum": 5}, {"maximum": 4}, True),
    ({"maximum": 5}, {"maximum": 6}, False),
    ({"minLength": 1}, {"minLength": 2}, True),
    ({"minItems": 2}, {"minItems": 1}, False),
    ({"pattern": "a"}, {"pattern": "b"}, True),
    ({"pattern": "a"}, {}, False),
    ({}, {"multipleOf": 2}, True),
    ({"uniqueItems": False}, {"uniqueItems": True}, True),
    ({"exclusiveMaximum": True}, {"exclusiveMaximum": False}, False),
    ({}, {"default": 1}, False),
]


@pytest.mark.parametrize(("before", "after", "refuses"), LIMITS)
def test_only_a_tighter_limit_is_one_by_which_the_server_may_refuse_more(
    before: Node, after: Node, refuses: bool
) -> None:
    old, new = contract(), contract()
    update(f"{SENT} properties", t={**NUMBER, **before})(old)
    update(f"{SENT} properties", t={**NUMBER, **after})(new)
    (change,) = compare(old, new)
    assert change.breaking is refuses
    assert ("the server may refuse more" in change.what) is refuses


NO_OVERLAY: Node = {"overlay": "1.0.0", "actions": []}


def test_a_path_that_takes_ids_in_another_order_breaks_who_passes_them_by_position() -> None:
    get = operation("a", parameters=[parameter("path", "x"), parameter("path", "y")])
    paths = ("/a/{x}/b/{y}", "/b/{y}/a/{x}", "/c/{x}/b/{y}")
    old, new, beside = (select(api(paths={path: {"get": get}}), ["*"]) for path in paths)
    assert [change.breaking for change in compare(old, new)] == [True, False]
    assert [change.breaking for change in compare(old, beside)] == [False]


def test_a_class_that_leaves_or_changes_its_name_breaks_who_imports_it() -> None:
    old, new = contract(), contract()
    assert compare_names(old, new, NO_OVERLAY) == []
    new = json.loads(json.dumps(new).replace("Thing", "Item"))
    drop(f"{SENT} properties t", "enum")(new)
    assert compare_names(old, new, NO_OVERLAY) == [
        Change("upsun_api.models.SentT", "no longer there", breaking=True),
        Change("upsun_api.models.Thing", "renamed to Item", breaking=True),
        Change("upsun_api.models.ThingB", "renamed to ItemB", breaking=True),
    ]


def test_names_that_cannot_be_compared_are_no_silence() -> None:
    stale = {"overlay": "1.0.0", "actions": [{"target": "$[", "remove": True}]}
    (change,) = compare_names(contract(), contract(), stale)
    assert change.breaking
    assert "cannot be compared" in change.what


def test_no_change_is_no_change() -> None:
    renamed = contract()
    renamed["info"]["version"] = "2"
    assert compare(contract(), contract()) == []
    assert compare(contract(), renamed) == []


def test_what_is_no_change_for_a_caller_is_told_all_the_same() -> None:
    old, new = contract(), contract()
    update(OK, headers={"X": {"schema": TEXT}})(new)
    assert compare(old, new) == [Change("put: response 200.headers.X", "added")]


def test_a_schema_written_out_or_renamed_is_compared_by_what_it_says() -> None:
    old, new = contract(), contract()
    other = thing("a", a=NUMBER, b=enum("x", "y"))
    update("components schemas", Other=other)(new)
    update(f"{GET} responses", **{"200": content(ref("Other"), description="")})(new)
    told = [change.what for change in compare(old, new)]
    assert told == ["type changed from string to integer"]


def test_schemas_that_refer_to_themselves_end() -> None:
    old = select(api({"Tree": thing(children=listed(ref("Tree")))}), ["*"])
    new = select(api({"Tree": thing(children=listed(ref("Tree")), name=TEXT)}), ["*"])
    assert [change.place for change in compare(old, new)] == ["Tree.name"]


def test_the_published_versions_left_the_selected_operation_alone() -> None:
    old, new = (select(read(published(name)), [DELETE]) for name in (JANUARY, JUNE))
    assert compare(old, new) == []


def test_digests_change_with_the_contract_and_with_nothing_else() -> None:
    old, new = contract(), contract()
    update(f"{SENT} properties", s=NUMBER)(new)
    before, after = (digests(each, each["paths"]) for each in (old, new))
    assert before.keys() == {"put", "get"}
    assert before["put"] != after["put"]
    assert before["get"] == after["get"]


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


def test_long_lists_are_cut_on_the_terminal_only() -> None:
    after = {f"op{number:03}": "1" for number in range(50)}
    changes = [Change(f"p{number:03}", "added") for number in range(30)]
    report = Report({"old": "1"}, after, 1, changes)
    assert "  + and 30 more" in report.text()
    assert "  and 10 more; REPORT=file has them all" in report.text()
    assert "op049" in report.markdown()
    assert "p029" in report.markdown()
