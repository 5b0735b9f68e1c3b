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
    whole = whole_parameter(document, parameter)
    return str(whole.get("name")), str(whole.get("in"))


def whole_parameter(document: Node, parameter: Node) -> Node:
    """Give a parameter itself, where it may be a reference."""
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
    of the operations that list. Objects without a style whose fields have names in common, such as
    `from` and `to` of query-project-carbon, overwrite each other, and are spread as well.
    """
    paths = dict(document.get("paths", {}))
    for path, item in paths.items():
        made = {}
        for method in METHODS:
            if method in item:
                listed = merged_parameters(document, item, item[method])
                shared = shared_fields(document, listed)
                spread = [part for each in listed for part in _spread(document, each, shared)]
                if spread != listed:
                    made[method] = {**item[method], "parameters": spread}
        if made:
            # What the path shares would come back beside what it was spread to.
            others = {
                method: {
                    **item[method],
                    "parameters": merged_parameters(document, item, item[method]),
                }
                for method in METHODS
                if method in item
            }
            paths[path] = {**without(item, "parameters"), **others, **made}
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
            kept.append({**whole_parameter(document, parameter), "name": plain[key[0]]})
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
