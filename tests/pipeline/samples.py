"""Answers made from a document: what a server that keeps to it, or a newer one, may send."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.pipeline.corrections.schema_tools import members, without
from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node, operations

_FORMATS = {"date-time": "2026-06-16T12:30:00+00:00", "date": "2026-06-16"}
_FORMATS |= {"uuid": "12345678-1234-5678-1234-567812345678"}
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
        schema = follow(self.document, schema, "a sample")
        if "allOf" in schema:
            return self._all_of(schema, depth)
        if options := members(schema):
            return self.build(options[self.choice % len(options)], depth)
        if values := [value for value in schema.get("enum", []) if value is not None]:
            return values[self.choice % len(values)]
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array":
            return [] if depth > _DEEP else [self.build(schema.get("items", {}), depth + 1)] * 2
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), "text")
        return _PLAIN.get(str(kind), {"free": ["form"]})

    def _all_of(self, schema: Node, depth: int) -> Any:
        parts = [*schema["allOf"], without(schema, "allOf", "nullable")]
        telling = [part for part in parts if without(part, "description", "title")]
        values = [self.build(part, depth) for part in telling if part != {"type": "object"}]
        others = [value for value in values if not isinstance(value, dict)]
        return others[0] if others else {key: each[key] for each in values for key in each}

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
            response = follow(document, found, "a response")
            for media, content in response.get("content", {}).items():
                if media.endswith(("/json", "+json")) and "schema" in content:
                    status = 418 if code == "default" else int(code.replace("XX", "42")[:3])
                    yield operation, status, content["schema"]
