"""The rule that gives every class a name of its own, which no other addition changes."""

from collections import Counter
from collections.abc import Iterator

from scripts.pipeline import walk
from scripts.pipeline.corrections.names import class_name, digest, identifier, pascal
from scripts.pipeline.corrections.schema_tools import (
    components,
    is_class,
    name_of,
    only,
    refer,
    without,
)
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, Place

# Names that the generated modules import or define themselves.
TAKEN = frozenset(
    {
        *("Any", "AuthenticatedClient", "BinaryIO", "BytesIO", "Client", "File", "FileTypes"),
        *("Generator", "HTTPStatus", "IntEnum", "Literal", "Mapping", "RequestFiles", "Response"),
        *("Self", "StrEnum", "T", "TextIO", "TypeVar", "UNSET", "UUID", "Unset"),
        *("None", "True", "False"),
    }
)


_Found = Iterator[tuple[Place, str]]
_SHARED = {"parameters": "", "requestBodies": "Body", "responses": "Response"}
_ENDINGS = {"schema": "", "content": "", "requestBody": "Body", "items": "Item"}
_IN_PARAMETER = 4  # paths, path, method, parameters, *index*


def name_classes(document: Node) -> Node:
    """Make every inline schema that becomes a class a component with a name of its own.

    Cause: the generator names it after its place, and drops whatever comes second when that name
    is a component's (`ProjectStatus`, `EnvironmentType`, `RegionProvider`) or another place's; it
    also overwrites one component by another whose name it spells alike.

    The natural name stays where it is unambiguous; otherwise the name gets a suffix made of the
    place alone, never of a count, so that nothing that is added elsewhere renames it.
    """
    final = _component_names(document)
    taken = TAKEN | {final[key] for key, node in components(document).items() if is_class(node)}
    names = _inline_names(document, taken)
    moved: Node = {}

    def cut(node: Node, _: str, place: Place) -> Node:
        name = names.get(place)
        if name is None:
            return node
        moved[name] = without(node, "nullable")
        rest = only(node, "nullable")
        return {"oneOf": [{"$ref": name}], **rest} if rest else {"$ref": name}

    made = walk.rebuild_at(document, "document", cut)
    whole = components(made)
    schemas = {final[name]: whole[name] for name in whole if "$ref" not in whole[name]}
    made = {**made, "components": {**made.get("components", {}), "schemas": {**schemas, **moved}}}

    def rename(node: Node, kind: str) -> Node:
        if kind != "schema" or "$ref" not in node:
            return node
        if node["$ref"] in moved:
            return refer(node["$ref"])
        name, seen = name_of(node), set()
        while name in whole and "$ref" in whole[name]:  # what only refers to another has no class
            if name in seen:
                return {}
            seen.add(name)
            name = name_of(whole[name])
        if name not in final:
            raise PipelineError(
                f"'{node['$ref']}' points at no whole component; make what it means one, in"
                " spec/overlay.yaml"
            )
        return refer(final[name])

    return walk.rebuild(made, "document", rename)


def _component_names(document: Node) -> dict[str, str]:
    """Give every component a key that is its class name, or that can be none."""
    spelled = {name: class_name(name) for name in components(document)}
    shared = Counter(spelled.values())
    final = {}
    for name, natural in spelled.items():
        if not is_class(components(document)[name]):
            final[name] = f"{name}-plain"
        elif natural in TAKEN and not shared[f"{natural}Model"]:
            final[name] = f"{natural}Model"
        elif natural not in TAKEN and (shared[natural] == 1 or name == natural):
            final[name] = natural
        else:
            final[name] = _marked(natural, name)
    return final


def _inline_names(document: Node, taken: set[str] | frozenset[str]) -> dict[Place, str]:
    found = list(_inline_classes(document))
    natural = Counter(name for _, name in found)
    names = {}
    for place, name in found:
        wider = f"{name}Field"
        if natural[name] > 1 or (name in taken and (wider in taken or natural[wider])):
            names[place] = _marked(name, walk.format_path(_lasting(document, place)))
        else:
            names[place] = wider if name in taken else name
    return names


def _lasting(document: Node, place: Place) -> Place:
    """Give a place without the position of a parameter, which another one moves."""
    if len(place) <= _IN_PARAMETER or place[_IN_PARAMETER - 1] != "parameters":
        return place
    operation = document["paths"][place[1]][place[2]]
    parameter = operation["parameters"][place[_IN_PARAMETER]]
    return (*place[:_IN_PARAMETER], parameter["in"], parameter["name"], *place[_IN_PARAMETER + 1 :])


def _marked(name: str, place: str) -> str:
    return class_name(f"{name}{digest(place)}")


def _inline_classes(document: Node) -> _Found:
    for name, schema in components(document).items():
        yield from _below(schema, "schema", ("components", "schemas", name), class_name(name))
    for section, suffix in _SHARED.items():
        kind = walk.SHAPE["components"][section][1]
        for name, part in components(document, section).items():
            base = pascal(name)
            stem = base if base.endswith(suffix) else base + suffix
            yield from _below(part, kind, ("components", section, name), stem)
    for path, method, operation in walk.operations(document):
        stem = pascal(identifier(operation["operationId"]))
        yield from _below(operation, "operation", ("paths", path, method), stem)


def _below(node: Node, kind: str, place: Place, stem: str) -> _Found:
    """Yield the classes below a part under the names that the generator would give them."""
    for below, child_kind, child in walk.children(node, kind):
        ending = _ending(below, child)
        if ending is None or "$ref" in child:
            continue
        here, name = (*place, *below), stem + ending
        if child_kind == "schema" and is_class(child):
            name = class_name(name)
            yield here, name
        yield from _below(child, child_kind, here, name)


def _ending(below: Place, child: Node) -> str | None:
    """Give what a place adds to the name of what is above it; None where no class is made."""
    key, slot = str(below[0]), str(below[-1])
    if key == "parameters":
        return pascal(child.get("name", ""))
    if key == "properties":
        return pascal(slot)
    if key == "responses":
        return f"Response{pascal(slot)}"
    if key == "oneOf":
        return f"Type{slot}"
    return "AdditionalProperty" if key == "additionalProperties" else _ENDINGS.get(key)
