"""The words of an OpenAPI document, which tests write one with.

Those that a file says often it imports by name, the others with the module.
"""

from collections.abc import Sequence
from typing import Any

from scripts.pipeline.walk import METHODS, Node

DELETE = "delete-projects-integrations"
JSON = "application/json"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
TEXT: Node = {"type": "string"}
NUMBER: Node = {"type": "integer"}
FLAG: Node = {"type": "boolean"}
FILE: Node = {"type": "string", "format": "binary"}


def api(schemas: Node | None = None, *, paths: Node | None = None, **parts: Any) -> Node:
    """Make a small document; without paths, one operation answers with every schema.

    Parts that are called as a method are operations at /a, the others sections of components.
    """
    schemas = schemas or {}
    item = {method: parts.pop(method) for method in METHODS if method in parts}
    paths = {"/a": item} if item else paths
    if paths is None:
        paths = {"/all": {"get": operation("all", thing(**{name: ref(name) for name in schemas}))}}
    whole = {"openapi": "3.0.1", "info": {"title": "T", "version": "1"}, "paths": paths}
    return {**whole, "components": {"schemas": schemas, **parts}}


def ref(name: str, section: str = "schemas") -> Node:
    return {"$ref": f"#/components/{section}/{name}"}


def thing(*required: str, **fields: Node) -> Node:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **needed, "properties": fields}


def listed(items: Node) -> Node:
    return {"type": "array", "items": items}


def one_of(*schemas: Node, **more: Any) -> Node:
    return {"oneOf": list(schemas), **more}


def enum(*values: str) -> Node:
    return {"type": "string", "enum": list(values)}


def form(name: str) -> Node:
    return {"type": "string", "format": name}


def parameter(where: str, name: str, schema: Node = TEXT, **more: Any) -> Node:
    """Make a parameter; one of a path is required."""
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "schema": schema, **required, **more}


def query(name: str, schema: Node = TEXT, **more: Any) -> Node:
    return parameter("query", name, schema, **more)


def content(schema: Node | None, media: str = JSON, **more: Any) -> Node:
    """Make a body, or an answer, of a kind."""
    kind = {media: {} if schema is None else {"schema": schema}}
    return {"description": "", "content": kind, **more}


def operation(
    name: str,
    schema: Node | None = None,
    *,
    body: Node | None = None,
    media: str = JSON,
    **more: Any,
) -> Node:
    """Make an operation that answers 200, with JSON, and one that requires a body."""
    response = {"description": ""} if schema is None else content(schema)
    sent = {"requestBody": content(body, media, required=True)} if body is not None else {}
    return {"operationId": name, "tags": ["t"], "responses": {"200": response}, **sent, **more}


def put(node: Any, place: Sequence[Any], value: Any) -> Any:
    """Copy JSON with something else at a place, or without what is there (`...`)."""
    key, *rest = place
    key = int(key) if isinstance(node, list) else key
    made = node.copy()
    if rest or value is not ...:
        made[key] = put(node[key], rest, value) if rest else value
    else:
        del made[key]
    return made
