"""Selection: everything an operation needs, nothing else; a fault beside it stops nobody."""

import json
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
from tests.pipeline import oas, support
from tests.pipeline.conftest import Regenerated, Said
from tests.pipeline.oas import TEXT, api, content, listed, operation, put, query, ref, thing
from tests.pipeline.support import refused, snapshot, written
from tests.pipeline.test_form import odd

NONE, CIRCLE = ref("None"), {"$ref": "#/paths/~1theirs"}


def document() -> Node:
    """Make a document of which `ours` is selected, and the rest is where things go wrong."""
    theirs = operation(
        "theirs",
        parameters=[ref("P", "parameters"), query("q")],
        requestBody=ref("B", "requestBodies"),
        responses={"200": ref("R", "responses"), "400": content(TEXT)},
        security=[{"S": []}],
        callbacks={"c": {"/": {"post": operation("called")}}},
    )
    used: Node = {"headers": {"X": ref("H", "headers")}, "links": {"L": ref("L", "links")}}
    shared = oas.parameter("header", "s", ref("Shared"))
    parts: dict[str, Node] = {
        "headers": {"H": {"schema": ref("Head")}},
        "links": {"L": {"operationId": "ours"}},
        "parameters": {"Ours": query("ours"), "P": query("p", listed(TEXT)), "Shared": shared},
        "requestBodies": {"B": content(ref("Theirs"))},
        "responses": {"R": content(ref("Theirs"), **used)},
        "securitySchemes": {"S": {"type": "http", "scheme": "bearer"}},
    }
    uses: Node = {
        **thing(x=ref("Property"), y={"$ref": "#/components/schemas/Part/properties/inner"}),
        **{key: [ref(key)] for key in ("allOf", "oneOf", "anyOf")},
        **{key: ref(key) for key in ("items", "not", "additionalProperties")},
    }
    texts = ("Property", "allOf", "oneOf", "anyOf", "items", "not", "additionalProperties")
    schemas = {
        **dict.fromkeys((*texts, "Head", "Shared"), TEXT),
        "Ours": thing(a={**TEXT, "default": "a"}),
        "Theirs": thing("a", a=TEXT, again=listed(ref("Theirs"))),
        "Part": thing(inner=TEXT),
        "Uses": uses,
    }
    ours = {
        "get": operation("ours", ref("Ours"), parameters=[ref("Ours", "parameters")]),
        "put": operation("beside", TEXT, parameters=[query("q")]),
        "x-more": operation("more"),
    }
    paths = {
        "/ours": ours,
        "/theirs": {"post": theirs, "parameters": [ref("Shared", "parameters")]},
        "/uses": {"get": operation("uses", listed(ref("Uses")))},
    }
    return api(schemas, paths=paths, **parts)


def kept(whole: Node, wanted: str) -> dict[str, str]:
    """Name the components that are left, by section."""
    left = select(whole, [wanted])["components"]
    return {section: " ".join(group) for section, group in left.items()}


def test_what_an_operation_refers_to_in_any_way_is_kept_and_nothing_else() -> None:
    whole = document()
    assert kept(whole, "ours") == {"parameters": "Ours", "schemas": "Ours"}
    assert kept(whole, "uses") == {
        "schemas": "Part Property Uses additionalProperties allOf anyOf items not oneOf"
    }
    theirs = {"headers": "H", "links": "L", "parameters": "P Shared", "requestBodies": "B"}
    theirs |= {"responses": "R", "securitySchemes": "S", "schemas": "Head Shared Theirs"}
    assert kept(whole, "theirs") == theirs
    apart = put(whole, ["paths", "/theirs"], ref("I", "pathItems"))
    apart = put(apart, ["components", "pathItems"], {"I": whole["paths"]["/theirs"]})
    assert select(apart, ["theirs"]) == select(whole, ["theirs"])
    assert whole == document()  # which is left as it is


def test_paths_that_share_an_item_are_operations_of_their_own() -> None:
    get = operation("a")
    del get["operationId"]
    item = ref("I", "pathItems")
    document = api(paths={"/a": item, "/b": item}, pathItems={"I": {"get": get}})
    assert set(select(document, ["*"])["paths"]) == {"/a", "/b"}
    with refused("no operation 'None'"):
        select(document, ["*", "None"])


def test_prose_goes_and_fields_named_like_prose_stay() -> None:
    def written_with(prose: Node) -> Node:
        names = ("description", "title", "example", "examples", "summary", "x-foo", "$ref", "enum")
        fields = {name: {**TEXT, **prose} for name in names}
        schema = {**thing(**fields), **prose, "default": {"description": "kept", "$ref": "kept"}}
        answers = {"200": {**content(ref("A")), **prose}}
        return api({"A": schema}, get=operation("a", responses=answers) | prose)

    prose = {"description": "d", "title": "t", "example": 1, "x-note": 1, "externalDocs": {}}
    assert select(written_with(prose), ["*"]) == select(written_with({}), ["*"])
    kept = select(written_with({}), ["*"])
    assert kept["components"]["schemas"] == written_with({})["components"]["schemas"]


def test_order_without_meaning_makes_no_difference() -> None:
    def turned(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: turned(node[key]) for key in reversed(node)}
        return node[::-1] if isinstance(node, list) else node  # of texts alone

    one = api({"A": thing("b", "a", a={"enum": ["y", "x"]}, b={})})
    other = turned(one)
    assert json.dumps(one) != json.dumps(other)
    assert json.dumps(select(one, ["*"])) == json.dumps(select(other, ["*"]))


def test_a_selection_of_nothing_is_refused() -> None:
    with refused("no operation is selected"):
        select(document(), [])


def broken(place: str, value: Any) -> Any:
    """Make the document with something else at a place."""
    return put(document(), place.split(), value)


THEIRS, SCHEMA = "paths /theirs post", "components schemas Theirs"
# A place, what is there, and what is told to who selects it.
FAULTS: list[tuple[str, Any, str]] = [
    (f"{SCHEMA} items", NONE, "'#/components/schemas/None' points at nothing"),
    (f"{SCHEMA} items", {"$ref": "http://x/y"}, "'http://x/y' points outside"),
    (f"{SCHEMA} items", {"$ref": "#/paths/~1ours"}, "'#/paths/~1ours' points outside the compone"),
    (SCHEMA, [], "'#/components/schemas/Theirs' points at nothing"),
    ("components parameters P", ref("P", "parameters"), "P' goes round in a circle"),
    (f"{THEIRS} security", [{"None": []}], "'#/components/securitySchemes/None' points at nothing"),
    ("paths /theirs", None, "paths./theirs is no object"),
    ("paths /theirs", ref("None", "pathItems"), "theirs: '#/components/pathItems/None' points at"),
    ("paths /theirs", CIRCLE, "paths./theirs: '#/paths/~1theirs' goes round in a circle"),
    ("paths /theirs", {"$ref": 1}, "paths./theirs: '1' points outside"),
]


@pytest.fixture
def repo(tmp_path: Path, regenerated: Regenerated) -> Repo:
    """A tree in which `ours` was regenerated from the document without a fault."""
    return regenerated(document(), "ours", tmp_path / "tree")


@pytest.mark.parametrize(("place", "value", "told"), FAULTS)
def test_a_fault_stops_who_selects_it_alone(repo: Repo, place: str, value: Any, told: str) -> None:
    whole = broken(place, value)
    for words in ("theirs", "t*", "*"):
        with refused() as error:
            select(whole, [words], "here")
        said = str(error.value)
        assert told in said or (words != "*" and "no operation" in said)
        assert said.startswith("here")
    assert select(whole, ["ours"]) == select(document(), ["ours"])
    assert check_spec(written(repo, whole), repo) == 0
    assert "`ours" not in support.report(repo)


def digest(whole: Node) -> str:
    plain = normalize(whole)
    return digests(plain, paths_of(plain, "here")[0])["ours"]


def test_whatever_is_odd_elsewhere_is_no_change_of_what_is_selected() -> None:
    ours = ["openapi", "info", "paths =", "paths./ours =", "paths./ours.get", "components ="]
    for section in ("schemas", "parameters"):
        ours += [f"components.{section} =", f"components.{section}.Ours"]
    expected, tried = select(document(), ["ours"]), 0
    for what, changed in odd(document()):
        if what.startswith(tuple(ours)):
            continue
        tried += 1
        assert select(changed, ["ours"]) == expected, what
        assert digest(changed) == digest(document()), what
    assert tried > 500


def test_a_fault_that_no_operation_refers_to_stops_nobody() -> None:
    whole = {**document(), "tags": 5, "x-note": "\ud800", "webhooks": ["x"]}
    parts: Node = {"schemas Odd": NONE, "schemas List": [], "parameters Odd": {}, "examples": 5}
    for place, value in parts.items():
        whole = put(whole, f"components {place}".split(), value)
    for words in ("ours", "*"):
        assert select(whole, [words]) == select(document(), [words])


def test_a_fault_beside_the_selection_is_recorded_as_a_change(repo: Repo, said: Said) -> None:
    before, known = snapshot(repo), read_source(repo)["operations"]
    whole = broken(SCHEMA, NONE)
    whole["paths"]["/list"] = []
    regenerate(written(repo, whole), repo)
    after = snapshot(repo)
    assert {name for name in after if after[name] != before[name]} == {"spec/source.json"}
    recorded = read_source(repo)["operations"]
    assert (recorded.keys(), recorded["ours"]) == (known.keys(), known["ours"])
    assert "upstream: 4 operations; 1 changed\n  ~ theirs\n" in said()
    regenerate(written(repo, document()), repo)
    assert snapshot(repo) == before


def test_an_operation_that_became_unreadable_is_not_called_gone(repo: Repo) -> None:
    regenerate(written(repo, document(), OPERATIONS="ours theirs"), repo)
    with refused("theirs.post: 'responses' is a required property"), support.unchanged(repo):
        regenerate(written(repo, broken(f"{THEIRS} responses", None)), repo)


def test_what_became_of_an_operation_beside_a_fault_is_told(repo: Repo) -> None:
    moved, lost = {"get": operation("mine"), "put": "x"}, "/ours cannot be read"
    for item, fate in (("x", lost), (NONE, lost), (moved, "renamed to mine")):
        with refused(f"no operation 'ours' ({fate}"):
            check_spec(written(repo, broken("paths /ours", item)), repo)


def test_an_action_of_the_overlay_may_be_for_what_cannot_be_read(repo: Repo) -> None:
    action = {"target": "$.paths['/theirs'].post", "description": "why", "remove": True}
    repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    assert regenerate(written(repo, document()), repo) == 0
    assert regenerate(written(repo, broken(SCHEMA, "x")), repo) == 0
    whole = document()
    del whole["paths"]["/theirs"]
    with refused("matches nothing"):
        regenerate(written(repo, whole), repo)
