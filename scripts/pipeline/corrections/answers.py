"""Rules about answers: which are read, as what, and what they promise."""

from collections.abc import Iterable, Iterator
from os.path import commonprefix

from scripts.pipeline.corrections.common import (
    components,
    is_object,
    look,
    members,
    name_of,
    without,
)
from scripts.pipeline.corrections.media import is_json
from scripts.pipeline.shape import SHAPE, Node, operations, rebuild, target, walk


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
    used = _reached(document, [(kept, "document")], skip="components")
    parts = {
        section: {name: part for name, part in below.items() if (section, name) in used}
        if section in ("schemas", "responses")
        else below
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


def ask_for_no_answers(document: Node) -> Node:
    """Leave it to the server to fill in what is `readOnly`, where a schema is sent.

    Cause: a field that is required of an answer would be demanded from the caller as well.
    """
    sent = _reached(document, _bodies(document, "requestBody"))

    def visit(node: Node, kind: str) -> Node:
        if kind != "schema" or "required" not in node:
            return node
        fields = node.get("properties", {})
        given = [name for name in node["required"] if not fields.get(name, {}).get("readOnly")]
        return {**node, "required": given} if given else without(node, "required")

    def relax(node: Node, kind: str) -> Node:
        return rebuild(node, kind, visit) if kind == "requestBody" else node

    return _with_schemas(
        rebuild(document, "document", relax),
        {
            name: rebuild(schema, "schema", visit)
            for name, schema in components(document).items()
            if ("schemas", name) in sent
        },
    )


def spell_out_discriminators(document: Node) -> Node:
    """Give each alternative of a union the values of its discriminator as an enum.

    Cause: the generator does not know discriminators, and would read whichever class comes first.
    """
    changed: Node = {}
    for _, kind, union in walk(document, "document"):
        found: Node = union.get("discriminator", {}) if kind == "schema" else {}
        if "propertyName" not in found:
            continue
        mapping = found.get("mapping", {})
        for name in filter(None, map(name_of, members(union))):
            values = [it for it, ref in mapping.items() if name in (ref, name_of({"$ref": ref}))]
            told = {found["propertyName"]: {"type": "string", "enum": values or [name]}}
            schema: Node = changed.get(name) or components(document).get(name, {})
            if "allOf" in schema:
                more = [*schema["allOf"], {"type": "object", "properties": told}]
                changed[name] = {**schema, "allOf": more}
            else:
                changed[name] = {**schema, "properties": {**schema.get("properties", {}), **told}}
    return _with_schemas(document, changed)


def promise_ids(document: Node) -> Node:
    """Require the `id` of a resource in the answer to a GET, unless its schema is sent as well.

    Cause: every resource has one, to be deleted by; yet the document requires it in none of the 18
    models of integrations, so that it would have to be looked for each time.
    """
    sent = _reached(document, _bodies(document, "requestBody"))
    got = {
        name
        for _, method, operation in operations(document)
        if method == "get"
        for response in operation["responses"].values()
        for body in response.get("content", {}).values()
        for name in _resources(document, body["schema"])
        if ("schemas", name) not in sent
    }
    return _with_schemas(
        document,
        {
            name: {**schema, "required": sorted({*schema.get("required", []), "id"})}
            for name, schema in components(document).items()
            if name in got and "id" in schema.get("properties", {})
        },
    )


def tell_alternatives_apart(document: Node) -> Node:
    """Mark the models of which one is read, with what tells it from the others.

    That is the `type` that its name spells (`GithubIntegration` among other integrations, of which
    a published document says no more), and fields of which each has other values.

    Cause: a model is read whatever is missing in it, so that the first one would always fit.
    """
    schemas = components(document)
    read = _reached(document, _bodies(document, "response"))
    told: Node = {}
    for _, kind, union in walk(document, "document"):
        options = members(union) if kind == "schema" else []
        names = [str(name_of(part)) for part in options if is_object(look(document, part))]
        if len(names) < 2:
            continue
        ending = len(commonprefix([name[::-1] for name in names]))  # noqa: RUF071 - no paths
        values = [_values(document, name) for name in names]
        for name, own in zip(names, values, strict=True):
            word = name[: len(name) - ending].lower()
            marks = told.setdefault(name, {"word": word, "values": {}})
            for field in own:
                known = [value for each in values for value in each.get(field, [None, None])]
                if len(set(known)) == len(known):
                    marks["values"][field] = own[field]
    return _with_schemas(
        document,
        {
            name: {**schemas[name], "x-told-apart": told[name]}
            for name in told
            if ("schemas", name) in read
        },
    )


def _values(document: Node, name: str) -> dict[str, list[object]]:
    fields = components(document)[name].get("properties", {})
    found = {field: look(document, part).get("enum") for field, part in fields.items()}
    return {field: values for field, values in found.items() if values}


def _resources(document: Node, schema: Node) -> Iterator[str]:
    there = look(document, schema)
    if is_object(there) and (name := name_of(schema)):
        yield name
    for part in [*members(there), *([there["items"]] if "items" in there else [])]:
        yield from _resources(document, part)


def _bodies(document: Node, kind: str) -> list[tuple[Node, str]]:
    return [(node, kind) for _, found, node in walk(document, "document") if found == kind]


def _kind(media_type: str) -> str:
    if is_json(media_type):
        return "JSON"
    if "html" in media_type.lower():
        return "HTML"
    return "text" if media_type.lower().startswith("text/") else "bytes"


def _with_schemas(document: Node, schemas: Node) -> Node:
    if not schemas:
        return document
    parts = {**document["components"], "schemas": {**components(document), **schemas}}
    return {**document, "components": parts}


def _reached(
    document: Node, starts: Iterable[tuple[Node, str]], skip: str = ""
) -> set[tuple[str, str]]:
    """Name the components that some parts of a document are made of, by section and name."""
    found: set[tuple[str, str]] = set()
    waiting = [({key: node[key] for key in node if key != skip}, kind) for node, kind in starts]
    while waiting:
        for _, _, part in walk(*waiting.pop()):
            ref = part.get("$ref")
            place = target(ref) if isinstance(ref, str) else None
            if place and len(place) == 3 and place[1:] not in found:
                _, section, name = place
                found.add((section, name))
                node = components(document, section).get(name, {})
                waiting.append((node, SHAPE["components"][section][1]))
    return found
