"""Rules that keep what a newer API may send, and defaults the generator can render."""

import datetime as dt

from scripts.pipeline.corrections.common import (
    components,
    each_schema,
    is_class,
    is_enum,
    look,
    members,
    name_of,
    without,
)
from scripts.pipeline.shape import Node


def open_objects(document: Node) -> Node:
    """Open every object that says `additionalProperties: false`.

    Cause: a generated class of a closed object drops what it does not know. Seen in
    `AcceptedResponse`, whose `_embedded` holds the activities that a write starts, and in 700
    other places; HAL's `_links` are never declared.
    """

    def visit(schema: Node) -> Node:
        closed = schema.get("additionalProperties") is False
        return without(schema, "additionalProperties") if closed else schema

    return each_schema(document, visit)


def tolerate_in_maps(document: Node) -> Node:
    """Let a map hold what is not of its declared type.

    Cause: a class made for a map of models reads `_links` as one of them, and loses the whole
    answer when that fails.
    """

    def visit(schema: Node) -> Node:
        values = schema.get("additionalProperties")
        if not isinstance(values, dict) or not _is_parsed(document, values, frozenset()):
            return schema
        return {**schema, "additionalProperties": {"oneOf": [values, {}]}}

    return each_schema(document, visit)


def _is_parsed(document: Node, schema: Node, trail: frozenset[str]) -> bool:
    """Say whether reading a value does more than keep it."""
    name = name_of(schema)
    if name in trail:
        return False
    there = look(document, schema)
    if is_class(there) or there.get("format") in ("date", "date-time", "uuid", "binary"):
        return True
    inner = [*members(there), *([there["items"]] if "items" in there else [])]
    return any(_is_parsed(document, part, trail | {str(name)}) for part in inner)


def move_null_to_references(document: Node) -> Node:
    """Take the null out of a component that becomes a class, and put it at each reference.

    Cause: the generator processes a nullable object component twice and drops it over the
    duplicate (`RegionReference`), and loses the null of an enum.
    """
    found = {
        name
        for name, schema in components(document).items()
        if schema.get("nullable") is True and is_class(schema)
    }
    if not found:
        return document

    def visit(schema: Node) -> Node:
        if name_of(schema) in found:
            return {"oneOf": [schema], "nullable": True}
        return schema

    moved = each_schema(document, visit)
    schemas = {
        name: without(schema, "nullable") if name in found else schema
        for name, schema in components(moved).items()
    }
    return {**moved, "components": {**moved["components"], "schemas": schemas}}


def drop_odd_defaults(document: Node) -> Node:
    """Drop a default that is no value of its schema, or that Python cannot write as one.

    Cause: the generator drops the whole schema that has one, and writes a quote or a backslash in
    one as two characters.
    """

    def visit(schema: Node) -> Node:
        if "default" not in schema:
            return schema
        fits = _fits(document, schema, schema["default"])
        return schema if fits else without(schema, "default")

    return each_schema(document, visit)


def _fits(document: Node, schema: Node, value: object) -> bool:
    options = members(schema)
    if options:
        # Beside a lone reference the value is passed on to what is there.
        return len(options) == 1 and _fits(document, look(document, options[0]), value)
    if is_enum(schema):
        # The generator looks a text up as it writes it.
        return value in schema["enum"] and not (isinstance(value, str) and _is_escaped(value))
    kind = schema.get("type")
    if kind == "string":
        return (
            isinstance(value, str)
            and not _is_escaped(value)
            and _is_written(schema.get("format"), value)
        )
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return (
        isinstance(value, int)
        if kind == "integer"
        else (kind == "number" and isinstance(value, int | float))
    )


def _is_escaped(value: str) -> bool:
    from scripts.pipeline.corrections.names import is_kept_default  # noqa: PLC0415 - imports the generator

    return not is_kept_default(value)


def _is_written(form: object, value: str) -> bool:
    readers = {
        "date": dt.date.fromisoformat,
        "date-time": dt.datetime.fromisoformat,
    }
    if form in ("uuid", "binary"):
        return False
    try:
        return form not in readers or bool(readers[str(form)](value))
    except ValueError:
        return False


def break_circles(document: Node) -> Node:
    """Cut a circle of references that never passes a class.

    Cause: the generator cannot build a list of itself; where the circle closes, anything goes.
    """
    schemas = components(document)
    closing = _closing(document)
    if not closing:
        return document

    def visit_in(name: str, schema: Node) -> Node:
        whole = {"components": {"schemas": {name: schema}}}
        cut = each_schema(whole, lambda part: {} if (name, name_of(part)) in closing else part)
        made: Node = cut["components"]["schemas"][name]
        return made

    cut = {
        name: schema if is_class(schema) else visit_in(name, schema)
        for name, schema in schemas.items()
    }
    return {**document, "components": {**document["components"], "schemas": cut}}


def _closing(document: Node) -> set[tuple[str, str | None]]:
    """Find the references that close a circle among components that become no class."""
    plain = {name: s for name, s in components(document).items() if not is_class(s)}
    state: dict[str, int] = {}
    closing: set[tuple[str, str | None]] = set()

    def enter(name: str) -> None:
        state[name] = 1
        for after in sorted(_direct(plain[name])):
            if after not in plain:
                continue
            if state.get(after) == 1:
                closing.add((name, after))
            elif after not in state:
                enter(after)
        state[name] = 2

    for name in sorted(plain):
        if name not in state:
            enter(name)
    return closing


def _direct(schema: Node) -> set[str]:
    """Name what a schema refers to without an object in between."""
    if is_class(schema):
        return set()
    found = {name for name in [name_of(schema)] if name}
    for part in [*members(schema), *([schema["items"]] if "items" in schema else [])]:
        found |= _direct(part)
    return found
