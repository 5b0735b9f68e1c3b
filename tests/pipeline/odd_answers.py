"""Reads answers that are off the document, of every operation and by every model; prints losses.

Run on its own, so that what it imports is gone with it: package folder, selected document.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from scripts.pipeline.corrections.names import identifier
from tests.pipeline.samples import Sampler, responses, samplers

KINDS: tuple[Any, ...] = (
    *(None, True, 12, 1.5, "unheard of", "2026-13-45", "2026-06-16T12:00:60z"),
    *([], [None, 12, {}], {}, {"a": [1]}),
)
NEWER = {"_links": {"self": {"href": "/x"}}, "_embedded": {"a": [1, None]}, "unheard_of": "b"}
ODD_ELEMENTS: tuple[Any, ...] = (None, 12, "odd", [], {}, {"type": "unheard of", "x": 1})
_DEEP = 1  # below an answer; every model is tried on its own as well

Change = tuple[str, tuple[Any, ...], Any]


def plain(value: Any) -> Any:
    """Write a whole answer back."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does, which knows 1 from True and from 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def places(value: Any, deep: int, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name the places in an answer."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in below:
        yield (*place, key)
        if deep and isinstance(part, dict | list):
            yield from places(part, deep - 1, (*place, key))


def changes(given: Any, deep: int) -> Iterator[Change]:
    """Give every answer that is off by one thing: what, where, and the whole of it."""
    text = json.dumps(given)
    for place in places(given, deep):
        in_list = isinstance(place[-1], int)
        for odd in ODD_ELEMENTS if in_list else (..., *KINDS):
            whole = json.loads(text)
            around = whole
            for key in place[:-1]:
                around = around[key]
            if odd is ...:
                del around[place[-1]]
            else:
                around[place[-1]] = odd
            yield "missing" if odd is ... else f"is {odd!r}", place, whole
    if isinstance(given, dict):
        yield "newer", (), {**NEWER, **given}


def models_in(value: Any) -> Iterator[Any]:
    """Give the models that an answer was read as, the outer ones first."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from models_in(part)
    elif hasattr(value, "to_dict"):
        yield value
        for field in value.__attrs_attrs__:
            yield from models_in(getattr(value, field.name))


def fields(model: Any) -> dict[str, Any]:
    """Give what a model holds, with its type: an enum is equal to its text."""
    found = {field.name: getattr(model, field.name) for field in model.__attrs_attrs__}
    return {name: (type(value), value) for name, value in found.items()}


def try_model(full: Any, unset: type) -> Iterator[str]:
    """Read a model with one thing off: that alone differs, and all of it is written back."""
    for what, place, whole in changes(full.to_dict(), 0):
        read = type(full).from_dict(whole)
        before, after = fields(full), fields(read)
        other = {name for name in before if before[name] != after[name]}
        told = f"{type(full).__name__} {what} {place}: "
        if not same(read.to_dict(), whole):
            yield f"{told}{read.to_dict()}"
        elif len(other) > 1:
            yield f"{told}changes {other}"
        elif what == "missing" and other and other != {"additional_properties"}:
            name = other.pop()
            yield "" if after[name][0] is unset else f"{told}{name} is {after[name][1]}"
        else:
            yield ""


def try_answer(read: Any, given: Any) -> Iterator[str]:
    """Read an answer with one thing off: it is written back, other elements are as they were."""
    before = read(given)
    for what, place, whole in changes(given, _DEEP):
        told = f"{what} {place}: "
        try:
            after = read(whole)
        except Exception as error:
            yield f"{told}{error!r}"
            continue
        if not same(plain(after), whole):
            yield f"{told}{plain(after)}"
        elif isinstance(before, list) and place:
            others = [index for index in range(len(before)) if index != place[0]]
            lost = [index for index in others if after[index] != before[index]]
            yield f"{told}changes {lost}" if lost else ""
        else:
            yield ""


def main() -> None:
    """Try everything; a line for each loss, and how much was tried."""
    package, document = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    sys.path.insert(0, str(package.parent))
    client = importlib.import_module(package.name).Client(base_url="http://x")
    unset = importlib.import_module(f"{package.name}.types").Unset
    full: dict[type, Any] = {}
    found: list[str] = []
    for operation, status, schema in responses(document):
        tag, name = identifier(operation.get("tags", ["default"])[0]), operation["operationId"]
        module = importlib.import_module(f"{package.name}.api.{tag}.{identifier(name)}")

        def read(given: Any, status: int = status, module: Any = module) -> Any:
            response = httpx.Response(status, json=given)
            return module._parse_response(client=client, response=response)

        for sampler in samplers(document):
            given = sampler.build(schema)
            answer = read(given)
            found.append("" if same(plain(answer), given) else f"{name} as a whole: {answer}")
            for model in models_in(answer):
                full.setdefault(type(model), model)
        given = Sampler(document).build(schema)
        found += [told and f"{name} {told}" for told in try_answer(read, given)]
    for model in full.values():
        found += try_model(model, unset)
    print(*filter(None, found), f"tried {len(found)}", sep="\n")


if __name__ == "__main__":
    main()
