"""Part of `make test-lowest`: make .venv-lowest, with the lowest versions that are allowed."""

import sys

from scripts.dev.environment import main
from scripts.pipeline import errors

if __name__ == "__main__":
    sys.exit(errors.run("test-lowest", main))
