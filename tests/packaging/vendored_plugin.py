"""A pytest plugin: what a test imports from our packages comes from a vendored copy.

It is given the dotted name of the folder that holds the copy, in VENDORED_IN.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import pytest

PACKAGES = ("upsun_api", "upsun_client")
PARENT = os.environ["VENDORED_IN"]


def _ours() -> dict[str, Path]:
    return {
        name: Path(str(module.__file__))
        for name, module in sys.modules.items()
        if name.partition(".")[0] in PACKAGES
    }


def _alias() -> None:
    if already := _ours():
        raise pytest.UsageError(f"too late: {already}")
    for package in PACKAGES:
        module = importlib.import_module(f"{PARENT}.{package}")
        for found in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
            importlib.import_module(found.name)
    for name in [name for name in sys.modules if name.startswith(f"{PARENT}.")]:
        sys.modules[name.removeprefix(f"{PARENT}.")] = sys.modules[name]


def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = Path(str(importlib.import_module(f"{PARENT}.upsun_client").__file__)).parents[1]
    strangers = [file for file in _ours().values() if not file.is_relative_to(folder)]
    if strangers or not _ours():
        raise pytest.UsageError(f"not from the vendored copy: {strangers}")


_alias()  # now, before any conftest imports them
