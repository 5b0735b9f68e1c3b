"""Virtual environments beside .venv, made once and again only when what they hold changes.

That with the lowest versions is by hand, since every bound is one `>=` (a test holds that): a
resolver would say the same.
"""

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

_GROUP = "client-tests"


def make(venv: Path, install: Sequence[str], *, holds: object, path: Sequence[Path] = ()) -> None:
    """Make an environment with this interpreter, unless it is there already.

    Args:
        venv: Where.
        install: Arguments of `pip install`.
        holds: What decides the content, as JSON can say it.
        path: Directories that are importable there.

    Raises:
        PipelineError: When the packages cannot be had.
    """
    stamp = venv / ".complete"
    # With places in it: a tree that was moved or copied would run the code of the old one.
    state = json.dumps([sys.version, holds, *map(str, [venv.resolve(), *path])])
    if stamp.is_file() and stamp.read_text() == state:
        return
    print(f"making {venv.name} (once)", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    for step in (
        ["venv", "--without-pip", str(venv)],
        ["pip", "--python", str(venv), "install", "-qq", *install],
    ):
        if subprocess.run([sys.executable, "-m", *step], check=False).returncode:
            raise PipelineError(f"could not make {venv}; is the package index reachable?")
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "checkout.pth").write_text("".join(f"{folder}\n" for folder in path))
    stamp.write_text(state)


def make_lowest(repo: Repo, venv: Path) -> None:
    """Make the environment of `make test-lowest`, with the lowest versions that are allowed.

    Raises:
        PipelineError: When the versions cannot be had.
    """
    file = repo.root / "pyproject.toml"
    settings = tomllib.loads(file.read_text())
    pins = [text.replace(">=", "==") for text in settings["project"]["dependencies"]]
    make(
        venv,
        [*pins, "--group", f"{file}:{_GROUP}"],
        holds=[pins, settings["dependency-groups"][_GROUP]],
        path=[repo.root / folder for folder in ("wrapper", "generated")],
    )


def main() -> int:
    """Make .venv-lowest of this repo."""
    make_lowest(Repo(), Repo().root / ".venv-lowest")
    return 0
