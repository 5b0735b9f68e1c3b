"""Where the references of a document lead."""

from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, target


def whole_item(document: Node, path: str, where: str) -> Any:
    """Give what is at a path; a reference, as in documents split by hand, written out.

    Raises:
        PipelineError: As `follow`.
    """
    item = document["paths"][path]
    if not isinstance(item, dict):
        return item
    whole = {**follow(document, item, f"{where}, paths.{path}"), **item}
    return {key: whole[key] for key in whole if key != "$ref"}


def follow(document: Node, part: Node, where: str) -> Node:
    """Follow references to what they stand for in the end.

    Raises:
        PipelineError: When they lead nowhere, or in a circle.
    """
    seen = set()
    while (ref := part.get("$ref")) is not None:
        if str(ref) in seen:
            raise PipelineError(f"{where}: '{ref}' goes round in a circle; the document is broken")
        seen.add(str(ref))
        part = resolve(document, str(ref), where)
    return part


def resolve(document: Node, ref: str, where: str) -> Node:
    """Find what a `$ref` points at.

    Raises:
        PipelineError: When it points outside the document or at nothing.
    """
    place = target(ref)
    if place is None:
        raise PipelineError(f"{where}: '{ref}' points outside the document; not supported")
    node: object = document
    for part in place:
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            node = None
            break
    if not isinstance(node, dict):
        raise PipelineError(f"{where}: '{ref}' points at nothing; the document is broken")
    return node
