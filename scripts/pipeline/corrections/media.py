"""Rules for request and response bodies."""

from scripts.pipeline.corrections.schema_tools import (
    is_object,
    look,
    meaning,
)
from scripts.pipeline.walk import Node, rebuild, walk

BINARY = "application/octet-stream"
_JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_PLAIN = ("string", "integer", "number", "boolean")
_FILE: Node = {"type": "string", "format": "binary"}
_TEXT: Node = {"type": "string"}


def is_json(content_type: str) -> bool:
    """Say whether a media type is JSON."""
    plain = essence(content_type)
    return plain == _JSON or plain.endswith("+json")


def overrides(document: Node) -> dict[str, str]:
    """Tell the generator what to handle each media type of a settled document as."""
    found = {}
    for _, kind, node in walk(document, "document"):
        if kind in ("requestBody", "response"):
            for name, media in node.get("content", {}).items():
                is_file = media.get("schema") == _FILE and essence(name) not in FORMS
                found[name] = BINARY if is_file else _handled_as(name)
    return {given: meant for given, meant in sorted(found.items()) if given != meant}


def settle_bodies(document: Node) -> Node:
    """Give every body one schema of a kind that its media type can hold.

    Cause: the generator leaves out a response or a request whose media type it does not know
    (`application/pdf` without a schema of `download-invoice`, `text/vnd.graphviz` of
    `get_application_merge`), reads only the first of several, and breaks where a schema of one
    kind meets a body of another.
    """
    sent = {
        name
        for _, kind, node in walk(document, "document")
        if kind == "requestBody"
        for name in node.get("content", {})
    }

    def visit(node: Node, kind: str) -> Node:
        if kind == "response" and node.get("content"):
            return {**node, "content": _response(node["content"], sent)}
        if kind == "requestBody":
            content = _request(document, node.get("content", {}))
            return {**node, "content": content}
        return node

    return rebuild(document, "document", visit)


def essence(content_type: str) -> str:
    """Give a media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _handled_as(content_type: str) -> str:
    if is_json(content_type):
        return _JSON
    plain = essence(content_type)
    return plain if plain in FORMS or plain.startswith("text/") else BINARY


def _response(content: Node, sent: set[str]) -> Node:
    documented = [name for name in content if is_json(name)]
    if documented:
        schemas = [content[name].get("schema", {}) for name in documented]
        distinct = list({meaning(schema): schema for schema in schemas}.values())
        schema = distinct[0] if len(distinct) == 1 else {"oneOf": distinct}
        return {documented[0]: {"schema": schema}}
    texts = [name for name in content if _handled_as(name).startswith("text/")]
    if len(texts) == len(content) and not sent & set(texts):
        return {texts[0]: {"schema": _TEXT}}
    # Bytes hold every alternative, text only text.
    name = next((name for name in content if _handled_as(name) == BINARY), BINARY)
    return {name: {"schema": _FILE}}


def _request(document: Node, content: Node) -> Node:
    kept: Node = {}
    for name in sorted(content, key=_rank):
        schema = content[name].get("schema", {})
        meant = _handled_as(name)
        if meant in FORMS and not is_object(look(document, schema)):
            continue
        if meant != _JSON and meant not in FORMS:
            schema = _FILE
        # Alternatives are told apart by the class of the body: each must have one of its own.
        others = [each["schema"] for each in kept.values()]
        told_apart = all(_has_class(document, each) for each in [schema, *others])
        if not kept or (told_apart and schema not in others):
            kept[name] = {"schema": schema}
    return kept or {BINARY: {"schema": _FILE}}


def _has_class(document: Node, schema: Node) -> bool:
    return schema == _FILE or is_object(look(document, schema))


def _rank(name: str) -> tuple[int, str]:
    order = [_JSON, *FORMS]
    meant = _handled_as(name)
    return order.index(meant) if meant in order else len(order), name
