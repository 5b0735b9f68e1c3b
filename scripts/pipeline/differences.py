"""What differs between two contracts, part by part, and what of it breaks a caller.

Both are walked at once, by the table of what is where (`walk.SHAPE`): what both have is compared,
a part that only one of them has was added or removed, and a keyword is judged by the way that it
travels.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scripts.pipeline.references import follow
from scripts.pipeline.walk import SHAPE, Node, children

# Nothing breaks a caller in what goes neither way; an error is raised, so that it is aside as well.
REQUEST, RESPONSE, ASIDE = "request", "response", ""
_WAYS = {
    **dict.fromkeys(("parameter", "requestBody"), REQUEST),
    **dict.fromkeys(("header", "link", "encoding"), ASIDE),
}
# How a part is called after what it is a part of.
_LABELS = {
    "parameters": ": parameter {}",
    "requestBody": ": body",
    "responses": ": response {}",
    "content": " ({})",
    "schema": "",
    "properties": ".{}",
    "items": "[]",
    "additionalProperties": "{{}}",
}
_UNIONS = ("allOf", "oneOf", "anyOf")
_VALUES = ("server", "requirement")  # kinds that are told whole
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LIMITS = (*_LOWER, *_UPPER, "multipleOf", "pattern", "uniqueItems")
# Another one is another call, module or type.
_ELSEWHERE = "required, of another part"
_BREAKING = (
    *("method", "path arguments", "tags (its module)", "type", "format", "readOnly", "writeOnly"),
    _ELSEWHERE,
)


class Part(NamedTuple):
    """A part of a document: its kind as in `walk.SHAPE`, and which way it travels."""

    kind: str
    node: Node
    way: str
    must: str = ""  # required or optional, where that is a question
    breaks: bool = False  # whether it breaks a caller that it is there


@dataclass
class Differences:
    """What differs between two documents, and whether that breaks a caller, by place and text."""

    old: Node
    new: Node
    found: dict[tuple[str, str], bool] = field(default_factory=dict)
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def tell(self, place: str, what: str, *, breaking: bool = False) -> None:
        """Note a difference; what is found twice breaks a caller if it does so once."""
        self.found[place, what] = breaking or self.found.get((place, what), False)

    def compare(self, place: str, old: Part, new: Part) -> None:
        """Compare two parts of one kind, which go one way.

        They are called by their place, unless both are one component.
        """
        if new.kind == "schema" and "$ref" in old.node and "$ref" in new.node:
            refs = old.node["$ref"], new.node["$ref"], new.way
            if refs in self.seen:
                return
            self.seen.add(refs)
            if refs[0] == refs[1]:
                place = refs[0].rpartition("/")[2]
        # Renamed or written out: what counts is what it says.
        before = follow(self.old, old.node, "the contract")
        after = follow(self.new, new.node, "the contract")
        for key, was, now in pairs(_keywords(new.kind, before), _keywords(new.kind, after)):
            self._keyword(place, key, was, now, new.way)
        olds = _parts(self.old, old._replace(node=before), after)
        news = _parts(self.new, new._replace(node=after), before)
        for label, was, now in pairs(olds, news):
            here = place + (label if was and now else label or ".schema")
            if now is None:
                self.tell(here, "removed", breaking=bool(was.way))
            elif was is None:
                told = f"added, {now.must}" if now.must else "added"
                self.tell(here, told, breaking=now.breaks)
            else:
                if was.must != now.must:
                    # A caller must now send it, or can no longer rely on getting it.
                    way = REQUEST if now.must == "required" else RESPONSE
                    self.tell(here, f"now {now.must}", breaking=now.way == way)
                self.compare(here, was, now)

    def _keyword(self, place: str, key: str, old: Any, new: Any, way: str) -> None:
        if key == "enum":
            self._enum(place, old or [], new or [], way)
        elif key == "nullable":
            if bool(old) != bool(new):
                told = "may be null now" if new else "is never null now"
                self.tell(place, told, breaking=way == (RESPONSE if new else REQUEST))
        elif old != new and way == REQUEST and _is_tighter(key, old, new):
            told = f"the server may refuse more: {_moved(key, old, new)}"
            self.tell(place, told, breaking=True)
        else:
            self.value(place, key, old, new, breaking=bool(way) and key in _BREAKING)

    def _enum(self, place: str, old: list[Any], new: list[Any], way: str) -> None:
        olds, news = ([each for each in part if each is not None] for part in (old, new))
        if news and not olds:
            told = f"now one of {', '.join(map(_describe, news))}"
            self.tell(place, told, breaking=way == REQUEST)
        elif olds and not news:
            self.tell(place, "any value now", breaking=bool(way))  # its class has gone
        else:
            for value in [each for each in olds if each not in news]:
                self.tell(place, f"value {_describe(value)} removed", breaking=bool(way))
            for value in [each for each in news if each not in olds]:
                self.tell(place, f"value {_describe(value)} added")

    def value(self, place: str, key: str, old: Any, new: Any, *, breaking: bool = False) -> None:
        """Compare what is of no kind; each of its own values that differs is told."""
        if isinstance(old, dict) and isinstance(new, dict):
            for name, *values in pairs(old, new):
                self.value(f"{place}.{key}", name, *values, breaking=breaking)
        elif old != new:
            self.tell(place, _moved(key, old, new), breaking=breaking)


def pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield each key of either with both its values, None where there is none."""
    for key in sorted(before.keys() | after.keys()):
        yield key, before.get(key), after.get(key)


def _keywords(kind: str, node: Node) -> Node:
    """Give what a node says itself; `additionalProperties` is a part unless it is false."""
    parts = [key for key, (_, below) in SHAPE.get(kind, {}).items() if below not in _VALUES]
    told = {
        key: value
        for key, value in node.items()
        if key != "required" and (key not in parts or value is False)
    }
    if kind == "schema":
        told[_ELSEWHERE] = sorted({*node.get("required", ())} - node.get("properties", {}).keys())
    return told


def _parts(document: Node, part: Part, other: Node) -> dict[str, Part]:
    """Give the parts of a node, by a label that what is the same has in the other document."""
    found = {}
    for (first, *slots), kind, child in children(part.node, part.kind):
        key = str(first)
        is_one = kind == "schema" and not slots
        is_none = is_one and not child and not isinstance(other.get(key), dict)
        if kind in _VALUES or is_none:  # no schema says as much as an empty one
            continue
        slot = str(slots[0]) if slots else ""
        whole = _alone(child) if kind == "schema" else follow(document, child, "the contract")
        if kind == "parameter":
            slot = f"{whole['name']} ({whole['in']})"
        is_named = key != "allOf" and "$ref" in whole  # whatever is before it
        if key in _UNIONS and (is_named or len(part.node[key]) != len(other.get(key, ()))):
            slot = whole.get("$ref", _describe(whole)).rpartition("/")[2]
        way = part.way and _WAYS.get(kind, part.way)
        must, breaks = "", way == RESPONSE if kind == "mediaType" else is_one and way != ASIDE
        if kind == "response":
            is_read = slot[:1] == "2" or not any(each[:1] == "2" for each in part.node[key])
            way = RESPONSE if part.way and is_read and slot[:1] not in ("4", "5") else ASIDE
            breaks = way == RESPONSE and "content" in whole
        elif key in _UNIONS:
            breaks = way == (REQUEST if key == "allOf" else RESPONSE)
        elif key == "properties" or kind in ("parameter", "requestBody"):
            named = part.node.get("required", ()) if key == "properties" else ()
            must = "required" if slot in named or whole.get("required") is True else "optional"
            breaks = way == REQUEST and must == "required"
        label = _LABELS[key].format(slot) if key in _LABELS else f".{key}.{slot}".rstrip(".")
        found[label] = Part(kind, whole, way, must, breaks)
    return found


def _alone(schema: Node) -> Node:
    """Give a schema, or the one that it says the same as."""
    (*others, one) = schema.get("allOf", [schema])
    return _alone(one) if schema.keys() == {"allOf"} and not others else schema


def _is_tighter(key: str, before: Any, after: Any) -> bool:
    """Say whether a keyword excludes what was allowed before."""
    if key not in _LIMITS or after is None or after is False:
        return key == "additionalProperties" and after is False
    is_number = [isinstance(value, int | float) for value in (before, after)]
    if not all(is_number) or after is True or key not in (*_LOWER, *_UPPER):
        return True
    return bool(after > before if key in _LOWER else after < before)


def _moved(key: str, before: object, after: object) -> str:
    return f"{key} changed from {_describe(before)} to {_describe(after)}"


def _describe(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or "nothing"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
