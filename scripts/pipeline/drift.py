"""Is generated/ what spec/ makes, byte for byte?"""

from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.pipeline import generate
from scripts.pipeline.differences import differences
from scripts.pipeline.repo import Repo


def drift(repo: Repo) -> list[str]:
    """Rebuild the package beside the tree; name each file that differs."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / repo.package.name
        generate.rebuild(repo, made)
        return differences(made, repo.package)
