"""Rules about answers: which are read, and what they promise."""

from scripts.pipeline.corrections import schema_tools as tools
from scripts.pipeline.references import follow, needed, reached, with_components
from scripts.pipeline.walk import Node, operations, rebuild, walk


def keep_successes(document: Node) -> Node:
    """Drop the answers that are raised, and the schemas that only they use.

    Cause: 119 functions of a published document would promise `Error | ...`, which they never
    return. `default` is the success where no 2xx is documented, as in 96 operations there. What
    operations share of bodies is written out in each.
    """

    def visit(node: Node, kind: str, _: object) -> Node:
        if kind in ("requestBody", "response"):
            return follow(document, node, "a body")
        if kind != "operation":
            return node
        found = node.get("responses", {})
        kept = [status for status in found if status[:1] == "2"] or ["default"]
        answers = {status: found.get(status, {"description": ""}) for status in kept}
        return {**node, "responses": answers}

    return with_components(rebuild(document, "document", visit), document)


def promise_ids(document: Node) -> Node:
    """Require the `id` of a resource in the answer to a GET, unless its schema is sent as well.

    Cause: every resource has one, to be deleted by; yet the document requires it in none of the 18
    models of integrations, so that it would have to be looked for each time.
    """
    bodies = [node for _, kind, node in walk(document, "document") if kind == "requestBody"]
    sent = reached(document, (key for body in bodies for key in needed(body, "requestBody")))
    got = {
        tools.name_of(schema)
        for _, method, operation in operations(document)
        if method == "get"
        for answer in operation["responses"].values()
        for media in answer.get("content", {}).values()
        for schema, _ in tools.opened(document, media["schema"], "items")
    }
    return tools.with_schemas(
        document,
        {
            name: {**schema, "required": sorted({*schema.get("required", []), "id"})}
            for name, schema in tools.components(document).items()
            if name in got and ("schemas", name) not in sent
            if tools.is_object(schema) and "id" in schema.get("properties", {})
        },
    )
