"""What is measured, and how far it is."""

import shutil
import sys


def begin(what: str) -> None:
    """Say what is measured from now on."""
    show("")
    print(f"measuring: {what}", flush=True)


def show(text: str) -> None:
    """Replace the last line of a terminal by this one; say nothing where nobody looks."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 3
        print(f"\r  {text[:width]}\033[K", end="\r", file=sys.stderr, flush=True)
