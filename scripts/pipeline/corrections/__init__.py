"""The rules that make any published document one that the generator renders whole.

Each rule is a function from a document to a document, and its docstring says what goes wrong
without it. They run in the order of `RULES`; later ones rely on what earlier ones leave.
"""

from collections.abc import Mapping

from scripts.pipeline.corrections import answers, composition, media, naming, operations, schemas
from scripts.pipeline.corrections.schema_tools import Rule
from scripts.pipeline.walk import Node

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        answers.keep_successes,
        schemas.open_objects,
        operations.spread_deep_objects,
        composition.flatten_all_of,
        schemas.leave_to_server,
        operations.settle_parameters,
        composition.simplify_unions,
        schemas.settle_enums,
        media.settle_bodies,
        media.settle_answers,
        schemas.move_null_to_references,
        naming.name_classes,
        answers.promise_ids,
        composition.tell_alternatives_apart,
    )
}


def correct(document: Node) -> Node:
    """Apply the rules, in order.

    Returns:
        The corrected document.

    Raises:
        PipelineError: When schemas multiply, or a reference points at no whole component.
    """
    for rule in RULES.values():
        document = rule(document)
    return document
