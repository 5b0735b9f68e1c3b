"""The rule that gives every class a name of its own, which no other addition changes."""

from collections import Counter
from collections.abc import Iterator

from scripts.pipeline import walk
from scripts.pipeline.corrections import schema_tools as tools
from scripts.pipeline.corrections.names import class_name, digest, identifier, pascal
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
_Found = tuple[Place, Place, str]  # a place, the same without what others move, a name


def name_classes(document: Node) -> Node:
    """Make every inline schema that becomes a class a component with a name of its own.

    Cause: the generator names it after its place, and drops whatever comes second when that name
    is a component's (`ProjectStatus`, `EnvironmentType`, `RegionProvider`) or another place's; it
    also overwrites one component by another whose name it spells alike.

    The natural name stays where it is unambiguous; otherwise the name gets a suffix made of the
    place alone, never of a count, so that nothing that is added elsewhere renames it.
    """
    final = _component_names(document)
    names = _inline_names(document, final)
    moved: Node = {}

    def cut(node: Node, _: str, place: Place) -> Node:
        name = names.get(place)
        if name is None:
            return node
        moved[name] = {**tools.without(node, "nullable"), "x-place": walk.format_path(place)}
        return tools.beside({"$ref": name}, tools.only(node, "nullable"))

    whole = walk.rebuild(document, "document", cut)
    parts = tools.components(whole)
    schemas = {
        final[name]: {**part, "x-place": name} for name, part in parts.items() if "$ref" not in part
    }
    made = {**whole, "components": {**whole.get("components", {}), "schemas": {**schemas, **moved}}}

    def rename(node: Node, kind: str, _: Place) -> Node:
        if kind != "schema" or "$ref" not in node:
            return node
        if node["$ref"] in moved:
            return tools.refer(node["$ref"])
        name, seen = str(tools.name_of(node)), set[str]()
        while "$ref" in parts[name] and name not in seen:  # what only refers to another: no class
            seen.add(name)
            name = str(tools.name_of(parts[name]))
        return tools.refer(final[name])

    return walk.rebuild(made, "document", rename)


def _component_names(document: Node) -> dict[str, str]:
    """Give every component a key that is its class name, or that can be none."""
    spelled = {name: class_name(name) for name in tools.components(document)}
    shared = Counter(spelled.values())
    final = {}
    for name, natural in spelled.items():
        own = f"{natural}Model" if natural in TAKEN else natural
        is_free = own == natural or not shared[own]
        if not tools.is_class(tools.components(document)[name]):
            final[name] = f"{name}-plain"
        elif is_free and (shared[natural] == 1 or name == natural):
            final[name] = own
        else:
            final[name] = _marked(natural, name)
    return final


def _inline_names(document: Node, final: dict[str, str]) -> dict[Place, str]:
    """Name the class of each place that makes one."""
    taken = TAKEN | {
        final[key] for key, node in tools.components(document).items() if tools.is_class(node)
    }
    found: list[_Found] = []
    for section in ("schemas", "parameters"):
        _, kind = walk.SHAPE["components"][section]
        for name, part in tools.components(document, section).items():
            place = "components", section, name
            found += _below(part, kind, place, place, class_name(name))
    for path, method, operation in walk.operations(document):
        stem = pascal(identifier(operation["operationId"]))
        place = "paths", path, method
        found += _below(operation, "operation", place, place, stem)
    natural = Counter(name for *_, name in found)
    names = {}
    for place, lasting, name in found:
        wider = f"{name}Field"
        if natural[name] > 1 or (name in taken and (wider in taken or natural[wider])):
            names[place] = _marked(name, walk.format_path(lasting))
        else:
            names[place] = wider if name in taken else name
    return names


def _marked(name: str, place: str) -> str:
    return class_name(f"{name}{digest(place)}")


def _below(node: Node, kind: str, place: Place, lasting: Place, stem: str) -> Iterator[_Found]:
    """Yield the classes below a part under the names that the generator would give them."""
    for below, child_kind, child in walk.children(node, kind):
        ending = _ending(below, child)
        if ending is None or "$ref" in child:
            continue
        step = below if child_kind != "parameter" else (below[0], child["in"], child["name"])
        here, there, name = (*place, *below), (*lasting, *step), stem + ending
        if child_kind == "schema" and tools.is_class(child):
            name = class_name(name)
            yield here, there, name
        yield from _below(child, child_kind, here, there, name)


def _ending(below: Place, child: Node) -> str | None:
    """Give what a place adds to the name of what is above it; None where no class is made."""
    key, slot = str(below[0]), str(below[-1])
    endings = {
        "schema": "",
        "content": "",
        "requestBody": "Body",
        "items": "Item",
        "additionalProperties": "AdditionalProperty",
        "parameters": pascal(str(child.get("name", ""))),
        "properties": pascal(slot),
        "responses": f"Response{pascal(slot)}",
        "oneOf": f"Type{slot}",
    }
    return endings.get(key)
