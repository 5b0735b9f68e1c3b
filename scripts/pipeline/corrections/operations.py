"""Rules for operations, paths and parameters."""

from scripts.pipeline.corrections.schema_tools import look, members, without
from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node, rebuild

_PLAIN_TYPES = ("string", "integer", "number", "boolean")


def settle_parameters(document: Node) -> Node:
    """Give every parameter a schema that fits where it travels.

    Cause: a UUID is demanded where an id is put into a path, as in `create-api-token` and 38 other
    operations of 2026-06-16, though only its text travels; the generator drops a parameter that
    has `content`, and the whole operation over a list in a header.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind != "parameter" or "$ref" in node:
            return node
        schema = node.get("schema")
        made = {**without(node, "content"), "schema": schema or {"type": "string"}}
        if node.get("in") in ("path", "header", "cookie"):
            made["schema"] = _scalar(document, made["schema"])
        return made

    return rebuild(document, "document", visit)


def _scalar(document: Node, schema: Node) -> Node:
    there = look(document, schema)
    if members(there) or there.get("type") not in _PLAIN_TYPES:
        return {"type": "string"}
    if there.get("type") == "string" and "enum" not in there:
        return {"type": "string"}
    return without(there, "nullable", "default") if there.get("nullable") else schema


def spread_deep_objects(document: Node) -> Node:
    """Make each field of an object in the query (`style: deepObject`) a parameter of its own.

    Cause: the generator sends the field under its own name (`eq=x` for `filter[id][eq]=x`), which
    a server takes for nothing, and answers as if nothing had been filtered. In the
    published documents: `filter[...]` of `list-org-projects` and ten others that list.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind not in ("operation", "pathItem") or "parameters" not in node:
            return node
        spread = [part for given in node["parameters"] for part in _spread(document, given)]
        return {**node, "parameters": spread}

    return rebuild(document, "document", visit)


def _spread(document: Node, parameter: Node) -> list[Node]:
    whole = follow(document, parameter, "a parameter")
    schema = look(document, whole.get("schema", {}))
    fields = schema.get("properties", {})
    if whole.get("in") != "query" or whole.get("style") != "deepObject" or not fields:
        return [parameter]
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
