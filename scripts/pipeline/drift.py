"""Is generated/ what spec/ makes, byte for byte?"""

from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.pipeline import generate
from scripts.pipeline.differences import differences
from scripts.pipeline.tree import Tree


def drift(tree: Tree) -> list[str]:
    """Rebuild the package beside the tree; name each file that differs."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / tree.package.name
        generate.rebuild(tree, made)
        return differences(made, tree.package)
