"""The report: every change by its place, breaking or not for a caller."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.pipeline.compare import compare, compare_names, compare_rest
from scripts.pipeline.compare_schemas import Change
from scripts.pipeline.contract import digests
from scripts.pipeline.report import Report
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline.support import DELETE, JANUARY, JUNE, api, operation, published, read, ref

TEXT: Node = {"type": "string"}


def contract() -> Node:
    thing: Node = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": TEXT, "b": {"type": "string", "enum": ["x", "y"]}},
    }
    enum: Node = {"type": "string", "enum": ["1", "2"]}
    sent: Node = {"type": "object", "required": ["s"], "properties": {"s": TEXT, "t": enum}}
    error: Node = {"type": "object", "properties": {"e": TEXT}}
    body = {"required": True, "content": {"application/json": {"schema": ref("Sent")}}}
    parameters = [{"name": "q", "in": "query", "schema": TEXT}]
    put = operation("put", schema=ref("Thing"), parameters=parameters, requestBody=body)
    put["responses"]["404"] = {
        "description": "",
        "content": {"application/json": {"schema": ref("Error")}},
    }
    paths = {"/a": {"put": put}, "/b": {"get": operation("get", schema=ref("Thing"))}}
    schemes = {"Token": {"type": "http", "scheme": "bearer"}}
    document = api(
        {"Thing": thing, "Sent": sent, "Error": error}, paths=paths, securitySchemes=schemes
    )
    return select({**document, "security": [{"Token": []}]}, ["*"])


def put(document: Node) -> Node:
    found: Node = document["paths"]["/a"]["put"]
    return found


def schema(document: Node, name: str) -> Node:
    found: Node = document["components"]["schemas"][name]
    return found


def fields(document: Node, name: str) -> Node:
    found: Node = schema(document, name)["properties"]
    return found


Edit = Callable[[Node], Any]
# What is told of each; `!` breaks a caller.
EDITS: list[tuple[str, Edit]] = [
    ("! get: operation removed; the path /b is gone too", lambda d: d["paths"].pop("/b")),
    (
        "! get: operation removed; /b has no GET any more\n  x: operation added",
        lambda d: d["paths"]["/b"].update(post=d["paths"]["/b"].pop("get") | {"operationId": "x"}),
    ),
    (
        "! get: operation removed; renamed to x\n  x: operation added",
        lambda d: d["paths"]["/b"]["get"].update(operationId="x"),
    ),
    ("  new: operation added", lambda d: d["paths"].update({"/c": {"get": operation("new")}})),
    (
        "  get: moved from GET /b to GET /z",
        lambda d: d["paths"].update({"/z": d["paths"].pop("/b")}),
    ),
    (
        "! get: moved from GET /b to DELETE /b",
        lambda d: d["paths"]["/b"].update({"delete": d["paths"]["/b"].pop("get")}),
    ),
    ('! put: tags (the module it is in) from ["t"] to ["u"]', lambda d: put(d).update(tags=["u"])),
    ("! put: parameter q (query): removed", lambda d: put(d).pop("parameters")),
    (
        "  put: parameter r (query): added, optional",
        lambda d: put(d)["parameters"].append({"name": "r", "in": "query", "schema": TEXT}),
    ),
    (
        "! put: parameter r (header): added, required",
        lambda d: put(d)["parameters"].append({"name": "r", "in": "header", "required": True}),
    ),
    (
        "! put: parameter q (query): now required",
        lambda d: put(d)["parameters"][0].update(required=True),
    ),
    (
        "! put: parameter q (query): type changed from string to integer",
        lambda d: put(d)["parameters"][0].update(schema={"type": "integer"}),
    ),
    ("! put: body: removed", lambda d: put(d).pop("requestBody")),
    ("  put: body: now optional", lambda d: put(d)["requestBody"].pop("required")),
    (
        "  put: body: text/plain added",
        lambda d: put(d)["requestBody"]["content"].update({"text/plain": {}}),
    ),
    (
        "  put: response 409: added",
        lambda d: put(d)["responses"].update({"409": {"description": ""}}),
    ),
    ("! put: response 200: removed", lambda d: put(d)["responses"].pop("200")),
    ("! Thing.b: field removed", lambda d: fields(d, "Thing").pop("b")),
    ("  Thing.c: field added, optional", lambda d: fields(d, "Thing").update(c=TEXT)),
    ("! Thing.a: now optional", lambda d: schema(d, "Thing").update(required=[])),
    ("! Thing.a: may be null now", lambda d: fields(d, "Thing")["a"].update(nullable=True)),
    ("  Sent.s: may be null now", lambda d: fields(d, "Sent")["s"].update(nullable=True)),
    ("! Sent.t: now required", lambda d: schema(d, "Sent").update(required=["s", "t"])),
    ("  Sent.s: now optional", lambda d: schema(d, "Sent").update(required=[])),
    (
        "! Sent.u: field added, required",
        lambda d: schema(d, "Sent").update(
            required=["s", "u"], properties={**fields(d, "Sent"), "u": TEXT}
        ),
    ),
    ("  Thing.b: value z added", lambda d: fields(d, "Thing")["b"]["enum"].append("z")),
    ("! Thing.b: value y removed", lambda d: fields(d, "Thing")["b"]["enum"].remove("y")),
    (
        "! Sent.s: REFUSE maxLength changed from nothing to 3",
        lambda d: fields(d, "Sent")["s"].update(maxLength=3),
    ),
    (
        "! put: parameter q (query): REFUSE pattern changed from nothing to ^a",
        lambda d: put(d)["parameters"][0].update(schema={"type": "string", "pattern": "^a"}),
    ),
    (
        "  Thing.a: maxLength changed from nothing to 3",
        lambda d: fields(d, "Thing")["a"].update(maxLength=3),
    ),
    ("! Sent.s: now one of a, b", lambda d: fields(d, "Sent")["s"].update(enum=["a", "b"])),
    ("  Thing.a: now one of a, b", lambda d: fields(d, "Thing")["a"].update(enum=["a", "b"])),
    ("! Thing.b: any value now", lambda d: fields(d, "Thing")["b"].pop("enum")),
    (
        "  Thing.a: anyOf: an alternative added",
        lambda d: fields(d, "Thing").update(a={**TEXT, "anyOf": [TEXT]}),
    ),
    (
        "  Thing: additionalProperties changed from nothing to false",
        lambda d: schema(d, "Thing").update(additionalProperties=False),
    ),
    (
        '  servers: changed from nothing to [{"url": "/"}]',
        lambda d: d.update(servers=[{"url": "/"}]),
    ),
    (
        "  security scheme Token.scheme: changed from bearer to basic",
        lambda d: d["components"]["securitySchemes"]["Token"].update(scheme="basic"),
    ),
    ('  security: changed from [{"Token": []}] to []', lambda d: d.update(security=[])),
    ("  openapi: changed from 3.0.1 to 3.1.0", lambda d: d.update(openapi="3.1.0")),
    (
        "  put: parameter q (query).style: changed from nothing to deepObject",
        lambda d: put(d)["parameters"][0].update(style="deepObject"),
    ),
    (
        '  get: servers from nothing to [{"url": "/"}]',
        lambda d: d["paths"]["/b"].update(servers=[{"url": "/"}]),
    ),
    (
        "! put: response 201: added; what is returned may be of another type now",
        lambda d: put(d)["responses"].update({"201": put(d)["responses"]["200"]}),
    ),
    (
        "! Sent: REFUSE additionalProperties changed from nothing to false",
        lambda d: schema(d, "Sent").update(additionalProperties=False),
    ),
    ("  put: response 404: removed", lambda d: put(d)["responses"].pop("404")),
    ("  Error.e: field removed", lambda d: fields(d, "Error").pop("e")),
    (
        "  put: response 404: application/json removed",
        lambda d: put(d)["responses"]["404"].update(content={}),
    ),
]


@pytest.mark.parametrize(("told", "edit"), EDITS)
def test_a_change_is_told_once_at_its_place(told: str, edit: Edit) -> None:
    old, new = contract(), contract()
    edit(new)
    changes = compare(old, new)
    assert "\n".join(f"{' !'[c.breaking]} {c.place}: {c.what}" for c in changes) == told.replace(
        "REFUSE", "the server may refuse more:"
    )


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
    schema(old, "Sent")["properties"]["t"] = {"type": "integer", **before}
    schema(new, "Sent")["properties"]["t"] = {"type": "integer", **after}
    (change,) = compare(old, new)
    assert change.breaking is refuses
    assert ("the server may refuse more" in change.what) is refuses


NO_OVERLAY: Node = {"overlay": "1.0.0", "actions": []}


def test_a_path_that_takes_ids_in_another_order_breaks_who_passes_them_by_position() -> None:
    old, new, beside = (
        select(
            api(
                paths={
                    path: {
                        "get": operation(
                            "a",
                            parameters=[
                                {"name": name, "in": "path", "required": True, "schema": TEXT}
                                for name in "xy"
                            ],
                        )
                    }
                }
            ),
            ["*"],
        )
        for path in ("/a/{x}/b/{y}", "/b/{y}/a/{x}", "/c/{x}/b/{y}")
    )
    assert [change.breaking for change in compare(old, new)] == [True]
    assert [change.breaking for change in compare(old, beside)] == [False]


def test_a_class_that_leaves_or_changes_its_name_breaks_who_imports_it() -> None:
    old, new = contract(), contract()
    assert compare_names(old, new, NO_OVERLAY) == []
    new = json.loads(json.dumps(new).replace("Thing", "Item"))
    del schema(new, "Sent")["properties"]["t"]["enum"]
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


def test_what_is_no_change_for_a_caller_is_told_with_from_and_to() -> None:
    old, new = contract(), contract()
    put(new)["responses"]["200"]["headers"] = {"X": {"schema": TEXT}}
    assert compare(old, new) == []
    assert compare_rest(old, new) == [
        Change(
            "paths./a.put.responses.200.headers",
            'changed from nothing to {"X": {"schema": {"type": "string"}}}',
        )
    ]


def test_a_schema_written_out_or_renamed_is_compared_by_what_it_says() -> None:
    old, new = contract(), contract()
    new["components"]["schemas"]["Other"] = copy.deepcopy(schema(new, "Thing"))
    new["paths"]["/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = ref(
        "Other"
    )
    schema(new, "Other")["properties"]["a"] = {"type": "integer"}
    told = [change.what for change in compare(old, new)]
    assert told == ["type changed from string to integer"]


def test_schemas_that_refer_to_themselves_end() -> None:
    repo = {"type": "object", "properties": {"children": {"type": "array", "items": ref("Tree")}}}
    old = select(api({"Tree": repo}), ["*"])
    new = copy.deepcopy(old)
    schema(new, "Tree")["properties"]["name"] = TEXT
    assert [change.place for change in compare(old, new)] == ["Tree.name"]


def test_the_published_versions_left_the_selected_operation_alone() -> None:
    old, new = (select(read(published(name)), [DELETE]) for name in (JANUARY, JUNE))
    assert compare(old, new) == []


def test_digests_change_with_the_contract_and_with_nothing_else() -> None:
    old, new = contract(), contract()
    schema(new, "Sent")["properties"]["s"] = {"type": "integer"}
    before, after = digests(old), digests(new)
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
        "selected: 2 operations; 2 changes, 1 breaking",
        "  BREAKING a: b: gone | `x`",
        "  fine     c: added",
    ]
    assert report.markdown().startswith("# Regenerate: 2 changes in the contract, 1 breaking\n")
    assert "## Breaks a caller\n\n- `a: b`: `gone | 'x'`\n" in report.markdown()
    assert "## Does not break a caller\n\n- `c`: `added`\n" in report.markdown()
    assert "## Added upstream\n\n- `d`" in report.markdown()


def test_what_is_chosen_anew_is_told_apart_from_what_upstream_changed() -> None:
    known = {"a": "1", "b": "1"}
    report = Report(known, known, 1, [], gained={"b": ""}, dropped=["a"])
    assert report.naming({"b": "from x import b"}).text().splitlines()[1:] == [
        "selected: 1 operation; 1 newly selected, 1 no longer selected",
        "  selected b: from x import b",
        "  dropped  a: no longer selected",
    ]
    assert report.breaking == 0
    assert report.moved
    assert report.title == "Regenerate: contract unchanged"
    assert "## No longer selected\n\n- `a`: `no longer selected`\n" in report.markdown()


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
        "upstream: 1 operation, none changed\nselected: 1 operation, contract unchanged"
    )


def test_long_lists_are_cut_on_the_terminal_only() -> None:
    after = {f"op{number:03}": "1" for number in range(50)}
    changes = [Change(f"p{number:03}", "added") for number in range(30)]
    report = Report({"old": "1"}, after, 1, changes)
    assert "  + and 30 more" in report.text()
    assert "  and 10 more; REPORT=file has them all" in report.text()
    assert "op049" in report.markdown()
    assert "p029" in report.markdown()
