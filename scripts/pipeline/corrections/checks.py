"""What no rule corrects, and the generator would render as something else: it is refused."""

from collections import Counter
from collections.abc import Callable, Iterator

from scripts.pipeline.corrections.answers import reached
from scripts.pipeline.corrections.media import is_json
from scripts.pipeline.corrections.names import identifier, is_kept_default
from scripts.pipeline.corrections.schema_tools import components
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.walk import Node, Place, format_path, operations, walk

# Kind of object, what is wrong with it, in which words.
_WRONG: tuple[tuple[str, Callable[[Node], bool], str], ...] = (
    ("operation", lambda node: not node.get("operationId"), "it has no operationId"),
    ("schema", lambda node: isinstance(node.get("type"), list), "a list of types is not supported"),
    ("schema", lambda node: "const" in node, "const is not supported; say enum"),
    ("schema", lambda node: "prefixItems" in node, "prefixItems are not supported; say items"),
    (
        "schema",
        lambda node: not is_kept_default(str(node.get("default", ""))),
        "the default holds a quote or backslash, which generated code would send as two characters",
    ),
)


def check(document: Node) -> None:
    """Refuse what would be rendered as something else.

    Raises:
        PipelineError: At the first such place; it names it.
    """
    for place, what in _faults(document):
        raise PipelineError(f"{format_path(place)}: {what}; correct it in spec/overlay.yaml")


def _faults(document: Node) -> Iterator[tuple[Place, str]]:
    for place, kind, node in walk(document, "document"):
        for wanted, is_wrong, what in _WRONG:
            if kind == wanted and is_wrong(node):
                yield place, what
        if place[:1] == ("components",) and len(place) == 3 and "$ref" in node:
            yield place, "it only refers to another part; say that one where this is used"
    yield from _files_in_json(document)
    names = [(place, identifier(str(node["operationId"]))) for place, node in _operations(document)]
    modules = Counter(name for _, name in names)
    yield from (
        (place, f"another operation has the name '{name}' in Python as well")
        for place, name in names
        if modules[name] > 1
    )


def _operations(document: Node) -> Iterator[tuple[Place, Node]]:
    return ((("paths", path, method), node) for path, method, node in operations(document))


def _files_in_json(document: Node) -> Iterator[tuple[Place, str]]:
    bodies: list[tuple[Place, str, Node]] = [
        ((*place, "content", name), "mediaType", media)
        for place, kind, node in walk(document, "document")
        if kind in ("requestBody", "response")
        for name, media in node.get("content", {}).items()
        if is_json(name)
    ]
    found = reached(document, [(media, kind) for _, kind, media in bodies])
    bodies += [
        (("components", "schemas", name), "schema", components(document)[name])
        for section, name in sorted(found)
        if section == "schemas"
    ]
    for start, kind, node in bodies:
        for place, _, part in walk(node, kind, start):
            if part.get("format") == "binary":
                yield place, "JSON cannot hold a file; say what the text in it is"
