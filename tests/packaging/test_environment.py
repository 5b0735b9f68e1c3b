"""The bounds of the dependencies, as `make test-lowest` reads them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.dev.environment import make_lowest
from scripts.pipeline.repo import Repo
from tests.packaging.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_every_dependency_has_a_lower_bound_and_no_upper_one() -> None:
    assert PROJECT["dependencies"]
    for text in PROJECT["dependencies"]:
        assert [bound.operator for bound in Requirement(text).specifier] == [">="], text


def test_the_generated_code_gets_what_it_needs() -> None:
    """openapi-python-client asks httpx >= 0.23 and attrs >= 22.2 of who uses what it makes."""
    bounds = {Requirement(text).name: Requirement(text) for text in PROJECT["dependencies"]}
    assert not bounds["httpx"].specifier.contains("0.22.9")
    assert not bounds["attrs"].specifier.contains("22.1.9")


def test_an_environment_that_is_complete_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    class Done:
        returncode = 0

    def run(command: list[str], **_: object) -> Done:
        calls.append(command)
        if "venv" in command:
            (Path(command[-1]) / "lib/python3/site-packages").mkdir(parents=True)
        return Done()

    monkeypatch.setattr("scripts.dev.environment.subprocess.run", run)
    make_lowest(Repo(), tmp_path / "venv")
    make_lowest(Repo(), tmp_path / "venv")
    assert len(calls) == 2
    pins = {text for text in calls[1] if "==" in text}
    assert {pin.replace("==", ">=") for pin in pins} == set(PROJECT["dependencies"])
    (tmp_path / "venv").rename(tmp_path / "moved")
    make_lowest(Repo(), tmp_path / "moved")
    assert len(calls) == 4
