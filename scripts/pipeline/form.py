"""The form of a document: each part is what its place asks for, before a stage looks inside."""

from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import SHAPE, Node, Place, format_path

_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
# Where a key that starts with `x-` is an extension, and not a name.
_EXTENDED = frozenset({("document", "paths"), ("operation", "responses")})


def validate(node: Node, kind: str, where: str, place: Place = ()) -> None:
    """Check an object and all below it, and write in one way, in place, what can be said in two.

    Extensions beside paths and responses go, and so does what is null. An empty list that stands
    for an empty map, as PHP writes it, becomes one. A schema that is `true`
    becomes `{}`, which says the same, and one that is `false` `{"not": {}}`. An `enum` or a
    `required` that is no list, an old mistake in properties, says nothing.

    Args:
        node: What to look at.
        kind: Its kind, as in `SHAPE`.
        where: What to call the document in an error.
        place: Where in the document it is.

    Raises:
        PipelineError: When something is out of place; it says where.
    """
    is_reference = "$ref" in node and kind != "requirement"
    texts = ("$ref",) if is_reference else ("name", "in") if kind == "parameter" else ()
    for key in texts:
        _check(node.get(key), str, where, (*place, key))
    if is_reference and kind != "pathItem":
        return
    shape = SHAPE.get(kind, {})
    for key in [key for key in node if node[key] is None and key in shape]:
        del node[key]
    if kind == "schema":
        _drop_odd_lists(node)
    for key in node:
        how, below = shape.get(key) or shape.get("*") or ("", "")
        here = (*place, key)
        is_extension = kind == "callback" and key[:2] == "x-"
        is_flag = key == "additionalProperties" and isinstance(node[key], bool)
        if how == "one" and not is_extension and not is_flag:
            _validate_child(node, key, below, where, place)
        elif how in ("map", "list"):
            node[key] = {} if how == "map" and node[key] == [] else node[key]
            _check(node[key], dict if how == "map" else list, where, here)
            if (kind, key) in _EXTENDED:
                node[key] = {name: node[key][name] for name in node[key] if name[:2] != "x-"}
            for name in node[key] if how == "map" else range(len(node[key])):
                _validate_child(node[key], name, below, where, here)


def _validate_child(above: Any, key: Any, kind: str, where: str, place: Place) -> None:
    child = above[key]
    if kind == "schema" and isinstance(child, bool):
        above[key] = {} if child else {"not": {}}
        return
    _check(child, dict, where, (*place, key))
    validate(child, kind, where, (*place, key))


def _drop_odd_lists(schema: Node) -> None:
    for key in ("enum", "required"):
        if not isinstance(schema.get(key, []), list):
            del schema[key]
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if isinstance(name, str)]


def _check(value: object, wanted: type, where: str, place: Place) -> None:
    if isinstance(value, wanted):
        return
    kind = "null" if value is None else _NAMES.get(type(value), "a number")
    raise PipelineError(
        f"{where}: {format_path(place)} is {kind}, not {_NAMES[wanted]}; is it an OpenAPI document?"
    )
