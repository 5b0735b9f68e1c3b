"""What takes long is made once: the wheel, and an environment for each interpreter."""

from __future__ import annotations

import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

from scripts.pipeline import generate
from scripts.pipeline.generate import drift
from scripts.pipeline.repo import Repo
from scripts.vendoring import http_library
from tests.packaging.support import (
    ROOT,
    Copy,
    Dependencies,
    Environment,
    checkout,
    run,
    snapshot,
)
from upsun_client import __version__

_DRIFT: dict[str, list[str]] = {}


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
def sdist(dist: Path) -> Path:
    (found,) = dist.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Dependencies:
    @cache
    def make(library: str) -> Environment:
        environment = Environment(tmp_path_factory.mktemp(f"on_{library}"))
        environment.install(*http_library.requirements(Repo(), library))
        return environment

    return make


@pytest.fixture
def copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Copy:
    return Copy(tmp_path / "project", capsys)


@pytest.fixture
def written(copy: Copy) -> Copy:
    assert copy.vendor()[0] == 0
    return copy


@pytest.fixture(scope="session")
def other_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repo = checkout(tmp_path_factory.mktemp("other") / "checkout")
    repo.contract.write_text(repo.contract.read_text().replace("Third-Party Int", "Int"))
    for file in repo.wrapper.glob("*.py"):
        text = file.read_text().replace("api.third_party_int", "api.int")
        file.write_text(text.replace(__version__, "99.0.0"))
    (repo.wrapper / "new.py").write_text("from upsun_api.client import Client\n")
    generate.offline(repo)
    return repo.root


@pytest.fixture
def other(tmp_path: Path, other_state: Path) -> Repo:
    """This project in another state: its operation elsewhere, a module more, a newer version."""
    return Repo(shutil.copytree(other_state, tmp_path / "checkout"))


@pytest.fixture(autouse=True)
def _generated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for drift once in each state of a repo, as it takes a run of the generator."""

    def remembered(repo: Repo) -> list[str]:
        state = repr([snapshot(repo.root / name) for name in ("spec", "generated")])
        if state not in _DRIFT:
            _DRIFT[state] = drift(repo)
        return _DRIFT[state]

    monkeypatch.setattr(generate, "drift", remembered)
