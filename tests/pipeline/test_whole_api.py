"""The whole API of every published document: complete, typed, open, and read without loss."""

from pathlib import Path

import pytest

from scripts.pipeline.document import parse
from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline.odd_answers import losses
from tests.pipeline.support import JANUARY, JUNE, imported, make, mypy, published

pytestmark = pytest.mark.slow
Whole = tuple[Node, Path]


@pytest.fixture(scope="module", params=[JANUARY, JUNE])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A whole published document and its package; made once, for every test of it."""
    document = select(parse(published(request.param).read_bytes(), request.param), ["*"])
    return document, make(document, tmp_path_factory.mktemp("whole"))


def test_the_package_is_strictly_typed(whole: Whole) -> None:
    assert mypy(whole[1]) == ""


def test_an_answer_that_is_off_by_anything_is_read_and_written_back(whole: Whole) -> None:
    document, package = whole
    with imported(package):
        tried = list(losses(package.name, document))
    assert [told for told in tried if told] == []
    assert len(tried) > 35_000
