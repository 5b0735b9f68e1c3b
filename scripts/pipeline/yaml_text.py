"""YAML read as the JSON it stands for: the 1.2 core schema, aliases bounded, no tags, no surprises.

The usual loaders read `no` as false and `2020-01-01` as a date, build aliases without a bound, or
take six seconds for a published document. This one turns parser events into plain values.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]

from scripts.pipeline.document import number
from scripts.pipeline.errors import PipelineError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass
class _Open:
    """A collection that is being read."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    before: int
    key: str | None = None


@dataclass
class _Reader:
    """Values made so far, counted with what aliases repeat."""

    where: str
    max_values: int
    max_depth: int
    count: int = 0
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[object, int]] = field(default_factory=dict)
    result: object = None

    def event(self, event: Any) -> None:
        """Take the next event of the parser."""
        match type(event).__name__:
            case "MappingStartEvent":
                self.open({}, event)
            case "SequenceStartEvent":
                self.open([], event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self.close()
            case "ScalarEvent":
                self.scalar(event)
            case "AliasEvent":
                self.alias(event)

    def fail(self, event: Any, reason: str) -> PipelineError:
        """Make the error for a place in the text."""
        return PipelineError(f"{self.where}, line {event.start_mark.line + 1}: {reason}")

    def grow(self, event: Any, values: int) -> None:
        """Count values, those behind an alias each time it is used."""
        self.count += values
        if self.count > self.max_values:
            raise self.fail(event, f"more than {self.max_values} values; do its aliases explode?")

    def open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        """Begin a collection."""
        if len(self.stack) >= self.max_depth:
            raise self.fail(event, f"nested deeper than {self.max_depth} levels")
        self.grow(event, 1)
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise self.fail(event, "a key that is no text")
        self.stack.append(_Open(value, event.anchor, self.count))

    def close(self) -> None:
        """End the innermost collection."""
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = (done.value, self.count - done.before + 1)
        self.add(done.value, None)

    def scalar(self, event: Any) -> None:
        """Read a plain value or a key."""
        self.grow(event, 1)
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise self.fail(event, f"the tag {event.tag} is not supported")
        wants_key = self.stack and isinstance(self.stack[-1].value, dict) and not self._keyed()
        plain = event.implicit[0] and not wants_key
        value = _plain(event.value) if plain else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self.add(value, event)

    def alias(self, event: Any) -> None:
        """Repeat what an anchor names."""
        if event.anchor not in self.anchors:
            raise self.fail(event, f"the alias *{event.anchor} names nothing, or itself")
        value, size = self.anchors[event.anchor]
        self.grow(event, size)
        self.add(value, event)

    def _keyed(self) -> bool:
        return self.stack[-1].key is not None

    def add(self, value: object, event: Any) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.result = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None
        elif not isinstance(value, str):
            raise self.fail(event, "a key that is no text")
        elif value in top.value:
            raise self.fail(event, f"the key '{value}' twice in one object")
        else:
            top.key = value


def _plain(text: str) -> str | float | bool | None:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return number(text)
    return text


def load(text: str, where: str, *, max_values: int, max_depth: int) -> object:
    """Read one YAML document into dicts, lists and plain values.

    Args:
        text: The document.
        where: What to call it in an error.
        max_values: Bound on the values in it, aliases counted as often as they are used.
        max_depth: Bound on the nesting.

    Raises:
        PipelineError: When it is no YAML, or exceeds a bound.
    """
    reader = _Reader(where, max_values, max_depth)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise PipelineError(f"{where} holds more than one YAML document")
            reader.event(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise PipelineError(f"{where}{line}: not valid YAML ({problem})") from error
    except ValueError as error:
        raise PipelineError(f"{where} has a number that cannot be read ({error})") from error
    return reader.result
