"""`make generate`: rebuild generated/ from spec/, offline."""

import sys

from scripts.pipeline import errors, generator
from scripts.pipeline.generate import offline
from scripts.pipeline.repo import Repo

if __name__ == "__main__":
    generator.speed_up_imports()
    sys.exit(errors.run("generate", lambda: offline(Repo())))
