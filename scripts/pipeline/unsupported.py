"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a row of `TABLE`. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Callable

from scripts.pipeline.corrections.answers import keep_successes
from scripts.pipeline.corrections.media import FORMS, essence
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.request_parts import (
    LISTS,
    TEXTS,
    Part,
    fields_kinds,
    is_spread,
    names,
    parts,
    schemas_of,
)
from scripts.pipeline.walk import METHODS, Node

_MANY = 3
_OWN_HEADERS = (
    *("accept", "authorization", "connection", "content-length", "content-type", "host"),
    *("cookie", "transfer-encoding"),
)

Row = tuple[str, str, str, Callable[[Part], bool]]

# What to call it, where it stands, what would come of it, how it is found.
TABLE: tuple[Row, ...] = (
    (
        "the method",
        "operation",
        "the generator would leave it out",
        lambda part: part.method not in METHODS or part.method == "query",
    ),
    (
        "an operation without an operationId",
        "operation",
        "its name would be that of its place",
        lambda part: not part.operation.get("operationId"),
    ),
    (
        "an operationId that is another one's name in Python",
        "operation",
        "one would replace the other",
        lambda part: part.namesakes > 1,
    ),
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
        lambda part: bool(
            part.node.get("servers") or part.document["paths"][part.path].get("servers")
        ),
    ),
    (
        "a placeholder without its parameter, or the other way round",
        "operation",
        "the id would be lost",
        lambda part: set(re.findall(r"{([^{}]*)}", part.path)) != set(names(part, "path")),
    ),
    (
        "a parameter twice, or two that differ only by case,",
        "operation",
        "one would be sent as the other",
        lambda part: any(
            count > 1
            for where in ("path", "query", "header", "cookie")
            for count in Counter(name.lower() for name in names(part, where)).values()
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
        lambda part: part.says("explode", True) and not part.kinds <= TEXTS,
    ),
    (
        "this style",
        "parameter",
        "it would be sent in the usual one of its place",
        lambda part: part.says("style", *_styles(part)),
    ),
    (
        "an object",
        "query parameter",
        "only plain fields of an object with style: deepObject are sent right",
        lambda part: not (part.kinds <= TEXTS | LISTS or is_spread(part)),
    ),
    (
        "what is no text or number",
        "path parameter",
        "it has no one spelling in a path",
        lambda part: not part.kinds <= {"string", "integer", "number"},
    ),
    (
        "a list or an object",
        "header parameter, cookie parameter",
        "it would be sent as plain text",
        lambda part: not part.kinds <= TEXTS,
    ),
    (
        "a header that the client sets",
        "header parameter",
        "it would be sent in its stead",
        lambda part: part.name.lower() in _OWN_HEADERS,
    ),
    (
        "a media range",
        "request body",
        "the range itself would be sent as the media type",
        lambda part: any("*" in name for name in part.node["content"]),
    ),
    (
        "a multipart that is no form",
        "request body",
        "its boundary would not be told",
        lambda part: any(
            essence(name).startswith("multipart/") and essence(name) not in FORMS
            for name in part.node["content"]
        ),
    ),
    (
        "a choice of bodies",
        "request body",
        "only one of them could be sent",
        lambda part: len(schemas_of(part)) > 1,
    ),
    (
        "a form of anything but fields",
        "form",
        "it would be sent as a file",
        lambda part: part.kinds != {"object"},
    ),
    ("encoding", "form", "it would be lost", lambda part: bool(part.node.get("encoding"))),
    (
        "a list of lists",
        "form",
        "it would be sent as one list",
        lambda part: "array of array" in fields_kinds(part),
    ),
    (
        "a file",
        FORMS[1],
        "such a form holds text alone",
        lambda part: bool({"file", "array of file"} & fields_kinds(part)),
    ),
    (
        "a file",
        "JSON schema",
        "JSON cannot hold one; say what the text in it is",
        lambda part: part.node.get("format") == "binary",
    ),
    (
        "a list of types",
        "schema",
        "all but one would be lost; say oneOf, or nullable",
        lambda part: isinstance(part.node.get("type"), list),
    ),
    ("const", "schema", "say enum", lambda part: "const" in part.node),
    ("prefixItems", "schema", "say items", lambda part: "prefixItems" in part.node),
    (
        "what only refers to another part",
        "component",
        "its class would be missing; say that one where this is used",
        lambda part: "$ref" in part.node,
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
        f"{part.method.upper()} {part.path} ({part.operation.get('operationId') or 'no id'})"
        f"{', ' * bool(part.name)}{part.name and part.place + ' ' + part.name}:"
        f" {_said(keyword, part)} is not supported ({reason})"
        for part in parts(keep_successes(document))  # no error is read, so none is refused
        for keyword, place, reason, is_found in TABLE
        if _covers(place, part.place) and is_found(part)
    ]
    if len(found) > _MANY:
        found[_MANY:] = [f"{len(found) - _MANY} more"]
    if found:
        told = "; ".join(found)
        raise PipelineError(f"{told}; select other operations, or correct it in spec/overlay.yaml")


def _styles(part: Part) -> tuple[str, ...]:
    if part.place == "query parameter":
        return ("form", "deepObject") if "object" in part.kinds else ("form",)
    return ("form",) if part.place == "cookie parameter" else ("simple",)


def _covers(place: str, here: str) -> bool:
    kind = here.rpartition(" ")[2]
    return kind == place or here in place.split(", ") or (place == "form" and here in FORMS)


def _said(keyword: str, part: Part) -> str:
    return f"style: {part.node['style']}" if keyword == "this style" else keyword
