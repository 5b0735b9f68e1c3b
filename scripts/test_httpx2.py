"""Part of `make test-httpx2`: make .venv-httpx2, and the copy that is tested."""

import sys

from scripts.dev.httpx2 import main
from scripts.pipeline import errors

if __name__ == "__main__":
    sys.exit(errors.run("test-httpx2", main))
