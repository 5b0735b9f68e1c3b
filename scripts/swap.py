"""Build beside the tree, then swap everything in at once: the old tree or the new one, never half.

What is new waits in `.work/new`. Renaming the journal into place is the moment of decision: before
it, the next run throws the new tree away; after it, the next run finishes the move.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from scripts.errors import PipelineError
from scripts.tree import Tree

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class Swap:
    """A change of several files and directories of a tree that happens wholly or not at all.

    Raises:
        PipelineError: On entering, when another run holds the tree.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._new = tree.work / "new"
        self._journal = tree.work / "journal.json"
        self._targets: list[Path] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.tree.work.mkdir(exist_ok=True)
        self._lock = (self.tree.work / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise PipelineError(
                f"another run is at work in {self.tree.root}; wait until it ends"
            ) from error
        if self._journal.exists():
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
        if not self._journal.exists():
            self._clear()
        if self._lock:
            self._lock.close()

    def stage(self, target: Path) -> Path:
        """Give the place where what will be `target` is to be made; nothing is there yet."""
        place = self._new / self.tree.name(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._targets.append(target)
        return place

    def write(self, target: Path, content: bytes) -> None:
        """Stage a file, unless it already says so."""
        if not target.exists() or target.read_bytes() != content:
            self.stage(target).write_bytes(content)

    def commit(self) -> None:
        """Swap everything staged in; an interruption waits until it is done."""
        moves = [
            [self.tree.name(target), _inode(self._new / self.tree.name(target))]
            for target in self._targets
        ]
        with _uninterrupted():
            draft = self._journal.with_suffix(".draft")
            with draft.open("w") as file:
                json.dump(moves, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._journal)
            self._move()
            self._clear()

    def _move(self) -> None:
        try:
            for name, inode in json.loads(self._journal.read_text()):
                new = self._new / name
                if new.exists() and _inode(new) == inode:
                    _put(new, self.tree.root / name)
        except OSError as error:
            raise PipelineError(
                f"the swap into {self.tree.root} stopped ({error}); run it again to finish it"
            ) from error
        self._journal.unlink()

    def _clear(self) -> None:
        shutil.rmtree(self._new, ignore_errors=True)


def _put(new: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_dir():
        new.replace(target)
    elif not _exchange(new, target):
        old = new.with_name(new.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        new.rename(target)


def _exchange(new: Path, target: Path) -> bool:
    """Swap two directories in one step, where the system can."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    paths = os.fsencode(new), os.fsencode(target)
    done = renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    return bool(done == 0)


def _inode(path: Path) -> int:
    return path.stat().st_ino


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
        for caught in late:
            signal.raise_signal(caught)
