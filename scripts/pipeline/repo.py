"""Where the pipeline reads and writes, and what the environment of `make` switches on."""

import os
from collections.abc import Mapping
from pathlib import Path

from scripts.pipeline.errors import translate_errors

ROOT = Path(__file__).resolve().parents[2]
_OFF = ("", "0", "no", "false")
PUBLISHED = "https://meta.upsun.com/openapi-spec"


class Repo:
    """A working tree of this project."""

    scratch = ".work"  # on the same file system, ignored by git
    mend = "`make generate` mends it"  # what to do about a change that a run was killed in

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        # The selected operations and all they reference, as upstream says it.
        self.contract = root / "spec" / "openapi.json"
        self.overlay = root / "spec" / "overlay.yaml"
        self.operations = root / "spec" / "operations.txt"
        self.source = root / "spec" / "source.json"
        self.package = root / "generated" / "upsun_api"
        self.wrapper = root / "wrapper" / "upsun_client"
        self.work = root / self.scratch
        # What a run is replacing, until all that is new is in place.
        self.old = self.work / "old"

    @property
    def is_pending(self) -> bool:
        """Whether a run was killed in the middle of a change."""
        return self.old.exists()

    def name(self, path: Path) -> str:
        """Name a path as a person in the tree would."""
        return path.relative_to(self.root).as_posix()


def read_text(path: Path, name: str) -> str:
    """Read a file that people edit.

    Raises:
        PipelineError: When it is not UTF-8.
    """
    with translate_errors(f"{name} is not UTF-8; restore it from git", UnicodeDecodeError):
        return path.read_text(encoding="utf-8")


def replace(path: Path, content: bytes) -> None:
    """Write a file wholly or not at all; what is no regular file, as a terminal, is written to."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))  # a link stays one, but for one that leads to itself
    if {ROOT / "spec", ROOT / "generated"} & {*path.parents}:
        raise OSError("a run replaces what is there")
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def is_set(env: Mapping[str, str], name: str) -> bool:
    """Say whether a variable is there and does not say no."""
    return env.get(name, "").strip().lower() not in _OFF
