"""Rules for operations and paths."""

from scripts.shape import Node, rebuild


def open_to_every_client(document: Node) -> Node:
    """Drop the security of single operations.

    Cause: an operation with its own `security` accepts only `AuthenticatedClient`, which holds a
    fixed token; how requests are authenticated is the client's business here.
    """

    def visit(node: Node, kind: str) -> Node:
        if kind == "operation":
            node.pop("security", None)
        return node

    return rebuild(document, "document", visit)
