"""The bounds of the dependencies, and the environments with some of them."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.dev.environment import make
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

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if "venv" in command:
            (Path(command[-1]) / "lib/python3/site-packages").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("scripts.dev.environment.subprocess.run", run)
    for _ in range(2):
        packages = make(tmp_path / "venv", ["attrs==22.2"], [ROOT])
    assert (packages / "checkout.pth").read_text() == f"{ROOT}\n"
    assert [command[-1] for command in calls] == [f"{tmp_path}/venv", "attrs==22.2"]
    (tmp_path / "venv").rename(tmp_path / "moved")
    for venv, install in (("moved", "attrs==22.2"), ("moved", "attrs==23")):
        make(tmp_path / venv, [install], [ROOT])
    assert len(calls) == 6
