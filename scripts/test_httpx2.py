"""Part of `make test-httpx2`: make .venv-httpx2 without httpx, and our packages on httpx2 in it.

They are as `make vendor` writes them, but for imports: the client's tests import them by name.
"""

import shutil

from scripts.dev import environment
from scripts.pipeline import program
from scripts.pipeline.repo import Repo
from scripts.vendoring.contents import sources
from scripts.vendoring.http_library import requirements

LIBRARY = "httpx2"


def make(_: object, repo: Repo) -> int:
    """Make the environment of a repo, and what it imports."""
    venv = repo.root / ".venv-httpx2"
    made = venv / "made"
    environment.make(venv, [*requirements(repo, LIBRARY), "--group", "test-tools"], [made])
    shutil.rmtree(made, ignore_errors=True)
    for name, source in sources(repo, LIBRARY).items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(source)
    return 0


if __name__ == "__main__":
    program.main("test-httpx2", make)
