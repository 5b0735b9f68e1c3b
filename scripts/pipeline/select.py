"""Keep the chosen operations of a document, all they reference, and nothing else."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from scripts.pipeline.contract import name_of, names
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.form import settle
from scripts.pipeline.normalize import copied, normalize
from scripts.pipeline.references import whole_item, with_components
from scripts.pipeline.walk import SHARED, Node, methods


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
        document: As `read` gives it; of what is not selected, anything may be broken.
        wanted: Operation ids and globs; `*` stands for all.
        where: What to call the document in an error.
        prose: Whether to keep summaries and descriptions.

    Returns:
        A new document: pruned, with sorted keys.

    Raises:
        PipelineError: When an operation does not exist, nothing is wanted, or what is selected is
            no OpenAPI.
    """
    part: Node = {
        "openapi": document["openapi"],
        "info": {key: str(document["info"].get(key, "")) for key in ("title", "version")},
        **{key: document[key] for key in ("servers", "security") if key in document},
        "paths": _chosen(document, set(wanted), where),
    }
    selected = copied(with_components(part, document))
    settle(selected, where)
    return normalize(selected, prose=prose)


def paths_of(document: Node, where: str) -> tuple[Node, dict[str, str]]:
    """Give what is at each path, whatever is in it, and of each that is none why."""
    paths: Node = {}
    faults: dict[str, str] = {}
    for path in document["paths"]:
        if path.startswith("x-"):
            continue
        try:
            paths[path] = whole_item(document, path, where)
        except PipelineError as error:
            faults[path] = str(error)
    return paths, faults


def _chosen(document: Node, wanted: set[str], where: str) -> Node:
    """Give the paths with the chosen operations and what these share, whatever that is."""
    paths, faults = paths_of(document, where)
    if "*" in wanted and faults:
        raise PipelineError(next(iter(faults.values())))
    if not wanted:
        raise PipelineError("no operation is selected; name one in spec/operations.txt")
    known = names({"paths": paths})
    kept = set()
    for word in sorted(wanted):
        matched = matches(word, known)
        if not matched:
            told = f"{where} has no operation '{word}' (selected by OPERATIONS or"
            raise PipelineError(f"{told} spec/operations.txt)")
        kept |= matched
    chosen = {}
    for path, item in paths.items():
        own = {each for each in methods(item) if name_of(path, each, item[each]) in kept}
        if own:
            chosen[path] = {key: item[key] for key in item if key in SHARED or key in own}
    return chosen
