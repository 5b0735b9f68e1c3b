"""The generator as this project finds it."""

import gc
import sys

from scripts.pipeline.repo import Repo

NAME = "openapi-python-client"
# The HTTP library of what it generates; our templates, and the wrapper, have to use the same.
HTTP = "httpx"


def speed_up_imports() -> None:
    """Spare this process, to its end, what only costs the generator time.

    Its HTTP library loads a terminal program and a second event loop where they are installed, in
    a third of the generator's import. Looking for circles takes a sixth of a run, and finds 10 MB.
    """
    gc.disable()
    sys.modules.update(dict.fromkeys(("click", "trio")))  # type: ignore[arg-type]  # not there


def made_with(repo: Repo) -> str:
    """Read the version off what was generated last; empty when nothing was."""
    file = repo.package / "__init__.py"
    head = file.read_text(encoding="utf-8").partition("\n")[0] if file.is_file() else ""
    return head.rpartition(f"{NAME} ")[2].rstrip(".")
