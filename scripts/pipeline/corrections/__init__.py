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
    resolve_aliases,
    simplify_unions,
)
from scripts.pipeline.corrections.media import (
    find_files,
    keep_files_out_of_json,
    leave_form_extras_untyped,
    settle_bodies,
)
from scripts.pipeline.corrections.naming import name_classes
from scripts.pipeline.corrections.operations import (
    inline_shared_parts,
    match_path_parameters,
    open_to_every_client,
    settle_operations,
    settle_parameters,
    spread_deep_objects,
)
from scripts.pipeline.corrections.plain import (
    give_types,
    keep_what_is_rendered,
    say_null_one_way,
    settle_enums,
)
from scripts.pipeline.corrections.schemas import (
    break_circles,
    drop_odd_defaults,
    move_null_to_references,
    open_objects,
    tolerate_in_maps,
)
from scripts.pipeline.shape import Node

Rule = Callable[[Node], Node]

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        keep_successes,
        ask_for_no_answers,
        spell_out_discriminators,
        find_files,
        keep_what_is_rendered,
        name_kinds_of_bodies,
        open_to_every_client,
        give_types,
        say_null_one_way,
        resolve_aliases,
        open_objects,
        settle_operations,
        match_path_parameters,
        settle_parameters,
        spread_deep_objects,
        flatten_all_of,
        simplify_unions,
        settle_enums,
        settle_bodies,
        keep_files_out_of_json,
        leave_form_extras_untyped,
        tolerate_in_maps,
        drop_odd_defaults,
        move_null_to_references,
        break_circles,
        name_classes,
        inline_shared_parts,
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
    """
    for rule in rules.values():
        document = rule(document)
    return document
