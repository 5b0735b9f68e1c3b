"""Rules that keep what a newer API may send."""

from scripts.pipeline.corrections.schema_tools import (
    components,
    each_schema,
    is_class,
    look,
    members,
    name_of,
    without,
)
from scripts.pipeline.walk import Node


def open_objects(document: Node) -> Node:
    """Open every object that says `additionalProperties: false`.

    Cause: a generated class of a closed object drops what it does not know. In all published
    documents, `AcceptedResponse` among 500 classes, whose `_embedded` holds the activities that a
    write starts; HAL's `_links` are never declared.
    """

    def visit(schema: Node) -> Node:
        closed = schema.get("additionalProperties") is False
        return without(schema, "additionalProperties") if closed else schema

    return each_schema(document, visit)


def leave_to_server(document: Node) -> Node:
    """Drop defaults, and require nothing that is `readOnly`.

    Cause: generated code sends defaults, so that a PATCH would set whatever the caller leaves out,
    and go on doing so when the server's default has moved; and what only the server writes would be
    demanded from the caller, too. No published document has more than defaults of null.
    """

    def visit(schema: Node) -> Node:
        made, fields = without(schema, "default"), schema.get("properties", {})
        if "required" in made:
            made["required"] = [
                name
                for name in schema["required"]
                if not ({**look(document, fields.get(name, {})), **fields.get(name, {})}).get(
                    "readOnly"
                )
            ]
        return made

    return each_schema(document, visit)


def tolerate_in_maps(document: Node) -> Node:
    """Let a map hold what is not of its declared type.

    Cause: a class made for a map of models promises that each value is one, and the API puts
    `_links` beside them. In the published documents, 78 classes such as `AggregatedSellables`.
    """

    def visit(schema: Node) -> Node:
        values = schema.get("additionalProperties")
        if not isinstance(values, dict) or not _is_parsed(document, values, frozenset()):
            return schema
        return {**schema, "additionalProperties": {"oneOf": [values, {}]}}

    return each_schema(document, visit)


def _is_parsed(document: Node, schema: Node, trail: frozenset[str]) -> bool:
    """Say whether reading a value does more than keep it."""
    name = name_of(schema)
    if name in trail:
        return False
    there = look(document, schema)
    if is_class(there) or there.get("format") in ("date", "date-time", "uuid", "binary"):
        return True
    inner = [*members(there), *([there["items"]] if "items" in there else [])]
    return any(_is_parsed(document, part, trail | {str(name)}) for part in inner)


def move_null_to_references(document: Node) -> Node:
    """Take the null out of a component that becomes a class, and put it at each reference.

    Cause: the generator processes a nullable object component twice and drops it over the
    duplicate, and loses the null of an enum. In the published documents: `RegionReference`,
    `CurrencyAmountNullable`.
    """
    found = {
        name
        for name, schema in components(document).items()
        if schema.get("nullable") is True and is_class(schema)
    }
    if not found:
        return document

    def visit(schema: Node) -> Node:
        if name_of(schema) in found:
            return {"oneOf": [schema], "nullable": True}
        return schema

    moved = each_schema(document, visit)
    schemas = {
        name: without(schema, "nullable") if name in found else schema
        for name, schema in components(moved).items()
    }
    return {**moved, "components": {**moved["components"], "schemas": schemas}}
