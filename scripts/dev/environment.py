"""Virtual environments beside .venv, made once and again only when what they hold changes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.pipeline.errors import PipelineError


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
