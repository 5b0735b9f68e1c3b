"""The rules that make any published document one that the generator renders whole.

Each rule is a function from a document to a document, and its docstring says what goes wrong
without it. They run in the order of `RULES`; later ones rely on what earlier ones leave.
"""

from collections.abc import Callable, Mapping

from scripts.corrections.operations import open_to_every_client
from scripts.corrections.schemas import open_objects
from scripts.shape import Node

Rule = Callable[[Node], Node]

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        open_to_every_client,
        open_objects,
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
