"""Build beside the tree, then swap everything in at once: the old tree or the new one, never half.

What is new waits in `.work/new`. Renaming the journal into place is the moment of decision: when a
run is killed before it, the next one throws the new tree away; after it, the next one finishes the
moves. What was there waits where the new was until all is moved: a move that fails undoes the rest.
"""

import ctypes
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBUSY
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from scripts.pipeline import lock
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class Swap:
    """A change of several files and directories of a tree that happens wholly or not at all.

    Raises:
        PipelineError: On entering, when another run holds the tree.
    """

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self._new = repo.work / "new"
        self._draft = repo.work / "journal.draft"
        self._targets: list[Path] = []
        self._lock: IO[str] | None = None
        self._done = False

    def __enter__(self) -> Self:
        self._lock = lock.exclusive(self.repo)
        if self.repo.is_pending:
            print("  finishing the swap that an earlier run was killed in")
            self._move()
        self._clear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._lock:
            if not self.repo.is_pending:
                self._clear()
                lock.remove(self.repo)
            self._lock.close()
        if isinstance(error, KeyboardInterrupt):
            told = "the change is complete" if self._done else "nothing was changed"
            raise KeyboardInterrupt(told) from error

    def stage(self, target: Path) -> Path:
        """Give the place where what will be `target` is to be made; nothing is there yet."""
        place = self._new / self.repo.name(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._targets.append(target)
        return place

    def write(self, target: Path, content: bytes) -> None:
        """Stage a file, unless it already says so."""
        if not target.exists() or target.read_bytes() != content:
            self.stage(target).write_bytes(content)

    def commit(self) -> None:
        """Swap everything staged in; an interruption waits until it is done.

        Raises:
            PipelineError: When something cannot be moved; all is as it was then.
        """
        moves = [
            [self.repo.name(target), _inode(self._new / self.repo.name(target))]
            for target in self._targets
        ]
        with _uninterrupted():
            with self._draft.open("w") as file:
                json.dump(moves, file)
                file.flush()
                os.fsync(file.fileno())
            self._draft.replace(self.repo.journal)
            self._move()
            self._done = True
            self._clear()

    def _move(self) -> None:
        moves = json.loads(self.repo.journal.read_text())
        try:
            for name, inode in moves:
                new = self._new / name
                if _is(new, inode):
                    _put(new, self.repo.root / name)
        except OSError as error:
            self._undo(moves)
            raise PipelineError(
                f"cannot replace {name} in {self.repo.root} ({error.strerror}), so all is as it"
                f" was; it must be writable, and on one file system with {self.repo.work.name}"
            ) from error
        self.repo.journal.unlink()

    def _undo(self, moves: list[tuple[str, int]]) -> None:
        try:
            for name, inode in reversed(moves):
                _take_back(self._new / name, self.repo.root / name, inode)
        except OSError as error:
            raise PipelineError(
                f"{self.repo.root} is half changed, and could not be restored ({error});"
                f" {self.repo.finish} once that is mended"
            ) from error
        self.repo.journal.unlink()

    def _clear(self) -> None:
        shutil.rmtree(self._new, ignore_errors=True)
        self._draft.unlink(missing_ok=True)


def _put(new: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):
        target.rename(_aside(new))
        new.rename(target)


def _take_back(new: Path, target: Path, inode: int) -> None:
    """Undo `_put`, however far it came."""
    if not _is(new, inode):
        if not new.exists():
            target.rename(new)
        elif not _exchange(new, target):
            raise OSError(EBUSY, os.strerror(EBUSY), str(target))
    if _aside(new).exists():
        _aside(new).rename(target)


def _aside(new: Path) -> Path:
    return new.with_name(new.name + ".old")


def _exchange(new: Path, target: Path) -> bool:
    """Swap two files or directories in one step, where the system can."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    paths = os.fsencode(new), os.fsencode(target)
    done = renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    return bool(done == 0)


def _inode(path: Path) -> int:
    return path.stat().st_ino


def _is(path: Path, inode: int) -> bool:
    return path.exists() and _inode(path) == inode


@contextmanager
def _uninterrupted() -> Iterator[None]:
    # Not by a mask, which leaves the signal to any other thread of the process.
    late: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: late.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    # An error ends the run too, and says more.
    for caught in late:
        signal.raise_signal(caught)
