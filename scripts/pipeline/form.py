"""The form of a document: each part is what its place asks for, before a stage looks inside.

What else makes it no OpenAPI is said by the validator, beside what follows.
"""

from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import SHAPE, Node, Place, format_path, target, walk

_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
# Where a key that starts with `x-` is an extension, and not a name.
_EXTENDED = frozenset({("document", "paths"), ("operation", "responses")})
_SECTIONS = {kind: section for section, (_, kind) in SHAPE["components"].items()}


def validate(document: Node, where: str) -> None:
    """Check all of a document, and write in one way, in place, what can be said in two.

    Extensions beside paths and responses go, and so does what is null. An empty list that stands
    for an empty map, as PHP writes it, becomes one. A schema that is `true`
    becomes `{}`, which says the same, and one that is `false` `{"not": {}}`. An `enum` or a
    `required` that is no list, an old mistake in properties, says nothing.

    Raises:
        PipelineError: When something is out of place, or a reference leads to no component of its
            kind, or in a circle; it says where.
    """
    for place, kind, node in walk(document, "document"):
        here = f"{where}, {format_path(place)}"
        if kind == "requirement":
            for name in node:
                resolve(document, f"#/components/securitySchemes/{name}", here)
        elif "$ref" in node:
            if target(node["$ref"])[:2] != ("components", _SECTIONS.get(kind)):
                told = f"'{node['$ref']}' points outside the components of its kind"
                raise PipelineError(f"{here}: {told}")
            follow(document, node, here)
        else:
            for key in ("name", "in") if kind == "parameter" else ():
                _expect(node.get(key), str, where, (*place, key))
            for key in ("enum", "required") if kind == "schema" else ():
                if not isinstance(node.get(key, []), list):
                    del node[key]
            _validate_parts(node, kind, where, place)


def _validate_parts(node: Node, kind: str, where: str, place: Place) -> None:
    for key, (how, below) in SHAPE.get(kind, {}).items():
        if node.get(key) is None:
            node.pop(key, None)
            continue
        above: Any = node
        slots: list[Any] = [key]
        here = place
        if how != "one":
            above = node[key] = {} if (how, node[key]) == ("map", []) else node[key]
            here = (*place, key)
            _expect(above, dict if how == "map" else list, where, here)
            slots = list(above if how == "map" else range(len(above)))
        for slot in slots:
            if (kind, key) in _EXTENDED and slot[:2] == "x-":
                del above[slot]
            elif below != "schema" or not isinstance(above[slot], bool):
                _expect(above[slot], dict, where, (*here, slot))
            elif key != "additionalProperties":
                above[slot] = {} if above[slot] else {"not": {}}


def _expect(value: object, wanted: type, where: str, place: Place) -> None:
    if not isinstance(value, wanted):
        kind = "null" if value is None else _NAMES.get(type(value), "a number")
        raise PipelineError(f"{where}: {format_path(place)} is {kind}, not {_NAMES[wanted]}")
