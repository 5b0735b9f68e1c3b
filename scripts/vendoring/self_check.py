"""Is this vendored copy untouched? ``python -m <parent>.upsun_client._vendored`` exits 0 if so.

It reads the copy where it is: in a project, where it is installed, or inside a zip. `make vendor`
writes it there, so it imports nothing of this project.
"""

import ast
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MYSELF = "upsun_client/_vendored.py"
PACKAGES = ("upsun_api", "upsun_client")
# The manifest: a module, which every build takes along, and a file for other tools.
MODULE = "upsun_client/_manifest.py"
FILE = "upsun_client/_vendored.json"
ASSIGNMENT = "MANIFEST: dict[str, object] = "
# What systems and tools leave behind.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".pyre", ".pytype", ".ruff_cache"}

Folder = Path | zipfile.Path


def digest(content: bytes) -> str:
    """Hash the content of a file, whose line ends git may have changed."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def read(root: Folder) -> dict[str, Any]:
    """Read name, HTTP library and files of the copy below ``root``; nothing of it is run.

    Raises:
        ValueError: When there is none, or it is broken.
    """
    file = root / MODULE
    try:
        value = file.read_text(encoding="utf-8").rpartition(ASSIGNMENT)[2]
        manifest = ast.literal_eval(value)
        files = {str(name): str(value) for name, value in manifest["files"].items()}
        return {"name": str(manifest["name"]), "http": str(manifest["http"]), "files": files}
    except (AttributeError, KeyError, OSError, SyntaxError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is missing or broken ({error})") from error


def changes(root: Folder, written: dict[str, str]) -> dict[str, str]:
    """Tell what became of each file below ``root`` that has not the digest it was written with."""
    found = dict(each for package in PACKAGES for each in _digests(root / package, package))
    if MODULE not in written:
        found.pop(MODULE, None)
    return {
        name: "added" if name not in written else "edited" if name in found else "lost"
        for name in sorted(found.keys() | written.keys())
        if found.get(name) != written.get(name)
    }


def _digests(folder: Folder, name: str) -> Iterator[tuple[str, str]]:
    """Give each file with its digest, '' for what is no plain file."""
    for each in folder.iterdir() if folder.is_dir() else ():
        below = f"{name}/{each.name}"
        is_link = isinstance(each, Path) and each.is_symlink()
        if each.is_dir() and not is_link:
            yield from _digests(each, below) if each.name not in CACHES else ()
        elif each.name not in LITTER and not each.name.endswith(".pyc"):
            yield below, "" if is_link or not each.is_file() else digest(each.read_bytes())


def _here() -> Folder:
    """Give the folder, in a zip or not, that holds both packages."""
    here = Path(__file__).resolve().parent.parent
    archive = getattr(globals().get("__loader__"), "archive", None)  # of a zipimporter
    if not archive:
        return here
    return zipfile.Path(archive, f"{here.relative_to(Path(archive).resolve()).as_posix()}/")


def main() -> str | None:
    """Check the copy that this file is part of; return what is wrong with it."""
    root = _here()
    try:
        manifest = read(root)
    except ValueError as error:
        return f"{error}; vendor again, with sources"
    # Builds leave out what is no module; that is no fault where one has made this.
    is_built = isinstance(root, zipfile.Path) or any(
        next(folder.glob("*.dist-info"), None) for folder in root.parents
    )
    faults = 0
    for path, what in changes(root, manifest["files"]).items():
        left_out = is_built and what == "lost" and not path.endswith(".py")
        print(path, "left out by the build" if left_out else what)
        faults += not left_out
    name = f"{manifest['name']} in {root}"
    if faults:
        return f"{name} is not as it was written"
    print(f"{name} is untouched")
    return None


if __name__ == "__main__":
    sys.exit(main())
