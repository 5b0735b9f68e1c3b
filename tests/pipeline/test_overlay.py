"""Our own corrections: applied as OpenAPI Overlay 1.0 says, and refused when they went stale."""

from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.overlay import apply, read_overlay
from scripts.pipeline.walk import Node
from tests.pipeline.oas import api
from tests.pipeline.support import refused


def overlay(*actions: Node) -> Node:
    return {"overlay": "1.0.0", "actions": list(actions)}


SCHEMA: Node = {"type": "object", "required": ["a"], "enum": [1, 2, 3]}
DOCUMENT, A = api({"A": SCHEMA}), "$.components.schemas.A"
ACTIONS: list[tuple[Node, Any]] = [
    ({"target": A, "update": {"type": "string"}}, {**SCHEMA, "type": "string"}),
    ({"target": f"{A}.required", "update": ["b"]}, {**SCHEMA, "required": ["a", "b"]}),
    ({"target": f"{A}.enum[?@ > 1]", "remove": True}, {**SCHEMA, "enum": [1]}),
    ({"target": "$.components.schemas.*", "update": {"x": {}}}, {**SCHEMA, "x": {}}),
    ({"target": "$", "update": {"components": {"schemas": {"A": 1}}}}, 1),
]


@pytest.mark.parametrize(("action", "result"), ACTIONS)
def test_an_action_does_what_the_specification_says(action: Node, result: Any) -> None:
    done = apply(DOCUMENT, overlay(action), partial=False)
    assert done["components"]["schemas"]["A"] == result
    assert DOCUMENT["components"]["schemas"]["A"]["type"] == "object"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("$", "removes the whole document"),
        ("$[", r"the overlay's target \$\[ is no JSONPath"),
        ("$.gone", r"\$.gone matches nothing upstream any more; .* in spec/overlay.yaml"),
    ],
)
def test_what_cannot_be_removed_is_told(target: str, told: str) -> None:
    with pytest.raises(PipelineError, match=told):
        apply(DOCUMENT, overlay({"target": target, "remove": True}), partial=False)


VERSION = "overlay: 1.0.0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "is no OpenAPI Overlay 1.x with a list of actions"),
        ("overlay: 1.0.0", "is no OpenAPI Overlay 1.x with a list of actions"),
        (f"{VERSION}actions: [{{target: $.a}}]", "action 1: needs a target (a JSONPath) and why"),
        (f"{VERSION}actions: [{{target: $.a, description: x, upd: 1}}]", "may update or remove"),
        (f"{VERSION}actions: [{{target: $.a, description: x, remove: 'yes'}}]", "update or remove"),
    ],
)
def test_a_malformed_overlay_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "overlay.yaml").write_text(text)
    with refused(told):
        read_overlay(tmp_path / "overlay.yaml")
