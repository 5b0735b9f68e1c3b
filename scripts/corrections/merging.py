"""The algebra of `allOf`: what satisfies both of two schemas, as one schema without `allOf`."""

from functools import reduce

from scripts.corrections.common import look, members, name_of, only, without
from scripts.shape import Node

# More alternatives than this help nobody; what they share is kept, the rest stays untyped.
_MOST = 24


def flatten(document: Node, schema: Node, trail: frozenset[str] = frozenset()) -> Node:
    """Resolve the `allOf` of a schema, and own keywords beside a union, into one schema."""
    parts = [without(schema, "allOf", "oneOf", "anyOf", "nullable", "default")]
    parts += schema.get("allOf", [])
    if members(schema):
        parts.append({"oneOf": members(schema)})
    telling = [part for part in parts if part and part != {"type": "object"}]
    rest = only(schema, "nullable", "default")
    if not telling:
        return {**next((part for part in parts if part), {}), **rest}
    if len(telling) == 1:
        return _single(telling[0], rest)
    whole = [_opened(document, part, trail) for part in telling]
    if all(part.get("nullable") for part in whole):
        rest["nullable"] = True
    merged = reduce(lambda one, other: merge(document, one, other, trail), whole)
    return {**without(merged, "nullable"), **rest}


def _single(schema: Node, rest: Node) -> Node:
    if not rest:
        return schema
    if "$ref" in schema:
        return {"oneOf": [schema], **rest}
    return {**schema, **rest}


def _opened(document: Node, schema: Node, trail: frozenset[str]) -> Node:
    """Look through a reference, and flatten what is there; a circle means anything."""
    name = name_of(schema)
    if name is not None:
        if name in trail:
            return {}
        trail = trail | {name}
        schema = look(document, schema)
    if "allOf" in schema or (members(schema) and schema.get("properties")):
        return flatten(document, schema, trail)
    return schema


def merge(document: Node, one: Node, other: Node, trail: frozenset[str] = frozenset()) -> Node:
    """Say in one schema what both say.

    Where they contradict each other the result is `{}`: anything is kept as it comes.
    """
    if not one or one == other:
        return other
    if not other:
        return one
    one, other = _opened(document, one, trail), _opened(document, other, trail)
    ours, theirs = _alternatives(document, one, trail), _alternatives(document, other, trail)
    if len(ours) * len(theirs) > _MOST:
        return _merge_plain(document, _own(one), _own(other), trail)
    met = [_merge_plain(document, left, right, trail) for left in ours for right in theirs]
    distinct = _distinct(met)
    return distinct[0] if len(distinct) == 1 else {"oneOf": distinct}


def _own(schema: Node) -> Node:
    return without(schema, "oneOf", "anyOf")


def _alternatives(document: Node, schema: Node, trail: frozenset[str]) -> list[Node]:
    if not members(schema):
        return [schema]
    own = without(_own(schema), "nullable", "default")
    opened = [_opened(document, member, trail) for member in members(schema)]
    nested = [inner for member in opened for inner in _alternatives(document, member, trail)]
    return [_merge_plain(document, own, member, trail) for member in nested] if own else nested


def _distinct(schemas: list[Node]) -> list[Node]:
    """Join alternatives that differ only in what they require."""
    found: list[Node] = []
    for schema in schemas:
        for index, known in enumerate(found):
            if without(known, "required") == without(schema, "required"):
                both = set(known.get("required", [])) & set(schema.get("required", []))
                found[index] = {**without(known, "required"), "required": sorted(both)}
                break
        else:
            found.append(schema)
    return found


def _merge_plain(document: Node, one: Node, other: Node, trail: frozenset[str]) -> Node:
    kinds = {schema["type"] for schema in (one, other) if isinstance(schema.get("type"), str)}
    if kinds == {"integer", "number"}:
        return {**without(one, "type"), **without(other, "type"), "type": "integer"}
    if len(kinds) > 1:
        return {}
    merged = {**one, **other, **_shared_enum(one, other)}
    if required := {*one.get("required", []), *other.get("required", [])}:
        merged["required"] = sorted(required)
    if "properties" in one and "properties" in other:
        properties = {**one["properties"], **other["properties"]}
        for name in one["properties"].keys() & other["properties"].keys():
            pair = one["properties"][name], other["properties"][name]
            properties[name] = merge(document, *pair, trail)
        merged["properties"] = dict(sorted(properties.items()))
    extra = one.get("additionalProperties"), other.get("additionalProperties")
    if merged.get("properties") and not all(isinstance(each, dict) for each in extra):
        # A map type binds only the keys that its own schema does not name.
        merged.pop("additionalProperties", None)
    if "items" in one and "items" in other:
        merged["items"] = merge(document, one["items"], other["items"], trail)
    return merged


def _shared_enum(one: Node, other: Node) -> Node:
    if "enum" not in one or "enum" not in other:
        return {}
    return {"enum": [value for value in one["enum"] if value in other["enum"]]}
