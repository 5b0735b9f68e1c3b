"""The form of a document: references lead somewhere, what can be said in two ways is said in one.

What else makes it no OpenAPI is said by the validator, also of what a stage stumbled over.
"""

from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import SHAPE, Node, format_path, target, walk

# Where a key that starts with `x-` is an extension, and not a name.
_EXTENDED = frozenset({("document", "paths"), ("operation", "responses")})
_SECTIONS = {kind: section for section, (_, kind) in SHAPE["components"].items()}


def settle(document: Node, where: str) -> None:
    """Check references, and write in one way, in place, what can be said in two.

    Extensions beside paths and responses go, and so does what is null. An empty list that stands
    for an empty map, as PHP writes it, becomes one. A schema that is `true`
    becomes `{}`, which says the same, and one that is `false` `{"not": {}}`. An `enum` or a
    `required` that is no list, an old mistake in properties, says nothing.

    Raises:
        PipelineError: When a reference leads to no component of its kind, or in a circle; it says
            where.
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
            for key in ("enum", "required") if kind == "schema" else ():
                if not isinstance(node.get(key, []), list):
                    del node[key]
            for key in SHAPE.get(kind, {}).keys() & node.keys():
                _settle(node, kind, key)


def _settle(node: Node, kind: str, key: str) -> None:
    how, below = SHAPE[kind][key]
    parts: Any = node if how == "one" else node[key]
    slots: Any = [key] if how == "one" else ()
    if node[key] is None:
        slots = ()
        del node[key]
    elif how == "map":
        parts = node[key] = {} if node[key] == [] else node[key]
        slots = [*parts] if isinstance(parts, dict) else ()
    elif isinstance(parts, list):
        slots = range(len(parts))
    for slot in slots:
        if (kind, key) in _EXTENDED and slot[:2] == "x-":
            del parts[slot]
        elif below == "schema" and isinstance(parts[slot], bool) and key != "additionalProperties":
            parts[slot] = {} if parts[slot] else {"not": {}}
