"""Rules for `allOf`, `oneOf` and `anyOf`."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import reduce

from scripts.pipeline.corrections import schema_tools as tools
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, rebuild, walk

# What says which values there are, beside a type, and not only something about them.
_TELLING = ("format", "enum", "properties", "required", "additionalProperties", "items")
_UNION = ("oneOf", "anyOf")
_LEADING = ("$ref", "allOf", *_UNION)
# More alternatives than this help nobody; what they share is kept, the rest stays untyped.
_MOST = 24
# Schemas in one component, with what is written out in it; published documents reach 400.
_LARGEST = 20_000
# What JSON does not tell from others of its type.
_ALIKE: tuple[Node, ...] = ({"type": "string"}, {"type": "array", "items": {}})


def flatten_all_of(document: Node) -> Node:
    """Write every `allOf`, and every union with keywords of its own, as the schema it amounts to.

    Cause: the generator fails on an `allOf` whose members are no objects (a description and a
    reference to an enum: `AutoscalerCondition.duration`), loses nested ones and their unions
    (`ProjectAddon`), and loses null where one reference is left.
    """
    merger = Merger(document, {})
    flat = {name: merger.component(name) for name in tools.components(document)}
    flatten = tools.for_each("schema")(lambda schema, _: merger.flatten(schema))
    return flatten(tools.with_schemas(document, flat))


@dataclass
class Merger:
    """Merges schemas of one document, each component once."""

    document: Node
    flat: dict[str, Node]

    def component(self, name: str) -> Node:
        """Give a component without `allOf`, also in its fields; a circle of them means anything.

        Raises:
            PipelineError: When the schemas multiply.
        """
        if name not in self.flat:
            self.flat[name] = {}
            whole = tools.components(self.document).get(name, {})
            made = rebuild(whole, "schema", lambda part, *_: self.flatten(part))
            if sum(1 for _ in walk(made, "schema")) > _LARGEST:
                raise PipelineError(f"the allOf in {name} multiply; cut them in spec/overlay.yaml")
            self.flat[name] = made
        return self.flat[name]

    def flatten(self, schema: Node) -> Node:
        """Resolve the `allOf` of a schema, and own keywords beside a union, into one schema."""
        is_told = bool(tools.members(schema) and tools.only(schema, *_TELLING))
        if "$ref" in schema or not ("allOf" in schema or is_told):
            return schema
        parts = [tools.only(schema, "type", *_TELLING), *schema.get("allOf", [])]
        if tools.members(schema):
            parts.append({"oneOf": tools.members(schema)})
        telling = [*filter(_tells, parts)] or [next(filter(None, parts), {})]
        rest = tools.only(schema, "nullable", "description", "readOnly", "writeOnly")
        if len(telling) == 1:
            return tools.beside(telling[0], rest)
        whole = [self._opened(part) for part in telling]
        if all(part.get("nullable") for part in whole):
            rest["nullable"] = True
        return {**tools.without(reduce(self._merge, whole), "nullable"), **rest}

    def _opened(self, schema: Node) -> Node:
        name = tools.name_of(schema)
        return schema if name is None else self.component(name)

    def _merge(self, one: Node, other: Node) -> Node:
        """Say in one schema what both say; what contradicts itself is kept as it comes."""
        if not one or one == other:
            return other
        if not other:
            return one
        ours, theirs = self._alternatives(one), self._alternatives(other)
        if len(ours) * len(theirs) > _MOST:
            return _merge_plain(tools.without(one, *_UNION), tools.without(other, *_UNION))
        met = [_merge_plain(left, right) for left in ours for right in theirs]
        return met[0] if len(met) == 1 else {"oneOf": met}

    def _alternatives(self, schema: Node, trail: tuple[str | None, ...] = ()) -> list[Node]:
        if not tools.members(schema):
            return [schema]
        return [
            each
            for member in tools.members(schema)
            if (name := tools.name_of(member)) is None or name not in trail
            for each in self._alternatives(self._opened(member), (*trail, name))
        ]


def _tells(schema: Node) -> bool:
    return schema.get("type", "object") != "object" or not {*_LEADING, *_TELLING}.isdisjoint(schema)


def _merge_plain(one: Node, other: Node) -> Node:
    if tools.only(one, *_LEADING) or tools.only(other, *_LEADING):  # of a field that both have
        return other if _tells(other) else tools.beside(one, tools.without(other, "type"))
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


def simplify_unions(document: Node) -> Node:
    """Keep in a union only alternatives that can be told apart when an answer is read.

    Cause: the generator tells alternatives apart by their JSON type: of two lists it reads the
    first and writes with the other's rules, a date swallows any text that looks like one. So of
    several lists a list of anything remains, of several texts one that is plain. In
    `list-projects-environments-routes` of the published documents the model that requires most
    must be tried first. Twice, for what is in the alternatives of another component.
    """
    return _simplify(_simplify(document))


@tools.for_each("schema")
def _simplify(schema: Node, document: Node) -> Node:
    if not tools.members(schema):
        return schema
    rest = tools.only(schema, "nullable", "description")
    found: list[Node] = []
    for member, there in tools.opened(document, schema):
        if there.get("nullable") is True:
            rest["nullable"] = True
        if not tools.members(there):
            stays = there.get("type") == "array" or tools.is_class(there)
            is_named = tools.name_of(member) and stays
            found.append(member if is_named else tools.without(there, "nullable"))
    for whole in _ALIKE:
        looks = [(each, tools.look(document, each)) for each in found]
        alike = [e for e, it in looks if it.get("type") == whole["type"] and not tools.is_enum(it)]
        if len(set(map(tools.meaning, alike))) > 1:
            found = [*(each for each in found if each not in alike), whole]
    unique = list({tools.meaning(member): member for member in found}.values())
    # The most demanding model that fits is the right one; what may be anything always fits.
    unique.sort(key=lambda each: (not each, -len(tools.look(document, each).get("required", []))))
    if len(unique) != 1:
        return {"oneOf": unique, **rest} if unique else rest
    return tools.beside(unique[0], rest)


def tell_alternatives_apart(document: Node) -> Node:
    """Mark the models of which one is read, with what tells it from the others.

    That is the `type` that its name spells (`GithubIntegration` among other integrations, of which
    a published document says no more), and fields of which each has other values.

    Cause: a model is read whatever is missing in it, so that the first one would always fit.
    """
    schemas = tools.components(document)
    told: Node = {}
    for _, kind, union in walk(document, "document"):
        is_union = kind == "schema" and tools.members(union)
        options = tools.opened(document, union) if is_union else ()  # of which each may be null
        names = [str(tools.name_of(part)) for part, there in options if tools.is_object(there)]
        if len(names) < 2:
            continue
        ending = _ending(names)
        values = [_values(document, name) for name in names]
        for name, own in zip(names, values, strict=True):
            word = name.removesuffix(ending).lower()
            marks = told.setdefault(name, {"word": word, "values": {}})
            for field in own:
                known = [value for each in values for value in each.get(field, [None, None])]
                if len(set(known)) == len(known):
                    marks["values"][field] = own[field]
    return tools.with_schemas(
        document, {name: {**schemas[name], "x-told-apart": told[name]} for name in told}
    )


def _ending(names: list[str]) -> str:
    """Give the words that most names end in; another kind of name shall not change the others."""
    words = [(name, found.start()) for name in names for found in re.finditer("(?<!^)[A-Z]", name)]
    ends = Counter(name[start:] for name, start in words)
    return max((end for end in ends if ends[end] > len(names) / 2), key=len, default="")


def _values(document: Node, name: str) -> dict[str, list[object]]:
    fields = tools.components(document)[name].get("properties", {})
    found = {field: tools.look(document, part).get("enum") for field, part in fields.items()}
    return {field: values for field, values in found.items() if values}
