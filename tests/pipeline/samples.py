"""Answers made from a document: what a server that keeps to it, or a newer one, may send."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.pipeline.references import resolve
from scripts.pipeline.walk import Node, operations

_FORMATS = {
    "date-time": "2026-06-16T12:30:00+00:00",
    "date": "2026-06-16",
    "uuid": "12345678-1234-5678-1234-567812345678",
}
_PLAIN: dict[str, Any] = {"integer": 7, "number": 1.5, "boolean": True}
_DEEP = 9


@dataclass(frozen=True)
class Sampler:
    """Builds samples of the schemas of one document."""

    document: Node
    choice: int = 0
    optional: bool = True

    def build(self, schema: Node, depth: int = 0) -> Any:  # noqa: PLR0911 - a case a kind
        """Build a value that satisfies a schema, as far as this sampler wants to."""
        if "$ref" in schema:
            return self.build(resolve(self.document, schema["$ref"], "a sample"), depth)
        if "allOf" in schema:
            return self._all_of(schema, depth)
        options = [*schema.get("oneOf", []), *schema.get("anyOf", [])]
        if options:
            return self.build(options[self.choice % len(options)], depth)
        if schema.get("enum"):
            return self._enum(schema)
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array":
            return [] if depth > _DEEP else [self.build(schema.get("items", {}), depth + 1)] * 2
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), "text")
        return _PLAIN.get(str(kind), {"free": ["form"]})

    def _all_of(self, schema: Node, depth: int) -> Any:
        own = {key: value for key, value in schema.items() if key not in ("allOf", "nullable")}
        parts = [part for part in [*schema["allOf"], own] if part.keys() - {"description", "title"}]
        values = [self.build(part, depth) for part in parts if part != {"type": "object"}]
        whole: dict[str, Any] = {}
        for value in values:
            if not isinstance(value, dict):
                return value
            whole |= value
        return whole

    def _enum(self, schema: Node) -> Any:
        values = [value for value in schema["enum"] if value is not None]
        return values[self.choice % len(values)]

    def _object(self, schema: Node, depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        made = {
            name: self.build(part, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if name in required or (self.optional and depth <= _DEEP)
        }
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and depth <= _DEEP:
            made["some key"] = self.build(extra, depth + 1)
        return made


def samplers(document: Node) -> Iterator[Sampler]:
    """Give every kind of sample that answers are tried with, the full ones first."""
    for optional in (True, False):
        for choice in range(18):
            yield Sampler(document, choice, optional)


def responses(document: Node) -> Iterator[tuple[Node, int, Node]]:
    """Yield operation, status and schema of every documented JSON response that is no error."""
    for _, _, operation in operations(document):
        for code, found in operation["responses"].items():
            if code[0] in "345":
                continue
            response = resolve(document, found["$ref"], "a response") if "$ref" in found else found
            for media, content in response.get("content", {}).items():
                if media.endswith(("/json", "+json")) and "schema" in content:
                    status = 418 if code == "default" else int(code.replace("XX", "42")[:3])
                    yield operation, status, content["schema"]
