"""The whole API of every published document: complete, typed, open, and read without loss."""

import json
from pathlib import Path

import pytest

from scripts.pipeline.select import select
from scripts.pipeline.walk import Node, operations
from tests.pipeline.support import JANUARY, JUNE, make, mypy, published, python, read

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[JANUARY, JUNE])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a whole published document; made once, for every test of it."""
    document = read(published(request.param))
    directory = tmp_path_factory.mktemp("whole")
    (directory / "document.json").write_text(json.dumps(select(document, ["*"])))
    return make(document, directory)


def test_every_operation_has_a_module_and_every_answer_a_type(whole: Path) -> None:
    document: Node = json.loads((whole.parent / "document.json").read_text())
    modules = {file for file in whole.glob("api/*/*.py") if file.name != "__init__.py"}
    assert len(modules) == sum(1 for _ in operations(document))
    for file in modules:
        assert "def _parse_response" in file.read_text()


def test_the_package_is_strictly_typed(whole: Path) -> None:
    assert mypy(whole) == ""


def test_an_answer_that_is_off_by_nothing_or_anything_is_read_and_written_back(whole: Path) -> None:
    document = whole.parent / "document.json"
    done = python("-m", "tests.pipeline.odd_answers", str(whole), str(document))
    assert done.returncode == 0, done.stderr
    *lost, last = done.stdout.splitlines()
    assert lost == []
    assert int(last.split()[1]) > 35_000
