"""What is lost when answers that are off the document are read, by any operation or model."""

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.walk import Node
from tests.pipeline.oas import put
from tests.pipeline.samples import Sampler, responses, samplers

KINDS: tuple[Any, ...] = (
    *(None, True, 12, 1.0, "unheard of", "20260616", "2026-13-45", "2026-06-16T12:00:60z"),
    *([], [None, 12, {}], {}, {"a": [1]}),
)
NEWER = {"_links": {"self": {"href": "/x"}}, "_embedded": {"a": [1, None]}, "unheard_of": "b"}
ODD_ELEMENTS: tuple[Any, ...] = (None, 12, "odd", [], {}, {"type": "unheard of", "x": 1})


def plain(value: Any) -> Any:
    """Write a whole answer back."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does, which knows 1 from True and from 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def parts(value: Any) -> dict[Any, Any]:
    """Give what an object, a list or a model holds, by name or number."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return dict(enumerate(value))
    names = [field.name for field in getattr(value, "__attrs_attrs__", ())]
    return {name: getattr(value, name) for name in names}


def places(value: Any, deep: int, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name the places in an answer."""
    for key, part in parts(value).items():
        yield (*place, key)
        if deep:
            yield from places(part, deep - 1, (*place, key))


def changes(given: Any, deep: int) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Give every answer that is off by one thing: what, where, and the whole of it."""
    for place in places(given, deep):
        for odd in ODD_ELEMENTS if isinstance(place[-1], int) else (..., *KINDS):
            what = "missing" if odd is ... else f"is {odd!r}"
            yield what, place, put(given, place, odd)
    if isinstance(given, dict):
        yield "newer", (), {**NEWER, **given}


def models_in(value: Any) -> Iterator[Any]:
    """Give the models that an answer was read as, the outer ones first."""
    if hasattr(value, "to_dict"):
        yield value
    for part in parts(value).values():
        yield from models_in(part)


def typed(value: Any) -> dict[Any, Any]:
    """Give the parts of a list or a model with their types: an enum is equal to its text."""
    known = {} if isinstance(value, dict) else parts(value)
    return {key: (type(part), part) for key, part in known.items()}


def loss(before: Any, after: Any, whole: Any, what: str, place: tuple[Any, ...]) -> str:
    """Say what is wrong if more than one part differs, or not all is written back."""
    known, found = typed(before), typed(after)
    differ = [key for key in known if known[key] != found.get(key)]
    if not same(plain(after), whole):
        return f"is {plain(after)}"
    if type(before) is not type(after):  # another one of several models
        return ""
    if len(differ) > 1:
        return f"changes {differ}"
    if what == "missing" and len(place) == 1 and differ not in ([], ["additional_properties"]):
        kind, value = found[differ[0]]
        return "" if kind.__name__ == "Unset" else f"{differ[0]} is {value}"
    return ""


def off(name: str, read: Callable[[Any], Any], given: Any, deep: int) -> Iterator[str]:
    """Read it with one thing off; say what is lost, if it is, each time."""
    before = read(given)
    for what, place, whole in changes(given, deep):
        try:
            lost = loss(before, read(whole), whole, what, place)
        except Exception as error:
            lost = repr(error)
        yield lost and f"{name} {what} {place}: {lost}"


def losses(package: str, document: Node) -> Iterator[str]:
    """Try everything that a package reads of a document; say what is lost, if it is, each time."""
    client = importlib.import_module(package).Client(base_url="http://x")
    full: dict[Any, Any] = {}  # a model of each class
    for operation, status, schema in responses(document):
        tag, name = identifier(operation.get("tags", ["default"])[0]), operation["operationId"]
        module = importlib.import_module(f"{package}.api.{tag}.{identifier(name)}")

        def read(given: Any, status: int = status, module: Any = module) -> Any:
            response = httpx.Response(status, json=given)
            return module._parse_response(client=client, response=response)

        for sampler in samplers(document):
            given = sampler.build(schema)
            answer = read(given)
            yield "" if same(plain(answer), given) else f"{name} as a whole: {answer}"
            for model in models_in(answer):
                full.setdefault(type(model), model)
        # Not deeper: every model is tried on its own as well.
        yield from off(name, read, Sampler(document).build(schema), 1)
    for kind, model in full.items():
        yield from off(kind.__name__, kind.from_dict, model.to_dict(), 0)
