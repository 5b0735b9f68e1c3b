"""Rules that bring the many spellings of the specification down to one."""

from scripts.pipeline.corrections.common import TYPES, each_schema, members, without
from scripts.pipeline.shape import METHODS, Node, rebuild

_SCHEMA_KEYS = frozenset(
    {"$ref", "type", "format", "enum", "const", "properties", "required", "additionalProperties"}
    | {"items", "prefixItems", "oneOf", "anyOf", "allOf", "nullable", "default"}
)
_KEYS = {
    "document": frozenset({"openapi", "info", "paths", "components"}),
    "components": frozenset({"schemas", "parameters", "responses", "requestBodies"}),
    "pathItem": frozenset({*METHODS, "parameters"}),
    "operation": frozenset(
        {"operationId", "tags", "parameters", "requestBody", "responses", "security"}
    ),
    "parameter": frozenset({"$ref", "name", "in", "required", "schema", "content", "style"}),
    "requestBody": frozenset({"$ref", "content", "required"}),
    "response": frozenset({"$ref", "content", "description"}),
    "mediaType": frozenset({"schema"}),
    "schema": _SCHEMA_KEYS,
}


def keep_what_is_rendered(document: Node) -> Node:
    """Keep only what the generator turns into code.

    Cause: it validates the rest as well, and refuses a whole document for one odd limit, link or
    security scheme that it would not have used.
    """

    def visit(node: Node, kind: str) -> Node:
        kept = {key: node[key] for key in node if key in _KEYS.get(kind, node)}
        if kind != "schema":
            return kept
        if not isinstance(kept.get("format", ""), str):
            del kept["format"]
        return kept

    return rebuild(document, "document", visit)


def give_types(document: Node) -> Node:
    """Say the type that a schema leaves to be guessed, and drop types that do not exist.

    Cause: without a type the generator loses `nullable` and renders `Any` for maps and lists; an
    array without `items` is refused, and so is the whole document for a type like `file`.
    """

    def visit(schema: Node) -> Node:
        kind = schema.get("type")
        given = kind if isinstance(kind, list) else [kind]
        kinds = [name for name in given if isinstance(name, str) and name in TYPES]
        schema = without(schema, "type")
        if not kinds and "$ref" not in schema:
            kinds = _guessed(schema)
        if kinds:
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
        if "array" in kinds:
            first = schema.pop("prefixItems", [])
            rest = [schema["items"]] if isinstance(schema.get("items"), dict) else []
            items = [item for item in first if isinstance(item, dict)] + rest
            schema["items"] = items[0] if len(items) == 1 else {"oneOf": items} if items else {}
        return without(schema, "prefixItems")

    return each_schema(document, visit)


def _guessed(schema: Node) -> list[str]:
    values = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
    if schema.get("properties") or isinstance(schema.get("additionalProperties"), dict):
        return ["object"]
    if "items" in schema:
        return ["array"]
    found = {type(value) for value in values if value is not None}
    names = {str: "string", int: "integer", bool: "boolean", float: "number"}
    return [names[kind] for kind in found if kind in names] if len(found) == 1 else []


def say_null_one_way(document: Node) -> Node:
    """Write every way to allow null as `nullable: true` beside the schema it is about.

    Cause: the generator loses the null beside a `$ref`, and the 3.1 spellings (a list of types, a
    null in an enum or a union) each meet another gap.
    """
    return each_schema(document, _null)


def _null(schema: Node) -> Node:
    if "$ref" in schema:
        nullable = schema.get("nullable") is True
        ref = {"$ref": schema["$ref"]}
        return {"oneOf": [ref], "nullable": True} if nullable else ref
    nullable = schema.get("nullable") is True
    schema = without(schema, "nullable")
    kinds = schema.get("type")
    if kinds in ("null", ["null"]):
        return {"nullable": True}
    if isinstance(kinds, list):
        nullable = nullable or "null" in kinds
        kinds = [kind for kind in kinds if kind != "null"]
        if len(kinds) == 1:
            schema["type"] = kinds[0]
        else:
            schema = {"oneOf": [{**without(schema, "default"), "type": kind} for kind in kinds]}
    if "const" in schema:
        schema.setdefault("enum", [schema["const"]])
        del schema["const"]
    if "enum" in schema:
        nullable = nullable or None in schema["enum"]
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    for key in ("oneOf", "anyOf"):
        if key in schema:
            kept = [member for member in schema[key] if member != {"nullable": True}]
            nullable = nullable or len(kept) < len(schema[key])
            schema[key] = kept
    if all(key in schema and not members(schema) for key in ("oneOf",)):
        del schema["oneOf"]
    return {**schema, "nullable": True} if nullable else schema


def settle_enums(document: Node) -> Node:
    """Keep enums that Python can have, each value with a name that depends on nothing else.

    Cause: the generator stops at values whose names collide (`-created_at`, `created_at`), names
    others by their position, so that one more value renames the rest, loses line breaks from
    values, and refuses enums of mixed or fractional values.
    """
    return each_schema(document, _settled)


def _settled(schema: Node) -> Node:
    if "enum" not in schema:
        return schema
    values = list(dict.fromkeys(_hashable(schema["enum"])))
    kinds = {type(value) for value in values}
    texts = [value for value in values if isinstance(value, str)]
    if kinds == {str} and schema.get("type") == "string" and _are_kept(texts):
        named = _named(texts)
        return {**schema, "enum": values, **({"x-enum-varnames": named} if named else {})}
    if kinds == {int} and schema.get("type") == "integer":
        return {**schema, "enum": values}
    return without(schema, "enum")


def _hashable(values: object) -> list[object]:
    found = values if isinstance(values, list) else []
    return [value for value in found if not isinstance(value, dict | list)]


def _are_kept(values: list[str]) -> bool:
    from scripts.pipeline.corrections.names import is_kept  # noqa: PLC0415 - imports the generator

    return all(map(is_kept, values))


def _named(values: list[str]) -> list[str] | None:
    from scripts.pipeline.corrections.names import digest, enum_name  # noqa: PLC0415 - imports the generator

    names = [enum_name(value) for value in values]
    natural = all(value[:1].isalpha() for value in values)
    if natural and len(set(names)) == len(names):
        return None
    return [
        name if names.count(name) == 1 else f"{name}_{digest(value)}"
        for name, value in zip(names, values, strict=True)
    ]
