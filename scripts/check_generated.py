"""Part of `make check`: generated/ is what spec/ makes, byte for byte."""

import sys

from scripts import errors, generate, generator
from scripts.differences import differences
from scripts.swap import Swap
from scripts.tree import Tree


def check(tree: Tree) -> int:
    """Rebuild the package beside the tree and compare; 0 when nothing differs."""
    with Swap(tree) as swap:
        made = swap.stage(tree.package)
        generate.rebuild(tree, made)
        found = differences(made, tree.package)
    for line in found:
        print(f"{tree.name(tree.package)}/{line}")
    if not found:
        print("generated/ is in step with spec/")
    else:
        print("generated/ is out of step with spec/; `make generate` rebuilds it", file=sys.stderr)
    return 1 if found else 0


def main() -> int:
    """Check this tree."""
    generator.hurry()
    return check(Tree())


if __name__ == "__main__":
    sys.exit(errors.run("check", main))
