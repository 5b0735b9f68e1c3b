"""Where the parts of an OpenAPI document are: what kind of object sits under which key.

Every stage walks documents through this table, so that a *property named* `description` or `$ref`
is never mistaken for the keyword, and nothing inside a `default` or an `enum` is read as a schema.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

Node = dict[str, Any]
Place = tuple[Any, ...]  # keys, and positions in lists

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Of OpenAPI 3.2, and not supported; what is in the map of others is no operation, and told as one.
NEWER = ("query", "additionalOperations")
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
        "pathItems": ("map", "pathItem"),
        "securitySchemes": ("map", "securityScheme"),
    },
    "pathItem": {
        **dict.fromkeys((*METHODS, *NEWER), ("one", "operation")),
        "parameters": ("list", "parameter"),
    },
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "requestBody"),
        "responses": ("map", "response"),
        "security": ("list", "requirement"),
    },
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
    shape = {} if isinstance(node.get("$ref"), str) else SHAPE.get(kind, {})
    for key in filter(shape.__contains__, node):  # few keys have parts, and all is walked often
        (how, child_kind), below = shape[key], node[key]
        found: Iterable[tuple[Place, Any]] = ()
        if how == "one":
            found = [((key,), below)]
        elif how == "map" and isinstance(below, dict):
            found = (((key, name), child) for name, child in below.items())
        elif how == "list" and isinstance(below, list):
            found = (((key, index), child) for index, child in enumerate(below))
        yield from ((place, child_kind, child) for place, child in found if isinstance(child, dict))


def walk(node: Node, kind: str, place: Place = ()) -> Iterator[tuple[Place, str, Node]]:
    """Yield an object and everything below it, parents first; references are not followed."""
    waiting = [(place, kind, node)]
    while waiting:
        found = waiting.pop()
        yield found
        here, kind, node = found
        below = [((*here, *place), kind, child) for place, kind, child in children(node, kind)]
        waiting += reversed(below)


def rebuild(
    node: Node, kind: str, visit: Callable[[Node, str, Place], Node], place: Place = ()
) -> Node:
    """Copy an object, each part replaced by what `visit` makes of it, children before parents."""
    copy = dict(node)
    for below, child_kind, child in children(node, kind):
        key, *slot = below
        made = rebuild(child, child_kind, visit, (*place, *below))
        if not slot:
            copy[key] = made
            continue
        if copy[key] is node[key]:
            copy[key] = node[key].copy()
        copy[key][slot[0]] = made
    return visit(copy, kind, place)


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield path, method and operation, in the order of the document."""
    for path, item in document.get("paths", {}).items():
        for method in methods(item) if isinstance(item, dict) else ():
            if isinstance(item[method], dict):
                yield path, method, item[method]


def methods(item: Node) -> list[str]:
    """Give the methods of what is at a path, whatever is there."""
    return [method for method in (*METHODS, *NEWER) if item.get(method) is not None]


def format_path(place: Place) -> str:
    """Write a place for a person: `paths./a/{b}.get.responses.200`."""
    return ".".join(str(part) for part in place)


def target(ref: object) -> tuple[str, ...]:
    """Read a local `$ref` as a place; empty when it points outside the document."""
    if not isinstance(ref, str) or not ref.startswith("#/"):
        return ()
    parts = unquote(ref[2:]).split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
