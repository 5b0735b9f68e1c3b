"""What changed between two contracts, place by place, and what of it breaks a caller."""

import re
from collections.abc import Iterator
from dataclasses import replace

from scripts.pipeline.compare_schemas import (
    ERROR,
    REQUEST,
    RESPONSE,
    Change,
    SchemaComparison,
    moved,
    pairs,
    presence,
    whole,
)
from scripts.pipeline.contract import name_of
from scripts.pipeline.corrections import correct
from scripts.pipeline.corrections.operations import all_parameters
from scripts.pipeline.corrections.schema_tools import components, is_class
from scripts.pipeline.document import canonical
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.overlay import apply
from scripts.pipeline.walk import Node, operations


def compare(old: Node, new: Node, everything: Node | None = None) -> list[Change]:
    """List what changed between two selected documents, each change once, the breaking ones first.

    Args:
        old: What callers know.
        new: What takes its place.
        everything: The new document, to say what became of an operation that is gone.
    """
    found: dict[tuple[str, str], Change] = {}
    for change in _Comparison(old, new).document(everything or new):
        key = change.place, change.what
        found[key] = max(change, found.get(key, change))
    return sorted(found.values(), key=lambda change: (not change.breaking, change))


def compare_rest(old: Node, new: Node) -> list[Change]:
    """List every difference of two documents, for when none of them is one for a caller."""
    return list(_differences("", {**old, "info": 0}, {**new, "info": 0}))


def _differences(place: str, old: object, new: object) -> Iterator[Change]:
    """Name each part that differs, with what it was and what it is."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, before, after in pairs(old, new):
            yield from _differences(f"{place}.{key}".lstrip("."), before, after)
    elif old != new:
        yield Change(place, f"changed {moved(old, new)}")


class _Comparison(SchemaComparison):
    """Compares the operations with all they refer to, and who may call them, and where."""

    def document(self, everything: Node) -> Iterator[Change]:
        for name, before, after in pairs(_by_id(self.old), _by_id(self.new)):
            if after is None:
                fate = _fate(before["place"], everything)
                yield Change(name, f"operation removed; {fate}", breaking=True)
            elif before is None:
                yield Change(name, "operation added")
            else:
                yield from self._operation(name, before, after)
        for key in ("openapi", "servers", "security"):
            yield from _differences(key, self.old.get(key), self.new.get(key))
        schemes = (
            doc.get("components", {}).get("securitySchemes", {}) for doc in (self.old, self.new)
        )
        for name, before, after in pairs(*schemes):
            yield from _differences(f"security scheme {name}", before, after)

    def _operation(self, name: str, before: Node, after: Node) -> Iterator[Change]:
        # Another method does something else; in another order, ids are taken for each other.
        calls = [re.findall(r"^\w+|{[^{}]*}", part["where"]) for part in (before, after)]
        if before["where"] != after["where"]:
            what = f"moved {moved(before['where'], after['where'])}"
            yield Change(name, what, calls[0] != calls[1])
        if before.get("tags") != after.get("tags"):
            what = f"tags (the module it is in) {moved(before.get('tags'), after.get('tags'))}"
            yield Change(name, what, breaking=True)
        for key in ("deprecated", "security", "servers"):
            if before.get(key) != after.get(key):
                yield Change(name, f"{key} {moved(before.get(key), after.get(key))}")
        for (named, where), *pair in pairs(before["parameters"], after["parameters"]):
            place = f"{name}: parameter {named} ({where})"
            yield from presence(place, pair, _required(pair), REQUEST)
            if None not in pair:
                yield from self._value(place, pair[0], pair[1], REQUEST)
        bodies = [
            whole(doc, part["requestBody"]) if "requestBody" in part else None
            for doc, part in ((self.old, before), (self.new, after))
        ]
        yield from presence(f"{name}: body", bodies, _required(bodies), REQUEST)
        if bodies[0] and bodies[1]:
            yield from self._content(f"{name}: body", bodies[0], bodies[1], REQUEST)
        for code, was, now in pairs(before["responses"], after["responses"]):
            way = ERROR if code[:1] in ("4", "5") else RESPONSE
            for change in self._response(f"{name}: response {code}", was, now, way):
                yield replace(change, breaking=change.breaking and way != ERROR)

    def _response(
        self, place: str, before: Node | None, after: Node | None, way: str
    ) -> Iterator[Change]:
        if after is None:
            yield Change(place, "removed", breaking=True)
        elif before is None:
            returned = way != ERROR and whole(self.new, after).get("content")
            more = "; what is returned may be of another type now" if returned else ""
            yield Change(place, f"added{more}", breaking=bool(returned))
        else:
            yield from self._content(place, whole(self.old, before), whole(self.new, after), way)

    def _content(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        for media, was, now in pairs(before.get("content", {}), after.get("content", {})):
            if was is None or now is None:
                what = "removed" if now is None else "added"
                yield Change(place, f"{media} {what}", breaking=now is None)
            else:
                yield from self._value(place, was, now, way)

    def _value(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        """Compare how a value is written, such as its style, and what it is."""
        known = ("name", "in", "required", "schema")
        rest = ({key: part[key] for key in part if key not in known} for part in (before, after))
        yield from _differences(place, *rest)
        yield from self.schema(place, before.get("schema", {}), after.get("schema", {}), way)


def _required(pair: list[Node | None]) -> list[bool]:
    return [bool((part or {}).get("required")) for part in pair]


def _fate(place: tuple[str, str], document: Node) -> str:
    """Say what is where an operation was: at a path, with a method."""
    path, method = place
    if path not in document["paths"]:
        return f"the path {path} is gone too"
    item = document["paths"][path]
    if not isinstance(item, dict):
        return f"{path} cannot be read"
    if method not in item:
        return f"{path} has no {method.upper()} any more"
    return f"renamed to {name_of(path, method, item[method])}"


def _by_id(document: Node) -> dict[str, Node]:
    return {
        name_of(path, method, operation): {
            "servers": document["paths"][path].get("servers"),
            **operation,
            "where": f"{method.upper()} {path}",
            "place": (path, method),
            "parameters": {
                (each["name"], each["in"]): each
                for each in all_parameters(document, document["paths"][path], operation)
            },
        }
        for path, method, operation in operations(document)
    }


def compare_names(old: Node, new: Node, overlay: Node) -> list[Change]:
    """Compare the classes that two selected documents are rendered with.

    Args:
        old: The contract that callers know.
        new: The one that takes its place.
        overlay: As `read_overlay` gives it.
    """
    try:
        before, after = _classes(old, overlay), _classes(new, overlay)
    except PipelineError as error:
        return [
            Change("upsun_api.models", f"the names cannot be compared ({error})", breaking=True)
        ]
    return list(_gone(before, after))


def _gone(before: dict[str, Node], after: dict[str, Node]) -> Iterator[Change]:
    added = {name: _content(name, after[name]) for name in after.keys() - before.keys()}
    for name in sorted(before.keys() - after.keys()):
        content = _content(name, before[name])
        same = [other for other, its in added.items() if its == content]
        fate = f"renamed to {same[0]}" if len(same) == 1 else "no longer there"
        yield Change(f"upsun_api.models.{name}", fate, breaking=True)


def _content(name: str, schema: Node) -> bytes:
    # The classes of its own fields are named after it, so they may have been renamed with it.
    return canonical(schema).replace(name.encode(), b"")


def _classes(document: Node, overlay: Node) -> dict[str, Node]:
    corrected = correct(apply(document, overlay, partial=True))
    return {name: schema for name, schema in components(corrected).items() if is_class(schema)}
