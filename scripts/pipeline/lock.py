"""One run changes a repo, or many read it; none waits for another.

By hand, since filelock knows no shared lock but one in an SQLite file. The directory itself is
locked: nothing is left behind, and who may not write there can still read.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo


@contextmanager
def changing(repo: Repo) -> Iterator[None]:
    """Keep everybody else out of a repo.

    Raises:
        PipelineError: When another run holds it.
    """
    with _holding(repo, fcntl.LOCK_EX):
        yield


@contextmanager
def reading(repo: Repo) -> Iterator[None]:
    """Keep a repo as it is while it is read; others may read it too.

    Raises:
        PipelineError: When another run is changing it, or was killed while it did.
    """
    with _holding(repo, fcntl.LOCK_SH):
        if repo.is_pending:
            raise PipelineError(f"a run was killed while it changed {repo.root}; {repo.mend}")
        yield


@contextmanager
def _holding(repo: Repo, how: int) -> Iterator[None]:
    folder = os.open(repo.root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PipelineError(
                f"another run is at work in {repo.root}; wait until it ends"
            ) from error
        yield
    finally:
        os.close(folder)
