"""What an operation promises, reduced to a digest: equal exactly when its contract is equal."""

import hashlib

from scripts.pipeline.document import canonical
from scripts.pipeline.references import needed, reached
from scripts.pipeline.walk import SHARED, Node, operations

_LENGTH = 12


def digests(document: Node) -> dict[str, str]:
    """Digest every operation of a selected document together with all it references.

    Args:
        document: As `select` gives it: without prose, so that only the contract counts.

    Returns:
        Digests by operation, as `name_of` names it.
    """
    components = {
        (section, name): component
        for section, group in document.get("components", {}).items()
        for name, component in group.items()
    }
    parts = {key: hashlib.sha256(canonical(node)).digest() for key, node in components.items()}
    told = {}
    for path, method, operation in operations(document):
        item = document["paths"][path]
        shared = {key: item[key] for key in SHARED if key in item}
        part = {"paths": {path: {**shared, method: operation}}}
        total = hashlib.sha256(canonical(part))
        for key in sorted(reached(document, needed(part, "document"))):
            total.update("/".join(key).encode() + parts[key])
        told[name_of(path, method, operation)] = total.hexdigest()[:_LENGTH]
    return told


def names(document: Node) -> set[str]:
    """Name every operation of a document."""
    return {name_of(*found) for found in operations(document)}


def name_of(path: str, method: str, operation: object) -> str:
    """Name an operation by its id, or by `METHOD path` where it has none."""
    name = operation.get("operationId") if isinstance(operation, dict) else None
    return name if name and isinstance(name, str) else f"{method.upper()} {path}"
