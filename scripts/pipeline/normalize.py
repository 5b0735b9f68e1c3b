"""A selected document in one spelling: what says the same is the same, byte for byte."""

import json

from scripts.pipeline.walk import Node, walk

# What is written for readers, and what no client calls.
_PROSE = frozenset(
    {"description", "summary", "title", "example", "examples", "externalDocs", "xml", "callbacks"}
)


def normalize(document: Node, *, prose: bool = False) -> Node:
    """Drop what is written for readers, unless it is asked for, and sort what has no order."""
    made = copied(document)
    for _, kind, node in walk(made, "document"):
        if kind not in ("document", "components", "requirement"):
            _normalize(node, kind, _PROSE - {"description", "summary"} if prose else _PROSE)
    return made


def copied(node: Node) -> Node:
    """Copy what JSON can say, keys sorted."""
    made: Node = json.loads(json.dumps(node, sort_keys=True))
    return made


def _normalize(node: Node, kind: str, dropped: frozenset[str]) -> None:
    for key in [key for key in node if key in dropped or key.startswith("x-")]:
        del node[key]
    if kind == "response" and "$ref" not in node:
        node.setdefault("description", "")  # OpenAPI requires one
    if kind == "schema":
        if isinstance(node.get("required"), list):
            node["required"] = sorted({name for name in node["required"] if isinstance(name, str)})
        if isinstance(node.get("enum"), list):
            node["enum"] = sorted(node["enum"], key=json.dumps)
        allowed = node.get("enum")
        if "default" in node and (
            (node["default"] is None and not node.get("nullable"))
            or (isinstance(allowed, list) and node["default"] not in allowed)
        ):
            # Upstream says `null` for integers and enums; the contract must be valid OpenAPI.
            del node["default"]
