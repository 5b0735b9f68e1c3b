"""YAML read as the JSON it stands for: the 1.2 core schema, no tags, no surprises.

PyYAML parses; what a plain word means is said here, since the 1.1 rules of its safe loader read
`no` as false, `2020-01-01` as a date and `010` as eight.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml  # type: ignore[import-untyped]

from scripts.pipeline.document import number
from scripts.pipeline.errors import PipelineError

_TAG = "tag:yaml.org,2002:"


_READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "null": (r"~|null|Null|NULL|", lambda _: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]+", int),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", number),
    "str": (r"(?s:.*)", str),
}


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Reads nothing but what is registered below."""


def _error(node: Any, problem: str) -> Exception:
    error: Exception = yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    return error


def _scalar(_: object, node: Any) -> object:
    pattern, read = _READ.get(node.tag.removeprefix(_TAG), ("", None))
    is_text = isinstance(node, yaml.ScalarNode)
    if read is None or not is_text or not re.fullmatch(pattern, node.value):
        raise _error(node, f"the tag {node.tag} is not supported")
    return read(node.value)


def _mapping(loader: Any, node: Any) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, below in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag.removeprefix(_TAG) not in _READ:
            raise _error(key, "a key that is no text")
        if key.value in made:
            raise _error(key, f"the key '{key.value}' twice in one object")
        made[key.value] = loader.construct_object(below, deep=True)
    return made


def _sequence(loader: Any, node: Any) -> list[object]:
    return [loader.construct_object(below, deep=True) for below in node.value]


_Loader.add_constructor(f"{_TAG}map", _mapping)
_Loader.add_constructor(f"{_TAG}seq", _sequence)
_Loader.add_constructor(None, _scalar)
for _name in ("null", "bool", "int", "float"):
    _pattern = re.compile(rf"(?:{_READ[_name][0]})\Z")
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", _pattern, None)


def load(text: str, where: str) -> object:
    """Read one YAML document into dicts, lists and plain values; what is aliased is shared.

    Raises:
        PipelineError: When it is no YAML, or holds what JSON cannot say.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - ours makes plain values only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise PipelineError(f"{where}{line}: not valid YAML ({problem})") from error
    except (ValueError, RecursionError) as error:
        raise PipelineError(f"{where} cannot be read ({error})") from error
