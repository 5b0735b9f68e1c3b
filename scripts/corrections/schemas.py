"""Rules for single schemas."""

from scripts.shape import Node, rebuild


def open_objects(document: Node) -> Node:
    """Open every object that says `additionalProperties: false`.

    Cause: a generated class of a closed object drops what it does not know. Seen in
    `AcceptedResponse`, whose `_embedded` holds the activities that a write starts, and in 700
    other places; HAL's `_links` are never declared.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind == "schema" and node.get("additionalProperties") is False:
            del node["additionalProperties"]
        return node

    return rebuild(document, "document", visit)
