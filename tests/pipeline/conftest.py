"""What takes long is made once: trees in which a document was regenerated."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.pipeline.repo import Repo
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline.support import small_repo

Regenerated = Callable[[Node, str, Path], Repo]


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Regenerated:
    """Give trees in which operations of a document were regenerated, each a copy of one made."""
    made: dict[str, Path] = {}

    def give(document: Node, operations: str, where: Path) -> Repo:
        text = json.dumps(document)
        if text + operations not in made:
            folder = tmp_path_factory.mktemp("regenerated")
            (folder / "document.json").write_text(text)
            env = {"SPEC_URL": str(folder / "document.json"), "OPERATIONS": operations}
            regenerate(env, small_repo(folder / "tree"))
            made[text + operations] = folder / "tree"
        return Repo(shutil.copytree(made[text + operations], where))

    return give
