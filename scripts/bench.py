"""`make bench`: measure everything side by side."""

import sys

from scripts.dev.bench.measure import main
from scripts.pipeline import errors

if __name__ == "__main__":
    sys.exit(errors.run("bench", main))
