"""Which names of `upsun_api.models` a caller can no longer import, and what they are called now."""

from collections.abc import Iterator

from scripts.pipeline.compare_schemas import Change
from scripts.pipeline.corrections import correct
from scripts.pipeline.corrections.schema_tools import components, is_class
from scripts.pipeline.document import canonical
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.overlay import apply
from scripts.pipeline.walk import Node


def compare_names(old: Node, new: Node, overlay: Node) -> list[Change]:
    """Compare the classes that two selected documents are rendered with.

    Args:
        old: The contract that callers know.
        new: The one that takes its place.
        overlay: As `read_overlay` gives it.
    """
    try:
        before, after = _classes(old, overlay), _classes(new, overlay)
    except PipelineError as error:
        return [
            Change("upsun_api.models", f"the names cannot be compared ({error})", breaking=True)
        ]
    return list(_gone(before, after))


def _gone(before: dict[str, Node], after: dict[str, Node]) -> Iterator[Change]:
    added = {name: _content(name, after[name]) for name in after.keys() - before.keys()}
    for name in sorted(before.keys() - after.keys()):
        content = _content(name, before[name])
        same = [other for other, its in added.items() if its == content]
        fate = f"renamed to {same[0]}" if len(same) == 1 else "no longer there"
        yield Change(f"upsun_api.models.{name}", fate, breaking=True)


def _content(name: str, schema: Node) -> bytes:
    # The classes of its own fields are named after it, so they may have been renamed with it.
    return canonical(schema).replace(name.encode(), b"")


def _classes(document: Node, overlay: Node) -> dict[str, Node]:
    corrected = correct(apply(document, overlay, partial=True))
    return {name: schema for name, schema in components(corrected).items() if is_class(schema)}
