"""From bytes to an OpenAPI document, or one line that says why they are none."""

import hashlib
import json
import math
from typing import Any

from scripts.pipeline.errors import PipelineError, translate_errors
from scripts.pipeline.form import settle
from scripts.pipeline.walk import Node

# Far above any published document (60,000 values, 25 levels), far below what hurts.
MAX_VALUES = 2_000_000
MAX_DEPTH = 100


def parse(body: bytes, where: str) -> Node:
    """Read an OpenAPI document of which everything is selected, and check it.

    Raises:
        PipelineError: As `read` and `settle`.
    """
    document = read(body, where)
    settle(document, where)
    return document


def read(body: bytes, where: str) -> Node:
    """Read JSON or YAML, whichever it is, into what says that it is an OpenAPI 3 document.

    Nothing is said of its parts: one that nobody selects may be anything.

    Raises:
        PipelineError: When it is anything else.
    """
    with translate_errors(f"{where} is not UTF-8; check SPEC_URL", UnicodeDecodeError):
        text = body.decode("utf-8-sig").lstrip()
    if text[:1] in ("{", "["):
        with translate_errors(f"{where} is not valid JSON; truncated?", ValueError, RecursionError):
            hooks: Any = {"parse_constant": number, "parse_float": number}
            data = json.loads(text, object_pairs_hook=_object, **hooks)
    elif text[:1] == "<":
        data = None  # a web page
    else:
        from scripts.pipeline.yaml_text import load  # noqa: PLC0415 - only YAML needs the YAML parser

        data = load(text, where)
    _count(data, where, {})
    version = data.get("openapi") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not str(version).startswith("3."):
        told = f"is no OpenAPI 3 document (openapi: {str(version)[:20]!a}), and begins with"
        raise PipelineError(f"{where} {told} {text[:40]!a}; check SPEC_URL, or try again later")
    for key in ("paths", "info"):
        if not isinstance(data.get(key), dict) or not data[key]:
            raise PipelineError(f"{where} has no {key}; is it an OpenAPI document?")
    return data


def canonical(document: Node) -> bytes:
    """Write a document in the one spelling that its JSON and its YAML form share."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


def sha256(document: Node) -> str:
    """Hash the content of a document, whatever form it came in."""
    return hashlib.sha256(canonical(document)).hexdigest()


def _object(items: list[tuple[str, Any]]) -> Node:
    made: Node = {}
    for name, value in items:
        if name in made:
            raise ValueError(f"the key '{name}' twice in one object")
        made[name] = value
    return made


def number(text: str) -> float | int:
    """Read a number; 1.0 in JSON is 1 in YAML written by the same tool, so both become 1.

    Raises:
        ValueError: When it is too large for a float, or no number at all.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number that JSON has")
    return int(value) if value.is_integer() else value


def _count(data: object, where: str, known: dict[int, int], depth: int = 1) -> int:
    """Count the values, what is shared as often as it is used; looks at each part once."""
    if depth > MAX_DEPTH:
        raise PipelineError(f"{where} is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(data, dict | list):
        return 1
    if id(data) not in known:
        parts = data.values() if isinstance(data, dict) else data
        size = 1 + sum(_count(part, where, known, depth + 1) for part in parts)
        if size > MAX_VALUES:
            told = f"{where} has more than {MAX_VALUES} values; do its aliases explode?"
            raise PipelineError(told)
        known[id(data)] = size
    return known[id(data)]
