"""`make demo`: delete an integration in the sandbox, and show each step."""

import sys

from scripts.dev.demo import main

if __name__ == "__main__":
    sys.exit(main())
