"""Part of `make test-lowest`: make .venv-lowest, with the lowest versions that are allowed."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from scripts.dev import environment
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

GROUP = "client-tests"


def pins(dependencies: list[str]) -> list[str]:
    """Turn each lower bound into the version itself.

    Raises:
        PipelineError: When a dependency has none.
    """
    found = []
    for text in dependencies:
        needed = Requirement(text)
        lowest = [bound.version for bound in needed.specifier if bound.operator in {">=", "=="}]
        if not lowest:
            raise PipelineError(f"the dependency {text!r} has no lower bound in pyproject.toml")
        found.append(f"{needed.name}=={lowest[0]}")
    return found


def make(repo: Repo, venv: Path) -> None:
    """Make the environment, unless it is there already.

    Raises:
        PipelineError: When the versions cannot be had.
    """
    file = repo.root / "pyproject.toml"
    settings = tomllib.loads(file.read_text())
    wanted = pins(settings["project"]["dependencies"])
    environment.make(
        venv,
        [*wanted, "--group", f"{file}:{GROUP}"],
        holds=[wanted, settings["dependency-groups"][GROUP]],
        path=[repo.root / folder for folder in ("wrapper", "generated")],
    )


def main() -> int:
    """Make the environment of this tree."""
    repo = Repo()
    make(repo, repo.root / ".venv-lowest")
    return 0
