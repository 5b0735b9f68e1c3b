"""Where the references of a document lead."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import SHAPE, Node, Place, target, walk

Key = tuple[str, str]  # a component: its section, and its name
_COMPONENT = 3  # components, section, name


def whole_item(document: Node, path: str, where: str) -> Node:
    """Give what is at a path; a reference, as in documents split by hand, written out.

    Raises:
        PipelineError: As `follow`, and when it is no object.
    """
    item = document["paths"][path]
    if not isinstance(item, dict):
        raise PipelineError(f"{where}: paths.{path} is no object")
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
    if not place:
        raise PipelineError(f"{where}: '{ref}' points outside the document; not supported")
    found = find(document, place)
    if not isinstance(found, dict):
        raise PipelineError(f"{where}: '{ref}' points at nothing; the document is broken")
    return found


def find(document: Node, place: Place) -> Any:
    """Give what is at a place of a document, None where there is no such place."""
    found: Any = document
    for step in place:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def needed(node: Node, kind: str) -> Iterator[Key]:
    """Name the components that a part of a document refers to itself."""
    for _, part_kind, part in walk(node, kind):
        place = target(part.get("$ref"))
        if part_kind == "requirement":
            yield from (("securitySchemes", name) for name in part)
        elif place[:1] == ("components",) and len(place) >= _COMPONENT:
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

    def needs(key: Key) -> Iterable[Key]:
        part = find(document, ("components", *key))
        _, kind = SHAPE["components"].get(key[0], ("", ""))
        return needed(part, kind) if isinstance(part, dict) else ()

    return closure(start, needs)


def with_components(part: Node, document: Node) -> Node:
    """Give a part of a document together with the components that it needs."""
    used = reached(document, needed({**part, "components": {}}, "document"))
    found = {}
    for section in sorted({section for section, _ in used}):
        group = find(document, ("components", section))
        names = group if isinstance(group, dict) else {}
        found[section] = {name: names[name] for name in names if (section, name) in used}
    return {**part, "components": found} if found or "components" in part else part
