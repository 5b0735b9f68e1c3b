"""The rules that make any published document one that the generator renders whole.

Each rule is a function from a document to a document, and its docstring says what goes wrong
without it. They run in the order of `RULES`; later ones rely on what earlier ones leave.
"""

from collections.abc import Callable, Mapping

from scripts.pipeline.corrections.alternatives import (
    spell_out_discriminators,
    tell_alternatives_apart,
)
from scripts.pipeline.corrections.answers import (
    ask_for_no_answers,
    keep_successes,
    name_kinds_of_bodies,
    promise_ids,
)
from scripts.pipeline.corrections.composition import (
    flatten_all_of,
    simplify_unions,
)
from scripts.pipeline.corrections.enums import (
    settle_enums,
)
from scripts.pipeline.corrections.files import find_files
from scripts.pipeline.corrections.media import (
    settle_bodies,
)
from scripts.pipeline.corrections.naming import name_classes
from scripts.pipeline.corrections.operations import (
    settle_parameters,
    spread_deep_objects,
)
from scripts.pipeline.corrections.schemas import (
    leave_defaults_to_server,
    move_null_to_references,
    open_objects,
    tolerate_in_maps,
)
from scripts.pipeline.walk import Node

Rule = Callable[[Node], Node]

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        keep_successes,
        spell_out_discriminators,
        name_kinds_of_bodies,
        open_objects,
        leave_defaults_to_server,
        spread_deep_objects,
        flatten_all_of,
        settle_parameters,
        ask_for_no_answers,
        find_files,
        simplify_unions,
        settle_enums,
        settle_bodies,
        tolerate_in_maps,
        move_null_to_references,
        name_classes,
        promise_ids,
        tell_alternatives_apart,
    )
}


def correct(document: Node, rules: Mapping[str, Rule] = RULES) -> Node:
    """Apply the rules, in order.

    Args:
        document: A selected document; left as it is.
        rules: Which ones, by name; tests leave one out.

    Returns:
        The corrected document.

    Raises:
        PipelineError: When schemas multiply, or a reference points at no whole component.
    """
    for rule in rules.values():
        document = rule(document)
    return document
