"""What changed between two contracts, place by place, and what of it breaks a caller."""

from collections.abc import Iterator
from dataclasses import replace

from scripts.pipeline.compare_schemas import (
    ERROR,
    REQUEST,
    RESPONSE,
    Change,
    SchemaComparison,
    describe,
    moved,
    whole,
)
from scripts.pipeline.contract import name_of
from scripts.pipeline.walk import Node, operations


def compare(old: Node, new: Node, everything: Node | None = None) -> list[Change]:
    """List what changed between two selected documents, each change once.

    Args:
        old: What callers know.
        new: What takes its place.
        everything: The new document, to say what became of an operation that is gone.
    """
    comparison = _Comparison(old, new)
    found = [
        *comparison.operations(everything or new),
        *comparison.components(),
        *comparison.access(),
    ]
    whole: dict[tuple[str, str], Change] = {}
    for change in found:
        key = change.place, change.what
        whole[key] = max(change, whole.get(key, change))
    return sorted(whole.values(), key=lambda change: (not change.breaking, change))


def compare_rest(old: Node, new: Node) -> list[Change]:
    """List every difference of two documents, for when none of them is one for a caller."""
    return list(_differences("", {**old, "info": 0}, {**new, "info": 0}))


def _differences(place: str, old: object, new: object) -> Iterator[Change]:
    """Name each part that differs, with what it was and what it is."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(f"{place}.{key}".lstrip("."), old.get(key), new.get(key))
    elif old != new:
        yield Change(place, moved(old, new))


class _Comparison(SchemaComparison):
    """Compares the operations, then what they refer to."""

    def operations(self, everything: Node) -> Iterator[Change]:
        """Compare the operations; what they refer to waits until they are done."""
        before, after = _by_id(self.old), _by_id(self.new)
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                fate = _fate(before[name]["place"], everything)
                yield Change(name, f"operation removed; {fate}", breaking=True)
            elif name not in before:
                yield Change(name, "operation added")
            else:
                yield from self._operation(name, before[name], after[name])

    def _operation(self, name: str, before: Node, after: Node) -> Iterator[Change]:
        for key, label, breaking in (
            ("where", "moved", False),
            ("tags", "tags (the module it is in)", True),
            ("deprecated", "deprecated", False),
            ("security", "security", False),
            ("servers", "servers", False),
        ):
            if before.get(key) != after.get(key):
                change = f"{label} from {describe(before.get(key))} to {describe(after.get(key))}"
                yield Change(name, change, breaking)
        yield from self._parameters(name, before, after)
        yield from self._body(f"{name}: body", before, after)
        yield from self._responses(name, before["responses"], after["responses"])

    def access(self) -> Iterator[Change]:
        """Compare where the operations are, and who may call them."""
        for key in ("openapi", "servers", "security"):
            yield from _differences(key, self.old.get(key), self.new.get(key))
        schemes = [
            doc.get("components", {}).get("securitySchemes", {}) for doc in (self.old, self.new)
        ]
        for name in sorted(schemes[0].keys() | schemes[1].keys()):
            place = f"security scheme {name}"
            yield from _differences(place, *(each.get(name) for each in schemes))

    def _parameters(self, name: str, before: Node, after: Node) -> Iterator[Change]:
        olds, news = _parameters(self.old, before), _parameters(self.new, after)
        for key in sorted(olds.keys() | news.keys()):
            place = f"{name}: parameter {key[0]} ({key[1]})"
            if key not in news:
                yield Change(place, "removed", breaking=True)
                continue
            required = bool(news[key].get("required"))
            if key not in olds:
                yield Change(place, f"added, {'required' if required else 'optional'}", required)
                continue
            if bool(olds[key].get("required")) != required:
                yield Change(place, f"now {'required' if required else 'optional'}", required)
            yield from _rest(place, olds[key], news[key])
            pair = [part.get("schema", {}) for part in (olds[key], news[key])]
            yield from self.schema(place, pair[0], pair[1], REQUEST)

    def _body(self, place: str, before: Node, after: Node) -> Iterator[Change]:
        pair = [
            whole(doc, part["requestBody"]) if "requestBody" in part else None
            for doc, part in ((self.old, before), (self.new, after))
        ]
        if pair[0] is None and pair[1] is None:
            return
        if pair[0] is None or pair[1] is None:
            added = pair[1] or {}
            gone = pair[1] is None
            yield Change(place, "removed" if gone else "added", gone or bool(added.get("required")))
            return
        if pair[0].get("required") != pair[1].get("required"):
            now = bool(pair[1].get("required"))
            yield Change(place, f"now {'required' if now else 'optional'}", now)
        yield from self._content(place, pair[0], pair[1], REQUEST)

    def _responses(self, name: str, before: Node, after: Node) -> Iterator[Change]:
        for code in sorted(before.keys() | after.keys()):
            place = f"{name}: response {code}"
            is_error = code[:1] in ("4", "5")
            if code not in after:
                yield Change(place, "removed", breaking=not is_error)
            elif code not in before:
                result = not is_error and whole(self.new, after[code]).get("content")
                what = "added; what is returned may be of another type now" if result else "added"
                yield Change(place, what, breaking=bool(result))
            else:
                pair = whole(self.old, before[code]), whole(self.new, after[code])
                way = ERROR if is_error else RESPONSE
                for change in self._content(place, *pair, way):
                    yield replace(change, breaking=change.breaking and not is_error)

    def _content(self, place: str, before: Node, after: Node, way: str) -> Iterator[Change]:
        olds, news = before.get("content", {}), after.get("content", {})
        for media in sorted(olds.keys() | news.keys()):
            if media not in news:
                yield Change(place, f"{media} removed", breaking=True)
            elif media not in olds:
                yield Change(place, f"{media} added")
            else:
                yield from _rest(place, olds[media], news[media])
                pair = [content[media].get("schema", {}) for content in (olds, news)]
                yield from self.schema(place, pair[0], pair[1], way)


def _rest(place: str, before: Node, after: Node) -> Iterator[Change]:
    """Compare how a value is written, such as its style, apart from what it is."""
    known = ("name", "in", "required", "schema")
    pair = ({key: part[key] for key in part if key not in known} for part in (before, after))
    yield from _differences(place, *pair)


def _fate(place: tuple[str, str], document: Node) -> str:
    """Say what is where an operation was: at a path, with a method."""
    path, method = place
    if path not in document["paths"]:
        return f"the path {path} is gone too"
    if method not in document["paths"][path]:
        return f"{path} has no {method.upper()} any more"
    return f"renamed to {name_of(path, method, document['paths'][path][method])}"


def _by_id(document: Node) -> dict[str, Node]:
    return {
        name_of(path, method, operation): {
            **operation,
            "where": f"{method.upper()} {path}",
            "place": (path, method),
            "shared": document["paths"][path].get("parameters", []),
            "servers": operation.get("servers", document["paths"][path].get("servers")),
        }
        for path, method, operation in operations(document)
    }


def _parameters(document: Node, operation: Node) -> dict[tuple[str, str], Node]:
    listed = [*operation["shared"], *operation.get("parameters", [])]
    found = [whole(document, parameter) for parameter in listed]
    return {(str(each.get("name")), str(each.get("in"))): each for each in found}
