"""Rules for `allOf`, `oneOf` and `anyOf`."""

from scripts.pipeline.corrections.answers import with_schemas
from scripts.pipeline.corrections.merging import Merger
from scripts.pipeline.corrections.schema_tools import (
    components,
    each_schema,
    is_enum,
    look,
    meaning,
    members,
    name_of,
    only,
    without,
)
from scripts.pipeline.walk import Node


def flatten_all_of(document: Node) -> Node:
    """Write every `allOf`, and every union with keywords of its own, as the schema it amounts to.

    Cause: the generator fails on an `allOf` whose members are no objects (a description and a
    reference to an enum: `AutoscalerCondition.duration`), loses nested ones and their unions
    (`ProjectAddon`), and loses null where one reference is left.
    """
    merger = Merger(document)
    flat = {name: merger.component(name) for name in components(document)}
    return each_schema(with_schemas(document, flat), merger.flatten)


def simplify_unions(document: Node) -> Node:
    """Keep in a union only alternatives that can be told apart when an answer is read.

    Cause: the generator tells alternatives apart by their JSON type: of two lists it reads the
    first and writes with the other's rules, a date swallows any text that looks like one. So of
    several lists a list of anything remains, of several texts one that is plain. In
    `list-projects-environments-routes` of the published documents the model that requires most
    must be tried first.
    """
    return each_schema(document, lambda schema: _union(document, schema))


def _union(document: Node, schema: Node) -> Node:
    if not members(schema):
        return schema
    rest = only(schema, "nullable", "description")
    found, null = _expanded(document, members(schema))
    if null:
        rest["nullable"] = True
    for whole in ({"type": "string"}, {"type": "array", "items": {}}):
        found = _joined(document, found, whole)
    unique = list({meaning(member): member for member in found}.values())
    unique.sort(key=lambda member: (not member, -_demands(document, member)))
    if len(unique) != 1:
        return {"oneOf": unique, **rest} if unique else rest
    if "$ref" in unique[0] and rest:
        return {"oneOf": unique, **rest}
    return {**unique[0], **rest}


def _demands(document: Node, schema: Node) -> int:
    """Count what a model requires: the most demanding one that fits is the right one."""
    return len(look(document, schema).get("required", []))


def _expanded(document: Node, schemas: list[Node]) -> tuple[list[Node], bool]:
    """Replace nested unions, and references to what is no class, by what they stand for."""
    found, null = [], False
    seen = set()
    waiting = schemas[::-1]
    while waiting:
        schema = waiting.pop()
        name = name_of(schema)
        there = look(document, schema)
        null = null or there.get("nullable") is True
        if name in seen:
            continue
        seen |= {name} if name else set()
        if members(there):
            waiting += members(there)[::-1]
        elif name and (there.get("type") in ("object", "array") or is_enum(there)):
            found.append(schema)
        else:
            found.append(without(there, "nullable"))
    return found, null


def _joined(document: Node, schemas: list[Node], whole: Node) -> list[Node]:
    """Put one in the place of all of its type, where these differ."""
    alike = []
    for schema in schemas:
        there = look(document, schema)
        if there.get("type") == whole["type"] and not is_enum(there):
            alike.append(schema)
    if len({meaning(schema) for schema in alike}) < 2:
        return schemas
    return [schema for schema in schemas if schema not in alike] + [whole]
