"""`make vendor-check`: is a vendored copy untouched, and is it what this checkout would write?"""

import sys

from scripts.pipeline import errors
from scripts.vendoring.check import main

if __name__ == "__main__":
    sys.exit(errors.run("vendor-check", main))
