"""YAML read as the JSON it stands for: the 1.2 core schema, no tags, no surprises.

PyYAML parses; what a plain word means is said here, since the 1.1 rules of its safe loader read
`no` as false, `2020-01-01` as a date and `010` as eight.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import yaml  # type: ignore[import-untyped]

from scripts.pipeline.document import number
from scripts.pipeline.errors import PipelineError

_TAG = "tag:yaml.org,2002:"
# What a plain word is, and how it is read.
_READ: dict[str, tuple[str, Callable[[str], object]]] = {
    "null": (r"~|null|Null|NULL|", lambda _: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]+", int),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", number),
    "str": (r"(?s:.*)", str),
}


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Reads nothing but what is registered below."""


def _scalar(loader: Any, node: Any) -> object:
    pattern, read = _READ.get(node.tag.removeprefix(_TAG), ("(?!)", str))
    text = loader.construct_scalar(node)
    if not re.fullmatch(pattern, text):
        _fail(node, f"the tag {node.tag} is not supported")
    return read(text)


def _mapping(loader: Any, node: Any) -> dict[str, object]:
    made: dict[str, object] = {}
    if not isinstance(node, yaml.MappingNode):
        _fail(node, f"the tag {node.tag} is not supported here")
    for key, below in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag.removeprefix(_TAG) not in _READ:
            _fail(key, "a key that is no text")
        if key.value in made:
            _fail(key, f"the key '{key.value}' twice in one object")
        made[key.value] = loader.construct_object(below, deep=True)
    return made


def _fail(node: Any, problem: str) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_Loader.add_constructor(None, _scalar)
_Loader.add_constructor(f"{_TAG}map", _mapping)
_Loader.add_constructor(f"{_TAG}seq", partial(_Loader.construct_sequence, deep=True))
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
