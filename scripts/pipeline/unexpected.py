"""What nobody expected, told in a line: the error, and which file of ours it passed through."""

import re
import traceback
from pathlib import Path

from scripts.pipeline.repo import Repo


def describe(error: Exception) -> str:
    """Write an error as `KeyError: 'x', from scripts/select.py`."""
    repo = Repo()
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [file for file in frames if file.is_relative_to(repo.root / "scripts")]
    # Python adds to an ImportError where the package lies.
    what = re.sub(r" \(/.*\)$", "", str(error))
    return f"{type(error).__name__}: {what}, from {repo.name(ours[-1])}"
