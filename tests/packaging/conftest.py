"""What takes long is made once: the wheel, and an environment for each HTTP library."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from scripts.dev.environment import make
from scripts.pipeline import generate
from scripts.pipeline.repo import Repo
from scripts.vendoring import http_library
from tests.packaging.support import ROOT, Copy, Dependencies, run


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sdist and wheel, built as `make build` does."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Dependencies:
    @cache
    def made(library: str) -> Path:
        venv = tmp_path_factory.mktemp("on") / library
        make(venv, http_library.requirements(Repo(), library))
        return venv

    return made


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
