"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a row of `TABLE`. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Callable

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.request_parts import (
    FORMS,
    LISTS,
    TEXTS,
    Part,
    fields_kinds,
    is_spread,
    names,
    path_item,
    request_parts,
    schema_of,
)
from scripts.pipeline.walk import Node

_MANY = 3
_OWN_HEADERS = ("accept", "authorization", "content-type")


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
        lambda part: bool(part.node.get("servers") or path_item(part).get("servers")),
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
        lambda part: not (part.kinds <= TEXTS | LISTS or is_spread(part)),
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
        lambda part: not part.kinds <= TEXTS,
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
        lambda part: len(set(map(schema_of, part.node.get("content", {}).values()))) > 1,
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
        lambda part: not fields_kinds(part) <= TEXTS | LISTS,
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
        for part in request_parts(document)
        for keyword, place, reason, is_found in TABLE
        if _covers(place, part.place) and is_found(part)
    ]
    if found:
        more = [f"{len(found) - _MANY} more"] if len(found) > _MANY else []
        raise PipelineError(
            f"{'; '.join([*found[:_MANY], *more])}; select other operations, or correct it in"
            " spec/overlay.yaml"
        )


def _covers(place: str, here: str) -> bool:
    kind = here.rpartition(" ")[2]
    return place in (here, kind) or (place == "form" and here in FORMS)


def _said(keyword: str, part: Part) -> str:
    return f"style: {part.node['style']}" if keyword == "this style" else keyword
