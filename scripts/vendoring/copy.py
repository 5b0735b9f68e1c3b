"""`make vendor`: write a copy of both packages into another project, or update the one there.

The copy imports itself relatively, so it works under any parent, beside any other version of this
project. The old copy or the new one is there at any time, never half of each.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scripts.pipeline import generator
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo, is_set
from scripts.pipeline.swap import Swap
from scripts.vendoring import http_library
from scripts.vendoring.contents import contents
from scripts.vendoring.destination import destination, dotted, is_package
from scripts.vendoring.manifest import Manifest, read_manifest
from scripts.vendoring.self_check import PACKAGES, changes


class Folder(Repo):
    """The folder that holds a copy, as the swap sees it."""

    @property
    def work(self) -> Path:
        """Scratch space, gone at the end of a run."""
        return self.root / ".upsun_vendor"

    @property
    def mend(self) -> str:
        """Say what to do about a change that a run was killed in."""
        return "`make vendor` mends it"


def vendor(repo: Repo, folder: Path, *, force: bool, library: str | None = None) -> int:
    """Bring the copy in a folder to the state of a tree; 0 when that is done.

    Args:
        repo: This project.
        folder: Where the packages go, as `destination` allows.
        force: Whether to overwrite what is not as an earlier run wrote it.
        library: The HTTP library to use; None for that of the copy there, or else ours.
    """
    manifest, files = contents(repo, library or _library_of(folder, force=force))
    is_new = not folder.exists()
    try:
        with Swap(Folder(folder)) as swap:
            _refuse_touched(folder, force=force)
            if _is_written(folder, manifest):
                print(f"{folder} is current: {manifest.name}")
                return 0
            _stage(swap, folder, files)
            swap.commit()
            _tell(folder, manifest)
    finally:
        if is_new:
            with suppress(OSError):  # there is a copy in it
                folder.rmdir()
    return 0


def _library_of(folder: Path, *, force: bool) -> str:
    """Say which HTTP library an update is to use."""
    try:
        old = read_manifest(folder)
    except PipelineError as error:
        if force:
            raise PipelineError(
                f"{error}, and say which HTTP library it is to use: HTTP=httpx or HTTP=httpx2"
            ) from error
        raise
    return old.http if old else http_library.OURS


def _refuse_touched(folder: Path, *, force: bool) -> None:
    """Stop before an update takes away what no earlier run wrote."""
    if force:
        return
    old = read_manifest(folder)
    told = changes(folder, old.files if old else {})
    touched = {name: what for name, what in told.items() if what != "lost"}
    for name, what in touched.items():
        print(f"{folder / name} {what}")
    if touched:
        raise PipelineError(
            f"these files in {folder} are not as `make vendor` wrote them; "
            "save what you want to keep, then FORCE=1 replaces both packages"
        )


def _is_written(folder: Path, manifest: Manifest) -> bool:
    wanted = manifest.dump().items()
    same = all((folder / n).is_file() and (folder / n).read_bytes() == text for n, text in wanted)
    return same and not changes(folder, manifest.files)


def _stage(swap: Swap, folder: Path, files: dict[str, bytes]) -> None:
    """Stage both packages, and what makes a package of a folder that is new or empty."""
    if not any(path != swap.repo.work for path in folder.iterdir()):
        swap.write(folder / "__init__.py", b"")
    for package in PACKAGES:
        place = swap.stage(folder / package)
        for name in (name for name in files if name.startswith(f"{package}/")):
            file = place.parent / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[name])


def _tell(folder: Path, manifest: Manifest) -> None:
    count = len(manifest.operations)
    print(f"{folder}: {manifest.name}, {count} operation{'s' * (count > 1)}")
    print(f"  from {dotted(folder)}.upsun_client import UpsunClient")
    print(f"  python -m {dotted(folder)}.upsun_client._vendored  # is the copy untouched?")
    print(f"  needs {', '.join(manifest.requires)}")
    if not is_package(folder):
        print("  note: the folder has no __init__.py, and some build tools leave such ones out")


def run(repo: Repo, env: Mapping[str, str]) -> int:
    """Vendor as the environment says.

    Args:
        repo: This project.
        env: `DEST` says where to, `HTTP` on which HTTP library, `FORCE` overwrites what was edited.
    """
    library = http_library.chosen(env)
    folder = destination(env.get("DEST", ""), repo)
    return vendor(repo, folder, force=is_set(env, "FORCE"), library=library)


def main() -> int:
    """Vendor from this tree."""
    generator.speed_up_imports()
    return run(Repo(), os.environ)
