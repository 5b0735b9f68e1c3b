"""Rules for operations, paths and parameters."""

from scripts.pipeline.corrections.schema_tools import look, without
from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node, operations, rebuild


def _key(document: Node, parameter: Node) -> tuple[str, str]:
    whole = whole_parameter(document, parameter)
    return str(whole.get("name")), str(whole.get("in"))


def whole_parameter(document: Node, parameter: Node) -> Node:
    """Give a parameter itself, where it may be a reference."""
    return follow(document, parameter, "a parameter")


def settle_parameters(document: Node) -> Node:
    """Give a parameter in a path, a header or a cookie a schema of what travels there: one text.

    Cause: a UUID is demanded where an id is put into a path, as in `create-api-token` and 38 other
    operations of 2026-06-16, though only its text travels.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind != "parameter" or node.get("in") not in ("path", "header", "cookie"):
            return node
        there = look(document, node.get("schema", {}))
        is_date = node["in"] == "path" and there.get("format") in ("date", "date-time")
        if is_date or "enum" in there or there.get("type") in ("integer", "number", "boolean"):
            schema = without(there, "nullable") if there.get("nullable") else node["schema"]
            return {**node, "schema": schema}
        return {**node, "schema": {"type": "string"}}

    return rebuild(document, "document", visit)


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
