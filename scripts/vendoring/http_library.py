"""The HTTP library that a copy imports: ours, or another one of the same API."""

import re
import tomllib

from scripts.pipeline import generator
from scripts.pipeline.repo import Repo

# What generated/ and wrapper/ import. A group of the name of each other one in pyproject.toml says
# which version a copy that uses it needs.
OURS = generator.HTTP
LIBRARIES = ("httpx", "httpx2")


def requirements(repo: Repo, library: str) -> list[str]:
    """Give the dependencies of the project, on that library."""
    settings = tomllib.loads((repo.root / "pyproject.toml").read_text())
    found: list[str] = settings["project"]["dependencies"]
    if library == OURS:
        return found
    others = [text for text in found if not text.startswith(f"{OURS}>")]
    return sorted([*others, *settings["dependency-groups"][library]])


def use(library: str, source: str) -> str:
    """Give the source of a module of the wrapper that says a library wherever it says ours.

    Not for generated code, where a string may be what a server is sent: that is rendered anew.
    """
    return re.sub(rf"(?<![\w.-]){OURS}(?![\w-])", library, source)
