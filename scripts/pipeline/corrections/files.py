"""The rule for files in forms."""

from scripts.pipeline.corrections.answers import reached, with_schemas
from scripts.pipeline.corrections.media import essence, is_json
from scripts.pipeline.corrections.schema_tools import look, name_of
from scripts.pipeline.walk import Node, rebuild, walk


def find_files(document: Node) -> Node:
    """Read text with a `contentMediaType` in a multipart form as a file, as OpenAPI 3.1 says it.

    Cause: the generator makes text of it, and no bytes can be sent. No published document has it
    yet; every one that moves to 3.1 with an upload will.
    """
    others = [
        (media, "mediaType")
        for _, kind, node in walk(document, "document")
        if kind in ("requestBody", "response")
        for name, media in node.get("content", {}).items()
        if not _is_multipart(name) or kind == "response"
    ]
    texts = reached(document, others)
    marked: Node = {}

    def visit(node: Node, kind: str) -> Node:
        content = dict(node.get("content", {})) if kind == "requestBody" else {}
        for media in filter(_is_multipart, content):
            schema = content[media].get("schema", {})
            form, name = look(document, schema), name_of(schema)
            fields = form.get("properties", {})
            read = {field: _as_file(document, fields[field]) for field in fields}
            if read == fields:
                continue
            made = {**form, "properties": read}
            if name and ("schemas", name) not in texts:
                marked[name] = made
            else:  # what is text in JSON stays text there
                content[media] = {**content[media], "schema": made}
        return {**node, "content": content} if content else node

    return with_schemas(rebuild(document, "document", visit), marked)


def _is_multipart(media_type: str) -> bool:
    return essence(media_type) == "multipart/form-data"


def _as_file(document: Node, schema: Node, trail: tuple[str | None, ...] = ()) -> Node:
    """Mark a field, or its elements or alternatives; what is in an object is JSON."""
    there, name = look(document, schema), name_of(schema)
    if name and name in trail:
        return schema
    made = dict(there)
    for key in {"oneOf", "anyOf"} & there.keys():
        made[key] = [_as_file(document, part, (*trail, name)) for part in there[key]]
    if "items" in there:
        made["items"] = _as_file(document, there["items"], (*trail, name))
    kind, encoding = there.get("contentMediaType"), there.get("contentEncoding", "binary")
    is_raw = (
        encoding == "binary" and (kind or "contentEncoding" in there) and not is_json(str(kind))
    )
    if is_raw and there.get("type", "string") == "string":
        made |= {"type": "string", "format": "binary"}
    return made if made != there else schema
