"""A copy of both packages in another project: written there, updated, and compared.

The copy imports itself relatively, so it works under any parent, beside any other version of this
project. The old copy or the new one is there at any time, never half of each.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap
from scripts.vendoring import http_library, self_check
from scripts.vendoring.contents import contents, digests
from scripts.vendoring.destination import dotted, is_package
from scripts.vendoring.self_check import PACKAGES, changes


class Folder(Repo):
    """The folder that holds a copy, as the swap sees it."""

    scratch = ".upsun_vendor"
    mend = "`make vendor` mends it"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of the copy in a folder; empty when there is none.

    Raises:
        PipelineError: When it is broken.
    """
    try:
        return {"name": "an older one", "http": http_library.OURS} | self_check.read(folder)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise PipelineError(
            f"{error}; restore it, or write the copy anew with FORCE=1 and, as nothing says on"
            " which HTTP library, HTTP=httpx or HTTP=httpx2"
        ) from error


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
            old = {} if force and library else read_manifest(folder)
            manifest, files = contents(repo, library or old.get("http", http_library.OURS))
            if not changes(folder, digests(files)):
                print(f"{folder} is current: {manifest['name']}")
                return 0
            told = changes(folder, old.get("files", {}))
            touched = {name: what for name, what in told.items() if what != "lost"}
            if touched and not force:
                _print(folder, touched)
                raise PipelineError(
                    f"these files in {folder} are not as `make vendor` wrote them; "
                    "save what you want to keep, then FORCE=1 replaces both packages"
                )
            _stage(swap, folder, files)
            swap.commit()
            _tell(folder, manifest)
    finally:
        if is_new:
            with suppress(OSError):  # there is a copy in it
                folder.rmdir()
    return 0


def check(repo: Repo, folder: Path) -> int:
    """Check the copy in a folder against its manifest and against a tree; 0 when it is as it is."""
    if Folder(folder).is_pending:
        raise PipelineError(f"a run was killed while it changed {folder}; {Folder(folder).mend}")
    if not (old := read_manifest(folder)):
        raise PipelineError(f"there is no vendored copy in {folder}; `make vendor` writes one")
    current, files = contents(repo, old["http"])
    if touched := changes(folder, old["files"]):
        _print(folder, touched)
        raise PipelineError(
            f"the copy in {folder} is not as it was written ({len(touched)} files); save what you"
            " want to keep, then `make vendor` with FORCE=1 writes it anew"
        )
    if differ := changes(folder, digests(files)):
        raise PipelineError(
            f"the copy in {folder} is {old['name']}, and differs in {len(differ)} files from what"
            f" this checkout would write ({current['name']}); `make vendor` updates it"
        )
    print(f"{folder} is untouched and current: {current['name']}")
    return 0


def _print(folder: Path, told: dict[str, str]) -> None:
    for name, what in told.items():
        print(f"{folder / name} {what}")


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


def _tell(folder: Path, manifest: dict[str, Any]) -> None:
    count = len(manifest["operations"])
    print(f"{folder}: {manifest['name']}, {count} operation{'s' * (count > 1)}")
    print(f"  from {dotted(folder)}.upsun_client import UpsunClient")
    print(f"  python -m {dotted(folder)}.upsun_client._vendored  # is the copy untouched?")
    print(f"  needs {', '.join(manifest['requires'])}")
    if not is_package(folder):
        print("  note: the folder has no __init__.py, and some build tools leave such ones out")
