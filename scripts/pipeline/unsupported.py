"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a row of `TABLE`. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scripts.pipeline.corrections.operations import (
    merged_parameters,
    shared_fields,
    spread_fields,
    whole_parameter,
)
from scripts.pipeline.corrections.schema_tools import look
from scripts.pipeline.document import canonical
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import METHODS, Node

_MANY = 3
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_OWN_HEADERS = ("accept", "authorization", "content-type")
_VALUES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
_TEXTS = {"string", "integer", "number", "boolean", "null"}
_LISTS = {"array", *(f"array of {kind}" for kind in _TEXTS)}


@dataclass(frozen=True)
class Part:
    """A part of an operation, and what surrounds it."""

    document: Node
    path: str
    method: str
    operation: Node
    parameters: list[Node]
    place: str = "operation"
    name: str = ""
    node: Node = None  # type: ignore[assignment]  # set with the place

    @property
    def kinds(self) -> set[str]:
        """What a value may be, such as `string` and `array of object`."""
        return kinds(self.document, self.node.get("schema", {}))

    def says(self, key: str, *fine: Any) -> bool:
        """Say whether a keyword has a value other than those that are fine."""
        return self.node.get(key) not in (None, *fine)


Row = tuple[str, str, str, Callable[[Part], bool]]

# What to call it, where it stands, what would come of it, how it is found.
TABLE: tuple[Row, ...] = (
    (
        "a query or a fragment in the path",
        "operation",
        "it would be lost beside other parameters",
        lambda part: bool(set("?#") & set(re.sub(r"{[^}]*}", "", part.path))),
    ),
    (
        "a trailing or a doubled slash",
        "operation",
        "it reads as an empty id, which is never sent",
        lambda part: "//" in part.path or part.path[1:].endswith("/"),
    ),
    (
        "servers",
        "operation",
        "it would be sent to the server of the whole document",
        lambda part: bool(part.node.get("servers") or _item(part).get("servers")),
    ),
    (
        "a placeholder without its parameter, or the other way round",
        "operation",
        "the id would be lost",
        lambda part: set(re.findall(r"{([^{}]*)}", part.path)) != set(_names(part, "path")),
    ),
    (
        "a parameter twice, or two that differ only by case,",
        "operation",
        "one would be sent as the other",
        lambda part: any(
            count > 1
            for where in ("path", "query", "header", "cookie")
            for count in Counter(name.lower() for name in _names(part, where)).values()
        ),
    ),
    ("content", "parameter", "it would be sent as plain text", lambda part: part.says("content")),
    (
        "allowReserved",
        "parameter",
        "reserved characters are always encoded",
        lambda part: part.says("allowReserved", False),
    ),
    (
        "explode: false",
        "query parameter",
        "it would be sent repeated",
        lambda part: part.says("explode", True) and not part.kinds <= _TEXTS,
    ),
    (
        "this style",
        "query parameter",
        "it would be sent as style: form",
        lambda part: part.says("style", "form", "deepObject"),
    ),
    (
        "deepObject of what is no object",
        "query parameter",
        "it would be sent as style: form",
        lambda part: part.node.get("style") == "deepObject" and "object" not in part.kinds,
    ),
    (
        "an object",
        "query parameter",
        "only plain fields of an object with style: deepObject are sent right",
        lambda part: not (part.kinds <= _TEXTS | _LISTS or _is_spread(part)),
    ),
    (
        "this style",
        "path parameter",
        "it would be sent as style: simple",
        lambda part: part.says("style", "simple"),
    ),
    (
        "what is no text or number",
        "path parameter",
        "it has no one spelling in a path",
        lambda part: not part.kinds <= {"string", "integer", "number"},
    ),
    (
        "this style",
        "header parameter",
        "it would be sent as style: simple",
        lambda part: part.says("style", "simple"),
    ),
    (
        "a list or an object",
        "header parameter",
        "it would be sent as plain text",
        lambda part: not part.kinds <= _TEXTS,
    ),
    (
        "a header that the client sets",
        "header parameter",
        "it would be sent in its stead",
        lambda part: part.name.lower() in _OWN_HEADERS,
    ),
    (
        "this style",
        "cookie parameter",
        "it would be sent as style: form",
        lambda part: part.says("style", "form"),
    ),
    (
        "what is no text",
        "cookie parameter",
        "no request could be made of it",
        lambda part: part.kinds != {"string"},
    ),
    (
        "a media range",
        "request body",
        "the range itself would be sent as the media type",
        lambda part: any("*" in name for name in part.node.get("content", {})),
    ),
    (
        "a choice of bodies",
        "request body",
        "only one of them could be sent",
        lambda part: len(set(map(_schema_of, part.node.get("content", {}).values()))) > 1,
    ),
    (
        "a form of anything but fields",
        "form",
        "it would be sent as a file",
        lambda part: part.kinds != {"object"},
    ),
    ("encoding", "form", "it would be lost", lambda part: bool(part.node.get("encoding"))),
    (
        "an object in a form",
        "application/x-www-form-urlencoded",
        "it would be sent as Python prints it",
        lambda part: not _fields_kinds(part) <= _TEXTS | _LISTS,
    ),
)


def check(document: Node) -> None:
    """Refuse what is not supported.

    Args:
        document: A selected document, with the overlay applied, not corrected yet.

    Raises:
        PipelineError: It names each place, up to three.
    """
    found = [
        f"{part.method.upper()} {part.path} ({part.operation.get('operationId', 'no id')})"
        f"{', ' * bool(part.name)}{part.name and part.place + ' ' + part.name}:"
        f" {_said(keyword, part)} is not supported ({reason})"
        for part in _parts(document)
        for keyword, place, reason, is_found in TABLE
        if _covers(place, part.place) and is_found(part)
    ]
    if found:
        more = [f"{len(found) - _MANY} more"] if len(found) > _MANY else []
        raise PipelineError(
            f"{'; '.join([*found[:_MANY], *more])}; select other operations, or correct it in"
            " spec/overlay.yaml"
        )


def kinds(document: Node, schema: Node, seen: tuple[str, ...] = ()) -> set[str]:
    """Name the types that a value of a schema may have, `any` where it may have each.

    The elements of a list are `array of` their types.
    """
    found = {"null"} if schema.get("nullable") is True else set()
    if (ref := schema.get("$ref")) is not None:
        there = {} if ref in seen else resolve(document, ref, "a schema")
        return found | kinds(document, there, (*seen, ref))
    types = schema.get("type", [])
    found |= {types} if isinstance(types, str) else set(types)
    if schema.get("format") == "binary":
        found |= {"file"}
    options = [part for key in ("oneOf", "anyOf", "allOf") for part in schema.get(key, [])]
    for part in options:
        found |= kinds(document, part, seen)
    if "items" in schema or "array" in found:
        inner = kinds(document, schema.get("items", {}), seen)
        found |= {"array", *(f"array of {kind}" for kind in inner)} if not options else set()
    if {"properties", "additionalProperties"} & schema.keys():
        found.add("object")
    if not types and not options:
        values = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
        found |= {_VALUES.get(type(value), "any") for value in values}
    if options and len(found - {"any"}):
        found -= {"any"} if "allOf" in schema else set()
    return found if found - {"null"} else found | {"any"}


def _covers(place: str, here: str) -> bool:
    kind = here.rpartition(" ")[2]
    return place in (here, kind) or (place == "form" and here in _FORMS)


def _said(keyword: str, part: Part) -> str:
    return f"style: {part.node['style']}" if keyword == "this style" else keyword


def _parts(document: Node) -> Iterator[Part]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            merged = merged_parameters(document, item, operation)
            parameters = [whole_parameter(document, each) for each in merged]
            whole = Part(document, path, method, operation, parameters, node=operation)
            yield whole
            for each in parameters:
                place = f"{each.get('in')} parameter"
                yield replace(whole, place=place, name=str(each.get("name")), node=each)
            if "requestBody" in operation:
                body = follow(document, operation["requestBody"], "a request body")
                listed = ", ".join(body.get("content", {}))
                yield replace(whole, place="request body", name=listed, node=body)
                for name, media in body.get("content", {}).items():
                    essence = name.partition(";")[0].strip().lower()
                    yield replace(whole, place=essence, name="body", node=media)


def _item(part: Part) -> Node:
    found: Node = part.document["paths"][part.path]
    return found


def _names(part: Part, where: str) -> list[str]:
    return [str(each.get("name")) for each in part.parameters if each.get("in") == where]


def _schema_of(media: Node) -> bytes:
    return canonical(media.get("schema", {}))


def _is_spread(part: Part) -> bool:
    """Say whether each field of an object becomes a parameter that can be sent."""
    fields = spread_fields(part.document, part.node, shared_fields(part.document, part.parameters))
    schema = look(part.document, part.node.get("schema", {}))
    return (
        bool(fields)
        and part.kinds == {"object"}
        and not schema.get("additionalProperties")
        and not {"allOf", "oneOf", "anyOf"} & schema.keys()
        and all(kinds(part.document, each) <= _TEXTS | _LISTS for each in fields.values())
    )


def _fields_kinds(part: Part) -> set[str]:
    """Name what the fields of a form may be."""
    found: set[str] = set()
    waiting = [part.node.get("schema", {})]
    for schema in waiting:
        there = look(part.document, schema)
        waiting += [each for key in ("allOf", "oneOf", "anyOf") for each in there.get(key, [])]
        extra = there.get("additionalProperties")
        for each in [*there.get("properties", {}).values(), extra]:
            if isinstance(each, dict):
                found |= kinds(part.document, each)
    return found
