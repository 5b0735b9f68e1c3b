"""Where the parts of an OpenAPI document are: what kind of object sits under which key.

Every stage walks documents through this table, so that a *property named* `description` or `$ref`
is never mistaken for the keyword, and nothing inside a `default` or an `enum` is read as a schema.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

Node = dict[str, Any]
Place = tuple[str | int, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MORE = "additionalOperations"  # of OpenAPI 3.2, by method
# What all operations at a path have; anything else there is no part of any.
SHARED = ("parameters", "servers", "summary", "description")

_SCHEMA = {
    **dict.fromkeys(
        ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"),
        ("one", "schema"),
    ),
    **dict.fromkeys(("allOf", "oneOf", "anyOf", "prefixItems"), ("list", "schema")),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), ("map", "schema")),
}
_VALUE = {"schema": ("one", "schema"), "content": ("map", "mediaType")}

# kind of object -> key -> (how the children sit under the key, their kind)
SHAPE: dict[str, dict[str, tuple[str, str]]] = {
    "document": {
        "paths": ("map", "pathItem"),
        "components": ("one", "components"),
        "servers": ("list", "server"),
        "security": ("list", "requirement"),
    },
    "server": {"variables": ("map", "serverVariable")},
    "components": {
        "schemas": ("map", "schema"),
        "parameters": ("map", "parameter"),
        "responses": ("map", "response"),
        "requestBodies": ("map", "requestBody"),
        "headers": ("map", "header"),
        "links": ("map", "link"),
        "callbacks": ("map", "callback"),
        "pathItems": ("map", "pathItem"),
        "securitySchemes": ("map", "securityScheme"),
    },
    "pathItem": {
        **dict.fromkeys(METHODS, ("one", "operation")),
        _MORE: ("map", "operation"),
        "parameters": ("list", "parameter"),
    },
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "requestBody"),
        "responses": ("map", "response"),
        "callbacks": ("map", "callback"),
        "security": ("list", "requirement"),
    },
    "callback": {"*": ("one", "pathItem")},
    "parameter": _VALUE,
    "header": _VALUE,
    "requestBody": {"content": ("map", "mediaType")},
    "response": {
        "headers": ("map", "header"),
        "content": ("map", "mediaType"),
        "links": ("map", "link"),
    },
    "mediaType": {"schema": ("one", "schema"), "encoding": ("map", "encoding")},
    "encoding": {"headers": ("map", "header")},
    "schema": _SCHEMA,
}


def children(node: Node, kind: str) -> Iterator[tuple[Place, str, Node]]:
    """Yield the direct children of an object: place below it, kind, the child itself."""
    shape = SHAPE.get(kind, {})
    if isinstance(node.get("$ref"), str):
        return
    for key, below in node.items():
        how, child_kind = shape.get(key) or shape.get("*") or ("", "")
        found: Iterable[tuple[Any, Any]] = ()
        if how == "one" and isinstance(below, dict):
            yield (key,), child_kind, below
        elif how == "map" and isinstance(below, dict):
            found = below.items()
        elif how == "list" and isinstance(below, list):
            found = enumerate(below)
        parts = ((slot, child) for slot, child in found if isinstance(child, dict))
        yield from (((key, slot), child_kind, child) for slot, child in parts)


def walk(node: Node, kind: str, place: Place = ()) -> Iterator[tuple[Place, str, Node]]:
    """Yield an object and everything below it, parents first; references are not followed."""
    waiting = [(place, kind, node)]
    while waiting:
        found = waiting.pop()
        yield found
        here, kind, node = found
        below = [((*here, *place), kind, child) for place, kind, child in children(node, kind)]
        waiting += reversed(below)


def rebuild(node: Node, kind: str, visit: Callable[[Node, str], Node]) -> Node:
    """Copy an object, each part replaced by what `visit` makes of it, children before parents."""
    return rebuild_at(node, kind, lambda part, part_kind, _: visit(part, part_kind))


def rebuild_at(
    node: Node, kind: str, visit: Callable[[Node, str, Place], Node], place: Place = ()
) -> Node:
    """Do as `rebuild`, telling `visit` the place of each part."""
    copy = dict(node)
    for below, child_kind, child in children(node, kind):
        made = rebuild_at(child, child_kind, visit, (*place, *below))
        if len(below) == 1:
            copy[str(below[0])] = made
            continue
        key, slot = str(below[0]), below[1]
        if copy[key] is node[key]:
            copy[key] = node[key].copy()
        copy[key][slot] = made
    return visit(copy, kind, place)


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield path, method and operation, in the order of the document."""
    for path, item in document.get("paths", {}).items():
        for method, operation in by_method(item).items():
            if isinstance(operation, dict):
                yield path, method, operation


def by_method(item: Any) -> dict[str, Any]:
    """Give what is at a path by method, whatever that is."""
    if not isinstance(item, dict):
        return {}
    more = item.get(_MORE)
    found = {method: item[method] for method in METHODS if method in item}
    return {**found, **more} if isinstance(more, dict) else found


def with_operations(item: Node, methods: Collection[str]) -> Node:
    """Copy what is at a path with no more than some of its operations, and what they share."""
    kept = {key: item[key] for key in item if key in SHARED or key in methods}
    more = {method: each for method, each in by_method(item).items() if method not in METHODS}
    more = {method: each for method, each in more.items() if method in methods}
    return {**kept, _MORE: more} if more else kept


def format_path(place: Place) -> str:
    """Write a place for a person: `paths./a/{b}.get.responses.200`."""
    return ".".join(str(part) for part in place)


def target(ref: str) -> tuple[str, ...] | None:
    """Read a local `$ref` as a place; None when it points outside the document."""
    if not ref.startswith("#/"):
        return None
    parts = unquote(ref[2:]).split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
