"""Virtual environments beside .venv, made once and again only when what they hold changes."""

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT


def make(venv: Path, install: Sequence[str], path: Sequence[Path] = ()) -> Path:
    """Make an environment with this interpreter, unless it is there; give its site-packages.

    Args:
        venv: Where.
        install: Arguments of `pip install`; groups are those of this project.
        path: Directories that are importable there.

    Raises:
        PipelineError: When the packages cannot be had.
    """
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    # With places in it: a tree that was moved or copied would run the code of the old one.
    state = json.dumps([sys.version, install, groups, *map(str, [venv.resolve(), *path])])
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
    return packages
