"""What changed between two schemas, place by place, and what of it breaks a caller."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.pipeline.document import canonical
from scripts.pipeline.references import resolve
from scripts.pipeline.walk import Node, target

# An error is raised, so that nothing in it breaks a caller.
REQUEST, RESPONSE, ERROR = "request", "response", "error"
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LIMITS = (*_LOWER, *_UPPER, "multipleOf", "pattern", "uniqueItems")
_NOTES = ("default", "readOnly", "writeOnly", "deprecated")


@dataclass(frozen=True, order=True)
class Change:
    """One difference. Breaking: code that used the old client may have to change."""

    place: str
    what: str
    breaking: bool = False


@dataclass
class SchemaComparison:
    """Compares schemas of two documents; what both refer to by one name is compared once."""

    old: Node
    new: Node
    waiting: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def components(self) -> Iterator[Change]:
        """Compare the components that the schemas compared so far refer to."""
        while self.waiting:
            key = self.waiting.pop()
            if key in self.seen:
                continue
            self.seen.add(key)
            name, _, way = key
            before, after = (doc["components"]["schemas"][name] for doc in (self.old, self.new))
            for change in self.schema(name, before, after, way):
                yield replace(change, breaking=change.breaking and way != ERROR)

    def schema(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        """Compare two schemas.

        Args:
            place: What to call them.
            before: A schema of the old document.
            after: The one of the new document.
            way: Whether it travels in a request, in a response, or in an error.
        """
        names = _name(before), _name(after), way
        if "$ref" in before and before == after:
            self.waiting.append(names)
            return
        if "$ref" in before or "$ref" in after:
            # Renamed or written out: what counts here is what it says.
            if names in self.seen:
                return
            self.seen.add(names)
            before, after = whole(self.old, before), whole(self.new, after)
        if before == after and not _refers(before):
            return
        yield from self._kind(place, before, after, way)
        yield from self._properties(place, before, after, way)
        for key, label in (("items", "[]"), ("additionalProperties", "{}")):
            inner = [part.get(key) for part in (before, after)]
            if isinstance(inner[0], dict) and isinstance(inner[1], dict):
                yield from self.schema(place + label, inner[0], inner[1], way)
            elif inner[0] != inner[1] and (inner[0], inner[1]) not in ((None, True), (True, None)):
                closed = way == REQUEST and key == "additionalProperties" and inner[1] is False
                change = f"{key} {moved(inner[0], inner[1])}"
                what = f"the server may refuse more: {change}" if closed else change
                yield Change(place, what, closed or isinstance(inner[0], dict))
        for key in ("allOf", "oneOf", "anyOf"):
            yield from self._alternatives(place, key, before, after, way)

    def _kind(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        for key in ("type", "format"):
            if before.get(key) != after.get(key):
                change = f"{key} {moved(before.get(key), after.get(key))}"
                yield Change(place, change, breaking=True)
        null = [bool(part.get("nullable")) for part in (before, after)]
        if null[0] != null[1]:
            yield Change(
                place,
                "may be null now" if null[1] else "is never null now",
                breaking=null[1] is (way == RESPONSE),
            )
        values = [
            [value for value in part.get("enum", ()) if value is not None]
            for part in (before, after)
        ]
        yield from self._values(place, values[0], values[1], way)
        for key in (*_LIMITS, *_NOTES):
            if before.get(key) != after.get(key):
                change = f"{key} {moved(before.get(key), after.get(key))}"
                refuses = way == REQUEST and _is_tighter(key, before.get(key), after.get(key))
                what = f"the server may refuse more: {change}" if refuses else change
                yield Change(place, what, breaking=refuses)

    def _values(self, place: str, olds: list[Any], news: list[Any], way: str) -> Iterator[Change]:
        if not olds and news:
            values = ", ".join(map(describe, news))
            yield Change(place, f"now one of {values}", breaking=way == REQUEST)
        elif olds and not news:
            yield Change(place, "any value now", breaking=True)  # its class has gone
        else:
            for value in olds:
                if value not in news:
                    yield Change(place, f"value {describe(value)} removed", breaking=True)
            for value in news:
                if value not in olds:
                    yield Change(place, f"value {describe(value)} added")

    def _properties(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        olds, news = before.get("properties", {}), after.get("properties", {})
        needed = [set(part.get("required", [])) for part in (before, after)]
        for name in sorted(olds.keys() | news.keys()):
            here = f"{place}.{name}"
            required = name in needed[1]
            if name not in news:
                yield Change(here, "field removed", breaking=True)
                continue
            if name not in olds:
                kind = "required" if required else "optional"
                yield Change(here, f"field added, {kind}", required and way == REQUEST)
                continue
            if required != (name in needed[0]):
                # A caller must now send it, or can no longer rely on getting it.
                breaking = required is (way == REQUEST)
                yield Change(here, f"now {'required' if required else 'optional'}", breaking)
            yield from self.schema(here, olds[name], news[name], way)

    def _alternatives(
        self, place: str, key: str, before: Node, after: Node, way: str
    ) -> Iterator[Change]:
        olds, news = before.get(key, []), after.get(key, [])
        if len(olds) == len(news):
            for index, pair in enumerate(zip(olds, news, strict=True)):
                yield from self.schema(f"{place}.{key}[{index}]", *pair, way)
            return
        for part in olds + news:
            if (part in olds) != (part in news):
                what = "added" if part in news else "removed"
                named = _name(part) or "an alternative"
                breaking = what == "removed" or (key == "oneOf" and way == RESPONSE)
                yield Change(place, f"{key}: {named} {what}", breaking)


def whole(document: Node, part: Node) -> Node:
    """Follow a reference of any kind to what it stands for."""
    for _ in range(20):
        if not isinstance(part.get("$ref"), str):
            return part
        part = resolve(document, part["$ref"], "the contract")
    return {}


def _is_tighter(key: str, before: Any, after: Any) -> bool:
    """Say whether a limit excludes what it allowed before."""
    if key in _NOTES or after is None or after is False:
        return False
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    if numbers and key in (*_LOWER, *_UPPER):
        return bool(after > before if key in _LOWER else after < before)
    return True


def _name(part: Node) -> str:
    place = target(part["$ref"]) if isinstance(part.get("$ref"), str) else None
    return place[-1] if place else ""


def _refers(schema: Node) -> bool:
    return b'"$ref"' in canonical(schema)


def moved(before: object, after: object) -> str:
    """Say what a value was, and what it is."""
    return f"changed from {describe(before)} to {describe(after)}"


def describe(value: object) -> str:
    """Write a value for a person."""
    if value is None:
        return "nothing"
    return (
        value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    )
