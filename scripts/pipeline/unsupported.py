"""What generated code would get silently wrong, refused before anything is generated.

A new refusal is a line in the table of its place: a condition, what to call it, and what would come
of it. What is refused can be corrected in the overlay.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from scripts.pipeline.corrections import schema_tools as tools
from scripts.pipeline.corrections.answers import keep_successes
from scripts.pipeline.corrections.media import FORMS, essence, is_json
from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.corrections.operations import all_parameters, shared_fields, spread
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import resolve
from scripts.pipeline.walk import METHODS, Node, Place, format_path, operations, target, walk

_MANY = 3
_OWN_HEADERS = (
    *("accept", "authorization", "connection", "content-length", "content-type", "host"),
    *("cookie", "transfer-encoding"),
)
_BESIDE = {"allOf", "anyOf", "oneOf", "properties", "required", "items", "additionalProperties"}
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

_Held = tuple[bool, Place]  # whether in JSON, and where
# Whether something is there, what it is, and what would come of it.
Table = Iterable[tuple[object, str, str]]


def check(document: Node) -> None:
    """Refuse what is not supported.

    Raises:
        PipelineError: It names each place, up to three.
    """
    found = [
        f"{place}: {what} is not supported ({reason})"
        for place, table in _tables(keep_successes(document))  # no error is read, or refused
        for is_there, what, reason in table
        if is_there
    ]
    if found:
        told = "; ".join(found[:_MANY])
        told = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in told)
        raise PipelineError(f"{told}; select other operations, or correct it in spec/overlay.yaml")


def _tables(document: Node) -> Iterator[tuple[str, Table]]:
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
        yield here, _of_operation(path, method, whole, parameters)
        twin = "an operationId that is another one's name in Python"
        yield here, [(spelled.count(own) > 1, twin, "one would replace the other")]
        shared = shared_fields(document, parameters)
        for each in parameters:
            place = f"{here}, {each['in']} parameter {each['name']}"
            yield place, _of_parameter(document, each, spread(document, each, shared))
        content = operation.get("requestBody", {}).get("content", {})
        if "requestBody" in operation:
            yield f"{here}, request body {', '.join(content)}", _of_body(content)
        for media_type, media in content.items():
            if essence(media_type) in FORMS:
                yield f"{here}, {essence(media_type)} body", _of_form(document, media_type, media)
        for in_json, at, part in _schemas(document, operation, parameters, seen):
            kind = "JSON schema" if in_json else "schema"
            told = _of_schema(document, part, in_json=in_json)
            yield f"{here}, {kind} {format_path(at)}", told


def _schemas(
    document: Node, operation: Node, parameters: list[Node], seen: set[_Held]
) -> Iterator[tuple[bool, Place, Node]]:
    """Give all schemas of an operation, references followed, and whether JSON holds them."""
    waiting: list[tuple[bool, Place, Node]] = [
        (False, ("parameters", each["name"]), each.get("schema", {})) for each in parameters
    ]
    bodies = {"requestBody": operation.get("requestBody", {}), **operation["responses"]}
    for place, body in bodies.items():
        for name, media in body.get("content", {}).items():
            schema = media.get("schema", {})
            waiting.append((is_json(name), (place, name), schema))
            # A part of a form that is an object is JSON.
            for field, below in tools.fields(document, schema) if essence(name) in FORMS else ():
                in_json = bool({"object", "array of object"} & tools.kinds(document, below))
                waiting.append((in_json, (place, name, field), below))
    for in_json, here, schema in waiting:
        for at, _, part in walk(schema, "schema", here):
            yield in_json, at, part
            place = target(part.get("$ref"))
            if place and (in_json, place) not in seen:
                seen.add((in_json, place))
                waiting.append((in_json, place, resolve(document, part["$ref"], "a schema")))


def _unprintable(*names: str) -> tuple[object, str, str]:
    is_changed = not "".join(names).isprintable()
    return is_changed, "a name that is not printable", "it would be sent as another"


def _of_operation(path: str, method: str, operation: Node, parameters: list[Node]) -> Table:
    fixed = re.sub(r"{[^}]*}", "", path)
    is_empty = "//" in path or path[1:].endswith("/")
    alike = Counter((each["in"], each["name"].lower()) for each in parameters)
    is_twice = any(count > 1 for count in alike.values())
    return (
        _unprintable(path),
        (method not in METHODS, "the method", "the generator would leave it out"),
        (not operation.get("operationId"), "an operation without an operationId", "it has no name"),
        ({"?", "#"} & {*fixed}, "a query or a fragment in the path", "it would be lost"),
        (is_empty, "a trailing or a doubled slash", "it reads as an empty id, which is never sent"),
        (operation.get("servers"), "servers", "it would be sent to those of the whole document"),
        (is_twice, "a parameter twice, or two that differ only by case,", "one would be the other"),
    )


def _of_parameter(document: Node, parameter: Node, spread_to: list[Node]) -> Table:
    where, name, style = parameter["in"], parameter["name"], parameter.get("style")
    held = tools.kinds(document, parameter.get("schema", {}))
    is_query, is_header = where == "query", where in ("header", "cookie")
    is_usual = style in (None, "form" if where in ("query", "cookie") else "simple")
    is_usual = is_usual or (style == "deepObject" and is_query and "object" in held)
    is_joined = is_query and parameter.get("explode") is False and not held <= tools.TEXTS
    sent = [tools.kinds(document, each["schema"]) for each in spread_to] or [held]
    is_object = is_query and not all(each <= tools.TEXTS | tools.LISTS for each in sent)
    is_odd = where == "path" and not held <= {"string", "integer", "number", "encoded"}
    is_compound = is_header and not held <= tools.TEXTS
    is_ours = where == "header" and name.lower() in _OWN_HEADERS
    is_broken = is_header and not re.fullmatch(_HEADER_NAME, name)
    return (
        _unprintable(name),
        ("content" in parameter, "content", "it would be sent as plain text"),
        (parameter.get("allowReserved"), "allowReserved", "it would be sent encoded"),
        (not is_usual, f"style: {style}", "it would be sent in the usual one of its place"),
        (is_compound, "a list or an object", "it would be sent as plain text"),
        (is_broken, "a name that no header has", "it would end before its end"),
        (is_ours, "a header that the client sets", "it would be sent in its stead"),
        (is_joined, "explode: false", "it would be sent repeated"),
        (is_object, "an object", "only the plain fields of a deepObject are sent right"),
        (is_odd, "what is no text or number", "it has no one spelling in a path"),
    )


def _of_body(content: Node) -> Table:
    is_range = any("*" in name for name in content)
    others = {name for name in map(essence, content) if name.startswith("multipart/")} - {*FORMS}
    written = [name.lower() for name in content if is_json(name) or essence(name) in FORMS]
    is_coded = any("charset=" in name and "utf-8" not in name for name in written)
    return (
        _unprintable(*content),
        (is_range, "a media range", "it would itself be sent as the media type"),
        (is_coded, "a charset", "it would be sent in UTF-8 all the same"),
        (others, "a multipart that is no form", "its boundary would not be told"),
        (len(content) > 1, "a choice of bodies", "only one of them could be sent"),
        (not content, "a body of no media type", "it could not be sent"),
    )


def _of_form(document: Node, name: str, media: Node) -> Table:
    schema, is_multipart = media.get("schema", {}), essence(name) == FORMS[0]
    held = set().union(*(tools.kinds(document, each) for _, each in tools.fields(document, schema)))
    is_union = any(len(tools.members(there)) > 1 for _, there in tools.opened(document, schema))
    is_other = is_union or tools.kinds(document, schema) != {"object"}
    is_file = not is_multipart and {"file", "array of file"} & held
    is_encoded = is_multipart and {"encoded", "array of encoded"} & held
    return (
        (is_other, "a form of anything but fields", "it could not be sent"),
        (media.get("encoding"), "encoding", "it would be lost"),
        ("array of array" in held, "a list of lists", "it would be sent as one list"),
        (is_file, "a file", "such a form holds text alone"),
        (is_encoded, "contentMediaType or contentEncoding", "say format: binary for a file"),
    )


def _of_schema(document: Node, schema: Node, *, in_json: bool) -> Table:
    is_file = in_json and schema.get("format") == "binary"
    is_partial = "$ref" in schema and not tools.name_of(schema)
    is_beside = "$ref" in schema and _BESIDE & schema.keys()
    is_lost = is_beside and not document["openapi"].startswith("3.0")
    is_chosen = "discriminator" in schema and tools.members(schema)
    properties: Node = {} if "$ref" in schema else schema.get("properties", {})
    return (
        _unprintable(*properties),
        ({"<<"} & {*schema, *properties}, "a YAML merge (<<)", "what it names would be lost"),
        (is_file, "a file", "JSON cannot hold one; say what the text in it is"),
        (isinstance(schema.get("type"), list), "a list of types", "say oneOf, or nullable"),
        (is_lost, "keywords beside $ref", "they would be lost; say allOf"),
        (is_partial, "a reference to a part of a schema", "make what it means a component"),
        (is_chosen, "a discriminator", "the model that fits would be read; say an enum of each"),
        ("const" in schema, "const", "say enum"),
        ("prefixItems" in schema, "prefixItems", "say items"),
    )
