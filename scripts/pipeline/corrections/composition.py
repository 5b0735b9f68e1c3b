"""Rules for `allOf`, `oneOf` and `anyOf`."""

from os.path import commonprefix

from scripts.pipeline.corrections.merging import Merger
from scripts.pipeline.corrections.schema_tools import (
    beside,
    components,
    for_each,
    is_enum,
    is_object,
    look,
    meaning,
    members,
    name_of,
    only,
    opened,
    with_schemas,
    without,
)
from scripts.pipeline.walk import Node, walk


def flatten_all_of(document: Node) -> Node:
    """Write every `allOf`, and every union with keywords of its own, as the schema it amounts to.

    Cause: the generator fails on an `allOf` whose members are no objects (a description and a
    reference to an enum: `AutoscalerCondition.duration`), loses nested ones and their unions
    (`ProjectAddon`), and loses null where one reference is left.
    """
    merger = Merger(document)
    flat = {name: merger.component(name) for name in components(document)}
    flatten = for_each("schema")(lambda schema, _: merger.flatten(schema))
    return flatten(with_schemas(document, flat))


@for_each("schema")
def simplify_unions(schema: Node, document: Node) -> Node:
    """Keep in a union only alternatives that can be told apart when an answer is read.

    Cause: the generator tells alternatives apart by their JSON type: of two lists it reads the
    first and writes with the other's rules, a date swallows any text that looks like one. So of
    several lists a list of anything remains, of several texts one that is plain. In
    `list-projects-environments-routes` of the published documents the model that requires most
    must be tried first.
    """
    if not members(schema):
        return schema
    rest = only(schema, "nullable", "description")
    found: list[Node] = []
    for member, there in opened(document, schema):
        if there.get("nullable") is True:
            rest["nullable"] = True
        if not members(there):
            stays = name_of(member) and (there.get("type") in ("object", "array") or is_enum(there))
            found.append(member if stays else without(there, "nullable"))
    for whole in ({"type": "string"}, {"type": "array", "items": {}}):
        found = _joined(document, found, whole)
    unique = list({meaning(member): member for member in found}.values())
    # The most demanding model that fits is the right one; what may be anything always fits.
    unique.sort(key=lambda each: (not each, -len(look(document, each).get("required", []))))
    if len(unique) != 1:
        return {"oneOf": unique, **rest} if unique else rest
    return beside(unique[0], rest)


def _joined(document: Node, schemas: list[Node], whole: Node) -> list[Node]:
    """Put one in the place of all of its type, where these differ."""
    alike = []
    for schema in schemas:
        there = look(document, schema)
        if there.get("type") == whole["type"] and not is_enum(there):
            alike.append(schema)
    if len({meaning(schema) for schema in alike}) < 2:
        return schemas
    return [schema for schema in schemas if schema not in alike] + [whole]


def tell_alternatives_apart(document: Node) -> Node:
    """Mark the models of which one is read, with what tells it from the others.

    That is the `type` that its name spells (`GithubIntegration` among other integrations, of which
    a published document says no more), and fields of which each has other values.

    Cause: a model is read whatever is missing in it, so that the first one would always fit.
    """
    schemas = components(document)
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
    return with_schemas(
        document, {name: {**schemas[name], "x-told-apart": told[name]} for name in told}
    )


def _values(document: Node, name: str) -> dict[str, list[object]]:
    fields = components(document)[name].get("properties", {})
    found = {field: look(document, part).get("enum") for field, part in fields.items()}
    return {field: values for field, values in found.items() if values}
