"""What takes long is done once: trees that were regenerated, packages that were made."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.pipeline import validator
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline.support import Load, imported, make, small_repo, written

Said = Callable[[], str]
Regenerated = Callable[[Node, str, Path], Repo]


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Regenerated:
    """Give trees in which operations of a document were regenerated, each a copy of one made."""
    made: dict[str, Path] = {}

    def give(document: Node, operations: str, where: Path) -> Repo:
        text = json.dumps(document)
        if text + operations not in made:
            repo = small_repo(tmp_path_factory.mktemp("regenerated") / "tree")
            regenerate(written(repo, document, OPERATIONS=operations, REPORT=""), repo)
            made[text + operations] = repo.root
        return Repo(shutil.copytree(made[text + operations], where))

    return give


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that is made of the `DOCUMENT` of a module of tests."""
    return make(request.module.DOCUMENT, tmp_path_factory.mktemp("package"))


@pytest.fixture
def load(package: Path) -> Iterator[Load]:
    """Import from that package."""
    with imported(package) as found:
        yield found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Tell what was printed since the last time."""
    capsys.readouterr()
    return lambda: capsys.readouterr().out


@pytest.fixture(autouse=True)
def _validated_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validate in this process; one for each document takes longer."""

    @contextmanager
    def validated(document: Node) -> Iterator[None]:
        if told := validator.fault(document):
            raise PipelineError(f"the document is not valid OpenAPI: {told}")
        yield

    monkeypatch.setattr("scripts.pipeline.generate.validator.validated", validated)
