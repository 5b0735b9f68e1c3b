"""Say which stage runs and how long it took, and what nobody expected."""

import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Announce a stage, and its seconds when it is done.

    Raises:
        PipelineError: When the stage met what it was not made for; it names both.
    """
    print(f"  {name:<10} ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        print("failed", flush=True)
        told = (PipelineError, OSError, RecursionError, MemoryError)
        if isinstance(error, told) or not isinstance(error, Exception):
            raise
        raise PipelineError(
            f"the stage {name} met something unexpected ({describe(error)}); look"
            " whether the document is whole, and report it if it is"
        ) from error
    print(f"{time.monotonic() - started:5.1f} s", flush=True)


def describe(error: Exception) -> str:
    """Write an error as `KeyError: 'x', from scripts/pipeline/select.py`."""
    repo = Repo()
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [file for file in frames if file.is_relative_to(repo.root / "scripts")]
    # Python adds to an ImportError where the package lies.
    what = re.sub(r" \(/.*\)$", "", str(error))
    return f"{type(error).__name__}: {what}, from {repo.name(ours[-1])}"
