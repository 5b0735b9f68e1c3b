"""The rule for files in forms."""

from scripts.pipeline.corrections.answers import reached
from scripts.pipeline.corrections.media import is_json
from scripts.pipeline.corrections.schema_tools import components
from scripts.pipeline.walk import Node, rebuild, walk

_MULTIPART = "multipart/form-data"


def find_files(document: Node) -> Node:
    """Read text with a `contentMediaType` in a multipart form as a file, as OpenAPI 3.1 says it.

    Cause: the generator makes text of it, and no bytes can be sent. No published document has it
    yet; every one that moves to 3.1 with an upload will.
    """
    bodies = [
        (kind == "requestBody" and name.lower().startswith(_MULTIPART), (media, "mediaType"))
        for _, kind, node in walk(document, "document")
        if kind in ("requestBody", "response")
        for name, media in node.get("content", {}).items()
    ]
    inside = reached(document, [start for is_form, start in bodies if not is_form])
    uploaded = reached(document, [start for is_form, start in bodies if is_form])
    named = {name for section, name in uploaded - inside if section == "schemas"}

    def visit(node: Node, kind: str) -> Node:
        if kind != "requestBody":
            return node
        content = {
            name: rebuild(media, "mediaType", _as_file)
            if name.lower().startswith(_MULTIPART)
            else media
            for name, media in node.get("content", {}).items()
        }
        return {**node, "content": content} if content else node

    made = rebuild(document, "document", visit)
    schemas = {
        name: rebuild(schema, "schema", _as_file) if name in named else schema
        for name, schema in components(made).items()
    }
    return {**made, "components": {**made["components"], "schemas": schemas}} if schemas else made


def _as_file(schema: Node, kind: str) -> Node:
    raw = "contentEncoding" not in schema and not is_json(str(schema.get("contentMediaType")))
    is_text = schema.get("type", "string") == "string"
    is_file = kind == "schema" and "contentMediaType" in schema and raw and is_text
    return {**schema, "type": "string", "format": "binary"} if is_file else schema
