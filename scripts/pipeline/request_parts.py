"""The parts of a document that requests are made of, and what kinds of values they hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scripts.pipeline.corrections.operations import (
    merged_parameters,
    shared_fields,
    spread_fields,
    whole_parameter,
)
from scripts.pipeline.corrections.schema_tools import look, meaning
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import METHODS, Node

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_VALUES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
TEXTS = {"string", "integer", "number", "boolean", "null"}
LISTS = {"array", *(f"array of {kind}" for kind in TEXTS)}


@dataclass(frozen=True)
class Part:
    """A part of an operation, and what surrounds it."""

    document: Node
    path: str
    method: str
    operation: Node
    parameters: list[Node]
    place: str = "operation"
    name: str = ""
    node: Node = None  # type: ignore[assignment]  # set with the place

    @property
    def kinds(self) -> set[str]:
        """What a value may be, such as `string` and `array of object`."""
        return kinds(self.document, self.node.get("schema", {}))

    def says(self, key: str, *fine: Any) -> bool:
        """Say whether a keyword has a value other than those that are fine."""
        return self.node.get(key) not in (None, *fine)


def request_parts(document: Node) -> Iterator[Part]:
    """Give each operation of a document, then its parameters, its body and what that may hold."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            merged = merged_parameters(document, item, operation)
            parameters = [whole_parameter(document, each) for each in merged]
            whole = Part(document, path, method, operation, parameters, node=operation)
            yield whole
            for each in parameters:
                place = f"{each.get('in')} parameter"
                yield replace(whole, place=place, name=str(each.get("name")), node=each)
            if "requestBody" in operation:
                body = follow(document, operation["requestBody"], "a request body")
                listed = ", ".join(body.get("content", {}))
                yield replace(whole, place="request body", name=listed, node=body)
                for name, media in body.get("content", {}).items():
                    essence = name.partition(";")[0].strip().lower()
                    yield replace(whole, place=essence, name="body", node=media)


def path_item(part: Part) -> Node:
    """Give what stands at the path of an operation."""
    found: Node = part.document["paths"][part.path]
    return found


def names(part: Part, where: str) -> list[str]:
    """Name the parameters of an operation that travel in one place, such as `query`."""
    return [str(each.get("name")) for each in part.parameters if each.get("in") == where]


def schema_of(media: Node) -> bytes:
    """Write the schema of a media type, to compare it by."""
    return meaning(media.get("schema", {}))


def is_spread(part: Part) -> bool:
    """Say whether each field of an object becomes a parameter that can be sent."""
    fields = spread_fields(part.document, part.node, shared_fields(part.document, part.parameters))
    schema = look(part.document, part.node.get("schema", {}))
    return (
        bool(fields)
        and part.kinds == {"object"}
        and not schema.get("additionalProperties")
        and not {"allOf", "oneOf", "anyOf"} & schema.keys()
        and all(kinds(part.document, each) <= TEXTS | LISTS for each in fields.values())
    )


def fields_kinds(part: Part) -> set[str]:
    """Name what the fields of a form may be."""
    found: set[str] = set()
    waiting = [part.node.get("schema", {})]
    for schema in waiting:
        there = look(part.document, schema)
        waiting += [each for key in ("allOf", "oneOf", "anyOf") for each in there.get(key, [])]
        extra = there.get("additionalProperties")
        for each in [*there.get("properties", {}).values(), extra]:
            if isinstance(each, dict):
                found |= kinds(part.document, each)
    return found


def kinds(document: Node, schema: Node, seen: tuple[str, ...] = ()) -> set[str]:
    """Name the types that a value of a schema may have, `any` where it may have each.

    The elements of a list are `array of` their types.
    """
    found = {"null"} if schema.get("nullable") is True else set()
    if (ref := schema.get("$ref")) is not None:
        there = {} if ref in seen else resolve(document, ref, "a schema")
        return found | kinds(document, there, (*seen, ref))
    types = schema.get("type", [])
    found |= {types} if isinstance(types, str) else set(types)
    if schema.get("format") == "binary":
        found |= {"file"}
    options = [part for key in ("oneOf", "anyOf", "allOf") for part in schema.get(key, [])]
    for part in options:
        found |= kinds(document, part, seen)
    if "items" in schema or "array" in found:
        inner = kinds(document, schema.get("items", {}), seen)
        found |= {"array", *(f"array of {kind}" for kind in inner)} if not options else set()
    if {"properties", "additionalProperties"} & schema.keys():
        found.add("object")
    if not types and not options:
        values = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
        found |= {_VALUES.get(type(value), "any") for value in values}
    if options and len(found - {"any"}):
        found -= {"any"} if "allOf" in schema else set()
    return found if found - {"null"} else found | {"any"}
