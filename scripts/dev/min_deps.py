"""Part of `make test-lowest`: make .venv-lowest, with the lowest versions that are allowed.

By hand, since every bound is one `>=` (a test holds that): a resolver would say the same.
"""

import tomllib
from pathlib import Path

from scripts.dev import environment
from scripts.pipeline.repo import Repo

GROUP = "client-tests"


def make(repo: Repo, venv: Path) -> None:
    """Make the environment, unless it is there already.

    Raises:
        PipelineError: When the versions cannot be had.
    """
    file = repo.root / "pyproject.toml"
    settings = tomllib.loads(file.read_text())
    pins = [text.replace(">=", "==") for text in settings["project"]["dependencies"]]
    environment.make(
        venv,
        [*pins, "--group", f"{file}:{GROUP}"],
        holds=[pins, settings["dependency-groups"][GROUP]],
        path=[repo.root / folder for folder in ("wrapper", "generated")],
    )


def main() -> int:
    """Make the environment of this repo."""
    repo = Repo()
    make(repo, repo.root / ".venv-lowest")
    return 0
