"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a row of `TABLE`. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Callable

from scripts.pipeline.corrections.answers import keep_successes
from scripts.pipeline.corrections.media import FORMS, essence
from scripts.pipeline.corrections.names import are_told_apart, is_kept
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.request_parts import (
    LISTS,
    TEXTS,
    Part,
    fields_kinds,
    is_spread,
    is_told,
    is_union,
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
_BESIDE = {"allOf", "anyOf", "oneOf", "properties", "required", "items", "additionalProperties"}
_HEADERS = ("header", "cookie")
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

Row = tuple[str, str, Callable[[Part], bool]]

# By place: what to call it, what would come of it, how it is found.
TABLE: dict[str, tuple[Row, ...]] = {
    "operation": (
        (
            "the method",
            "the generator would leave it out",
            lambda at: at.method == "query" or at.method not in METHODS,
        ),
        (
            "an operation without an operationId",
            "it would have no name",
            lambda at: not at.operation.get("operationId"),
        ),
        (
            "an operationId that is another one's name in Python",
            "one would replace the other",
            lambda at: at.namesakes > 1,
        ),
        (
            "a query or a fragment in the path",
            "it would be lost beside other parameters",
            lambda at: bool(set("?#") & set(re.sub(r"{[^}]*}", "", at.path))),
        ),
        (
            "a trailing or a doubled slash",
            "it reads as an empty id, which is never sent",
            lambda at: "//" in at.path or at.path[1:].endswith("/"),
        ),
        (
            "servers",
            "it would be sent to the server of the whole document",
            lambda at: bool(at.node.get("servers") or at.document["paths"][at.path].get("servers")),
        ),
        (
            "a placeholder without its parameter, or the other way round",
            "the id would be lost",
            lambda at: set(re.findall(r"{([^{}]*)}", at.path)) != set(names(at, "path")),
        ),
        (
            "a parameter twice, or two that differ only by case,",
            "one would be sent as the other",
            lambda at: any(
                count > 1
                for where in ("path", "query", "header", "cookie")
                for count in Counter(name.lower() for name in names(at, where)).values()
            ),
        ),
    ),
    "parameter": (
        ("content", "it would be sent as plain text", lambda at: at.says("content")),
        (
            "allowReserved",
            "reserved characters are always encoded",
            lambda at: at.says("allowReserved", False),
        ),
        (
            "style: {style}",
            "it would be sent in the usual one of its place",
            lambda at: at.says("style", *at.styles),
        ),
        (
            "a list or an object",
            "it would be sent as plain text",
            lambda at: at.place.startswith(_HEADERS) and not at.kinds <= TEXTS,
        ),
        (
            "a name that no header has",
            "it would end before its end",
            lambda at: at.place.startswith(_HEADERS) and not re.fullmatch(_HEADER_NAME, at.name),
        ),
    ),
    "query parameter": (
        (
            "explode: false",
            "it would be sent repeated",
            lambda at: at.says("explode", True) and not at.kinds <= TEXTS,
        ),
        (
            "an object",
            "only plain fields of an object with style: deepObject are sent right",
            lambda at: not (at.kinds <= TEXTS | LISTS or is_spread(at)),
        ),
    ),
    "path parameter": (
        (
            "what is no text or number",
            "it has no one spelling in a path",
            lambda at: not at.kinds <= {"string", "integer", "number"},
        ),
    ),
    "header parameter": (
        (
            "a header that the client sets",
            "it would be sent in its stead",
            lambda at: at.name.lower() in _OWN_HEADERS,
        ),
    ),
    "request body": (
        (
            "a media range",
            "the range itself would be sent as the media type",
            lambda at: any("*" in name for name in at.node["content"]),
        ),
        (
            "a multipart that is no form",
            "its boundary would not be told",
            lambda at: any(
                essence(name).startswith("multipart/") and essence(name) not in FORMS
                for name in at.node["content"]
            ),
        ),
        (
            "a choice of bodies",
            "only one of them could be sent",
            lambda at: len(schemas_of(at)) > 1,
        ),
    ),
    "form": (
        (
            "a form of anything but fields",
            "it could not be sent",
            lambda at: at.kinds != {"object"} or is_union(at),
        ),
        ("encoding", "it would be lost", lambda at: bool(at.node.get("encoding"))),
        (
            "a list of lists",
            "it would be sent as one list",
            lambda at: "array of array" in fields_kinds(at),
        ),
        (
            "a file",
            "such a form holds text alone",
            lambda at: at.place == FORMS[1] and bool({"file", "array of file"} & fields_kinds(at)),
        ),
    ),
    "schema": (
        (
            "a file",
            "JSON cannot hold one; say what the text in it is",
            lambda at: at.place == "JSON schema" and at.node.get("format") == "binary",
        ),
        (
            "a list of types",
            "all but one would be lost; say oneOf, or nullable",
            lambda at: isinstance(at.node.get("type"), list),
        ),
        (
            "keywords beside $ref",
            "they would be lost; say allOf",
            lambda at: at.counts_beside_references and bool(_BESIDE & at.node.keys()),
        ),
        (
            "a discriminator of anything but models with a text of that name",
            "one would be read as another",
            lambda at: not is_told(at),
        ),
        ("const", "say enum", lambda at: "const" in at.node),
        ("prefixItems", "say items", lambda at: "prefixItems" in at.node),
        (
            "fields with one name in Python",
            "one would replace the other",
            lambda at: not are_told_apart(at.node.get("properties", ())),
        ),
    ),
    "any": (
        (
            "a name that is not printable",
            "it would be sent as another",
            lambda at: not all(map(is_kept, at.names)),
        ),
    ),
}


def check(document: Node) -> None:
    """Refuse what is not supported.

    Args:
        document: A selected document, with the overlay applied, not corrected yet.

    Raises:
        PipelineError: It names each place, up to three.
    """
    found = [
        f"{part}: {keyword.format_map(part.node)} is not supported ({reason})"
        for part in parts(keep_successes(document))  # no error is read, so none is refused
        for place, rows in TABLE.items()
        if _covers(place, part.place)
        for keyword, reason, is_found in rows
        if is_found(part)
    ]
    if len(found) > _MANY:
        found[_MANY:] = [f"{len(found) - _MANY} more"]
    if found:
        told = "; ".join(found)
        told = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in told)
        raise PipelineError(f"{told}; select other operations, or correct it in spec/overlay.yaml")


def _covers(place: str, here: str) -> bool:
    kind = here.rpartition(" ")[2]
    return place in ("any", here, kind) or (place == "form" and here in FORMS)
