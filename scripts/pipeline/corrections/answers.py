"""Rules about answers: which are read, as what, and what they promise."""

from collections.abc import Iterator

from scripts.pipeline.corrections.media import is_json
from scripts.pipeline.corrections.schema_tools import (
    components,
    is_object,
    look,
    members,
    name_of,
    without,
)
from scripts.pipeline.references import needed, reached
from scripts.pipeline.walk import Node, operations, rebuild, walk


def keep_successes(document: Node) -> Node:
    """Drop the answers that are raised, and the schemas that only they use.

    Cause: 119 functions of a published document would promise `Error | ...`, which they never
    return. `default` is the success where no 2xx is documented, as in 96 operations there.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind != "operation":
            return node
        found = node.get("responses", {})
        kept = {status: found[status] for status in found if str(status)[:1] == "2"}
        rest = {"default": found.get("default", {"description": ""})}
        return {**node, "responses": kept or rest}

    kept = rebuild(document, "document", visit)
    used = reached(document, needed(without(kept, "components"), "document"))
    parts = {
        section: below
        if section == "securitySchemes"  # which are no references
        else {name: part for name, part in below.items() if (section, name) in used}
        for section, below in kept.get("components", {}).items()
    }
    return {**kept, "components": parts} if parts else kept


def name_kinds_of_bodies(document: Node) -> Node:
    """Say which kinds of body an answer may have, where there are several.

    Cause: the generator reads the first of its media types only. Seen in `get_application_merge`,
    which answers JSON, a graph as text, or bytes, as a parameter says.
    """

    def visit(node: Node, kind: str) -> Node:
        found = sorted(set(map(_kind, node.get("content", {})))) if kind == "response" else []
        return {**node, "x-kinds": found} if len(found) > 1 else node

    return rebuild(document, "document", visit)


def promise_ids(document: Node) -> Node:
    """Require the `id` of a resource in the answer to a GET, unless its schema is sent as well.

    Cause: every resource has one, to be deleted by; yet the document requires it in none of the 18
    models of integrations, so that it would have to be looked for each time.
    """
    sent = _sent(document)
    got = {
        name
        for _, method, operation in operations(document)
        if method == "get"
        for response in operation["responses"].values()
        for body in response.get("content", {}).values()
        for name in _resources(document, body["schema"])
        if ("schemas", name) not in sent
    }
    return with_schemas(
        document,
        {
            name: {**schema, "required": sorted({*schema.get("required", []), "id"})}
            for name, schema in components(document).items()
            if name in got and "id" in schema.get("properties", {})
        },
    )


def _resources(
    document: Node, schema: Node, trail: frozenset[str | None] = frozenset()
) -> Iterator[str]:
    there, name = look(document, schema), name_of(schema)
    if name and name in trail:
        return
    if is_object(there) and name:
        yield name
    for part in [*members(there), *([there["items"]] if "items" in there else [])]:
        yield from _resources(document, part, trail | {name})


def _sent(document: Node) -> set[tuple[str, str]]:
    found = (node for _, kind, node in walk(document, "document") if kind == "requestBody")
    return reached(document, (key for node in found for key in needed(node, "requestBody")))


def _kind(media_type: str) -> str:
    if is_json(media_type):
        return "JSON"
    if "html" in media_type.lower():
        return "HTML"
    return "text" if media_type.lower().startswith("text/") else "bytes"


def with_schemas(document: Node, schemas: Node) -> Node:
    """Put schemas in the place of components."""
    if not schemas:
        return document
    parts = {**document["components"], "schemas": {**components(document), **schemas}}
    return {**document, "components": parts}
