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
        expect(node.get(key), str, where, (*place, key))
    if is_reference and kind != "pathItem":
        return
    if kind == "schema":
        _drop_odd_lists(node)
    shape = SHAPE.get(kind, {})
    for key in [key for key in node if node[key] is None and key in shape]:
        del node[key]
    for key in [key for key in node if key in shape]:
        _validate_below(node, kind, key, where, place)


def _validate_below(node: Node, kind: str, key: str, where: str, place: Place) -> None:
    how, below = SHAPE[kind][key]
    above: Any = node
    slots: list[Any] = [key]
    if how != "one":
        above = node[key] = {} if (how, node[key]) == ("map", []) else node[key]
        place = (*place, key)
        expect(above, dict if how == "map" else list, where, place)
        slots = list(above if how == "map" else range(len(above)))
    for slot in slots:
        child, here = above[slot], (*place, slot)
        if (kind, key) in _EXTENDED and slot[:2] == "x-":
            del above[slot]
        elif below != "schema" or not isinstance(child, bool):
            expect(child, dict, where, here)
            validate(child, below, where, here)
        elif key != "additionalProperties":
            above[slot] = {} if child else {"not": {}}


def _drop_odd_lists(schema: Node) -> None:
    for key in ("enum", "required"):
        if not isinstance(schema.get(key, []), list):
            del schema[key]


def expect(value: object, wanted: type, where: str, place: Place) -> None:
    """Require that what is at a place is of a type.

    Raises:
        PipelineError: When it is not.
    """
    if isinstance(value, wanted):
        return
    kind = "null" if value is None else _NAMES.get(type(value), "a number")
    raise PipelineError(f"{where}: {format_path(place)} is {kind}, not {_NAMES[wanted]}")
