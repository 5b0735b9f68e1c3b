"""YAML read as the JSON it stands for: the 1.2 core schema, aliases bounded, no tags, no surprises.

PyYAML parses; what a plain word means is said here, since the 1.1 rules of its safe loader read
`no` as false, `2020-01-01` as a date and `010` as eight, and build aliases without a bound.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]

from scripts.pipeline.document import number
from scripts.pipeline.errors import PipelineError

_READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "null": (r"~|null|Null|NULL|", lambda _: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]+", int),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", number),
    "str": (r"(?s:.*)", str),
}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - none of those it inherits


for _name in ("null", "bool", "int", "float"):
    _pattern = re.compile(rf"(?:{_READ[_name][0]})\Z")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, None)


@dataclass
class _Builder:
    """Makes values of the nodes that PyYAML composes, each once, and counts them."""

    where: str
    max_values: int
    max_depth: int
    known: dict[int, tuple[Any, int]] = field(default_factory=dict)

    def build(self, node: Any, depth: int = 1) -> tuple[Any, int]:
        """Give a value, and how many there are in it with what aliases repeat."""
        if id(node) in self.known:
            return self.known[id(node)]
        if depth > self.max_depth:
            reason = f"nested deeper than {self.max_depth} levels, or an alias of itself"
            raise self.fail(node, reason)
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        made: Any
        if isinstance(node, yaml.MappingNode) and kind == "map":
            made, size = self._mapping(node, depth)
        elif isinstance(node, yaml.SequenceNode) and kind == "seq":
            parts = [self.build(below, depth + 1) for below in node.value]
            made, size = [value for value, _ in parts], 1 + sum(count for _, count in parts)
        elif isinstance(node, yaml.ScalarNode) and re.fullmatch(
            _READ.get(kind, "!")[0], node.value
        ):
            made, size = _READ[kind][1](node.value), 1
        else:
            raise self.fail(node, f"the tag {node.tag} is not supported")
        if size > self.max_values:
            raise self.fail(node, f"more than {self.max_values} values; do its aliases explode?")
        self.known[id(node)] = made, size
        return made, size

    def _mapping(self, node: Any, depth: int) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        size = 1
        for key, below in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.rpartition(":")[2] not in _READ:
                raise self.fail(key, "a key that is no text")
            if key.value in made:
                raise self.fail(key, f"the key '{key.value}' twice in one object")
            made[key.value], count = self.build(below, depth + 1)
            size += 1 + count
        return made, size

    def fail(self, node: Any, reason: str) -> PipelineError:
        """Make the error for a place in the text."""
        return PipelineError(f"{self.where}, line {node.start_mark.line + 1}: {reason}")


def load(text: str, where: str, *, max_values: int, max_depth: int) -> object:
    """Read one YAML document into dicts, lists and plain values.

    Args:
        text: The document.
        where: What to call it in an error.
        max_values: Bound on the values in it, aliases counted as often as they are used.
        max_depth: Bound on the nesting.

    Raises:
        PipelineError: When it is no YAML, or exceeds a bound.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        return None if node is None else _Builder(where, max_values, max_depth).build(node)[0]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        told = (getattr(error, "context", None), getattr(error, "problem", None))
        problem = ", ".join(filter(None, told)) or "it cannot be read"
        raise PipelineError(f"{where}{line}: not valid YAML ({problem})") from error
    except ValueError as error:
        raise PipelineError(f"{where} has a number that cannot be read ({error})") from error
