"""`make generate`: rebuild generated/ from spec/, offline."""

import sys

from scripts.pipeline import errors
from scripts.pipeline.generate import main

if __name__ == "__main__":
    sys.exit(errors.run("generate", main))
