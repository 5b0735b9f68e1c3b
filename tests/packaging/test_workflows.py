"""The workflows: what no linter sees, that they fit this project and their own parts."""

import json
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline.yaml_text import load
from tests.packaging.support import ROOT, run

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERSION = "Programming Language :: Python :: 3."


def jobs(name: str) -> Any:
    whole: Any = load((ROOT / ".github" / "workflows" / name).read_text(), name)
    return whole["jobs"]


def scripts(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def made(text: str) -> set[str]:
    return set(re.findall(r"^ *make ([a-z0-9-]+)", text, re.MULTILINE))


def test_ci_runs_what_a_contributor_runs() -> None:
    ours = made((ROOT / ".ci" / "run").read_text())
    ci = made("\n".join(script for job in jobs("ci.yml").values() for script in scripts(job)))
    assert ours
    assert ci == {*ours, "setup"}


def test_ci_tests_every_python_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tested = jobs("ci.yml")["test"]["strategy"]["matrix"]["python"]
    promised = [c.rpartition(" ")[2] for c in project["classifiers"] if c.startswith(VERSION)]
    assert promised
    assert set(promised) <= set(tested)
    assert project["requires-python"] == f">={tested[0]}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_targets_steps_and_jobs_that_are_named_exist(file: Any) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = jobs(file.name)
    for job in found.values():
        whole = json.dumps(job)
        steps = {step["id"] for step in job["steps"] if "id" in step}
        assert set(re.findall(r"\bsteps\.([a-z]+)\.", whole)) <= steps
        needs = {job["needs"]} if "needs" in job else set()
        assert set(re.findall(r"\bneeds\.([a-z]+)\.", whole)) <= needs <= found.keys()
        for script in scripts(job):
            assert made(script) <= targets


# Keeps what it was asked, and answers as if the pull request in `open` were there.
GH = """#!/bin/sh
case "$1 $2" in
    "pr list") cat "{home}/open" ;;
    "pr "*) (printf '%s|' "$@"; echo) >> "{home}/asked" ;;
esac
"""
SHOWN = "Regenerate: 1 change in the contract, 1 breaking"
CREATED = "pr|create|--head|regenerate|--base|trunk|"
OPTIONS = f"--title|{SHOWN}|--body-file|build/regenerate/body.md|"


class Proposal:
    """The steps of the job that may write, in a clone of a repository on this machine."""

    def __init__(self, home: Path) -> None:
        self.home, self.clone = home, home / "clone"
        self.contract = self.clone / "spec" / "openapi.json"
        self.build = self.clone / "build" / "regenerate"
        self.job = jobs("regenerate.yml")["propose"]
        (home / "bin").mkdir()
        (home / "bin" / "gh").write_text(GH.format(home=home))
        (home / "bin" / "gh").chmod(0o755)
        (home / "open").touch()
        path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.env = {"PATH": path, "BASE": "trunk", "GIT_CONFIG_GLOBAL": os.devnull}
        self.git("init", "--quiet", "--bare", "--initial-branch=trunk", "origin.git")
        self.start()
        self.commit("old\n", "trunk")

    def git(self, *args: str, at: str = ".") -> str:
        return run("git", *args, cwd=self.home / at, env=self.env).stdout.strip()

    def start(self) -> None:
        """Begin a day with a fresh clone."""
        shutil.rmtree(self.clone, ignore_errors=True)
        self.git("clone", "--quiet", "origin.git", "clone")
        self.contract.parent.mkdir(exist_ok=True)

    def commit(self, text: str, branch: str) -> None:
        """Change the contract by hand."""
        self.contract.write_text(text)
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.test"]
        self.git("add", "spec", at="clone")
        self.git(*who, "commit", "--quiet", "-m", "By hand", at="clone")
        self.git("push", "--quiet", "origin", f"HEAD:{branch}", at="clone")

    def run(self, text: str, lines: int = 1) -> int:
        """Take a change and a report of so many lines through the steps; give the exit code."""
        self.start()
        self.contract.write_text(text)
        self.build.mkdir(parents=True)
        (self.build / "report.md").write_text(f"# {SHOWN}\n\n" + "- a line\n" * lines)
        (self.build / "changes.patch").write_text(self.git("diff", at="clone") + "\n")
        self.git("checkout", "--quiet", "--", ".", at="clone")
        env = self.env | {"BOT": self.job["env"]["BOT"]}
        for step in scripts(self.job):
            command = ("bash", "-eo", "pipefail", "-c", step)
            if code := run(*command, cwd=self.clone, env=env, status=None).returncode:
                return code
        return 0

    def asked(self) -> list[str]:
        return (self.home / "asked").read_text().splitlines()


@pytest.fixture
def proposal(tmp_path: Path) -> Proposal:
    return Proposal(tmp_path)


def test_a_change_becomes_one_pull_request_that_the_next_day_updates(proposal: Proposal) -> None:
    def branch(*command: str) -> str:
        return proposal.git(*command, at="origin.git")

    assert proposal.run("new\n") == 0
    assert proposal.asked() == [CREATED + OPTIONS]
    body = proposal.build / "body.md"
    assert body.read_text().startswith("- a line\n")
    assert branch("show", "regenerate:spec/openapi.json") == "new"
    assert branch("diff", "--name-only", "trunk", "regenerate") == "spec/openapi.json"
    (proposal.home / "open").write_text("7\n")
    first = branch("rev-parse", "regenerate")
    assert proposal.run("new\n") == 0
    assert branch("rev-parse", "regenerate") == first
    assert proposal.run("newer\n", lines=20_000) == 0
    assert 59_000 < len(body.read_text()) < 65_536  # what the service takes
    assert proposal.asked()[1:] == [f"pr|edit|7|{OPTIONS}"] * 2
    assert branch("rev-list", "--count", "trunk..regenerate") == "1"
    assert branch("show", "regenerate:spec/openapi.json") == "newer"


def test_the_work_of_somebody_else_on_the_branch_is_not_overwritten(proposal: Proposal) -> None:
    assert proposal.run("new\n") == 0
    proposal.commit("mended\n", "regenerate")
    assert proposal.run("newer\n") == 1
    assert proposal.git("show", "regenerate:spec/openapi.json", at="origin.git") == "mended"
    assert len(proposal.asked()) == 1


def test_who_may_write_or_publish_runs_no_code_of_this_repository() -> None:
    for file in FILES:
        for name, job in jobs(file.name).items():
            # But `attest`, which builds, and signs what came out the same.
            if "write" in job.get("permissions", {}).values() and name != "attest":
                assert not re.search(r"make |python|\.ci/|scripts/", "\n".join(scripts(job))), name


def test_a_release_is_of_its_version_and_of_bytes_that_are_built_again() -> None:
    build, attest = (scripts(jobs("release.yml")[name]) for name in ("build", "attest"))
    assert any('"$GITHUB_REF_NAME" = "v$version"' in script for script in build)
    assert any("diff --recursive first dist" in script for script in build)
    assert any("diff --recursive build/dist dist" in script for script in attest)
    assert [made(script) for script in attest] == [{"setup"}]
