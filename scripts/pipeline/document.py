"""From bytes to an OpenAPI document, or one line that says why they are none."""

import hashlib
import json
import math
from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.form import validate
from scripts.pipeline.references import follow, resolve, whole_paths
from scripts.pipeline.walk import Node, format_path, operations, walk

# Far above any published document (60,000 values, 25 levels), far below what hurts.
MAX_VALUES = 2_000_000
MAX_DEPTH = 100


def parse(body: bytes, where: str) -> Node:
    """Read JSON or YAML, whichever it is, and check that it is an OpenAPI 3 document.

    Args:
        body: The document as it came.
        where: What to call it in an error.

    Raises:
        PipelineError: When it is anything else.
    """
    text = _text(body, where)
    if text.lstrip()[:1] in ("{", "["):
        data = _json(text, where)
    else:
        from scripts.pipeline.yaml_text import load  # noqa: PLC0415 - only YAML needs the YAML parser

        data = load(text, where, max_values=MAX_VALUES, max_depth=MAX_DEPTH)
    return _checked(data, where)


def canonical(document: Node) -> bytes:
    """Write a document in the one spelling that its JSON and its YAML form share.

    Raises:
        PipelineError: When a text in it is no Unicode, and so cannot be written at all.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        near = ascii(text[max(0, error.start - 20) : error.start + 1])
        raise PipelineError(
            f"the document holds half a character (the end of {near}); is it cut or mended by hand?"
        ) from error


def sha256(document: Node) -> str:
    """Hash the content of a document, whatever form it came in."""
    return hashlib.sha256(canonical(document)).hexdigest()


def _text(body: bytes, where: str) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PipelineError(
            f"{where} is not UTF-8 (byte {error.start}); is it an OpenAPI document?"
        ) from error
    if not text.strip():
        raise PipelineError(f"{where} is empty; try again later")
    if text.lstrip()[:1] == "<":
        raise PipelineError(f"{where} is HTML or XML, not an OpenAPI document; check SPEC_URL")
    return text


def _json(text: str, where: str) -> object:
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise PipelineError(f"{where} has more than {MAX_VALUES} values; is it the right document?")

    def pairs(items: list[tuple[str, Any]]) -> Node:
        made = dict(items)
        if len(made) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise PipelineError(f"{where} has the key '{twice}' twice in one object")
        return made

    def constant(name: str) -> None:
        raise PipelineError(f"{where} has {name}, which is no JSON value")

    try:
        return json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number
        )
    except json.JSONDecodeError as error:
        raise PipelineError(
            f"{where} is not valid JSON (line {error.lineno}, column {error.colno}: {error.msg});"
            " truncated?"
        ) from error
    except RecursionError as error:
        raise PipelineError(f"{where} is nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:  # an integer of thousands of digits
        raise PipelineError(f"{where} has a number that cannot be read ({error})") from error


def number(text: str) -> float | int:
    """Read a number; 1.0 in JSON is 1 in YAML written by the same tool, so both become 1.

    Raises:
        ValueError: When it is too large for a float.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return int(value) if value.is_integer() else value


def _checked(data: object, where: str) -> Node:
    if not isinstance(data, dict):
        kind = "null" if data is None else type(data).__name__
        raise PipelineError(f"{where} is {kind}, not an OpenAPI document; check SPEC_URL")
    if not data:
        raise PipelineError(f"{where} is an empty object; the server may be ill, try again later")
    if "swagger" in data:
        raise PipelineError(f"{where} is Swagger {data['swagger']}; only OpenAPI 3 is supported")
    version = data.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise PipelineError(f"{where} names no OpenAPI 3 version; is it an OpenAPI document?")
    for key in ("paths", "info"):
        if not isinstance(data.get(key), dict) or not data[key]:
            raise PipelineError(f"{where} has no {key}; is it an OpenAPI document?")
    validate(data, "document", where)
    _check_places(data, where)
    _check_operations(data, where)
    return data


def _check_places(document: Node, where: str) -> None:
    for place, kind, node in walk(document, "document"):
        if kind == "requirement" or "$ref" not in node:
            continue
        here = f"{where}, {format_path(place)}"
        # A schema that is itself may be anything; no other part may go round in a circle.
        resolve(document, node["$ref"], here) if kind == "schema" else follow(document, node, here)


def _check_operations(document: Node, where: str) -> None:
    seen: dict[str, str] = {}
    for path, method, operation in operations({"paths": whole_paths(document, where)}):
        name = operation.get("operationId")
        here = f"{method.upper()} {path}"
        if not isinstance(operation.get("responses"), dict):
            raise PipelineError(f"{where}: {here} documents no responses")
        if name is None:
            continue
        if not isinstance(name, str):
            raise PipelineError(f"{where}: the operationId of {here} is no text")
        if name in seen:
            raise PipelineError(
                f"{where} uses the operationId '{name}' twice: {seen[name]} and {here}"
            )
        seen[name] = here
