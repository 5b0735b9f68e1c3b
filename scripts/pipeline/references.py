"""Where the references of a document lead."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import SHAPE, Node, target, walk

Key = tuple[str, str]  # a component: its section, and its name


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


def needed(node: Node, kind: str) -> Iterator[Key]:
    """Name the components that a part of a document refers to itself."""
    for _, _, part in walk(node, kind):
        place = target(part["$ref"]) if isinstance(part.get("$ref"), str) else None
        if place and place[0] == "components" and len(place) > 2:
            yield place[1], place[2]


def closure(start: Iterable[Key], needs: Callable[[Key], Iterable[Key]]) -> set[Key]:
    """Name some components, and all that these need in turn."""
    found: set[Key] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += needs(key)
    return found


def reached(document: Node, start: Iterable[Key]) -> set[Key]:
    """Name some components of a document, and all that these are made of."""
    sections = document.get("components", {})
    kinds = SHAPE["components"]
    return closure(
        start, lambda key: needed(sections.get(key[0], {}).get(key[1], {}), kinds[key[0]][1])
    )
