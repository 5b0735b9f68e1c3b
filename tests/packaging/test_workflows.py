"""The workflows: what no linter sees, that they fit this project and their own parts."""

import json
import re
import tomllib
from typing import Any

import pytest

from scripts.pipeline.yaml_text import load
from tests.packaging.support import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERSION = "Programming Language :: Python :: 3."


def jobs(name: str) -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / name).read_text()
    whole: Any = load(text, name, max_values=1000, max_depth=10)
    found: dict[str, Any] = whole["jobs"]
    return found


def scripts(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def made(text: str) -> set[str]:
    return set(re.findall(r"^ *make ([a-z-]+)", text, re.MULTILINE))


def test_ci_runs_what_a_contributor_runs() -> None:
    run = made((ROOT / ".ci" / "run").read_text())
    ci = made("\n".join(script for job in jobs("ci.yml").values() for script in scripts(job)))
    assert run
    assert ci == {*run, "setup"}


def test_ci_tests_every_python_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tested = jobs("ci.yml")["test"]["strategy"]["matrix"]["python"]
    promised = [c.rpartition(" ")[2] for c in project["classifiers"] if c.startswith(VERSION)]
    assert promised
    assert set(promised) <= set(tested)
    assert project["requires-python"] == f">={tested[0]}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_targets_steps_and_jobs_that_are_named_exist(file: Any) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = jobs(file.name)
    for job in found.values():
        whole = json.dumps(job)
        steps = {step["id"] for step in job["steps"] if "id" in step}
        assert set(re.findall(r"\bsteps\.([a-z]+)\.", whole)) <= steps
        needs = {job["needs"]} if "needs" in job else set()
        assert set(re.findall(r"\bneeds\.([a-z]+)\.", whole)) <= needs <= found.keys()
        for script in scripts(job):
            assert made(script) <= targets
            assert "${{" not in script
