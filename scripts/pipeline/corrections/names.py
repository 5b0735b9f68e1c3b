"""How the generator spells names, asked of the generator itself, and names that it cannot spell."""

import ast
import hashlib
import unicodedata

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generator import strings
from scripts.pipeline.walk import Node, format_path, walk

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


def is_kept(text: str) -> bool:
    """Say whether the generator writes a name or an enum's value as it is."""
    if text.isprintable():
        return True
    written = strings().in_double_quote_literal(text)
    return bool(ast.literal_eval(f'"{written}"') == text)


def check_names(document: Node) -> None:
    """Refuse names that would travel as other ones.

    Raises:
        PipelineError: At the first one; it says where.
    """
    for place, kind, node in walk(document, "document"):
        named = {
            "document": ("paths", node.get("paths", ())),
            "parameter": ("name", [str(node.get("name"))]),
            "requestBody": ("content", node.get("content", ())),
            "schema": ("properties", node.get("properties", ())),
        }
        key, names = named.get(kind, ("", ()))
        for name in names:
            if not is_kept(name):
                raise PipelineError(
                    f"{format_path((*place, key))}: the name {name!a} holds a character that"
                    " generated code cannot hold; correct or remove it in spec/overlay.yaml"
                )


def check_fields(document: Node) -> None:
    """Name the fields that the generator cannot tell apart, and does not name itself.

    Raises:
        PipelineError: When there are some.
    """
    for place, kind, node in walk(document, "document"):
        found: dict[tuple[str, str], str] = {}
        for name in node.get("properties", ()) if kind == "schema" else ():
            exact = strings().PythonIdentifier(name, PREFIX, skip_snake_case=True)
            other = found.setdefault((identifier(name), str(exact)), name)
            if other != name:
                raise PipelineError(
                    f"{format_path(place)}: the fields '{other}' and '{name}' have one name in"
                    " Python; remove one of them in spec/overlay.yaml"
                )


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
