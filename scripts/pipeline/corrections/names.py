"""How the generator spells names, asked of the generator itself."""

import hashlib
import re
import unicodedata
from functools import cache
from types import ModuleType

PREFIX = "field_"
# Windows takes paths of up to 259 characters, and none of these names, whatever their suffix.
MAX_MODULE = 100
_DEVICES = frozenset(
    {"con", "nul", "aux", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


@cache
def strings() -> ModuleType:
    """Give the generator's own rules; half a second to import, so only when needed."""
    from openapi_python_client import strings as module  # noqa: PLC0415

    return module


def class_name(text: str) -> str:
    """Give the class name that the generator makes of a text."""
    return str(strings().ClassName(text, PREFIX))


def identifier(text: str) -> str:
    """Give the module, attribute or argument name that the generator makes of a text.

    `filter[id][eq]` is `filter_id_eq`, where the generator says `filterideq`.
    """
    return str(strings().PythonIdentifier(re.sub(r"[\[\]]+", " ", text), PREFIX))


def pascal(text: str) -> str:
    """Give a text as part of a class name."""
    return str(strings().pascal_case(text))


def file_name(text: str, kind: str) -> str:
    """Name the module or folder of a text, so that every system can hold it."""
    name = identifier(text)
    if len(name) > MAX_MODULE:
        return identifier(f"{name[: MAX_MODULE - 16]}_{digest(name).lower()}")
    return f"{name}_{kind}" if name in _DEVICES else name


def digest(text: str) -> str:
    """Give a short suffix that depends on nothing but the text, and that naming leaves alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:6].upper()


def enum_name(value: str) -> str:
    """Name an enum member after its value alone."""
    spelled = "".join(map(_spelled, value)) or "EMPTY"
    text = value if value[:1].isalpha() else f"VALUE_{spelled}"
    return str(strings().snake_case(text.upper())).upper() or "VALUE"


def _spelled(character: str) -> str:
    if character.isalnum():
        return character
    if character in " _.":
        return "_"
    name = "MINUS" if character == "-" else unicodedata.name(character, f"U{ord(character):X}")
    return f"_{name.replace('-', '_').replace(' ', '_')}_"
