"""Rules for what a schema says of itself, by which a newer API may send more."""

from scripts.pipeline.corrections import schema_tools as tools
from scripts.pipeline.corrections.names import digest, enum_name
from scripts.pipeline.walk import Node


@tools.for_each("schema")
def open_objects(schema: Node, _: Node) -> Node:
    """Open every object that says `additionalProperties: false`.

    Cause: a generated class of a closed object drops what it does not know. In all published
    documents, `AcceptedResponse` among 500 classes, whose `_embedded` holds the activities that a
    write starts; HAL's `_links` are never declared.
    """
    closed = schema.get("additionalProperties") is False
    return tools.without(schema, "additionalProperties") if closed else schema


@tools.for_each("schema")
def leave_to_server(schema: Node, document: Node) -> Node:
    """Drop defaults, and require nothing that is `readOnly`.

    Cause: generated code sends defaults, so that a PATCH would set whatever the caller leaves out,
    and go on doing so when the server's default has moved; and what only the server writes would be
    demanded from the caller, too. No published document has more than defaults of null.
    """
    made = tools.without(schema, "default")
    if "required" in made:
        fields = schema.get("properties", {}).items()
        whole = {name: {**tools.look(document, part), **part} for name, part in fields}
        made["required"] = [
            name for name in made["required"] if not whole.get(name, {}).get("readOnly")
        ]
    return made


def move_null_to_references(document: Node) -> Node:
    """Take the null out of a component that becomes a class, and put it at each reference.

    Cause: the generator processes a nullable object component twice and drops it over the
    duplicate, and loses the null of an enum. In the published documents: `RegionReference`,
    `CurrencyAmountNullable`.
    """
    null = {"nullable": True}
    found = {
        name
        for name, schema in tools.components(document).items()
        if schema.get("nullable") is True and tools.is_class(schema)
    }
    move = tools.for_each("schema")(
        lambda at, _: tools.beside(at, null) if tools.name_of(at) in found else at
    )
    moved = move(document)
    return tools.with_schemas(
        moved, {name: tools.without(tools.components(moved)[name], "nullable") for name in found}
    )


@tools.for_each("schema")
def settle_enums(schema: Node, _: Node) -> Node:
    """Keep enums that Python can have, each value with a name that depends on nothing else.

    Cause: the generator stops at values whose names collide (`-created_at`, `created_at` of
    `list-org-projects`), and names others by their position (`VALUE_0 = "-1"` in 104 modules of
    2026-06-16), so that one more value renames the rest; it also loses line breaks from values,
    and refuses enums of mixed or fractional values, and those that list null.
    """
    kinds = {type(value) for value in schema.get("enum", ())}
    if kinds != {"string": {str}, "integer": {int}}.get(str(schema.get("type"))):
        return tools.without(schema, "enum")
    values = list(dict.fromkeys(schema["enum"]))
    if kinds == {int}:
        return {**schema, "enum": values}
    if not "".join(values).isprintable():
        return tools.without(schema, "enum")
    names = [enum_name(value) for value in values]
    told = [
        name if names.count(name) == 1 else f"{name}_{digest(value)}"
        for name, value in zip(names, values, strict=True)
    ]
    return {**schema, "enum": values, "x-enum-varnames": told}
