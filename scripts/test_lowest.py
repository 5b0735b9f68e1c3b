"""Part of `make test-lowest`: make .venv-lowest, with the lowest versions that are allowed.

By hand, since every bound is one `>=` (a test holds that): a resolver would say the same.
"""

from scripts.dev import environment
from scripts.pipeline import program
from scripts.pipeline.repo import Repo
from scripts.vendoring.http_library import OURS, requirements


def make(_: object, repo: Repo) -> int:
    """Make the environment of a repo."""
    pins = [text.replace(">=", "==") for text in requirements(repo, OURS)]
    path = [repo.root / folder for folder in ("wrapper", "generated")]
    environment.make(repo.root / ".venv-lowest", [*pins, "--group", "client-tests"], path)
    return 0


if __name__ == "__main__":
    program.main("test-lowest", make)
