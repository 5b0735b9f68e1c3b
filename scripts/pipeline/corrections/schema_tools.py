"""What the rules share: looking through references, telling kinds of schemas apart."""

from collections.abc import Callable

from scripts.pipeline.document import canonical
from scripts.pipeline.walk import Node, rebuild, target

_SCHEMA_REF = 3  # components, schemas, name


def each_schema(document: Node, visit: Callable[[Node], Node]) -> Node:
    """Copy a document, every schema replaced by what `visit` makes of it, inner ones first."""
    return rebuild(
        document, "document", lambda node, kind: visit(node) if kind == "schema" else node
    )


def components(document: Node, section: str = "schemas") -> Node:
    """Give a section of the components, empty when there is none."""
    found: Node = document.get("components", {}).get(section, {})
    return found


def name_of(schema: Node) -> str | None:
    """Name the schema component that a schema refers to, None when it is no such reference."""
    ref = schema.get("$ref")
    place = target(ref) if isinstance(ref, str) else None
    return place[2] if place and len(place) == _SCHEMA_REF and place[1] == "schemas" else None


def refer(name: str) -> Node:
    """Make a reference to a schema component."""
    return {"$ref": f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"}


def look(document: Node, schema: Node) -> Node:
    """Follow references to the schema itself; a circle of them means anything."""
    seen = set()
    while (name := name_of(schema)) is not None:
        if name in seen or name not in components(document):
            return {}
        seen.add(name)
        schema = components(document)[name]
    return schema


def members(schema: Node) -> list[Node]:
    """Give the alternatives of a union, none when it is no union."""
    return [*schema.get("oneOf", []), *schema.get("anyOf", [])]


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


def meaning(schema: Node) -> bytes:
    """Write what a schema says of values, and not what is said about it, to compare it by."""
    bare = rebuild(schema, "schema", lambda part, _: without(part, "description"))
    return canonical(bare)


def without(node: Node, *keys: str) -> Node:
    """Copy an object without some keys."""
    return {key: value for key, value in node.items() if key not in keys}


def only(node: Node, *keys: str) -> Node:
    """Copy an object with no more than some keys."""
    return {key: node[key] for key in keys if key in node}
