"""`make vendor-check`: is a vendored copy untouched, and is it what this checkout would write?"""

import os
import sys

from scripts.pipeline import errors, generator
from scripts.pipeline.repo import Repo
from scripts.vendoring.copy import check
from scripts.vendoring.destination import destination


def main() -> int:
    """Check the copy in the folder that `DEST` names."""
    generator.speed_up_imports()
    return check(Repo(), destination(os.environ.get("DEST", ""), Repo()))


if __name__ == "__main__":
    sys.exit(errors.run("vendor-check", main))
