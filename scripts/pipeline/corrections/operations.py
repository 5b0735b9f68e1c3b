"""Rules for operations, paths and parameters."""

from scripts.pipeline.corrections.schema_tools import look, members, only, without
from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node, operations, rebuild

_PLAIN_TYPES = ("string", "integer", "number", "boolean")
_DATES = ("date", "date-time")


def _key(document: Node, parameter: Node) -> tuple[str, str]:
    whole = whole_parameter(document, parameter)
    return str(whole.get("name")), str(whole.get("in"))


def whole_parameter(document: Node, parameter: Node) -> Node:
    """Give a parameter itself, where it may be a reference."""
    return follow(document, parameter, "a parameter")


def settle_parameters(document: Node) -> Node:
    """Give every parameter a schema that fits where it travels.

    Cause: a UUID is demanded where an id is put into a path, as in `create-api-token` and 38 other
    operations of 2026-06-16, though only its text travels; the generator drops a parameter that
    has `content`, and the whole operation over a list in a header.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind != "parameter" or "$ref" in node:
            return node
        schema = node.get("schema") or {"type": "string"}
        if node.get("in") in ("path", "header", "cookie"):
            schema = _scalar(document, schema, *(_DATES if node["in"] == "path" else ()))
        return {**without(node, "content"), "schema": schema}

    return rebuild(document, "document", visit)


def _scalar(document: Node, schema: Node, *formats: str) -> Node:
    there = look(document, schema)
    if there.get("format") in formats:
        return only(there, "type", "format")
    if members(there) or there.get("type") not in _PLAIN_TYPES:
        return {"type": "string"}
    if there.get("type") == "string" and "enum" not in there:
        return {"type": "string"}
    return without(there, "nullable") if there.get("nullable") else schema


def spread_deep_objects(document: Node) -> Node:
    """Make each field of an object in the query (`style: deepObject`) a parameter of its own.

    Cause: the generator sends the field under its own name (`eq=x` for `filter[id][eq]=x`), which
    a server takes for nothing, and answers as if nothing had been filtered. Seen in `filter[...]`
    of the operations that list. Objects without a style whose fields have names in common, such as
    `from` and `to` of query-project-carbon, overwrite each other, and are spread as well.
    """
    paths = {}
    for path, item in document.get("paths", {}).items():
        # What the path shares would come back beside what it was spread to.
        paths[path] = without(item, "parameters")
        for _, method, operation in operations({"paths": {path: item}}):
            listed = merged_parameters(document, item, operation)
            shared = shared_fields(document, listed)
            spread = [part for each in listed for part in _spread(document, each, shared)]
            paths[path][method] = {**operation, "parameters": spread}
    return {**document, "paths": paths}


def merged_parameters(document: Node, item: Node, operation: Node) -> list[Node]:
    """Give the parameters of an operation and those of its path that it does not replace."""
    own: list[Node] = operation.get("parameters", [])
    taken = {_key(document, parameter) for parameter in own}
    return [*own, *(p for p in item.get("parameters", []) if _key(document, p) not in taken)]


def shared_fields(document: Node, parameters: list[Node]) -> set[str]:
    """Name the fields of objects without a style that something else in the query is named."""
    names: list[str] = []
    for parameter in parameters:
        whole = whole_parameter(document, parameter)
        if whole.get("in") == "query" and "style" not in whole:
            names += look(document, whole.get("schema", {})).get("properties", [whole["name"]])
    return {name for name in names if names.count(name) > 1}


def spread_fields(document: Node, parameter: Node, shared: set[str]) -> Node:
    """Give the fields that a parameter is spread to, by name; none when it stays as it is.

    A query cannot hold an object in a field: where it may be a list as well, the list remains.
    """
    whole = whole_parameter(document, parameter)
    fields = look(document, whole.get("schema", {})).get("properties", {})
    deep = whole.get("style") == "deepObject" or ("style" not in whole and shared & fields.keys())
    if whole.get("in") != "query" or not deep:
        return {}
    return {name: _without_objects(document, field) for name, field in fields.items()}


def _without_objects(document: Node, schema: Node) -> Node:
    for key in ("oneOf", "anyOf"):
        options = schema.get(key, [])
        kept = [each for each in options if look(document, each).get("type") != "object"]
        if kept and kept != options:
            return {**schema, key: kept} if len(kept) > 1 else kept[0]
    return schema


def _spread(document: Node, parameter: Node, shared: set[str]) -> list[Node]:
    fields = spread_fields(document, parameter, shared)
    if not fields:
        return [parameter]
    whole = whole_parameter(document, parameter)
    schema = look(document, whole["schema"])
    required = set(schema.get("required", [])) if whole.get("required") else set()
    return [
        {
            "name": f"{whole['name']}[{field}]",
            "in": "query",
            "required": field in required,
            "schema": fields[field],
        }
        for field in fields
    ]
