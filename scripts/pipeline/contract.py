"""What an operation promises, reduced to a digest: equal exactly when its contract is equal."""

import hashlib

from scripts.pipeline.document import canonical
from scripts.pipeline.references import closure, needed
from scripts.pipeline.walk import SHARED, Node, children, methods, operations

_LENGTH = 12


def digests(document: Node, paths: Node) -> dict[str, str]:
    """Digest every operation as it stands, with all that it references, as far as that is there.

    Args:
        document: The whole one without prose, so that only the contract counts; any part of it may
            be broken.
        paths: What is at its paths, references written out.

    Returns:
        Digests by operation, as `name_of` names it.
    """
    components = document.get("components")
    parts, needs = {}, {}
    for place, kind, part in children(
        components if isinstance(components, dict) else {}, "components"
    ):
        parts[place] = hashlib.sha256(canonical(part)).digest()
        needs[place] = [*needed(part, kind)]
    alone: dict[str, Node] = {}
    for path, item in paths.items():
        for method in methods(item):
            shared = {key: item[key] for key in SHARED if key in item}
            there = alone.setdefault(name_of(path, method, item[method]), {})
            there.setdefault(path, shared)[method] = item[method]
    told = {}
    for name, part in alone.items():
        total = hashlib.sha256(canonical({"paths": part}))
        reached = closure(needed({"paths": part}, "document"), lambda key: needs.get(key, ()))
        for key in sorted(reached & parts.keys()):
            total.update("/".join(key).encode(errors="surrogatepass") + parts[key])
        told[name] = total.hexdigest()[:_LENGTH]
    return told


def names(document: Node) -> set[str]:
    """Name every operation of a document."""
    return {name_of(*found) for found in operations(document)}


def name_of(path: str, method: str, operation: object) -> str:
    """Name an operation by its id, or by `METHOD path` where it has none."""
    name = operation.get("operationId") if isinstance(operation, dict) else None
    return name if name and isinstance(name, str) else f"{method.upper()} {path}"
