"""What the measurements stand on: an environment, copies of the packages, a server."""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.dev import environment
from scripts.dev.bench.progress import show
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

_PROGRAMS = Path(__file__).parent / "programs"
_SERVER = Path(__file__).parent / "server.py"
_PARTS = (
    "Makefile",
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "spec",
    "generated",
    "wrapper",
    "scripts",
)


class Workbench:
    """Runs the programs with only the runtime dependencies.

    Args:
        repo: What is measured.
        folder: For what is made on the way; empty.
        url: Of the server.
        python: The interpreter of the programs.
    """

    def __init__(self, repo: Repo, folder: Path, url: str, python: Path) -> None:
        self.url = url
        self.repo = repo
        self.folder = folder
        self._python = python
        self.packages(repo.package, "selected")

    def packages(self, generated: Path, name: str) -> None:
        """Lay out the wrapper and a generated package as an installation would, compiled."""
        place = self.folder / name
        hidden = shutil.ignore_patterns("__pycache__")
        shutil.copytree(generated, place / "upsun_api", ignore=hidden)
        wrapper = self.repo.root / "wrapper" / "upsun_client"
        shutil.copytree(wrapper, place / "upsun_client", ignore=hidden)
        compileall.compile_dir(place, quiet=1)

    def command(self, program: str, *arguments: object) -> list[str]:
        """Return the command of a program."""
        return [str(self._python), str(_PROGRAMS / f"{program}.py"), *map(str, arguments)]

    def environ(self, packages: str = "selected") -> dict[str, str]:
        """Return the environment variables of a program."""
        path = f"{self.folder / packages}{os.pathsep}{self.repo.root}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return {**kept, "PYTHONPATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def run(
        self, program: str, *arguments: object, packages: str = "selected", told: str = ""
    ) -> Any:
        """Run a program and return what it prints.

        Args:
            program: Its name.
            arguments: Of the program.
            packages: What it imports.
            told: Stands before what it says of its progress.

        Raises:
            PipelineError: When it fails.
        """
        process = subprocess.Popen(
            self.command(program, *arguments),
            env=self.environ(packages),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stderr
        said = []
        with process:
            try:
                for line in process.stderr:
                    said.append(line)
                    show(f"{told}{line.strip()}")
                answer = process.stdout.read()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise PipelineError(f"{program}.py failed: {reason(said, process.returncode)}")
        return json.loads(answer) if answer else None

    def copy(self, name: str) -> Repo:
        """Copy the tree, with the same .venv, to regenerate in."""
        root = self.folder / name
        root.mkdir()
        for part in _PARTS:
            source = self.repo.root / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, root / part)
        (root / ".venv").symlink_to(self.repo.root / ".venv")
        return Repo(root)


def reason(said: list[str], code: int) -> str:
    """Say why a program failed: what it raised last, else how it ended."""
    lines = [line.strip(" |\n") for line in said]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    return raised[-1] if raised else f"exit status {code} (below zero: the signal)"


def interpreter(repo: Repo) -> Path:
    """Make an environment with the runtime dependencies, and give its interpreter."""
    settings = tomllib.loads((repo.root / "pyproject.toml").read_text())
    wanted = settings["project"]["dependencies"]
    venv = repo.root / ".venv-bench"
    environment.make(venv, wanted, holds=wanted)
    return venv / "bin" / "python"


@contextmanager
def serving() -> Iterator[str]:
    """Run the server, and give its URL."""
    with subprocess.Popen(
        [sys.executable, str(_SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the bench, which stops it
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()
