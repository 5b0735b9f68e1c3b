"""One run changes a tree, or many read it; none waits for another."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo


def exclusive(repo: Repo) -> IO[str]:
    """Take a tree to change it, until what is returned is closed.

    Raises:
        PipelineError: When another run holds the tree.
    """
    return _take(repo, fcntl.LOCK_EX)


def remove(repo: Repo) -> None:
    """Leave no trace of the lock, while it is held; nor of the scratch space when that is empty."""
    _path(repo).unlink(missing_ok=True)
    with suppress(OSError):
        repo.work.rmdir()


@contextmanager
def reading(repo: Repo) -> Iterator[None]:
    """Keep a tree as it is while it is read; others may read it too.

    Raises:
        PipelineError: When another run is changing the tree, or was killed while it did.
    """
    # Whoever may not write here can still read.
    ours = os.access(repo.root, os.W_OK)
    with _take(repo, fcntl.LOCK_SH) if ours else nullcontext():
        if repo.is_pending:
            raise PipelineError(
                f"a run was killed while it changed {repo.root}; {repo.finish} first"
            )
        yield


def _take(repo: Repo, how: int) -> IO[str]:
    repo.work.mkdir(parents=True, exist_ok=True)
    busy = PipelineError(f"another run is at work in {repo.root}; wait until it ends")
    path = _path(repo)
    try:
        lock = path.open("w")
    except FileNotFoundError as error:
        raise busy from error
    # A run takes its lock away when it ends; who opened it before has nothing in hand.
    if not _is_free(lock, how) or not _is_at(path, lock):
        lock.close()
        raise busy
    return lock


def _is_free(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, lock: IO[str]) -> bool:
    return path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino


def _path(repo: Repo) -> Path:
    return repo.work / "lock"
