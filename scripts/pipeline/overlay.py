"""Our own corrections of the document, as an OpenAPI Overlay 1.0."""

import copy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from scripts.pipeline.errors import PipelineError, translate_errors
from scripts.pipeline.normalize import copied
from scripts.pipeline.repo import read_text
from scripts.pipeline.walk import Node, Place

_ACTION = {"target": str, "description": str, "update": object, "remove": bool}


def read_overlay(path: Path) -> Node:
    """Read an overlay file and check its form; a missing file is an overlay without actions.

    Raises:
        PipelineError: When it is no overlay, or an action gives no reason.
    """
    if not path.exists():
        return {"overlay": "1.0.0", "actions": []}
    from scripts.pipeline.yaml_text import load  # noqa: PLC0415 - only this and YAML documents need it

    overlay = load(read_text(path, str(path)), str(path))
    found = overlay if isinstance(overlay, dict) else {}
    actions = found.get("actions")
    if not str(found.get("overlay")).startswith("1.") or not isinstance(actions, list):
        raise PipelineError(f"{path} is no OpenAPI Overlay 1.x with a list of actions")
    for number, action in enumerate(actions, 1):
        has = action if isinstance(action, dict) else {}
        is_form = all(isinstance(has[key], _ACTION.get(key, ())) for key in has)
        if not (is_form and has.get("target") and has.get("description")):
            told = "needs a target (a JSONPath) and why (description), and may update or remove"
            raise PipelineError(f"{path}, action {number}: {told}")
    return found


def apply(document: Node, overlay: Node, *, partial: bool) -> Node:
    """Apply the actions of an overlay, in order.

    Args:
        document: Left as it is.
        overlay: As `read_overlay` gives it.
        partial: Not every operation was selected, so a target may be absent for that reason.

    Returns:
        The corrected copy.

    Raises:
        PipelineError: When an action is malformed, or matches nothing in the whole document:
            upstream moved, and the action with it.
    """
    whole: Node = {"$": copied(document)}
    for action in overlay["actions"]:
        places = _matches(whole["$"], action["target"])
        if not places and not partial:
            told = f"the overlay's target {action['target']} matches nothing upstream any more"
            raise PipelineError(f"{told}; correct or remove the action in spec/overlay.yaml")
        if () in places and action.get("remove") is True:
            raise PipelineError("the overlay removes the whole document")
        for place in places:
            *before, key = ("$", *place)
            above = reduce(getitem, before, whole)
            if action.get("remove") is True:
                del above[key]
            elif "update" in action:
                above[key] = _merged(above[key], copy.deepcopy(action["update"]))
    done: Node = whole["$"]
    return done


def _matches(document: Node, path: str) -> list[Place]:
    import jsonpath  # noqa: PLC0415 - slow to import, and most runs have no overlay action

    with translate_errors(f"the overlay's target {path} is no JSONPath", jsonpath.JSONPathError):
        matches = list(jsonpath.finditer(path, document))
    # Last first, so that removing from a list does not move what is still to be removed.
    return [tuple(match.parts) for match in reversed(matches)]


def _merged(node: Any, update: Any) -> Any:
    """Merge as Overlay 1.0 says: objects deeply, lists by appending, the rest by replacing."""
    if isinstance(node, dict) and isinstance(update, dict):
        return node | {key: _merged(node.get(key), update[key]) for key in update}
    if isinstance(node, list):
        return [*node, *(update if isinstance(update, list) else [update])]
    return update
