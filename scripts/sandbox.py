"""`make sandbox`: a server on loopback that a job can be rehearsed on."""

import sys

from scripts.dev.sandbox import main

if __name__ == "__main__":
    sys.exit(main())
