"""The folder in another project that is to hold a copy: is it one, and what is it called?"""

import os
from keyword import iskeyword
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.self_check import PACKAGES

USAGE = "say where to: DEST=path/to/a/package, such as DEST=../app/src/app/vendor"


def destination(given: str, repo: Repo) -> Path:
    """Check that a folder can hold a copy.

    It is a package, or is or can become one inside a package.

    Args:
        given: What the person at the keyboard wrote.
        repo: This project, which is no place for a copy of it.

    Raises:
        PipelineError: When it cannot.
    """
    linked, folder = _read(given.strip())
    for path in (linked, *(linked / package for package in PACKAGES)):
        if path.is_symlink():
            raise PipelineError(f"{path} is a symbolic link to {path.readlink()}; use a folder")
        if path.exists() and not path.is_dir():
            raise PipelineError(f"{path} is a file; use a folder")
    if folder.is_relative_to(repo.root.resolve()):
        raise PipelineError(f"{folder} is inside this repository; give a folder of another project")
    if not is_package(folder) and not is_package(folder.parent):
        raise PipelineError(_no_package(folder))
    for name in dotted(folder).split("."):
        if not name.isidentifier() or iskeyword(name):
            raise PipelineError(f"{folder} cannot be imported: {name!r} is no Python identifier")
        if name in PACKAGES:
            raise PipelineError(f"{folder} is inside a package {name!r}; give the folder around it")
    return folder


def dotted(folder: Path) -> str:
    """Give the dotted name of a folder, by the packages that it is in."""
    names = [folder.name]
    while is_package(folder.parent):
        folder = folder.parent
        names.append(folder.name)
    return ".".join(reversed(names))


def is_package(folder: Path) -> bool:
    """Tell whether a folder says that it is a package."""
    return (folder / "__init__.py").is_file()


def _read(given: str) -> tuple[Path, Path]:
    """Give the whole path, with the links that are in it and without."""
    if not given:
        raise PipelineError(USAGE)
    try:
        folder = Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100 - keeps links
        return folder, folder.resolve()
    except RuntimeError as error:  # there is no such user, or links go round in a circle
        raise PipelineError(f"{given} leads nowhere ({error}); give another path") from error


def _no_package(folder: Path) -> str:
    if not folder.parent.is_dir():
        return f"{folder} cannot be made, as {folder.parent} does not exist"
    if folder.exists():
        return f"{folder} is no package, nor inside one; add an __init__.py to it"
    return f"{folder} does not exist and {folder.parent} is no package; add an __init__.py to that"
