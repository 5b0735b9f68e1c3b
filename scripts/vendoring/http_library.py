"""The HTTP library that a copy imports: ours, or another one of the same API."""

import re
import tomllib
from collections.abc import Mapping

from packaging.requirements import Requirement

from scripts.pipeline import generator
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

# What generated/ and wrapper/ import. A group of the name of each other one in pyproject.toml says
# which version a copy that uses it needs.
OURS = generator.HTTP
LIBRARIES = ("httpx", "httpx2")
# Each comes with a library for the transport, which has the same number.
_COMPANION = {"httpx": "httpcore", "httpx2": "httpcore2"}


def chosen(env: Mapping[str, str]) -> str | None:
    """Read `HTTP`; None when it is not given.

    Raises:
        PipelineError: When there is no such library.
    """
    given = env.get("HTTP", "").strip()
    if given and given not in LIBRARIES:
        raise PipelineError(f"HTTP={given} is no HTTP library of ours: {' or '.join(LIBRARIES)}")
    return given or None


def requirements(repo: Repo, library: str) -> list[str]:
    """Give the dependencies of the project, on that library."""
    settings = tomllib.loads((repo.root / "pyproject.toml").read_text())
    found: list[str] = settings["project"]["dependencies"]
    if library == OURS:
        return found
    others = [text for text in found if Requirement(text).name != OURS]
    return sorted([*others, *settings["dependency-groups"][library]])


def use(library: str, source: str) -> str:
    """Give the source of a module of the wrapper that says a library wherever it says ours.

    Not for generated code, where a string may be what a server is sent: that is rendered anew.
    """
    names = {OURS: library, _COMPANION[OURS]: _COMPANION[library]}
    word = rf"(?<![\w.-])({'|'.join(names)})(?![\w-])"
    return re.sub(word, lambda match: names[match[1]], source)
