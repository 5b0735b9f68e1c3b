"""A fault of the document stops only who selected what has it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.check_spec import check_spec
from scripts.pipeline.contract import digests
from scripts.pipeline.normalize import normalize
from scripts.pipeline.repo import Repo
from scripts.pipeline.select import paths_of, select
from scripts.pipeline.source import read_source
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline.conftest import Regenerated
from tests.pipeline.support import (
    TEXT,
    api,
    content,
    operation,
    query,
    ref,
    refused,
    snapshot,
    thing,
    unchanged,
    written,
)
from tests.pipeline.test_form import odd, rich


def document() -> Node:
    """Make a document of which `ours` is selected, and `theirs` is where things go wrong."""
    theirs = operation("theirs", ref("Theirs"), parameters=[], requestBody=content(TEXT))
    return api(
        {"Ours": thing(a=TEXT), "Theirs": {"type": "object"}},
        paths={"/ours": {"get": operation("ours", ref("Ours"))}, "/theirs": {"post": theirs}},
        securitySchemes={"B": {"type": "http", "scheme": "bearer"}},
        parameters={"P": query("p")},
    )


Edit = Callable[[Node], None]


def put(*place: str, value: Any) -> Edit:
    def edit(whole: Node) -> None:
        for key in place[:-1]:
            whole = whole[key]
        whole[place[-1]] = value

    return edit


def at_path(value: Any) -> Edit:
    return put("paths", "/theirs", value=value)


def theirs(*place: str, value: Any) -> Edit:
    return put("paths", "/theirs", "post", *place, value=value)


def answer(schema: Any) -> Edit:
    return theirs("responses", "200", "content", "application/json", "schema", value=schema)


def part(section: str, value: Any) -> Edit:
    """Let `theirs` refer to a component that is odd."""

    odd = ref("Odd", section)
    uses: dict[str, Edit] = {
        "schemas": answer(odd),
        "parameters": theirs("parameters", value=[odd]),
        "requestBodies": theirs("requestBody", value=odd),
        "responses": theirs("responses", "200", value=odd),
        "headers": theirs("responses", "200", "headers", value={"X": odd}),
        "securitySchemes": theirs("security", value=[{"Odd": []}]),
    }

    def edit(whole: Node) -> None:
        whole["components"].setdefault(section, {})["Odd"] = value
        uses[section](whole)

    return edit


# An edit, and what it is called by who selects it.
FAULTS: dict[str, tuple[Edit, str]] = {
    "an id twice": (
        put("paths", "/more", value={"get": operation("theirs")}),
        "uses the operationId 'theirs' twice: GET /more and POST /theirs",
    ),
    "an id twice at a path": (
        put("paths", "/theirs", "get", value=operation("theirs")),
        "uses the operationId 'theirs' twice: GET /theirs and POST /theirs",
    ),
    "an id twice by reference": (
        put("paths", "/more", value={"$ref": "#/paths/~1theirs"}),
        "uses the operationId 'theirs' twice: POST /more and POST /theirs",
    ),
    "a schema that is not there": (answer(ref("None")), "'#/components/schemas/None' points at"),
    "a schema of another document": (answer({"$ref": "http://x/y"}), "'http://x/y' points outside"),
    "a schema beside the components": (answer({"$ref": "#/paths/~1ours"}), "outside the compone"),
    "a reference that is no text": (answer({"$ref": 1}), "schema.$ref is a number, not text"),
    "a schema that is text": (answer("x"), "application/json.schema is text, not an object"),
    "a schema that is a list": (part("schemas", []), "schemas.Odd is a list, not an object"),
    "a schema that is null": (part("schemas", None), "schemas.Odd is null, not an object"),
    "properties that are text": (
        part("schemas", {"properties": "x"}),
        "Odd.properties is text, no",
    ),
    "alternatives in an object": (part("schemas", {"oneOf": {"a": 1}}), "oneOf is an object, not"),
    "a schema of a schema that is not there": (
        part("schemas", {"items": ref("None")}),
        "'#/components/schemas/None' points at nothing",
    ),
    "a part of a schema that is not there": (
        answer(ref("Theirs/properties/x")),
        "'#/components/schemas/Theirs/properties/x' points at nothing",
    ),
    "a parameter that is text": (theirs("parameters", value=["x"]), "parameters.0 is text, not an"),
    "parameters that are an object": (theirs("parameters", value={}), "is an object, not a list"),
    "a parameter without a name": (part("parameters", {"in": "query"}), "Odd.name is null, not te"),
    "a parameter in a circle": (
        part("parameters", ref("Odd", "parameters")),
        "'#/components/parameters/Odd' goes round in a circle",
    ),
    "a shared parameter that is text": (
        put("paths", "/theirs", "parameters", value=["x"]),
        "paths./theirs.parameters.0 is text, not an object",
    ),
    "a body that is a list": (part("requestBodies", [1]), "requestBodies.Odd is a list, not an"),
    "content that is true": (theirs("requestBody", value={"content": True}), "is true or false"),
    "an answer that is a number": (part("responses", 1), "responses.Odd is a number, not an obj"),
    "a header that is text": (part("headers", "x"), "headers.Odd is text, not an object"),
    "no answers": (theirs("responses", value=None), "POST /theirs documents no responses"),
    "answers that are text": (theirs("responses", value="x"), "responses is text, not an object"),
    "an id that is a number": (theirs("operationId", value=5), "operationId of POST /theirs is no"),
    "security that is text": (theirs("security", value="B"), "security is text, not a list"),
    "security that is a list of text": (theirs("security", value=["B"]), "security.0 is text, not"),
    "security that nobody explains": (
        theirs("security", value=[{"None": []}]),
        "'#/components/securitySchemes/None' points at nothing",
    ),
    "a scheme that is text": (part("securitySchemes", "x"), "securitySchemes.Odd is text, not an"),
    "an operation that is text": (put("paths", "/theirs", "post", value="x"), "post is text, not"),
    "an operation that is a list": (at_path({"get": []}), "paths./theirs.get is a list, not"),
    "a path that is a list": (at_path([]), "paths./theirs is a list, not an object"),
    "a path that is null": (at_path(None), "paths./theirs is null, not an object"),
    "a path that is text": (at_path("x"), "paths./theirs is text, not an object"),
    "half a character": (theirs("summary", value="\ud800"), "holds half a character"),
    "an id of half a character": (theirs("operationId", value="the\udfffirs"), "half a character"),
    "a path that leads nowhere": (
        at_path(ref("None", "pathItems")),
        "paths./theirs: '#/components/pathItems/None' points at nothing",
    ),
    "a path that leads to itself": (
        at_path({"$ref": "#/paths/~1theirs"}),
        "paths./theirs: '#/paths/~1theirs' goes round in a circle",
    ),
    "a path that leads to a number": (at_path({"$ref": 1}), "paths./theirs: '1' points outside"),
}
# Of what nobody refers to, nothing is selected at all.
UNUSED: dict[str, Edit] = {
    "a schema": put("components", "schemas", "Odd", value=[]),
    "a reference": put("components", "schemas", "Odd", value=ref("None")),
    "a section": put("components", "headers", value=5),
    "a parameter": put("components", "parameters", "P", "in", value=None),
    "tags": put("tags", value=5),
    "half a character": put("x-note", value="\ud800"),
    "webhooks": put("webhooks", value=["x"]),
}


@pytest.fixture
def repo(tmp_path: Path, regenerated: Regenerated) -> Repo:
    """A tree in which `ours` was regenerated from the document without a fault."""
    return regenerated(document(), "ours", tmp_path / "tree")


def broken(edit: Edit) -> Node:
    whole = document()
    edit(whole)
    return whole


@pytest.mark.parametrize("words", ["theirs", "t*", "*"])
@pytest.mark.parametrize(("edit", "told"), FAULTS.values(), ids=FAULTS)
def test_who_selects_a_fault_is_told_in_one_line(edit: Edit, told: str, words: str) -> None:
    with refused() as error:
        select(broken(edit), [words], "here")
    said = str(error.value)
    assert told in said or (words != "*" and "no operation" in said)
    assert said.startswith("here")


BESIDE: dict[str, Any] = {
    "text": "x",
    "a list": [],
    "no answers": {"operationId": "more"},
    "parameters that are text": operation("more", parameters="x"),
    "the id of another": operation("theirs"),
    "a schema that is not there": operation("more", ref("None")),
}


@pytest.mark.parametrize("method", ["put", "query", "x-more", "PUT"])
@pytest.mark.parametrize("value", BESIDE.values(), ids=BESIDE)
def test_a_fault_at_the_path_of_what_is_selected_changes_nothing(value: Any, method: str) -> None:
    whole = broken(put("paths", "/ours", method, value=value))
    assert select(whole, ["ours"]) == select(document(), ["ours"])


def digested(whole: Node) -> dict[str, str]:
    plain = normalize(whole)
    return digests(plain, paths_of(plain, "here")[0])


def test_whatever_is_odd_elsewhere_is_told_only_to_who_selects_it() -> None:
    whole = rich()
    del whole["security"]  # of every operation
    whole["paths"]["/ours"] = {"get": operation("ours", ref("Ours"), security=[])}
    whole["components"]["schemas"]["Ours"] = thing(a=TEXT)
    ours = ("openapi", "info", "servers", "paths./ours", "components.schemas.Ours")
    expected, tried = select(whole, ["ours"]), 0
    for what, changed in odd(whole):
        if what.startswith((*ours, "paths =", "components =", "components.schemas =")):
            continue
        tried += 1
        assert select(changed, ["ours"]) == expected, what
        assert digested(changed)["ours"] == digested(whole)["ours"], what
    assert tried > 500


@pytest.mark.parametrize("edit", UNUSED.values(), ids=UNUSED)
@pytest.mark.parametrize("words", ["ours", "*"])
def test_a_fault_that_no_operation_refers_to_stops_nobody(edit: Edit, words: str) -> None:
    assert select(broken(edit), [words]) == select(document(), [words])


@pytest.mark.parametrize("edit", [edit for edit, _ in FAULTS.values()], ids=FAULTS)
def test_a_fault_beside_the_selection_stops_nothing(repo: Repo, tmp_path: Path, edit: Edit) -> None:
    assert select(broken(edit), ["ours"]) == select(document(), ["ours"])
    env = written(tmp_path, broken(edit), REPORT=str(tmp_path / "report.md"))
    assert check_spec(env, repo) == 0
    assert "`ours" not in (tmp_path / "report.md").read_text()


def test_a_fault_beside_the_selection_is_recorded_as_a_change(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, known = snapshot(repo), read_source(repo)["operations"]
    whole = broken(answer(ref("None")))
    whole["paths"]["/list"] = []
    regenerate(written(tmp_path, whole), repo)
    after = snapshot(repo)
    assert {name for name in after if after[name] != before[name]} == {"spec/source.json"}
    recorded = read_source(repo)["operations"]
    assert (recorded.keys(), recorded["ours"]) == (known.keys(), known["ours"])
    assert "upstream: 2 operations; 1 changed\n  ~ theirs\n" in capsys.readouterr().out
    regenerate(written(tmp_path, document()), repo)
    assert snapshot(repo) == before


def test_an_operation_that_became_unreadable_is_not_called_gone(repo: Repo, tmp_path: Path) -> None:
    regenerate(written(tmp_path, document(), OPERATIONS="ours theirs"), repo)
    with refused("documents no responses"), unchanged(repo):
        regenerate(written(tmp_path, broken(theirs("responses", value=None))), repo)


def test_an_operation_that_moved_beside_a_fault_is_told(repo: Repo, tmp_path: Path) -> None:
    whole = broken(answer("x"))
    whole["paths"]["/ours"] = {"get": operation("mine", ref("Ours")), "put": "x"}
    with refused("no operation 'ours' (renamed to mine) any more"):
        regenerate(written(tmp_path, whole), repo)


@pytest.mark.parametrize("item", ["widgets", [], {"$ref": "#/paths/~1none"}])
def test_an_operation_whose_path_became_unreadable_is_told(
    repo: Repo, tmp_path: Path, item: Any
) -> None:
    env = written(tmp_path, broken(put("paths", "/ours", value=item)))
    with refused("no operation 'ours' (/ours cannot be read) any more"):
        check_spec(env, repo)


def test_an_action_of_the_overlay_may_be_for_what_cannot_be_read(
    repo: Repo, tmp_path: Path
) -> None:
    action = {"target": "$.paths['/theirs'].post", "description": "why", "remove": True}
    repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    assert regenerate(written(tmp_path, document()), repo) == 0
    assert regenerate(written(tmp_path, broken(answer("x"))), repo) == 0
    whole = document()
    del whole["paths"]["/theirs"]
    with refused("matches nothing"):
        regenerate(written(tmp_path, whole), repo)
