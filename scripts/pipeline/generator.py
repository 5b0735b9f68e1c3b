"""The generator as this project finds it."""

from scripts.pipeline.repo import Repo

NAME = "openapi-python-client"
# The HTTP library of what it generates; our templates, and the wrapper, have to use the same.
HTTP = "httpx"


def made_with(repo: Repo) -> str:
    """Read the version off what was generated last; empty when nothing was."""
    file = repo.package / "__init__.py"
    head = file.read_text(encoding="utf-8").partition("\n")[0] if file.is_file() else ""
    return head.rpartition(f"{NAME} ")[2].rstrip(".")
