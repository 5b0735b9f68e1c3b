"""The rule for enums: which Python can have, and what their members are called."""

from scripts.pipeline.corrections.names import digest, enum_name, is_kept
from scripts.pipeline.corrections.schema_tools import each_schema, without
from scripts.pipeline.walk import Node


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
