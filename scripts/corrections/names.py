"""How the generator spells names, asked of the generator itself, and names that it cannot spell."""

import hashlib
import unicodedata

from scripts.generator import strings

PREFIX = "field_"


def class_name(text: str) -> str:
    """Give the class name that the generator makes of a text."""
    return str(strings().ClassName(text, PREFIX))


def identifier(text: str) -> str:
    """Give the module, attribute or argument name that the generator makes of a text."""
    return str(strings().PythonIdentifier(text, PREFIX))


def pascal(text: str) -> str:
    """Give a text as part of a class name."""
    return str(strings().pascal_case(text))


def digest(text: str) -> str:
    """Give a short suffix that depends on nothing but the text, and that naming leaves alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:6].upper()


def enum_name(value: str) -> str:
    """Name an enum member after its value alone."""
    if value[:1].isalpha():
        return str(strings().snake_case(value.upper())).upper() or "VALUE"
    spelled = "".join(_spelled(character) for character in value)
    return str(strings().snake_case(f"VALUE_{spelled or 'EMPTY'}".upper())).upper()


def _spelled(character: str) -> str:
    if character.isalnum():
        return character
    if character in " _.":
        return "_"
    name = "MINUS" if character == "-" else unicodedata.name(character, f"U{ord(character):X}")
    return f"_{name.replace('-', '_').replace(' ', '_')}_"
