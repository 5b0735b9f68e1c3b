"""Part of `make check`: generated/ is what spec/ makes, byte for byte."""

import filecmp
import sys
from pathlib import Path

from scripts import errors, generate
from scripts.swap import Swap
from scripts.tree import Tree


def differences(made: Path, kept: Path) -> list[str]:
    """Name each file that differs, is extra or is missing in `kept`, compared with `made`."""
    new, old = _files(made), _files(kept)
    told = dict.fromkeys(new - old, "is missing") | dict.fromkeys(old - new, "is extra")
    for name in new & old:
        if not filecmp.cmp(made / name, kept / name, shallow=False):
            told[name] = "was edited, or spec/ or the pipeline changed"
    return [f"{name} {told[name]}" for name in sorted(told)]


def _files(package: Path) -> set[str]:
    return {
        file.relative_to(package).as_posix()
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


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
    return check(Tree())


if __name__ == "__main__":
    sys.exit(errors.run("check", main))
