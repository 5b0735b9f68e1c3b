"""How two builds of a package differ, file by file."""

import filecmp
from pathlib import Path


def differences(made: Path, kept: Path) -> list[str]:
    """Name each file that differs, is extra or is missing in `kept`, compared with `made`."""
    new, old = _files(made), _files(kept)
    told = dict.fromkeys(new - old, "is missing") | dict.fromkeys(old - new, "is extra")
    for name in new & old:
        if not filecmp.cmp(made / name, kept / name, shallow=False):
            told[name] = "was edited, or spec/ or the pipeline changed"
    return [f"{name} {told[name]}" for name in sorted(told)]


def _files(package: Path) -> set[str]:
    return {
        file.relative_to(package).as_posix()
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
