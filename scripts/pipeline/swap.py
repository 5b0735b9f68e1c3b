"""Build beside the repo, then rename everything in: the old state or the new one, never half.

What is new waits in `.work/new`; what it replaces is kept in `.work/old` until all is in. So where
there is an `.work/old`, a run was killed between two renames, and the next one puts that back.

One run changes a repo, or many read it; none waits for another. The lock is by hand, since filelock
knows no shared one but in an SQLite file. The directory itself is locked: nothing is left behind,
and who may not write there can still read.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote

from scripts.pipeline.errors import PipelineError, translate_errors
from scripts.pipeline.repo import Repo

_ABSENT = "none:"  # marks what was not there


class Swap(ExitStack):
    """A change of several files and directories of a repo that happens wholly or not at all.

    Raises:
        PipelineError: On entering, when another run holds the repo.
    """

    def __init__(self, repo: Repo) -> None:
        super().__init__()
        self.repo = repo
        self._new, self._done = repo.work / "new", repo.work / "done"
        self._targets: list[Path] = []

    def __enter__(self) -> Self:
        self.enter_context(self._changing())
        return self

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.repo.root.mkdir(parents=True, exist_ok=True)
        with _holding(self.repo, fcntl.LOCK_EX):
            if self.repo.is_pending:
                print("  putting back what an earlier run was killed while replacing")
                self._restore()
            self._clear()
            self.repo.work.mkdir(exist_ok=True)  # nobody takes an empty folder away now
            is_done = False
            try:
                try:
                    yield
                finally:
                    is_done = self._done.exists()
                    self._clear()
            except KeyboardInterrupt as error:
                told = "the change is complete" if is_done else "nothing was changed"
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
        """Rename everything staged in.

        Raises:
            PipelineError: When something cannot be moved; all is as it was then.
        """
        try:
            self.repo.old.mkdir(parents=True)
            for target in self._targets:
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.exists():
                    target.rename(self.repo.old / self._key(target))
                else:
                    (self.repo.old / f"{_ABSENT}{self._key(target)}").touch()
                (self._new / self.repo.name(target)).rename(target)
            self.repo.old.rename(self._done)  # the change is complete from here on
        except BaseException as error:
            if self.repo.is_pending:  # begun, and not complete
                self._restore()
            if not isinstance(error, OSError):
                raise
            told = f"cannot replace {error.filename} in {self.repo.root} ({error.strerror}), so all"
            told += " is as it was; it must be writable, and on one file system with"
            raise PipelineError(f"{told} {self.repo.work.name}") from error

    def _restore(self) -> None:
        told = f"{self.repo.root} is half changed, and could not be restored; once it can be"
        with translate_errors(f"{told}, {self.repo.mend}", OSError):
            for aside in list(self.repo.old.iterdir()):
                target = self.repo.root / unquote(aside.name.removeprefix(_ABSENT))
                shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
                if aside.name.startswith(_ABSENT):
                    aside.unlink()
                else:
                    aside.rename(target)
            self.repo.old.rmdir()

    def _clear(self) -> None:
        for scratch in (self._new, self._done):
            shutil.rmtree(scratch, ignore_errors=True)
        with suppress(OSError):  # something else is in it
            self.repo.work.rmdir()

    def _key(self, target: Path) -> str:
        return quote(self.repo.name(target), safe="")


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
        fcntl.flock(folder, how | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise PipelineError(f"another run is at work in {repo.root}; wait until it ends") from error
    finally:
        os.close(folder)
