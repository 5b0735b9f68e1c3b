# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""How answers become models, and what is sent becomes text.

Of an answer, what fits the document is typed and the rest is kept as it came; refused is only a
body of another kind than the document promises, such as a list for an object. What is sent is
spelled as JSON does, or refused with a ValueError.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from .types import File, RequestFiles, Unset

if TYPE_CHECKING:
    from uuid import UUID

    import httpx


# Any, so that a type checker does not take what they hold for unknown.
_ARRAY: Any = list
_ARRAYS: Any = (list, tuple, set)
_ITERABLE: Any = Iterable
_MAPPING: Any = Mapping
_OBJECT: Any = dict
_SHORTEST = len("2026-01-01T00:00:00")
_KINDS: dict[Any, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a boolean",
    type(None): "null",
}


class Time(datetime.datetime):
    """A time in an answer. It is written back as it came, such as with ``Z`` for ``+00:00``."""

    __slots__ = ("text",)
    text: str

    def __reduce_ex__(self, protocol: Any) -> Any:
        text = getattr(self, "text", "")  # what is calculated from one has none
        return (time, (text,)) if text else super().__reduce_ex__(protocol)


@lru_cache
def _id_class() -> type[UUID]:
    # Many answers have none, and its module takes a while to load.
    from uuid import UUID

    class Id(UUID):
        """A UUID in an answer. It is written back as it came, such as in upper case."""

        __slots__ = ("text",)
        text: str

        def __init__(self, text: str) -> None:
            super().__init__(text)
            object.__setattr__(self, "text", text)

        def __reduce__(self) -> Any:
            return uuid, (self.text,)

    return Id


class Shape:
    """What tells a model from others that may stand in its place, by the names that are sent."""

    def __init__(
        self, required: set[str], optional: set[str], word: str, values: dict[str, tuple[Any, ...]]
    ) -> None:
        self.required = required
        self.known: set[str] = required | optional
        self.word = word  # that its name spells: `github` for GithubIntegration
        self.values = values  # of fields in which each of these models has others

    def misfit(self, data: dict[str, Any]) -> int | None:
        """Count the fields that are missing or unknown; -1 when told, None for something else."""
        for name, values in self.values.items():
            if name in data and type(data[name]) is type(values[0]):
                return -1 if data[name] in values else None
        misfit = 0 if data.keys() >= self.required else len(self.required.difference(data))
        shared = len(data)
        if not self.known.issuperset(data):
            unknown = data.keys() - self.known
            shared -= len(unknown)
            misfit += len([name for name in unknown if name[:1] != "_"])  # `_links` may be anywhere
        return misfit if misfit <= shared else None


def expect(value: Any, *kinds: str) -> Any:
    """Return a whole body, or raise TypeError when it is of no kind that was promised."""
    if (kind := _kind(value)) not in kinds:
        raise TypeError(f"expected {' or '.join(kinds)}, not {kind}")
    return value


def fields(src_dict: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the fields of an object, or raise TypeError when it is none."""
    if type(src_dict) is not dict and not isinstance(src_dict, _MAPPING):
        raise TypeError(f"expected an object, not {_kind(src_dict)}")
    return {**src_dict}


def media(response: httpx.Response, *kinds: str) -> str:
    """Say which of the documented kinds of body came, or raise TypeError when it is another.

    Without a Content-Type it is JSON; what is text beside documented bytes alone is bytes.
    """
    content_type = response.headers.get("Content-Type", "application/json")
    essence = content_type.partition(";")[0].strip().lower()
    if essence == "application/json" or essence.endswith("+json"):
        kind = "JSON"
    elif "html" in essence:
        kind = "HTML"
    else:
        kind = "text" if essence.startswith("text/") and "text" in kinds else "bytes"
    if kind not in kinds:
        raise TypeError(f"expected {' or '.join(kinds)}, not {essence[:40]}")
    return kind


def time(value: Any) -> Any:
    """Read a time as RFC 3339 has it; a leap second is the second before."""
    if type(value) is not str or len(value) < _SHORTEST:
        return value
    try:
        read = Time.fromisoformat(value)
    except ValueError:
        second = "59" if value[17:19] == "60" else value[17:19]
        try:
            read = Time.fromisoformat(f"{value[:17]}{second}{value[19:]}".upper())
        except ValueError:
            return value
    read.text = value
    return read


def date(value: Any) -> Any:
    """Read a date."""
    try:
        read = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return read if read.isoformat() == value else value


def uuid(value: Any) -> Any:
    """Read a UUID in its usual spelling."""
    try:
        return _id_class()(value) if type(value) is str and len(value) == 36 else value
    except ValueError:
        return value


def enum(kind: type[Enum], value: Any) -> Any:
    """Read a value of an enum, which may have values that are not known yet."""
    if type(value) is str or type(value) is int:
        try:
            return kind(value)
        except ValueError:
            pass
    return value


def model(kind: Any, value: Any) -> Any:
    """Read an object."""
    return kind.from_dict(value) if isinstance(value, dict) else value


def model_or_any(kind: Any, value: Any) -> Any:
    """Read an object that has anything of the model, or is empty."""
    read = model(kind, value)
    has_fields = len(kind.__attrs_attrs__) > 1
    nothing = has_fields and read is not value and read.additional_properties == value
    return value if value and nothing else read


def one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    """Read an object as the model that its `type` names, or that fits best by what it has."""
    if not isinstance(value, _OBJECT):
        return value
    if isinstance(type_ := value.get("type"), str):
        word = _word(type_)
        for kind in kinds:
            if kind.SHAPE.word == word and "type" not in kind.SHAPE.values:
                return kind.from_dict(value)
    names = tuple(value)  # which mostly decide, and are the same all through a list
    best = _best(kinds, value) if _tell_by_values(kinds) else _best_by_names(kinds, names)
    return value if best is None else best.from_dict(value)


def _best(kinds: tuple[Any, ...], data: dict[str, Any]) -> Any:
    best, least = None, None
    for kind in kinds:
        misfit = kind.SHAPE.misfit(data)
        if misfit is not None and (least is None or misfit < least):
            best, least = kind, misfit
            if misfit <= 0:
                break
    return best


@lru_cache
def _tell_by_values(kinds: tuple[Any, ...]) -> bool:
    return any(kind.SHAPE.values for kind in kinds)


@lru_cache
def _best_by_names(kinds: tuple[Any, ...], names: tuple[str, ...]) -> Any:
    return _best(kinds, dict.fromkeys(names))


def first(value: Any, *readers: Callable[[Any], Any]) -> Any:
    """Read with the first of some readers that does; a value that an enum does not know, last."""
    unknown = value
    for reader in readers:
        read = reader(value)
        if isinstance(read, Enum) and read.name not in type(read).__members__:
            unknown = read if unknown is value else unknown
        elif read is not value:
            return read
    return unknown


def items(reader: Callable[[Any], Any], value: Any) -> list[Any]:
    """Read a list."""
    if isinstance(value, _ARRAY):
        return [reader(item) for item in value]
    return cast("list[Any]", value)


def write(value: Any, *dates: str) -> Any:
    """Write what was read, or what a caller made, as JSON has it.

    Args:
        value: A list or a mapping is written with all it holds.
        dates: What is asked for where it is a date or a time; anything may stand for itself.

    Raises:
        ValueError: When a time stands for a date, or a date for a time; or when a time has no
            offset: it would be another time elsewhere.
    """
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.date):
        return _write_date(value, dates)
    if (loaded := sys.modules.get("uuid")) and isinstance(value, loaded.UUID):
        return getattr(value, "text", None) or str(value)
    if isinstance(value, File):
        return value.to_tuple()
    if isinstance(value, _MAPPING):
        return {name: write(item, *dates) for name, item in value.items()}
    if isinstance(value, _ITERABLE) and not isinstance(value, str | bytes):
        return [write(item, *dates) for item in value]
    return value


def _write_date(value: datetime.date, dates: tuple[str, ...]) -> str:
    # A time is a date, for Python.
    kind = "time" if isinstance(value, datetime.datetime) else "date"
    if dates and kind not in dates:
        raise ValueError(f"{value!r} is a {kind}, where a {dates[0]} is asked for")
    text = getattr(value, "text", None)
    if not text and isinstance(value, datetime.datetime) and value.utcoffset() is None:
        raise ValueError(f"{value!r} has no offset; give it one, such as tzinfo=datetime.UTC")
    return text or value.isoformat()


def dump_json(value: Any, *dates: str) -> bytes:
    """Write a whole body; None is null."""
    return _dump(write(value, *dates)).encode()


def text_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write fields where all is text: a query, a form, headers.

    What is not set is left out, and null, which has no spelling there, is as well.
    """
    written = {name: write(value) for name, value in present(fields).items()}
    return {
        name: [_text(item) for item in value if item is not None]
        if isinstance(value, _ARRAY)
        else _text(value)
        for name, value in written.items()
        if value is not None
    }


def headers(fields: Mapping[str, Any]) -> dict[str, str]:
    """Write headers.

    Raises:
        ValueError: When a value holds what no header can.
    """
    return _plain(fields, "header", r"([!-~]([\t -~]*[!-~])?)?")


def cookies(fields: Mapping[str, Any]) -> dict[str, str]:
    """Write cookies.

    Raises:
        ValueError: When a value holds what would end it, or begin another one.
    """
    return _plain(fields, "cookie", r"[!#-+\--:<-\[\]-~]*")


def _plain(fields: Mapping[str, Any], kind: str, pattern: str) -> dict[str, str]:
    written = text_fields(fields)
    for name, text in written.items():
        if not re.fullmatch(pattern, text):
            raise ValueError(f"the {kind} {name} holds what no {kind} can; encode it")
    return written


# What a form of parts is when it has none: the HTTP library would send no body at all.
NO_PARTS, NO_PARTS_TYPE = b"--none--\r\n", "multipart/form-data; boundary=none"


def parts(name: str, value: Any, *dates: str) -> RequestFiles:
    """Write a field of a multipart form: a part for each element of a list, none for nothing."""
    found = value if isinstance(value, _ARRAYS) else [value]
    return [
        _part(name, item, *dates)
        for item in found
        if item is not None and not isinstance(item, Unset)
    ]


def _part(name: str, value: Any, *dates: str) -> Any:
    if isinstance(value, File):
        if not str(value.mime_type).isprintable():
            raise ValueError("mime_type holds what would end its line")
        # Without a file's name, servers take it for a field of text.
        return (name, (value.file_name or "upload", value.payload, value.mime_type))
    written = write(value, *dates)
    kind = "application/json" if isinstance(written, dict | list) else "text/plain"
    return (name, (None, _text(written).encode(), kind))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _dump(value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def present(field_dict: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not set."""
    return {name: value for name, value in field_dict.items() if not isinstance(value, Unset)}


@lru_cache
def _word(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower() or "-"


def _kind(value: Any) -> str:
    number = "a number" if isinstance(value, int | float) else type(value).__name__
    return _KINDS.get(type(value), number)
