"""Keep the chosen operations of a document, all they reference, and nothing else."""

import difflib
import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.references import resolve, whole_paths
from scripts.pipeline.walk import (
    Node,
    format_path,
    operations,
    rebuild,
    target,
    walk,
    with_operations,
)

EVERYTHING = "*"
_PROSE = frozenset(
    {"description", "summary", "title", "example", "examples", "externalDocs", "xml"}
)
_KEPT = frozenset({"description", "summary"})
_INFO = ("title", "version")


def read_operations(text: str) -> list[str]:
    """Read a list of operation ids and globs, separated by white space or commas.

    `#` starts a comment.
    """
    lines = (line.partition("#")[0] for line in text.splitlines())
    return sorted({word for line in lines for word in line.replace(",", " ").split()})


def matches(word: str, names: Iterable[str]) -> set[str]:
    """Give the operations that an id or a glob stands for; case counts."""
    known = set(names)
    return {word} if word in known else {name for name in known if fnmatchcase(name, word)}


def select(
    document: Node, wanted: Iterable[str], where: str = "the document", *, prose: bool = False
) -> Node:
    """Reduce a document to some operations and the transitive closure of their references.

    Args:
        document: An OpenAPI document whose references resolve.
        wanted: Operation ids and globs; `*` stands for all.
        where: What to call the document in an error.
        prose: Whether to keep summaries and descriptions.

    Returns:
        A new document: pruned, with sorted keys.

    Raises:
        PipelineError: When an operation does not exist, or nothing is wanted.
    """
    whole = whole_paths(document, where)
    chosen = _chosen(whole, set(wanted), where)
    paths: Node = {}
    for path, item in whole.items():
        found = [method for _, method, _ in operations({"paths": {path: item}})]
        if kept := {method for method in found if (path, method) in chosen}:
            paths[path] = with_operations(item, kept)
    selected: Node = {
        "openapi": document["openapi"],
        "info": {key: str(document["info"].get(key, "")) for key in _INFO},
        **{key: document[key] for key in ("servers", "security") if key in document},
        "paths": paths,
    }
    components = _closure(document, selected, where)
    if components:
        selected["components"] = components
    return normalize(selected, prose=prose)


def normalize(document: Node, *, prose: bool = False) -> Node:
    """Drop what is written for readers, unless it is asked for, and sort what has no order."""

    def visit(node: Node, kind: str) -> Node:
        return _normalized(node, kind, _PROSE - _KEPT if prose else _PROSE)

    made: Node = json.loads(json.dumps(rebuild(document, "document", visit), sort_keys=True))
    return made


def _chosen(paths: Node, wanted: set[str], where: str) -> set[tuple[str, str]]:
    found = list(operations({"paths": paths}))
    if EVERYTHING in wanted:
        return {(path, method) for path, method, _ in found}
    known = {
        operation["operationId"]: (path, method)
        for path, method, operation in found
        if operation.get("operationId") is not None
    }
    if not wanted:
        raise PipelineError("no operation is selected; name one in spec/operations.txt")
    chosen = set()
    for word in sorted(wanted):
        matched = matches(word, known)
        if not matched:
            close = difflib.get_close_matches(word, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise PipelineError(
                f"{where} has no operation '{word}'{hint} (selected by OPERATIONS or"
                " spec/operations.txt)"
            )
        chosen |= {known[name] for name in matched}
    return chosen


def _closure(document: Node, selected: Node, where: str) -> Node:
    components: Node = {}
    waiting = [selected]
    while waiting:
        node = waiting.pop()
        for place in _needed(node, where):
            section, name = place
            if name in components.get(section, {}):
                continue
            whole = resolve(document, f"#/components/{section}/{_escape(name)}", where)
            components.setdefault(section, {})[name] = whole
            waiting.append({"components": {section: {name: whole}}})
    return components


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")


def _needed(node: Node, where: str) -> Iterator[tuple[str, str]]:
    """Name the components that a part of the document needs."""
    for requirement in node.get("security", []):
        yield from (("securitySchemes", name) for name in requirement)
    for place, kind, part in walk(node, "document"):
        for ref in _references(kind, part):
            found = target(ref)
            if found is None or found[0] != "components" or len(found) < 3:
                raise PipelineError(
                    f"{where}, {format_path(place)}: '{ref}' points outside the components;"
                    " not supported"
                )
            yield found[1], found[2]
        if kind == "operation":
            for requirement in part.get("security", []):
                yield from (("securitySchemes", name) for name in requirement)


def _references(kind: str, part: Node) -> Iterator[str]:
    if isinstance(part.get("$ref"), str):
        yield part["$ref"]
    discriminator = part.get("discriminator")
    if kind == "schema" and isinstance(discriminator, dict):
        mapping = discriminator.get("mapping")
        for value in mapping.values() if isinstance(mapping, dict) else ():
            plain_name = "/" not in str(value) and "#" not in str(value)
            yield f"#/components/schemas/{value}" if plain_name else str(value)


def _normalized(node: Node, kind: str, dropped: frozenset[str]) -> Node:
    if kind in ("document", "components", "callback", "requirement"):
        return node
    for key in [key for key in node if key in dropped or key.startswith("x-")]:
        del node[key]
    if kind == "response" and "$ref" not in node:
        node.setdefault("description", "")  # OpenAPI requires one
    if kind == "schema":
        if isinstance(node.get("required"), list):
            node["required"] = sorted(set(node["required"]))
        if isinstance(node.get("enum"), list):
            node["enum"] = sorted(node["enum"], key=json.dumps)
        allowed = node.get("enum")
        if "default" in node and (
            (node["default"] is None and not node.get("nullable"))
            or (isinstance(allowed, list) and node["default"] not in allowed)
        ):
            # Upstream says `null` for integers and enums; the contract must be valid OpenAPI.
            del node["default"]
    return node
