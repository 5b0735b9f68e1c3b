"""Commands in a plain environment, and projects that copies are vendored into."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import vendor
from scripts.pipeline import errors, generate, select
from scripts.pipeline.document import parse
from scripts.pipeline.repo import Repo
from scripts.vendoring.copy import check

ROOT = Path(__file__).parents[2]
BUILD = (sys.executable, "-m", "build", "--no-isolation")
CACHES = shutil.ignore_patterns("__pycache__")


def run(
    *command: str | Path,
    cwd: Path | None = None,
    status: int | None = 0,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command, without what this process has in its environment of Python and of Upsun."""
    gone = ("PYTHON", "PYTEST", "COV", "UPSUN", "VIRTUAL_ENV", "MAKE")
    plain = {name: os.environ[name] for name in os.environ if not name.startswith(gone)}
    env = plain | (env or {})
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done


def checkout(root: Path, *operations: str) -> Repo:
    """Copy what a vendored copy is made of, with the operations selected here or with some."""
    for name in ("wrapper", "generated", "spec"):
        shutil.copytree(ROOT / name, root / name, ignore=CACHES)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    repo = Repo(root)
    if operations:
        document = parse(repo.contract.read_bytes(), "the contract")
        repo.contract.write_bytes(generate.dump_json(select.select(document, operations)))
        repo.operations.write_text("\n".join(operations))
    return repo


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


class Copy:
    """A project with the package `app`, and the make targets pointed at a folder in it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.app, self.folder = root, root / "app", root / "app" / "vendor"
        self.app.mkdir(parents=True)
        (self.app / "__init__.py").write_text("# theirs")
        self._capsys = capsys
        self.repo = Repo()

    def vendor(self, **env: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `make vendor`."""
        env = {"DEST": str(self.folder)} | env
        code = errors.run("vendor", lambda: vendor.run(env, self.repo))
        return code, *self._capsys.readouterr()

    def check(self) -> tuple[int, str, str]:
        code = errors.run("vendor-check", lambda: check(self.repo, self.folder))
        return code, *self._capsys.readouterr()

    def state(self) -> dict[str, bytes]:
        return snapshot(self.root)
