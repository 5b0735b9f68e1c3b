"""What takes long is made once, and the projects that copies are vendored into."""

from pathlib import Path

import pytest

from scripts.pipeline import generate
from tests.packaging.support import BUILD, ROOT, Copy, run


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sdist and wheel, built as `make build` does."""
    folder = tmp_path_factory.mktemp("dist")
    run(*BUILD, "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture
def copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Copy:
    """A project to vendor into; nobody looks for drift, which takes a run of the generator."""
    monkeypatch.setattr(generate, "drift", lambda _: [])
    return Copy(tmp_path / "project", capsys)


@pytest.fixture
def written(copy: Copy) -> Copy:
    assert copy.vendor()[0] == 0
    return copy
