"""Rules for operations, paths and parameters."""

from scripts.pipeline.corrections.schema_tools import for_each, kinds, look, members, without
from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node, methods


@for_each("parameter")
def settle_parameters(parameter: Node, document: Node) -> Node:
    """Give a parameter in a path, a header or a cookie a schema of what travels there: one text.

    Cause: a UUID is demanded where an id is put into a path, as in `create-api-token` and 38 other
    operations of 2026-06-16, though only its text travels.
    """
    if parameter.get("in") not in ("path", "header", "cookie"):
        return parameter
    there = look(document, parameter.get("schema", {}))
    is_date = parameter["in"] == "path" and there.get("format") in ("date", "date-time")
    if is_date or "enum" in there or there.get("type") in ("integer", "number", "boolean"):
        schema = without(there, "nullable") if there.get("nullable") else parameter["schema"]
        return {**parameter, "schema": schema}
    return {**parameter, "schema": {"type": "string"}}


@for_each("pathItem")
def spread_deep_objects(item: Node, document: Node) -> Node:
    """Make each field of an object in the query (`style: deepObject`) a parameter of its own.

    Cause: the generator sends the field under its own name (`eq=x` for `filter[id][eq]=x`), which
    a server takes for nothing, and answers as if nothing had been filtered. Seen in `filter[...]`
    of the operations that list. Objects without a style whose fields have names in common, such as
    `from` and `to` of query-project-carbon, overwrite each other, and are spread as well.
    """
    # What the path shares would come back beside what it was spread to.
    made = without(item, "parameters")
    for method in methods(item):
        found = _merged(document, item, item[method])
        shared = shared_fields(document, [whole for _, whole in found])
        made[method] = {
            **item[method],
            "parameters": [
                part for each, whole in found for part in spread(document, whole, shared) or [each]
            ],
        }
    return made


def all_parameters(document: Node, item: Node, operation: Node) -> list[Node]:
    """Give the parameters of an operation and those of its path that it does not replace."""
    return [whole for _, whole in _merged(document, item, operation)]


def _merged(document: Node, item: Node, operation: Node) -> list[tuple[Node, Node]]:
    """Give each parameter of an operation, and what it is, where it may be a reference."""
    own, shared = (
        [(each, follow(document, each, "a parameter")) for each in part.get("parameters", [])]
        for part in (operation, item)
    )
    taken = {(whole["name"], whole["in"]) for _, whole in own}
    return [*own, *(pair for pair in shared if (pair[1]["name"], pair[1]["in"]) not in taken)]


def shared_fields(document: Node, parameters: list[Node]) -> set[str]:
    """Name the fields of objects without a style that something else in the query is named."""
    names: list[str] = []
    for each in parameters:
        if each["in"] == "query" and "style" not in each:
            names += look(document, each.get("schema", {})).get("properties", [each["name"]])
    return {name for name in names if names.count(name) > 1}


def spread(document: Node, parameter: Node, shared: set[str]) -> list[Node]:
    """Give the parameters that one is spread to; none when it stays as it is.

    A query cannot hold an object in a field: where it may be a list as well, the list remains.
    """
    schema = parameter.get("schema", {})
    whole = look(document, schema)
    fields = whole.get("properties", {})
    style = parameter.get("style", "deepObject" if shared & fields.keys() else "")
    is_combined = whole.get("additionalProperties") or members(whole) or "allOf" in whole
    is_other = kinds(document, schema) != {"object"}  # it may be null as well, or something else
    if parameter["in"] != "query" or style != "deepObject" or is_combined or is_other:
        return []
    required = whole.get("required", []) if parameter.get("required") else []
    return [
        {
            "name": f"{parameter['name']}[{field}]",
            "in": "query",
            "required": field in required,
            "schema": _without_objects(document, fields[field]),
        }
        for field in fields
    ]


def _without_objects(document: Node, schema: Node) -> Node:
    for key in ("oneOf", "anyOf"):
        options = schema.get(key, [])
        kept = [each for each in options if look(document, each).get("type") != "object"]
        if kept and kept != options:
            return {**schema, key: kept} if len(kept) > 1 else kept[0]
    return schema
