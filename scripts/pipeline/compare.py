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
    changes, differences = [], Differences(old, new)
    for name, before, after in pairs(_by_name(old), _by_name(new)):
        if after is None:
            told = f"operation removed; {_fate(before, paths or new['paths'])}"
            changes.append(Change(name, told, breaking=True))
        elif before is None:
            changes.append(Change(name, "operation added"))
        else:
            whole = (Part("operation", each, REQUEST) for each in (before, after))
            differences.compare(name, *whole)
    for key, *values in pairs(_of_all(old), _of_all(new)):
        differences.value("document", key, *values)
    changes += [Change(*place, breaking) for place, breaking in differences.found.items()]
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


def compare_names(old: Node, new: Node, overlay: Node) -> list[Change]:
    """Tell of each class, field, parameter and value that has no longer the name callers know.

    A name may pass to another one, as that of a place's class to a component that is called so.
    """
    documents = [correct(apply(each, overlay, partial=True)) for each in (old, new)]
    before, after = map(_classes, documents)
    changes = []
    for name, (place, whole) in sorted(before.items()):
        heirs = [other for other in after if after[other][0] == place] or [
            other
            for other in {name, *(after.keys() - before.keys())} & after.keys()
            if after[other][1] == whole
        ]
        if name not in heirs:
            fate = f"renamed to {heirs[0]}" if len(heirs) == 1 else "no longer there"
            fate += "; another class has its name" if name in after else ""
            changes.append(Change(f"upsun_api.models.{name}", fate, breaking=True))
    for place, *known in pairs(*map(_names, documents)):
        for name, was, now in pairs(*(names or {} for names in known)):
            if was and now and was != now:
                changes.append(Change(place, f"{name} has another name in Python", breaking=True))
    return changes


def _classes(document: Node) -> dict[str, tuple[str, bytes]]:
    """Give where each class comes from, and what it is made of, by its name."""
    found = {}
    for name, schema in components(document).items():
        if is_class(schema):
            whole = canonical(without(schema, "x-place", "x-told-apart"))
            # What is named after it, such as the classes of its fields, is renamed with it.
            found[name] = schema["x-place"], whole.replace(name.encode(), b"")
    return found


def _names(document: Node) -> dict[str, dict[str, str]]:
    """Give the Python names of what has some, by class and by operation."""
    found = {}
    for name, schema in components(document).items():
        values = zip(schema.get("enum", ()), schema.get("x-enum-varnames", ()), strict=False)
        fields = {field: field for field in schema.get("properties", ())}
        found[f"upsun_api.models.{name}"] = {**_spelled(fields), **dict(values)}
    for name, operation in _by_name(document).items():
        parameters = {
            f"{each['name']} ({each['in']})": each["name"] for each in operation["parameters"]
        }
        found[name] = _spelled(parameters)
    return found


def _spelled(names: dict[str, str]) -> dict[str, str]:
    """Spell names for Python, but those that would be one."""
    spelled = {label: identifier(name) for label, name in names.items()}
    number = Counter(spelled.values())
    return {label: text if number[text] == 1 else label for label, text in spelled.items()}
