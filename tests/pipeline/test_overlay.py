"""Our own corrections: applied as OpenAPI Overlay 1.0 says, and refused when they went stale."""

from pathlib import Path

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.overlay import apply, read_overlay
from scripts.pipeline.walk import Node
from tests.pipeline.oas import api
from tests.pipeline.support import ROOT, refused


def overlay(*actions: Node) -> Node:
    return {"overlay": "1.0.0", "actions": list(actions)}


SCHEMA: Node = {"type": "object", "required": ["a"], "enum": [1, 2, 3]}
DOCUMENT, A = api({"A": SCHEMA}), "$.components.schemas.A"
ACTIONS: list[tuple[Node, Node]] = [
    ({"target": A, "update": {"type": "string"}}, {**SCHEMA, "type": "string"}),
    ({"target": f"{A}.required", "update": ["b"]}, {**SCHEMA, "required": ["a", "b"]}),
    ({"target": f"{A}.enum[?@ > 1]", "remove": True}, {**SCHEMA, "enum": [1]}),
    ({"target": "$.components.schemas.*", "update": {"x": {}}}, {**SCHEMA, "x": {}}),
]


@pytest.mark.parametrize(("action", "result"), ACTIONS)
def test_an_action_does_what_the_specification_says(action: Node, result: Node) -> None:
    done = apply(DOCUMENT, overlay(action), partial=False)
    assert done["components"]["schemas"]["A"] == result
    assert DOCUMENT["components"]["schemas"]["A"]["type"] == "object"


def test_the_whole_document_can_be_updated_but_not_removed() -> None:
    assert apply(DOCUMENT, overlay({"target": "$", "update": {"x": 1}}), partial=False)["x"] == 1
    with refused("removes the whole document"):
        apply(DOCUMENT, overlay({"target": "$", "remove": True}), partial=False)


def test_a_target_that_matches_nothing_is_an_error_in_the_whole_document_only() -> None:
    stale = overlay({"target": "$.components.schemas.Gone", "remove": True})
    with refused("Gone matches nothing", "spec/overlay.yaml"):
        apply(DOCUMENT, stale, partial=False)
    assert apply(DOCUMENT, stale, partial=True) == DOCUMENT
    with pytest.raises(PipelineError, match="is no JSONPath"):
        apply(DOCUMENT, overlay({"target": "$[", "remove": True}), partial=True)


VERSION = "overlay: 1.0.0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "is no OpenAPI Overlay 1.x with a list of actions"),
        ("overlay: 1.0.0", "is no OpenAPI Overlay 1.x with a list of actions"),
        (f"{VERSION}actions: [{{target: $.a}}]", "action 1: needs a target (a JSONPath) and why"),
        (f"{VERSION}actions: [{{target: $.a, description: x, upd: 1}}]", "may update or remove"),
    ],
)
def test_a_malformed_overlay_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "overlay.yaml").write_text(text)
    with refused(told):
        read_overlay(tmp_path / "overlay.yaml")


def test_ours_is_well_formed_and_none_is_one_without_actions(tmp_path: Path) -> None:
    assert read_overlay(ROOT / "spec" / "overlay.yaml")["overlay"].startswith("1.")
    assert read_overlay(tmp_path / "none")["actions"] == []
