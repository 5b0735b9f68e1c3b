"""Rules for request and response bodies."""

from scripts.pipeline.corrections.schema_tools import for_each, meaning
from scripts.pipeline.walk import Node, walk

BINARY = "application/octet-stream"
_JSON = "application/json"
# Of text in an answer, whatever it is exactly; no request is of a media range.
_ANY_TEXT = "text/*"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FILE: Node = {"type": "string", "format": "binary"}


def essence(content_type: str) -> str:
    """Give a media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Say whether a media type is JSON."""
    plain = essence(content_type)
    return plain == _JSON or plain.endswith("+json")


def overrides(document: Node) -> dict[str, str]:
    """Tell the generator what to handle the media type of each request as."""
    return {
        name: _handled_as(name)
        for _, kind, node in walk(document, "document")
        if kind == "requestBody"
        for name in node["content"]
    }


@for_each("requestBody")
def settle_bodies(body: Node, _: Node) -> Node:
    """Send as a file what is neither JSON nor a form.

    Cause: the generator leaves out a request whose media type it does not know, and breaks where a
    schema of one kind meets a body of another.
    """
    content = {
        name: {"schema": _FILE if _handled_as(name) == BINARY else media.get("schema", {})}
        for name, media in body.get("content", {}).items()
    }
    return {**body, "content": content}


@for_each("response")
def settle_answers(answer: Node, _: Node) -> Node:
    """Give every answer one schema, and say which kinds of body it may have, if there are several.

    Cause: the generator leaves out an answer whose media type it does not know (`application/pdf`
    without a schema of `download-invoice`), and reads only the first of several:
    `get_application_merge` answers JSON, a graph as text, or bytes, as a parameter says.
    """
    content = answer.get("content")
    if not content:
        return answer
    schemas = [content[name].get("schema", {}) for name in content if is_json(name)]
    distinct = list({meaning(schema): schema for schema in schemas}.values())
    name, schema = BINARY, _FILE  # bytes hold every alternative, text only text
    if distinct:
        name, schema = _JSON, distinct[0] if len(distinct) == 1 else {"oneOf": distinct}
    elif all(essence(each).startswith("text/") for each in content):
        name, schema = _ANY_TEXT, {"type": "string"}
    kinds = sorted(set(map(_kind, content)))
    several = {"x-kinds": kinds} if len(kinds) > 1 else {}
    return {**answer, "content": {name: {"schema": schema}}, **several}


def _handled_as(content_type: str) -> str:
    if is_json(content_type):
        return _JSON
    return essence(content_type) if essence(content_type) in FORMS else BINARY


def _kind(content_type: str) -> str:
    if is_json(content_type):
        return "JSON"
    if "html" in content_type.lower():
        return "HTML"
    return "text" if content_type.lower().startswith("text/") else "bytes"
