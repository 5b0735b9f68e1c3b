"""`make demo`: delete an integration in the sandbox, and show each step."""

import sys

from scripts.dev.demo import main
from scripts.pipeline import errors

if __name__ == "__main__":
    sys.exit(errors.run("demo", main))
