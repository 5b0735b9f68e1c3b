"""What kinds of values a schema allows, whatever it is put together from."""

from collections.abc import Iterator

from scripts.pipeline.corrections.schema_tools import members, opened
from scripts.pipeline.references import resolve
from scripts.pipeline.walk import Node

TEXTS = {"string", "integer", "number", "boolean", "null", "encoded"}
LISTS = {"array", *(f"array of {kind}" for kind in TEXTS)}


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
    if {"contentMediaType", "contentEncoding"} & schema.keys():
        found |= {"encoded"}
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
    return found if found - {"null", "encoded"} or "type" in schema else found | {"any"}


def fields(document: Node, schema: Node) -> Iterator[tuple[str, Node]]:
    """Give the fields of a form by name, and those that it does not name."""
    for _, there in opened(document, schema):
        yield from there.get("properties", {}).items()
        if isinstance(extra := there.get("additionalProperties"), dict):
            yield "*", extra
