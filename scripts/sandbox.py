"""`make sandbox`: a server on loopback that a job can be rehearsed on."""

import sys

from scripts.dev.sandbox import main
from scripts.pipeline import errors

if __name__ == "__main__":
    sys.exit(errors.run("sandbox", main))
