"""Say which stage runs, and what nobody expected in it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generator import NAME
from scripts.pipeline.repo import ROOT


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Announce a stage.

    Raises:
        PipelineError: When the stage met what it was not made for; it names it, and a file here.
    """
    print(f"  {name}", flush=True)
    try:
        yield
    except (PipelineError, OSError, MemoryError):
        raise
    except Exception as error:
        files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
        ours = [file.relative_to(ROOT) for file in files if ROOT / "scripts" in file.parents]
        told = f"{type(error).__name__}: {error}, from {ours[-1]}"
        raise PipelineError(
            f"the stage {name} met something unexpected ({told}); mend that file, if {NAME} is"
            f" another one now ({version(NAME)}), else report it"
        ) from error
