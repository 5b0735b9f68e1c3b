"""Rules for what a schema says of itself, by which a newer API may send more."""

from scripts.pipeline.corrections.names import digest, enum_name, is_kept
from scripts.pipeline.corrections.schema_tools import (
    components,
    each_schema,
    is_class,
    look,
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


def settle_enums(document: Node) -> Node:
    """Keep enums that Python can have, each value with a name that depends on nothing else.

    Cause: the generator stops at values whose names collide (`-created_at`, `created_at` of
    `list-org-projects`), and names others by their position (`VALUE_0 = "-1"` in 104 modules of
    2026-06-16), so that one more value renames the rest; it also loses line breaks from values,
    and refuses enums of mixed or fractional values, and those that list null.
    """
    return each_schema(document, _settled)


def _settled(schema: Node) -> Node:
    if "enum" not in schema:
        return schema
    kinds = {type(value) for value in schema["enum"]}
    if not kinds <= {str, int}:
        return without(schema, "enum")
    values = list(dict.fromkeys(schema["enum"]))
    texts = [value for value in values if isinstance(value, str)]
    if kinds == {str} and schema.get("type") == "string" and all(map(is_kept, texts)):
        named = _named(texts)
        return {**schema, "enum": values, **({"x-enum-varnames": named} if named else {})}
    if kinds == {int} and schema.get("type") == "integer":
        return {**schema, "enum": values}
    return without(schema, "enum")


def _named(values: list[str]) -> list[str] | None:
    names = [enum_name(value) for value in values]
    natural = all(value[:1].isalpha() for value in values)
    if natural and len(set(names)) == len(names):
        return None
    return [
        name if names.count(name) == 1 else f"{name}_{digest(value)}"
        for name, value in zip(names, values, strict=True)
    ]
