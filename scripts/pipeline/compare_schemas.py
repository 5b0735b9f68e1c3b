"""What changed between two schemas, place by place, and what of it breaks a caller."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.pipeline.references import follow
from scripts.pipeline.walk import Node

# An error is raised, so that nothing in it breaks a caller.
REQUEST, RESPONSE, ERROR = "request", "response", "error"
_TYPES = ("type", "format")
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
    """Compares schemas of two documents; what both refer to is compared once."""

    old: Node
    new: Node
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def schema(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        """Compare two schemas.

        Args:
            place: What to call them, unless both are one component.
            before: A schema of the old document.
            after: The one of the new document.
            way: Whether it travels in a request, in a response, or in an error.
        """
        if "$ref" in before and "$ref" in after:
            refs = before["$ref"], after["$ref"], way
            if refs in self.seen:
                return
            self.seen.add(refs)
            if refs[0] == refs[1]:
                place = refs[0].rpartition("/")[2]
        # Renamed or written out: what counts is what it says.
        before, after = whole(self.old, before), whole(self.new, after)
        yield from _keywords(place, before, after, way)
        yield from _values(place, before, after, way)
        needed = [part.get("required", ()) for part in (before, after)]
        for name, *pair in pairs(before.get("properties", {}), after.get("properties", {})):
            here, must = f"{place}.{name}", [name in names for names in needed]
            yield from presence(here, pair, must, way, "field ")
            if None not in pair:
                yield from self.schema(here, pair[0], pair[1], way)
        for key, label in (("items", "[]"), ("additionalProperties", "{}")):
            inner: list[Any] = [part.get(key) for part in (before, after)]
            if all(isinstance(each, dict) for each in inner):
                yield from self.schema(place + label, inner[0], inner[1], way)
            elif [each in (None, True) for each in inner] != [True, True]:
                breaking = isinstance(inner[0], dict)
                yield from _keyword(place, key, inner[0], inner[1], way, breaking=breaking)
        for key in ("allOf", "oneOf", "anyOf"):
            yield from self._alternatives(place, key, before, after, way)

    def _alternatives(
        self, place: str, key: str, before: Node, after: Node, way: str
    ) -> Iterator[Change]:
        olds, news = before.get(key, []), after.get(key, [])
        if len(olds) == len(news):
            for index, pair in enumerate(zip(olds, news, strict=True)):
                yield from self.schema(f"{place}.{key}[{index}]", *pair, way)
            return
        for parts, others, what in ((olds, news, "removed"), (news, olds, "added")):
            breaking = what == "removed" or (key == "oneOf" and way == RESPONSE)
            for part in parts:
                if part not in others:
                    named = part.get("$ref", "an alternative").rpartition("/")[2]
                    yield Change(place, f"{key}: {named} {what}", breaking)


def presence(
    place: str, pair: list[Any], must: list[bool], way: str, noun: str = ""
) -> Iterator[Change]:
    """Compare whether something is there, before and after, and whether it must be."""
    kind = "required" if must[1] else "optional"
    if pair[1] is None and pair[0] is not None:
        yield Change(place, f"{noun}removed", breaking=True)
    elif pair[0] is None and pair[1] is not None:
        yield Change(place, f"{noun}added, {kind}", must[1] and way == REQUEST)
    elif must[0] != must[1]:
        # A caller must now send it, or can no longer rely on getting it.
        yield Change(place, f"now {kind}", must[1] is (way == REQUEST))


def pairs(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each key of either with both its values, None where there is none."""
    for key in sorted(before.keys() | after.keys()):
        yield key, before.get(key), after.get(key)


def whole(document: Node, part: Node) -> Node:
    """Follow a reference of any kind to what it stands for."""
    return follow(document, part, "the contract")


def moved(before: object, after: object) -> str:
    """Say what a value was, and what it is."""
    return f"from {describe(before)} to {describe(after)}"


def describe(value: object) -> str:
    """Write a value for a person."""
    if value is None or isinstance(value, str):
        return value or "nothing"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _keywords(place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
    for key in (*_TYPES, *_LIMITS, *_NOTES):
        yield from _keyword(
            place, key, before.get(key), after.get(key), way, breaking=key in _TYPES
        )
    null = [bool(part.get("nullable")) for part in (before, after)]
    if null[0] != null[1]:
        what = "may be null now" if null[1] else "is never null now"
        yield Change(place, what, breaking=null[1] is (way == RESPONSE))


def _keyword(
    place: str, key: str, before: Any, after: Any, way: str, *, breaking: bool
) -> Iterator[Change]:
    if before == after:
        return
    refuses = way == REQUEST and _is_tighter(key, before, after)
    prefix = "the server may refuse more: " if refuses else ""
    what = f"{prefix}{key} changed {moved(before, after)}"
    yield Change(place, what, breaking or refuses)


def _is_tighter(key: str, before: Any, after: Any) -> bool:
    """Say whether a keyword excludes what was allowed before."""
    if key == "additionalProperties":
        return after is False
    if key not in _LIMITS or after is None or after is False:
        return False
    is_number = [isinstance(value, int | float) for value in (before, after)]
    if not all(is_number) or key not in (*_LOWER, *_UPPER):
        return True
    return bool(after > before if key in _LOWER else after < before)


def _values(place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
    olds, news = (
        [value for value in part.get("enum", ()) if value is not None] for part in (before, after)
    )
    if not olds and news:
        yield Change(place, f"now one of {', '.join(map(describe, news))}", way == REQUEST)
        return
    if olds and not news:
        yield Change(place, "any value now", breaking=True)  # its class has gone
        return
    for values, others, what in ((olds, news, "removed"), (news, olds, "added")):
        for value in values:
            if value not in others:
                yield Change(place, f"value {describe(value)} {what}", what == "removed")
