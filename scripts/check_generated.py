"""Part of `make check`: generated/ is what spec/ makes, byte for byte."""

import sys

from scripts.pipeline import program
from scripts.pipeline.generate import drift
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import reading


def check(repo: Repo) -> int:
    """Compare generated/ with what spec/ gives; 0 when nothing differs."""
    with reading(repo):
        found = drift(repo)
    for name in found:
        print(f"{repo.name(repo.package)}/{name} was edited, or spec/ or the pipeline changed")
    if not found:
        print("generated/ is in step with spec/")
    else:
        print("generated/ is out of step with spec/; `make generate` rebuilds it", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    program.main("check", lambda _, repo: check(repo))
