"""What the rules share: looking through references, telling kinds of schemas apart."""

from collections.abc import Callable, Iterator
from functools import wraps

from scripts.pipeline.document import canonical
from scripts.pipeline.references import follow, resolve
from scripts.pipeline.walk import Node, rebuild, target

Rule = Callable[[Node], Node]
TEXTS = {"string", "integer", "number", "boolean", "null", "encoded"}
LISTS = {"array", *(f"array of {kind}" for kind in TEXTS)}


def for_each(kind: str) -> Callable[[Callable[[Node, Node], Node]], Rule]:
    """Make a rule for documents of one for their parts of a kind, inner ones first.

    It is told the part, and the document as it was before the rule.
    """

    def lifted(rule: Callable[[Node, Node], Node]) -> Rule:
        @wraps(rule)
        def applied(document: Node) -> Node:
            def visit(part: Node, its: str, _: object) -> Node:
                return rule(part, document) if its == kind else part

            return rebuild(document, "document", visit)

        return applied

    return lifted


def components(document: Node, section: str = "schemas") -> Node:
    """Give a section of the components, empty when there is none."""
    found: Node = document.get("components", {}).get(section, {})
    return found


def with_schemas(document: Node, schemas: Node) -> Node:
    """Put schemas in the place of components, or beside them."""
    parts = {**document.get("components", {}), "schemas": {**components(document), **schemas}}
    return {**document, "components": parts}


def name_of(schema: Node) -> str | None:
    """Name the schema component that a schema refers to, None when it is no such reference."""
    *section, name = target(schema.get("$ref")) or ("",)
    return name if section == ["components", "schemas"] else None


def refer(name: str) -> Node:
    """Make a reference to a schema component."""
    return {"$ref": f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"}


def look(document: Node, schema: Node) -> Node:
    """Follow references to the schema itself."""
    return follow(document, schema, "a schema")


def opened(document: Node, schema: Node, *more: str) -> Iterator[tuple[Node, Node]]:
    """Give a schema and those that it combines, each as it is written and as what it is.

    Args:
        document: Where references lead.
        schema: What to open; a component in it is opened once.
        more: Other keywords with a schema that count as combined with it.
    """
    waiting, seen = [schema], set()
    while waiting:
        schema = waiting.pop()
        if (name := name_of(schema)) in seen:
            continue
        seen |= {name} if name else set()
        there = look(document, schema)
        yield schema, there
        below = [*members(there), *there.get("allOf", []), *only(there, *more).values()]
        waiting += reversed(below)


def beside(schema: Node, rest: Node) -> Node:
    """Add keywords to a schema; since any beside a reference are lost, it is put into a union."""
    return {"oneOf": [schema], **rest} if rest and "$ref" in schema else {**schema, **rest}


def members(schema: Node) -> list[Node]:
    """Give the alternatives of a union, none when it is no union; beside a reference is none."""
    return [] if "$ref" in schema else [*schema.get("oneOf", []), *schema.get("anyOf", [])]


def is_object(schema: Node) -> bool:
    """Say whether a schema becomes a model: the generator takes fields for an object."""
    kind = schema.get("type", "object" if "properties" in schema else None)
    return kind == "object" and not members(schema)


def is_enum(schema: Node) -> bool:
    """Say whether a schema becomes an enum."""
    return bool(schema.get("enum")) and schema.get("type") in ("string", "integer")


def is_class(schema: Node) -> bool:
    """Say whether a schema becomes a class of its own."""
    return is_object(schema) or is_enum(schema)


def kinds(document: Node, schema: Node, seen: tuple[str, ...] = ()) -> set[str]:
    """Name the types that a value of a schema may have, `any` where it may have each.

    The elements of a list are `array of` their types.
    """
    found = {"null"} if schema.get("nullable") is True else set()
    if (ref := schema.get("$ref")) is not None:
        there = {} if ref in seen else resolve(document, ref, "a schema")
        return found | kinds(document, there, (*seen, ref))
    found |= {str(schema["type"])} if "type" in schema else set()
    if schema.get("format") == "binary":
        found |= {"file"}
    if {"contentMediaType", "contentEncoding"} & schema.keys():
        found |= {"encoded"}
    options = [*members(schema), *schema.get("allOf", [])]
    for part in options:
        found |= kinds(document, part, seen)
    if "array" in found and not options:
        inner = kinds(document, schema.get("items", {}), seen)
        found |= {f"array of {kind}" for kind in inner}
    if {"properties", "additionalProperties"} & schema.keys():
        found.add("object")
    if "allOf" in schema and found - {"any"}:
        found -= {"any"}
    return found if found - {"null", "encoded"} or "type" in schema else found | {"any"}


def fields(document: Node, schema: Node) -> Iterator[tuple[str, Node]]:
    """Give the fields of a form by name, and those that it does not name."""
    for _, there in opened(document, schema):
        yield from there.get("properties", {}).items()
        if isinstance(extra := there.get("additionalProperties"), dict):
            yield "*", extra


def meaning(schema: Node) -> bytes:
    """Write what a schema says of values, and not what is said about it, to compare it by."""
    bare = rebuild(schema, "schema", lambda part, *_: without(part, "description"))
    return canonical(bare)


def without(node: Node, *keys: str) -> Node:
    """Copy an object without some keys."""
    return {key: value for key, value in node.items() if key not in keys}


def only(node: Node, *keys: str) -> Node:
    """Copy an object with no more than some keys."""
    return {key: node[key] for key in keys if key in node}
