"""`make vendor-check`: is a vendored copy untouched, and is it what this checkout would write?"""

import os
import sys
from collections.abc import Mapping

from scripts.pipeline import errors, generator
from scripts.pipeline.repo import Repo
from scripts.vendoring.copy import check
from scripts.vendoring.destination import destination


def run(env: Mapping[str, str], repo: Repo) -> int:
    """Check the copy in the folder that `DEST` names."""
    return check(repo, destination(env.get("DEST", ""), repo))


if __name__ == "__main__":
    generator.speed_up_imports()
    sys.exit(errors.run("vendor-check", lambda: run(os.environ, Repo())))
