"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a condition, what to call it and what would come of it, in the function of its
place. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from scripts.pipeline.corrections.answers import keep_successes
from scripts.pipeline.corrections.kinds import LISTS, TEXTS, fields, kinds
from scripts.pipeline.corrections.media import FORMS, essence, is_json
from scripts.pipeline.corrections.names import are_told_apart, identifier, is_kept
from scripts.pipeline.corrections.operations import all_parameters, shared_fields, spread_fields
from scripts.pipeline.corrections.schema_tools import look, members, name_of, opened
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import METHODS, Node, Place, format_path, operations, target, walk

_MANY = 3
_OWN_HEADERS = (
    *("accept", "authorization", "connection", "content-length", "content-type", "host"),
    *("cookie", "transfer-encoding"),
)
_BESIDE = {"allOf", "anyOf", "oneOf", "properties", "required", "items", "additionalProperties"}
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

_Held = tuple[bool, Place]  # whether in JSON, and where
Refusals = Iterator[tuple[str, str]]  # what is not supported, and what would come of it


def check(document: Node) -> None:
    """Refuse what is not supported.

    Args:
        document: A selected document, with the overlay applied, not corrected yet.

    Raises:
        PipelineError: It names each place, up to three.
    """
    found = [
        f"{place}: {what} is not supported ({reason})"
        for place, refusals in _places(keep_successes(document))  # no error is read, or refused
        for what, reason in refusals
    ]
    if len(found) > _MANY:
        found[_MANY:] = [f"{len(found) - _MANY} more"]
    if found:
        told = "; ".join(found)
        told = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in told)
        raise PipelineError(f"{told}; select other operations, or correct it in spec/overlay.yaml")


def _places(document: Node) -> Iterator[tuple[str, Refusals]]:
    """Give each operation, its parameters and body, and the schemas of these and its answers.

    A component is given once, for the first operation that needs it.
    """
    seen: set[_Held] = set()
    spelled = [identifier(str(each.get("operationId"))) for _, _, each in operations(document)]
    for own, (path, method, operation) in zip(spelled, operations(document), strict=True):
        here = f"{method.upper()} {path} ({operation.get('operationId') or 'no id'})"
        item = document["paths"][path]
        parameters = all_parameters(document, item, operation)
        whole = {"servers": item.get("servers"), **operation}
        yield here, _in_operation(path, method, whole, parameters)
        if spelled.count(own) > 1:
            twin = "an operationId that is another one's name in Python"
            yield here, iter([(twin, "one would replace the other")])
        shared = shared_fields(document, parameters)
        for each in parameters:
            place = f"{here}, {each['in']} parameter {each['name']}"
            yield place, _in_parameter(document, each, spread_fields(document, each, shared))
        body = follow(document, operation.get("requestBody", {}), "a request body")
        content = body.get("content", {})
        yield f"{here}, request body {', '.join(content)}", _in_body(content)
        for name in content:
            if essence(name) in FORMS:
                yield f"{here}, {essence(name)} body", _in_form(document, name, content[name])
        for in_json, at, part in _schemas(document, operation, parameters, content, seen):
            kind = "JSON schema" if in_json else "schema"
            told = _in_schema(document, part, in_json=in_json)
            yield f"{here}, {kind} {format_path(at)}", told


def _schemas(
    document: Node, operation: Node, parameters: list[Node], sent: Node, seen: set[_Held]
) -> Iterator[tuple[bool, Place, Node]]:
    """Give all schemas of an operation, references followed, and whether JSON holds them."""
    waiting: list[tuple[bool, Place, Node]] = [
        (False, ("parameters", each["name"]), each.get("schema", {})) for each in parameters
    ]
    bodies = {"requestBody": sent}
    for status, answer in operation.get("responses", {}).items():
        bodies[status] = follow(document, answer, "an answer").get("content", {})
    for place, content in bodies.items():
        for name, media in content.items():
            schema = media.get("schema", {})
            waiting.append((is_json(name), (place, name), schema))
            if essence(name) in FORMS:
                # A part that is an object is JSON.
                for field, below in fields(document, schema):
                    inner = look(document, below)
                    inner = look(document, inner.get("items", inner))
                    in_json = "object" in kinds(document, inner)
                    waiting.append((in_json, (place, name, field), inner))
    for in_json, here, schema in waiting:
        for at, _, part in walk(schema, "schema", here):
            yield in_json, at, part
            target_place = target(part.get("$ref"))
            if target_place and (in_json, target_place) not in seen:
                seen.add((in_json, target_place))
                referred = resolve(document, part["$ref"], "a schema")
                waiting.append((in_json, target_place, referred))


def _in_names(*names: str) -> Refusals:
    if not all(map(is_kept, names)):
        yield "a name that is not printable", "it would be sent as another"


def _in_operation(path: str, method: str, operation: Node, parameters: list[Node]) -> Refusals:
    yield from _in_names(path)
    if method == "query" or method not in METHODS:
        yield "the method", "the generator would leave it out"
    if not operation.get("operationId"):
        yield "an operation without an operationId", "it would have no name"
    if set("?#") & set(re.sub(r"{[^}]*}", "", path)):
        yield "a query or a fragment in the path", "it would be lost beside other parameters"
    if "//" in path or path[1:].endswith("/"):
        yield "a trailing or a doubled slash", "it reads as an empty id, which is never sent"
    if operation.get("servers"):
        yield "servers", "it would be sent to the server of the whole document"
    named = {each["name"] for each in parameters if each["in"] == "path"}
    if set(re.findall(r"{([^{}]*)}", path)) != named:
        what = "a placeholder without its parameter, or the other way round"
        yield what, "the id would be lost"
    alike = Counter((each["in"], each["name"].lower()) for each in parameters)
    if any(count > 1 for count in alike.values()):
        what = "a parameter twice, or two that differ only by case,"
        yield what, "one would be sent as the other"


def _in_parameter(document: Node, parameter: Node, spread: Node) -> Refusals:
    where, name, style = parameter["in"], parameter["name"], parameter.get("style")
    held = kinds(document, parameter.get("schema", {}))
    yield from _in_names(name)
    if "content" in parameter:
        yield "content", "it would be sent as plain text"
    if parameter.get("allowReserved"):
        yield "allowReserved", "reserved characters are always encoded"
    usual = "form" if where in ("query", "cookie") else "simple"
    is_deep = style == "deepObject" and where == "query" and "object" in held
    if style not in (None, usual) and not is_deep:
        yield f"style: {style}", "it would be sent in the usual one of its place"
    if where in ("header", "cookie") and not held <= TEXTS:
        yield "a list or an object", "it would be sent as plain text"
    if where in ("header", "cookie") and not re.fullmatch(_HEADER_NAME, name):
        yield "a name that no header has", "it would end before its end"
    if where == "header" and name.lower() in _OWN_HEADERS:
        yield "a header that the client sets", "it would be sent in its stead"
    if where == "query" and parameter.get("explode") is False and not held <= TEXTS:
        yield "explode: false", "it would be sent repeated"
    sent = [kinds(document, field) for field in spread.values()] or [held]
    if where == "query" and not all(each <= TEXTS | LISTS for each in sent):
        yield "an object", "only plain fields of an object with style: deepObject are sent right"
    if where == "path" and not held <= {"string", "integer", "number", "encoded"}:
        yield "what is no text or number", "it has no one spelling in a path"


def _in_body(content: Node) -> Refusals:
    yield from _in_names(*content)
    if any("*" in name for name in content):
        yield "a media range", "the range itself would be sent as the media type"
    if any(name.startswith("multipart/") for name in set(map(essence, content)).difference(FORMS)):
        yield "a multipart that is no form", "its boundary would not be told"
    if len(content) > 1:
        yield "a choice of bodies", "only one of them could be sent"


def _in_form(document: Node, name: str, media: Node) -> Refusals:
    schema = media.get("schema", {})
    held = {kind for _, field in fields(document, schema) for kind in kinds(document, field)}
    is_union = any(len(members(there)) > 1 for _, there in opened(document, schema))
    if is_union or kinds(document, schema) != {"object"}:
        yield "a form of anything but fields", "it could not be sent"
    if media.get("encoding"):
        yield "encoding", "it would be lost"
    if "array of array" in held:
        yield "a list of lists", "it would be sent as one list"
    if essence(name) != FORMS[0] and {"file", "array of file"} & held:
        yield "a file", "such a form holds text alone"
    if essence(name) == FORMS[0] and {"encoded", "array of encoded"} & held:
        yield "contentMediaType or contentEncoding", "say format: binary where it is a file"


def _in_schema(document: Node, schema: Node, *, in_json: bool) -> Refusals:
    properties: Iterable[str] = schema.get("properties", ())
    yield from _in_names(*properties)
    if in_json and schema.get("format") == "binary":
        yield "a file", "JSON cannot hold one; say what the text in it is"
    if isinstance(schema.get("type"), list):
        yield "a list of types", "all but one would be lost; say oneOf, or nullable"
    counts = not document["openapi"].startswith("3.0")
    if "$ref" in schema and counts and _BESIDE & schema.keys():
        yield "keywords beside $ref", "they would be lost; say allOf"
    if "discriminator" in schema and members(schema):
        yield "a discriminator", "the model that fits would be read; say it by an enum of each"
    if "$ref" in schema and not name_of(schema):
        yield "a reference to a part of a schema", "make what it means one of the components"
    if "const" in schema:
        yield "const", "say enum"
    if "prefixItems" in schema:
        yield "prefixItems", "say items"
    if not are_told_apart(properties):
        yield "fields with one name in Python", "one would replace the other"
