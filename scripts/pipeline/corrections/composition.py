"""Rules for `allOf`, `oneOf` and `anyOf`."""

from os.path import commonprefix

from scripts.pipeline.corrections.answers import with_schemas
from scripts.pipeline.corrections.merging import Merger
from scripts.pipeline.corrections.schema_tools import (
    components,
    each_schema,
    is_enum,
    is_object,
    look,
    meaning,
    members,
    name_of,
    only,
    without,
)
from scripts.pipeline.walk import Node, walk


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


def tell_alternatives_apart(document: Node) -> Node:
    """Mark the models of which one is read, with what tells it from the others.

    That is the `type` that its name spells (`GithubIntegration` among other integrations, of which
    a published document says no more), and fields of which each has other values.

    Cause: a model is read whatever is missing in it, so that the first one would always fit.
    """
    schemas = components(document)
    told: Node = {}
    for _, kind, union in walk(document, "document"):
        options = members(union) if kind == "schema" else []
        names = [str(name_of(part)) for part in options if is_object(look(document, part))]
        if len(names) < 2:
            continue
        ending = len(commonprefix([name[::-1] for name in names]))  # noqa: RUF071 - no paths
        values = [_values(document, name) for name in names]
        for name, own in zip(names, values, strict=True):
            word = name[: len(name) - ending].lower()
            marks = told.setdefault(name, {"word": word, "values": {}})
            for field in own:
                known = [value for each in values for value in each.get(field, [None, None])]
                if len(set(known)) == len(known):
                    marks["values"][field] = own[field]
    return with_schemas(
        document, {name: {**schemas[name], "x-told-apart": told[name]} for name in told}
    )


def _values(document: Node, name: str) -> dict[str, list[object]]:
    fields = components(document)[name].get("properties", {})
    found = {field: look(document, part).get("enum") for field, part in fields.items()}
    return {field: values for field, values in found.items() if values}
