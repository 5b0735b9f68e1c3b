"""Rules about the alternatives of a union: which of several models an object is read as."""

from os.path import commonprefix

from scripts.pipeline.corrections.answers import with_schemas
from scripts.pipeline.corrections.schema_tools import components, is_object, look, members, name_of
from scripts.pipeline.walk import Node, walk


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
