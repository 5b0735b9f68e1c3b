"""A copy of both packages in another project: written there, updated, and compared.

The copy imports itself relatively, so it works under any parent, beside any other version of this
project. The old copy or the new one is there at any time, never half of each.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.pipeline.errors import PipelineError, translate_errors
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap
from scripts.vendoring import http_library, self_check
from scripts.vendoring.contents import contents, digests
from scripts.vendoring.destination import dotted
from scripts.vendoring.self_check import PACKAGES, changes


class Folder(Repo):
    """The folder that holds a copy, as the swap sees it."""

    scratch = ".upsun_vendor"
    mend = "`make vendor` mends it"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of the copy in a folder; of no files when there is no copy.

    Raises:
        PipelineError: When it is missing or broken.
    """
    if not changes(folder, {}):
        return {"http": http_library.OURS, "files": {}}
    todo = "restore the manifest, or replace the copy: FORCE=1 with HTTP=httpx or HTTP=httpx2"
    with translate_errors(todo, ValueError):
        return self_check.read(folder)


def vendor(repo: Repo, folder: Path, *, force: bool, library: str = "") -> int:
    """Bring the copy in a folder to the state of a tree; 0 when that is done.

    Args:
        repo: This project.
        folder: Where the packages go, as `destination` allows.
        force: Whether to overwrite what is not as an earlier run wrote it.
        library: The HTTP library to use; empty for that of the copy there, or else ours.
    """
    is_new = not folder.exists()
    try:
        with Swap(Folder(folder)) as swap:
            old = {"files": {}} if force and library else read_manifest(folder)
            manifest, files = contents(repo, library or old["http"])
            if not changes(folder, digests(files)):
                print(f"{folder} is current: {manifest['name']}")
                return 0
            found = changes(folder, old["files"])
            touched = {name: what for name, what in found.items() if what != "lost"}
            if touched and not force:
                raise _touched(folder, touched)
            if not any(path != swap.repo.work for path in folder.iterdir()):
                swap.write(folder / "__init__.py", b"")
            for package in PACKAGES:
                place = swap.stage(folder / package).parent
            for name, content in files.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(content)
            swap.commit()
    finally:
        if is_new:
            with suppress(OSError):  # there is a copy in it
                folder.rmdir()
    print(f"{folder}: {manifest['name']}, operations: {len(manifest['operations'])}")
    print(f"  from {dotted(folder)}.upsun_client import UpsunClient")
    print(f"  needs {', '.join(manifest['requires'])}")
    return 0


def check(repo: Repo, folder: Path) -> int:
    """Check the copy in a folder against its manifest and against a tree; 0 when it is as it is."""
    if Folder(folder).is_pending:
        raise PipelineError(f"a run was killed while it changed {folder}; {Folder(folder).mend}")
    old = read_manifest(folder)
    if not old["files"]:
        raise PipelineError(f"there is no vendored copy in {folder}; `make vendor` writes one")
    if touched := changes(folder, old["files"]):
        raise _touched(folder, touched)
    current, files = contents(repo, old["http"])
    if differ := changes(folder, digests(files)):
        raise PipelineError(
            f"the copy in {folder} is {old['name']}, and differs in {len(differ)} files from what"
            f" this checkout would write ({current['name']}); `make vendor` updates it"
        )
    print(f"{folder} is untouched and current: {current['name']}")
    return 0


def _touched(folder: Path, told: dict[str, str]) -> PipelineError:
    """Name files that are not as they were written, and give the error that says what to do."""
    for name, what in told.items():
        print(f"{folder / name} {what}")
    return PipelineError(
        f"these files in {folder} are not as `make vendor` wrote them; save what you want to keep,"
        " then `make vendor` with FORCE=1 replaces both packages"
    )
