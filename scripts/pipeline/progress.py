"""Say which stage runs, and what nobody expected in it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generator import NAME, made_with
from scripts.pipeline.repo import Repo


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Announce a stage.

    Raises:
        PipelineError: When the stage met what it was not made for; it names both.
    """
    print(f"  {name}", flush=True)
    try:
        yield
    except (PipelineError, OSError, MemoryError):
        raise
    except Exception as error:
        raise PipelineError(_unexpected(name, error)) from error


def _unexpected(name: str, error: Exception) -> str:
    """Name the place in scripts/, and both versions of the generator where they differ."""
    repo = Repo()
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [repo.name(file) for file in frames if file.is_relative_to(repo.root / "scripts")]
    told = f"{type(error).__name__}: {error}, from {ours[-1]}"
    made, here = made_with(repo), version(NAME)
    if made in ("", here):
        todo = "report it if the document is whole"
        return f"the stage {name} met something unexpected ({told}); {todo}"
    todo = f"mend that file, or pin {made} in pyproject.toml"
    return f"{NAME} {here} is not the {made} that this was made for: {told}; {todo}"
