"""The algebra of `allOf`: what satisfies all of several schemas, as one schema without `allOf`."""

from dataclasses import dataclass, field
from functools import reduce

from scripts.pipeline.corrections.schema_tools import (
    beside,
    components,
    members,
    name_of,
    only,
    without,
)
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, rebuild, walk

# What says which values there are, beside a type, and not only something about them.
_TELLING = ("format", "enum", "properties", "required", "additionalProperties", "items")
_LEADING = ("$ref", "allOf", "oneOf", "anyOf")
# More alternatives than this help nobody; what they share is kept, the rest stays untyped.
_MOST = 24
# Schemas in one component, with what is written out in it; published documents reach 400.
_LARGEST = 20_000


@dataclass
class Merger:
    """Merges schemas of one document, each component once."""

    document: Node
    flat: Node = field(default_factory=dict)

    def component(self, name: str) -> Node:
        """Give a component without `allOf`, also in its fields; a circle of them means anything.

        Raises:
            PipelineError: When the schemas multiply.
        """
        if name not in self.flat:
            self.flat[name] = {}
            whole = components(self.document).get(name, {})
            made = rebuild(whole, "schema", lambda part, *_: self.flatten(part))
            if sum(1 for _ in walk(made, "schema")) > _LARGEST:
                raise PipelineError(
                    f"the schemas of the document multiply: components.schemas.{name} has more than"
                    f" {_LARGEST} by allOf; cut what refers to itself many times over in"
                    " spec/overlay.yaml"
                )
            self.flat[name] = made
        found: Node = self.flat[name]
        return found

    def flatten(self, schema: Node) -> Node:
        """Resolve the `allOf` of a schema, and own keywords beside a union, into one schema.

        Args:
            schema: Left as it is when there is nothing to resolve; flat in all below it.
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
        ] or [next(filter(None, parts), {})]
        rest = only(schema, "nullable", "description")
        if len(telling) == 1:
            return beside(telling[0], rest)
        whole = [self._opened(part) for part in telling]
        if all(part.get("nullable") for part in whole):
            rest["nullable"] = True
        return {**without(reduce(self._merge, whole), "nullable"), **rest}

    def _opened(self, schema: Node) -> Node:
        name = name_of(schema)
        return schema if name is None else self.component(name)

    def _merge(self, one: Node, other: Node) -> Node:
        """Say in one schema what both say; what contradicts itself is kept as it comes."""
        if not one or one == other:
            return other
        if not other:
            return one
        ours, theirs = self._alternatives(one), self._alternatives(other)
        if len(ours) * len(theirs) > _MOST:
            return _merge_plain(_own(one), _own(other))
        met = [_merge_plain(left, right) for left in ours for right in theirs]
        return met[0] if len(met) == 1 else {"oneOf": met}

    def _alternatives(self, schema: Node, trail: tuple[str | None, ...] = ()) -> list[Node]:
        if not members(schema):
            return [schema]
        found = [
            each
            for member in members(schema)
            if (name := name_of(member)) is None or name not in trail
            for each in self._alternatives(self._opened(member), (*trail, name))
        ]
        own = without(_own(schema), "nullable")
        return [_merge_plain(own, each) for each in found] if own else found


def _merge_plain(one: Node, other: Node) -> Node:
    if only(one, *_LEADING) or only(other, *_LEADING):  # of a field that both have
        return other
    if len({schema["type"] for schema in (one, other) if "type" in schema}) > 1:
        return {}
    merged = {**one, **other}
    if required := {*one.get("required", []), *other.get("required", [])}:
        merged["required"] = sorted(required)
    if "properties" in one and "properties" in other:
        both = {**one["properties"], **other["properties"]}
        for name in one["properties"].keys() & other["properties"].keys():
            both[name] = _merge_plain(one["properties"][name], other["properties"][name])
        merged["properties"] = dict(sorted(both.items()))
    extra = one.get("additionalProperties"), other.get("additionalProperties")
    if merged.get("properties") and not all(isinstance(each, dict) for each in extra):
        # A map type binds only the keys that its own schema does not name.
        merged.pop("additionalProperties", None)
    return merged


def _own(schema: Node) -> Node:
    return without(schema, "oneOf", "anyOf")
