"""Virtual environments beside .venv, made once and again only when what they hold changes."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT


def make(venv: Path, install: Sequence[str], path: Sequence[Path] = ()) -> None:
    """Make an environment with this interpreter, unless it is there.

    Groups in what `pip install` is told are those of this project; what is in a path can be
    imported there.

    Raises:
        PipelineError: When the packages cannot be had.
    """
    # With places in it: a tree that was moved or copied would run the code of the old one.
    settings = (ROOT / "pyproject.toml").read_text()
    state = repr([sys.version, settings, venv.resolve(), *install, *path])
    stamp = venv / ".complete"
    if not stamp.is_file() or stamp.read_text() != state:
        print(f"making {venv.name} (once)", flush=True)
        shutil.rmtree(venv, ignore_errors=True)
        for step in (
            ["venv", "--without-pip", str(venv)],
            ["pip", "--python", str(venv), "install", "-qq", *install],
        ):
            if subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False).returncode:
                raise PipelineError(f"could not make {venv}; is the package index reachable?")
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "checkout.pth").write_text("".join(f"{folder}\n" for folder in path))
    stamp.write_text(state)
