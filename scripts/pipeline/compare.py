"""The changes between two contracts: of their operations, and of the names that callers import."""

import re
from collections import Counter
from dataclasses import dataclass

from scripts.pipeline.contract import name_of
from scripts.pipeline.corrections import correct
from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.corrections.operations import all_parameters
from scripts.pipeline.corrections.schema_tools import components, is_class, without
from scripts.pipeline.differences import REQUEST, Differences, Part, pairs
from scripts.pipeline.document import canonical
from scripts.pipeline.overlay import apply
from scripts.pipeline.walk import Node, operations

_MODELS = "upsun_api.models"


@dataclass(frozen=True, order=True)
class Change:
    """One difference. Breaking: code that used the old client may have to change."""

    place: str
    what: str
    breaking: bool = False


def compare(old: Node, new: Node, paths: Node | None = None) -> list[Change]:
    """List what changed between two selected documents, each change once, the breaking ones first.

    The paths, all that upstream has now, tell what became of an operation that is gone.
    """
    differences = Differences(old, new)
    for name, before, after in pairs(_by_name(old), _by_name(new)):
        if after is None:
            told = f"operation removed; {_fate(before, paths or new['paths'])}"
            differences.tell(name, told, breaking=True)
        elif before is None:
            differences.tell(name, "operation added")
        else:
            whole = (Part("operation", each, REQUEST) for each in (before, after))
            differences.compare(name, *whole)
    for key, *values in pairs(_of_all(old), _of_all(new)) if old["paths"] and new["paths"] else ():
        differences.value("document", key, *values)
    changes = [Change(*place, breaking) for place, breaking in differences.found.items()]
    return sorted(changes, key=lambda change: (not change.breaking, change))


def _fate(operation: Node, paths: Node) -> str:
    """Say what is now where an operation was."""
    path, method = operation["path"], operation["method"]
    if path not in paths:
        return f"the path {path} is gone too"
    if not isinstance(paths[path], dict):
        return f"{path} cannot be read"
    if (there := paths[path].get(method.lower())) is None:
        return f"{path} has no {method} any more"
    return f"renamed to {name_of(path, method, there)}"


def _by_name(document: Node) -> dict[str, Node]:
    """Give each operation with what its path says, and with where it is."""
    return {
        name_of(path, method, operation): {
            "servers": document["paths"][path].get("servers"),
            **without(operation, "tags"),
            "tags (its module)": operation.get("tags"),
            "method": method.upper(),
            "path": path,
            "path arguments": re.findall("{([^{}]*)}", path),  # an id is passed by position
            "parameters": all_parameters(document, document["paths"][path], operation),
        }
        for path, method, operation in operations(document)
    }


def _of_all(document: Node) -> Node:
    """Give what a document says of all operations."""
    schemes = components(document, "securitySchemes")
    return {**without(document, "info", "paths", "components"), "securitySchemes": schemes}


def compare_names(old: Node, new: Node, overlay: Node, kept: Node | None = None) -> list[Change]:
    """Tell of each class, field, parameter and value kept that has no longer its known name.

    A name may pass to another one, as from the class of a place to a component that is called so.
    """
    (before, was), (after, now) = _names(old, overlay), _names(new, overlay)
    own = _names(kept, overlay)[0] if kept and kept != old else before
    changes = []
    for (owner, what), name in before.items():
        heir, told = after.get((owner, what)), "has another name in Python"
        if owner == _MODELS:
            known = was.keys() - {name}
            same = [other for other in now.keys() - known if now[other] == was[name]]
            heir = heir or (same[0] if len(same) == 1 else "")
            told = f"renamed to {heir}" if heir else "no longer there"
            told += "; another class has its name" if name in now else ""
        if heir not in (name, None) and (owner, what) in own:
            changes.append(Change(f"{owner}.{name}", told, breaking=True))
    return sorted(changes)


def _names(document: Node, overlay: Node) -> tuple[dict[tuple[str, str], str], dict[str, bytes]]:
    """Give the Python names of what has some, by what has it, and what each class is made of."""
    document = correct(apply(document, overlay, partial=True))
    names, made = {}, {}
    for name, schema in components(document).items():
        if is_class(schema):
            names[_MODELS, schema["x-place"]] = name
            whole = canonical(without(schema, "x-place", "x-told-apart"))
            # What is named after it, such as the classes of its fields, is renamed with it.
            made[name] = whole.replace(name.encode(), b"")
            owner = f"{_MODELS}.{name}"
            names |= _spelled(owner, {field: field for field in schema.get("properties", ())})
            values = zip(schema.get("enum", ()), schema.get("x-enum-varnames", ()), strict=False)
            names |= {(owner, value): member for value, member in values}
    for name, operation in _by_name(document).items():
        found = {f"{each['name']} ({each['in']})": each["name"] for each in operation["parameters"]}
        names |= _spelled(name, found)
    return names, made


def _spelled(owner: str, names: dict[str, str]) -> dict[tuple[str, str], str]:
    """Spell names for Python, but those that would be one."""
    spelled = {what: identifier(name) for what, name in names.items()}
    number = Counter(spelled.values())
    return {(owner, what): it if number[it] == 1 else what for what, it in spelled.items()}
