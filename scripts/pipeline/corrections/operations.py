"""Rules for operations, paths and parameters."""

import re

from scripts.pipeline.corrections.common import components, look, members, without
from scripts.pipeline.references import follow
from scripts.pipeline.shape import METHODS, Node, operations, rebuild

_TEMPLATE = re.compile(r"{([^{}]*)}")
_PLAIN_TYPES = ("string", "integer", "number", "boolean")


def open_to_every_client(document: Node) -> Node:
    """Drop the security of single operations.

    Cause: an operation with its own `security` accepts only `AuthenticatedClient`, which holds a
    fixed token; how requests are authenticated is the client's business here.
    """

    def visit(node: Node, kind: str) -> Node:
        return without(node, "security") if kind == "operation" else node

    return rebuild(document, "document", visit)


def settle_operations(document: Node) -> Node:
    """Name every operation, give it the parameters of its path, and nothing the rest repeats.

    Cause: an operation without an id cannot be named stably, and two whose ids become the same
    module name overwrite each other; inline schemas of shared path parameters would be named
    after whichever operation comes first.
    """
    ids = _unique_ids(document)
    paths: Node = {}
    for path, item in document.get("paths", {}).items():
        shared = item.get("parameters", [])
        made = without(item, "parameters", *METHODS)
        for method in METHODS:
            if method in item:
                own = item[method].get("parameters", [])
                taken = {_key(document, parameter) for parameter in own}
                more = [p for p in shared if _key(document, p) not in taken]
                made[method] = {
                    **item[method],
                    "operationId": ids[path, method],
                    "parameters": [*own, *more],
                    "responses": _with_valid_codes(item[method].get("responses", {})),
                }
        paths[path] = made
    return {**document, "paths": paths}


def _unique_ids(document: Node) -> dict[tuple[str, str], str]:
    from scripts.pipeline.corrections.names import digest, identifier  # noqa: PLC0415

    named = {
        (path, method): operation.get("operationId") or f"{method}{path}"
        for path, method, operation in operations(document)
    }
    spelled = [identifier(name) for name in named.values()]
    return {
        key: name if spelled.count(identifier(name)) == 1 else f"{name}_{digest(name)}"
        for key, name in named.items()
    }


def _with_valid_codes(responses: Node) -> Node:
    return {
        code if code == "default" else code.upper(): response
        for code, response in responses.items()
    }


def _key(document: Node, parameter: Node) -> tuple[str, str]:
    whole = _whole(document, parameter)
    return str(whole.get("name")), str(whole.get("in"))


def _whole(document: Node, parameter: Node) -> Node:
    return follow(document, parameter, "a parameter")


def settle_parameters(document: Node) -> Node:
    """Give every parameter a schema that fits where it travels.

    Cause: the generator drops a parameter that has `content`, and the whole operation over an
    optional path parameter or a list in a header.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind != "parameter" or "$ref" in node:
            return node
        schema = node.get("schema")
        made = {**without(node, "content"), "schema": schema or {"type": "string"}}
        if node.get("in") == "path":
            made["required"] = True
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
    a server takes for nothing, and answers as if nothing had been filtered. Seen in `filter[...]`
    of the operations that list.
    """
    paths = dict(document.get("paths", {}))
    for path, method, operation in operations(document):
        spread = [
            part
            for parameter in operation.get("parameters", [])
            for part in _spread(document, parameter)
        ]
        if spread:
            paths[path] = {**paths[path], method: {**operation, "parameters": spread}}
    return {**document, "paths": paths}


def _spread(document: Node, parameter: Node) -> list[Node]:
    whole = _whole(document, parameter)
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


def match_path_parameters(document: Node) -> Node:
    """Make the parameters of a path and its placeholders the same.

    Cause: the generator drops an operation over a placeholder without a parameter, a parameter
    without a placeholder, or one of unusual spelling; only its place in the path matters.
    """
    paths: Node = {}
    for path, item in document.get("paths", {}).items():
        wanted = list(dict.fromkeys(_TEMPLATE.findall(path)))
        plain = {name: re.sub(r"[^a-zA-Z0-9_-]|^(?=[0-9])", "_", name) for name in wanted}
        renamed = path
        for name, spelled in plain.items():
            renamed = renamed.replace(f"{{{name}}}", f"{{{spelled}}}")
        made = dict(item)
        for method in METHODS:
            if method in item:
                made[method] = _matched(document, item[method], plain)
        paths[renamed] = made
    return {**document, "paths": paths}


def _matched(document: Node, operation: Node, plain: dict[str, str]) -> Node:
    kept = []
    seen: set[tuple[str, str]] = set()
    for parameter in operation.get("parameters", []):
        key = _key(document, parameter)
        if key in seen or (key[1] == "path" and key[0] not in plain):
            continue
        seen.add(key)
        if key[1] == "path" and plain[key[0]] != key[0]:
            kept.append({**_whole(document, parameter), "name": plain[key[0]]})
        else:
            kept.append(parameter)
    kept += [
        {"name": plain[name], "in": "path", "required": True, "schema": {"type": "string"}}
        for name in plain
        if (name, "path") not in seen
    ]
    return {**operation, "parameters": kept}


def inline_shared_parts(document: Node) -> Node:
    """Write shared parameters, bodies and responses out where they are used.

    Cause: the generator refuses references between them, and names with unusual characters.
    """

    def visit(node: Node, kind: str) -> Node:
        return node if kind == "schema" else follow(document, node, f"a {kind}")

    whole = rebuild(document, "document", visit)
    return {**whole, "components": {"schemas": components(whole)}}
