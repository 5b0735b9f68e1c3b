"""The folder in another project that is to hold a copy: is it one, and what is it called?"""

import os
from keyword import iskeyword
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.self_check import PACKAGES


def destination(given: str, repo: Repo) -> Path:
    """Check that a folder can hold a copy: that it is a package, or can be one inside a package.

    Raises:
        PipelineError: When it cannot.
    """
    if not given.strip():
        raise PipelineError("say where to: DEST=path/to/a/package, such as DEST=../app/src/app")
    # Both without raising: of nobody's home, or links in a circle, there is no package.
    folder = Path(os.path.realpath(os.path.expanduser(given.strip())))  # noqa: PTH111
    for path in (folder, *(folder / package for package in PACKAGES)):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise PipelineError(f"{path} is a file or a link; use a folder")
    if folder.is_relative_to(repo.root.resolve()):
        raise PipelineError(f"{folder} is inside this repository; give a folder of another project")
    if not is_package(folder) and not is_package(folder.parent):
        raise PipelineError(
            f"{folder} is no package, nor a folder in one; add an __init__.py to it,"
            f" or to {folder.parent}"
        )
    for name in dotted(folder).split("."):
        if not name.isidentifier() or iskeyword(name) or name in PACKAGES:
            raise PipelineError(f"{folder} is in {name!r}, which can be no package around a copy")
    return folder


def dotted(folder: Path) -> str:
    """Give the dotted name of a folder, by the packages that it is in."""
    above = folder.parent
    return f"{dotted(above)}.{folder.name}" if is_package(above) else folder.name


def is_package(folder: Path) -> bool:
    """Tell whether a folder says that it is a package."""
    return (folder / "__init__.py").is_file()
