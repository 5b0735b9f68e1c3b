"""The changes between two contracts: of their operations, and of the names that callers import."""

import re
from dataclasses import dataclass

from scripts.pipeline.contract import name_of
from scripts.pipeline.corrections import correct
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
    """Name the classes that callers know and that a selected document is not rendered with."""
    before, after = _classes(old, overlay), _classes(new, overlay)
    changes = []
    for name in sorted(before.keys() - after.keys()):
        same = [other for other in after.keys() - before.keys() if after[other] == before[name]]
        fate = f"renamed to {same[0]}" if len(same) == 1 else "no longer there"
        changes.append(Change(f"upsun_api.models.{name}", fate, breaking=True))
    return changes


def _classes(document: Node, overlay: Node) -> dict[str, bytes]:
    """Give what each class is made of, by its name."""
    corrected = correct(apply(document, overlay, partial=True))
    return {
        # What is named after it, such as the classes of its fields, is renamed with it.
        name: canonical(without(schema, "x-told-apart")).replace(name.encode(), b"")
        for name, schema in components(corrected).items()
        if is_class(schema)
    }
