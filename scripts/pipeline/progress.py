"""Say which stage runs and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.pipeline import unexpected
from scripts.pipeline.errors import PipelineError


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
            f"the stage {name} met something unexpected ({unexpected.describe(error)}); look"
            " whether the document is whole, and report it if it is"
        ) from error
    print(f"{time.monotonic() - started:5.1f} s", flush=True)
