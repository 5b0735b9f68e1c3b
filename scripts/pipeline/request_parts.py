"""The parts of a document that are sent and read, and what kinds of values they hold."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scripts.pipeline.corrections.media import FORMS, essence, is_json
from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.corrections.operations import (
    merged_parameters,
    shared_fields,
    spread_fields,
    whole_parameter,
)
from scripts.pipeline.corrections.schema_tools import components, look, meaning, members, name_of
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import Node, Place, format_path, operations, target, walk

TEXTS = {"string", "integer", "number", "boolean", "null"}
LISTS = {"array", *(f"array of {kind}" for kind in TEXTS)}


@dataclass(frozen=True)
class Part:
    """A part of an operation, and what surrounds it."""

    document: Node
    path: str
    method: str
    operation: Node
    node: Node
    namesakes: int
    parameters: list[Node]
    place: str = "operation"
    name: str = ""

    @property
    def kinds(self) -> set[str]:
        """What a value may be, such as `string` and `array of object`."""
        return kinds(self.document, self.node.get("schema", {}))

    @property
    def names(self) -> Iterable[str]:
        """What it names itself, or in itself."""
        if self.place == "operation":
            return [self.path]
        if self.place.endswith("schema"):
            return list(self.node.get("properties", ()))
        return [self.name]

    @property
    def styles(self) -> tuple[str, ...]:
        """What a parameter can be sent as."""
        if self.place == "query parameter":
            return ("form", "deepObject") if "object" in self.kinds else ("form",)
        return ("form",) if self.place == "cookie parameter" else ("simple",)

    def __str__(self) -> str:
        name = self.operation.get("operationId") or "no id"
        here = f", {self.place} {self.name}" if self.name else ""
        return f"{self.method.upper()} {self.path} ({name}){here}"

    @property
    def counts_beside_references(self) -> bool:
        """Whether it is a reference, and keywords beside it count: since OpenAPI 3.1."""
        return "$ref" in self.node and not self.document["openapi"].startswith("3.0")

    def says(self, key: str, *fine: Any) -> bool:
        """Say whether a keyword has a value other than those that are fine."""
        return self.node.get(key) not in (None, *fine)


def parts(document: Node) -> Iterator[Part]:
    """Give each operation, its parameters, its body, and what they and its answers are made of.

    Components are given once, for the first operation that needs them.
    """
    seen: set[tuple[bool, Place]] = set()
    found = list(operations(document))
    names = Counter(_name(operation) for _, _, operation in found)
    for path, method, operation in found:
        merged = merged_parameters(document, document["paths"][path], operation)
        listed = [whole_parameter(document, each) for each in merged]
        namesakes = names[_name(operation)]
        whole = Part(document, path, method, operation, operation, namesakes, listed)
        yield whole
        for each in listed:
            yield replace(whole, node=each, place=f"{each['in']} parameter", name=each["name"])
        body = follow(document, operation.get("requestBody", {}), "a request body")
        content = body.get("content", {})
        if content:
            yield replace(whole, node=body, place="request body", name=", ".join(content))
        for name, media in content.items():
            yield replace(whole, node=media, place=essence(name), name="body")
        for in_json, here, schema in _made_of(document, operation, listed, content):
            for place, kind, node in _below(document, schema, here, in_json=in_json, seen=seen):
                yield replace(whole, node=node, place=kind, name=format_path(place))


def _name(operation: Node) -> str:
    return identifier(str(operation.get("operationId")))


def _made_of(
    document: Node, operation: Node, parameters: list[Node], sent: Node
) -> Iterator[tuple[bool, Place, Node]]:
    """Give what an operation is made of, and whether JSON holds it."""
    for each in parameters:
        yield False, ("parameters", each["name"]), each.get("schema", {})
    answers = operation.get("responses", {})
    answered = {
        status: follow(document, answers[status], "an answer").get("content", {})
        for status in answers
    }
    for place, content in (("requestBody", sent), *answered.items()):
        for name, media in content.items():
            here, schema = (place, name), media.get("schema", {})
            yield is_json(name), here, schema
            if essence(name) in FORMS:
                # A part that is an object is JSON.
                for field, below in fields(document, schema):
                    inner = look(document, below)
                    inner = look(document, inner.get("items", inner))
                    yield "object" in kinds(document, inner), (*here, field), inner


def _below(
    document: Node, schema: Node, start: Place, *, in_json: bool, seen: set[tuple[bool, Place]]
) -> Iterator[tuple[Place, str, Node]]:
    """Give a schema and all that it is made of, references followed."""
    waiting = [(start, schema)]
    for here, node in waiting:
        for place, _, part in walk(node, "schema", here):
            yield place, "JSON schema" if in_json else "schema", part
            found = target(part["$ref"]) if "$ref" in part else None
            if found and (in_json, found) not in seen:
                seen.add((in_json, found))
                waiting.append((found, resolve(document, part["$ref"], "a schema")))


def names(part: Part, where: str) -> list[str]:
    """Name the parameters of an operation that travel in one place, such as `query`."""
    return [str(each.get("name")) for each in part.parameters if each.get("in") == where]


def schemas_of(part: Part) -> set[bytes]:
    """Write the schemas of a body, to compare them by."""
    return {meaning(media.get("schema", {})) for media in part.node.get("content", {}).values()}


def is_spread(part: Part) -> bool:
    """Say whether each field of an object becomes a parameter that can be sent."""
    spread = spread_fields(part.document, part.node, shared_fields(part.document, part.parameters))
    schema = look(part.document, part.node.get("schema", {}))
    return (
        bool(spread)
        and part.kinds == {"object"}
        and not schema.get("additionalProperties")
        and not {"allOf", "oneOf", "anyOf"} & schema.keys()
        and all(kinds(part.document, each) <= TEXTS | LISTS for each in spread.values())
    )


def fields_kinds(part: Part) -> set[str]:
    """Name what the fields of a form may be."""
    found = fields(part.document, part.node.get("schema", {}))
    return {kind for _, schema in found for kind in kinds(part.document, schema)}


def fields(document: Node, schema: Node) -> Iterator[tuple[str, Node]]:
    """Give the fields of a form by name, and those that it does not name."""
    for there in _layers(document, schema):
        yield from there.get("properties", {}).items()
        if isinstance(extra := there.get("additionalProperties"), dict):
            yield "*", extra


def is_union(part: Part) -> bool:
    """Say whether a form is one of several."""
    layers = _layers(part.document, part.node.get("schema", {}))
    return any(len(members(each)) > 1 for each in layers)


def is_told(part: Part) -> bool:
    """Say whether the discriminator of a union, if it has one, tells its models apart."""
    name = (part.node.get("discriminator") or {}).get("propertyName")
    known = components(part.document)
    options = [each for each in members(part.node) if name and each.get("type") != "null"]
    return all(
        not {"$ref", "oneOf", "anyOf"} & known.get(str(name_of(each)), {"$ref": ""}).keys()
        and all(
            kinds(part.document, schema) <= {"string", "null", "any"}
            for field, schema in fields(part.document, each)
            if field == name
        )
        for each in options
    )


def _layers(document: Node, schema: Node) -> Iterator[Node]:
    """Give a schema and those that it combines."""
    waiting, seen = [schema], set()
    for each in waiting:
        if (name := name_of(each)) in seen:
            continue
        seen |= {name} if name else set()
        there = look(document, each)
        waiting += [*members(there), *there.get("allOf", [])]
        yield there


def kinds(document: Node, schema: Node, seen: tuple[str, ...] = ()) -> set[str]:
    """Name the types that a value of a schema may have, `any` where it may have each.

    The elements of a list are `array of` their types.
    """
    found = {"null"} if schema.get("nullable") is True else set()
    if (ref := schema.get("$ref")) is not None:
        there = {} if ref in seen else resolve(document, ref, "a schema")
        return found | kinds(document, there, (*seen, ref))
    found |= {str(schema["type"])} if "type" in schema else set()
    if schema.get("format") == "binary":
        found |= {"file"}
    options = [*members(schema), *schema.get("allOf", [])]
    for part in options:
        found |= kinds(document, part, seen)
    if "array" in found and not options:
        inner = kinds(document, schema.get("items", {}), seen)
        found |= {f"array of {kind}" for kind in inner}
    if {"properties", "additionalProperties"} & schema.keys():
        found.add("object")
    if "allOf" in schema and found - {"any"}:
        found -= {"any"}
    return found if found - {"null"} or "type" in schema else found | {"any"}
