"""`make vendor`: write a copy of both packages into another project, or update the one there."""

import sys

from scripts.pipeline import errors
from scripts.vendoring.copy import main

if __name__ == "__main__":
    sys.exit(errors.run("vendor", main))
