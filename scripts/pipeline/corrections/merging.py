"""The algebra of `allOf`: what satisfies both of two schemas, as one schema without `allOf`."""

from dataclasses import dataclass
from functools import reduce

from scripts.pipeline.corrections.schema_tools import look, members, name_of, only, without
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, rebuild

# What says which values there are, beside a type, and not only something about them.
_TELLING = ("format", "enum", "properties", "required", "additionalProperties", "items")
_LEADING = ("$ref", "allOf", "oneOf", "anyOf")
# More alternatives than this help nobody; what they share is kept, the rest stays untyped.
_MOST = 24
# Components written out within each other; published documents reach 2.
_DEEPEST = 6
# References looked through and schemas merged in one document; published ones reach 13.
_MOST_MERGED = 20_000


@dataclass
class Merger:
    """Merges schemas of one document, so many times and no more.

    Raises:
        PipelineError: From any method, when the schemas multiply beyond that.
    """

    document: Node
    left: int = _MOST_MERGED

    def flatten(self, schema: Node, trail: frozenset[str] = frozenset()) -> Node:
        """Resolve the `allOf` of a schema, and own keywords beside a union, into one schema.

        Args:
            schema: Left as it is when there is nothing to resolve.
            trail: The components that are being written out already.
        """
        if "allOf" not in schema and not (members(schema) and only(schema, *_TELLING)):
            return schema
        parts = [only(schema, "type", *_TELLING), *schema.get("allOf", [])]
        if members(schema):
            parts.append({"oneOf": members(schema)})
        telling = [
            part
            for part in parts
            if only(part, *_LEADING, *_TELLING) or part.get("type", "object") != "object"
        ]
        rest = only(schema, "nullable", "description")
        if not telling:
            return {**next((part for part in parts if part), {}), **rest}
        if len(telling) == 1:
            return _single(telling[0], rest)
        whole = [self._opened(part, trail) for part in telling]
        below = trail | self._written_out(telling)
        trail |= {name for part in telling if (name := name_of(part))}
        if all(part.get("nullable") for part in whole):
            rest["nullable"] = True
        merged = reduce(lambda one, other: self.merge(one, other, trail), whole)
        # What was written out may hold an `allOf` of its own.
        inner = rebuild(merged, "schema", lambda part, _: self.flatten(part, below))
        return {**without(inner, "nullable"), **rest}

    def _written_out(self, schemas: list[Node]) -> set[str]:
        """Name the components that are looked through to merge schemas."""
        found: set[str] = set()
        waiting = list(schemas)
        while waiting:
            schema = waiting.pop()
            name = name_of(schema)
            if name is None:
                waiting += [*members(schema), *schema.get("allOf", [])]
            elif name not in found:
                found.add(name)
                waiting.append(look(self.document, schema))
        return found

    def _opened(self, schema: Node, trail: frozenset[str]) -> Node:
        """Look through a reference, and flatten what is there; a circle means anything."""
        name = name_of(schema)
        if name is not None:
            if name in trail or len(trail) > _DEEPEST:
                return {}
            self._count()
            trail = trail | {name}
            schema = look(self.document, schema)
        return self.flatten(schema, trail)

    def merge(self, one: Node, other: Node, trail: frozenset[str] = frozenset()) -> Node:
        """Say in one schema what both say.

        Where they contradict each other the result is `{}`: anything is kept as it comes.
        """
        if not one or one == other:
            return other
        if not other:
            return one
        self._count()
        names = {name for part in (one, other) if (name := name_of(part))}
        one, other = self._opened(one, trail), self._opened(other, trail)
        trail |= names
        ours, theirs = self._alternatives(one, trail), self._alternatives(other, trail)
        if len(ours) * len(theirs) > _MOST:
            return self._merge_plain(_own(one), _own(other), trail)
        met = [self._merge_plain(left, right, trail) for left in ours for right in theirs]
        return met[0] if len(met) == 1 else {"oneOf": met}

    def _alternatives(self, schema: Node, trail: frozenset[str]) -> list[Node]:
        if not members(schema):
            return [schema]
        own = without(_own(schema), "nullable")
        nested: list[Node] = []
        for member in members(schema):
            below = trail | {name for name in [name_of(member)] if name}
            nested += self._alternatives(self._opened(member, trail), below)
        return [self._merge_plain(own, member, trail) for member in nested] if own else nested

    def _merge_plain(self, one: Node, other: Node, trail: frozenset[str]) -> Node:
        if len({schema["type"] for schema in (one, other) if "type" in schema}) > 1:
            return {}
        merged = {**one, **other, **_shared_enum(one, other)}
        if required := {*one.get("required", []), *other.get("required", [])}:
            merged["required"] = sorted(required)
        if "properties" in one and "properties" in other:
            properties = {**one["properties"], **other["properties"]}
            for name in one["properties"].keys() & other["properties"].keys():
                pair = one["properties"][name], other["properties"][name]
                properties[name] = self.merge(*pair, trail)
            merged["properties"] = dict(sorted(properties.items()))
        extra = one.get("additionalProperties"), other.get("additionalProperties")
        if merged.get("properties") and not all(isinstance(each, dict) for each in extra):
            # A map type binds only the keys that its own schema does not name.
            merged.pop("additionalProperties", None)
        if "items" in one and "items" in other:
            merged["items"] = self.merge(one["items"], other["items"], trail)
        return merged

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PipelineError(
                f"the schemas of the document multiply: more than {_MOST_MERGED} to merge by"
                " allOf; cut what refers to itself many times over in spec/overlay.yaml"
            )


def _single(schema: Node, rest: Node) -> Node:
    if not rest:
        return schema
    if "$ref" in schema:
        return {"oneOf": [schema], **rest}
    return {**schema, **rest}


def _own(schema: Node) -> Node:
    return without(schema, "oneOf", "anyOf")


def _shared_enum(one: Node, other: Node) -> Node:
    if "enum" not in one or "enum" not in other:
        return {}
    both = [value for value in one["enum"] if value in other["enum"]]
    # None that satisfies both: upstream contradicts itself, and what comes is still to be kept.
    return {"enum": both or [*one["enum"], *other["enum"]]}
