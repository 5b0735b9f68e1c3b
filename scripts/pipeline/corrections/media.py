"""Rules for request and response bodies."""

from scripts.pipeline.corrections.schema_tools import meaning
from scripts.pipeline.walk import Node, rebuild, walk

BINARY = "application/octet-stream"
_JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
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
            return {**node, "content": _request(node.get("content", {}))}
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


def _request(content: Node) -> Node:
    # Where there are several, they say the same.
    name = min(content, key=_rank, default=BINARY)
    schema = content.get(name, {}).get("schema", {})
    return {name: {"schema": schema if _handled_as(name) in (_JSON, *FORMS) else _FILE}}


def _rank(name: str) -> tuple[int, str]:
    order = [_JSON, *FORMS]
    meant = _handled_as(name)
    return order.index(meant) if meant in order else len(order), name
