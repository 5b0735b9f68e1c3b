"""When .venv and the environments beside it are made anew, and the bounds of what they hold."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from scripts.dev.environment import make
from tests.packaging.support import ROOT, run

# Answers as Python does, but makes and installs nothing.
INTERPRETER = f"""#!/bin/sh
case "$*" in
    "-m venv "*) sleep 0.3; mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo made >> log ;;
    "-m pip "*) ;;
    *realpath*) echo "$0" ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without an environment."""
    root = tmp_path / "a clone"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup.sh", root / "scripts")
    shutil.copy(ROOT / "pyproject.toml", root)
    (tmp_path / "python").write_text(INTERPRETER)
    (tmp_path / "python").chmod(0o755)
    return root


def command(root: Path) -> tuple[str, ...]:
    made = (root / ".venv" / "bin" / "python").exists()
    return (str(root / "scripts" / "setup.sh"), "" if made else str(root.parent / "python"))


def times(root: Path) -> int:
    """Run setup; say how often the environment was made so far."""
    run(*command(root))
    return (root / "log").read_text().count("made")


def test_an_environment_is_made_once_and_anew_when_what_it_holds_changes(clone: Path) -> None:
    assert [times(clone), times(clone)] == [1, 1]
    settings = clone / "pyproject.toml"
    settings.write_text(settings.read_text().replace("pytest>=8.2", "pytest>=8.3"))
    assert [times(clone), times(clone)] == [2, 2]


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_clone_that_was_moved_or_copied_gets_its_own(clone: Path, move: Any) -> None:
    assert times(clone) == 1
    other = clone.with_name("elsewhere")
    move(clone, other)
    assert [times(other), times(other)] == [2, 2]


def test_of_two_at_once_the_second_waits(clone: Path) -> None:
    both = [subprocess.Popen(command(clone)) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert (clone / "log").read_text() == "made\n"


DEPENDENCIES = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def test_every_dependency_has_a_lower_bound_and_no_upper_one() -> None:
    """openapi-python-client asks httpx >= 0.23 and attrs >= 22.2 of who uses what it makes."""
    bounds = {Requirement(text).name: Requirement(text).specifier for text in DEPENDENCIES}
    for name, specifier in bounds.items():
        assert [bound.operator for bound in specifier] == [">="], name
    assert not bounds["httpx"].contains("0.22.9")
    assert not bounds["attrs"].contains("22.1.9")


def test_a_whole_environment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if "venv" in command:
            (Path(command[-1]) / "lib/python3/site-packages").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("scripts.dev.environment.subprocess.run", run)
    for _ in range(2):
        make(tmp_path / "venv", ["attrs==22.2"], [ROOT])
    (file,) = (tmp_path / "venv").rglob("checkout.pth")
    assert file.read_text() == f"{ROOT}\n"
    assert [command[-1] for command in calls] == [f"{tmp_path}/venv", "attrs==22.2"]
    (tmp_path / "venv").rename(tmp_path / "moved")
    for install in ("attrs==22.2", "attrs==23"):
        make(tmp_path / "moved", [install], [ROOT])
    assert len(calls) == 6
