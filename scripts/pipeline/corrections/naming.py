"""The rule that gives every class a name of its own, which no other addition changes."""

from collections import Counter
from collections.abc import Iterator

from scripts.pipeline.corrections.names import class_name, digest, identifier, pascal
from scripts.pipeline.corrections.schema_tools import (
    components,
    is_class,
    members,
    name_of,
    only,
    refer,
    without,
)
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, Place, format_path, operations, rebuild, rebuild_at

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
_TOLERANT = 2  # what a map's values are, and anything
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

    made = rebuild_at(document, "document", cut)
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

    return rebuild(made, "document", rename)


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
            names[place] = _marked(name, format_path(_lasting(document, place)))
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
        yield from _below(schema, ("components", "schemas", name), class_name(name), top=True)
    for section, suffix in _SHARED.items():
        for name, part in components(document, section).items():
            base = pascal(name)
            stem = base if base.endswith(suffix) else base + suffix
            yield from _in_part(part, ("components", section, name), stem)
    for path, method, operation in operations(document):
        base = pascal(identifier(operation["operationId"]))
        here = ("paths", path, method)
        for index, parameter in enumerate(operation.get("parameters", [])):
            if "schema" in parameter:
                yield from _in_part(
                    parameter, (*here, "parameters", index), base + pascal(parameter["name"])
                )
        body = operation.get("requestBody", {})
        yield from _in_part(body, (*here, "requestBody"), f"{base}Body")
        for code, response in operation.get("responses", {}).items():
            stem = f"{base}Response{pascal(code)}"
            yield from _in_part(response, (*here, "responses", code), stem)


def _in_part(part: Node, place: Place, name: str) -> _Found:
    if "schema" in part:
        yield from _below(part["schema"], (*place, "schema"), name)
    for media, below in part.get("content", {}).items():
        yield from _below(below.get("schema", {}), (*place, "content", media, "schema"), name)


def _below(schema: Node, place: Place, name: str, *, top: bool = False) -> _Found:
    """Yield the classes of a schema under the names that the generator would give them."""
    if "$ref" in schema:
        return
    if is_class(schema) and not top:
        name = class_name(name)
        yield place, name
    for key, part in schema.get("properties", {}).items():
        yield from _below(part, (*place, "properties", key), name + pascal(key))
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        # The tolerance of a map is a union around what its values are.
        options = extra.get("oneOf", [])
        inner = options[0] if len(options) == _TOLERANT and options[1] == {} else extra
        where = ("oneOf", 0) if inner is not extra else ()
        here = (*place, "additionalProperties", *where)
        yield from _below(inner, here, f"{name}AdditionalProperty")
    if isinstance(schema.get("items"), dict):
        yield from _below(schema["items"], (*place, "items"), f"{name}Item")
    for index, member in enumerate(members(schema)):
        yield from _below(member, (*place, "oneOf", index), f"{name}Type{index}")
