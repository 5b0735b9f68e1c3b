"""All or nothing: whatever ends a run, the tree is the old one or the new one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap, reading
from tests.pipeline.support import ROOT, refused, snapshot

OLD = {"spec/openapi.json": b"old", "generated/upsun_api/a.py": b"old"}
NEW = {"spec/openapi.json": b"new", "generated/upsun_api/b.py": b"new"}


def old_repo(root: Path) -> Repo:
    for name, content in OLD.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(content)
    return Repo(root)


def change(repo: Repo) -> None:
    with Swap(repo) as swap:
        package = swap.stage(repo.package)
        package.mkdir()
        (package / "b.py").write_bytes(b"new")
        swap.write(repo.contract, b"new")
        swap.commit()


def test_what_already_says_so_is_not_written_again(tmp_path: Path) -> None:
    repo = old_repo(tmp_path)
    before = repo.contract.stat()
    with Swap(repo) as swap:
        swap.write(repo.contract, b"old")
        swap.commit()
    assert repo.contract.stat() == before


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def fail() -> None:
    raise OSError(28, "full")


def stopped(repo: Repo, stop: Callable[[], None], at: int, *, again: bool) -> str:
    """Change a repo in a process that is stopped at a step, `again` later too; give its words."""
    said, steps = repo.root.with_suffix(".said"), count(1)

    def stopping(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            step = next(steps)
            if step == at or (again and step > at):
                stop()
            return function(*arguments, **options)

        return call

    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return said.read_text() if code == 0 else "killed"
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("rename", "mkdir", "rmdir", "unlink", "open"):
                patch.setattr(os, name, stopping(getattr(os, name)))
            try:
                change(repo)
                told = "done" if next(steps) > at else ""
            except BaseException as error:
                told = str(error) or "not begun"
        said.write_text(told)
    finally:
        os._exit(0)


# What is said by a change that was stopped, and what is found then.
SAID: dict[str, set[str]] = {
    "killed": {"old", "pending", "new"},
    "half changed, and could not be restored": {"pending"},
    "all is as it was; it must be writable, and on one file system": {"old"},
    **{words: {"old"} for words in ("[Errno 28] full", "nothing was changed", "not begun")},
    **{words: {"new"} for words in ("the change is complete", "done")},
}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("is_first", [False, True], ids=["there", "first run"])
def test_a_change_that_is_stopped_at_any_step_is_the_old_or_the_new_or_is_put_back(
    tmp_path: Path, is_first: bool
) -> None:
    before, seen = ({} if is_first else OLD), dict[str, set[str]]()
    for stop, again in ((kill, False), (interrupt, False), (fail, False), (fail, True)):
        for at in count(1):
            root = tmp_path / f"{stop.__name__} {again} {at}"
            repo = Repo(root) if is_first else old_repo(root)
            if not (said := stopped(repo, stop, at, again=again)):
                break  # there are no more steps
            found, pending = snapshot(repo), repo.is_pending
            if pending:
                with refused("was killed", "`make generate`"), reading(repo):
                    pass
            else:
                assert found in (before, NEW)
            with Swap(repo):
                assert snapshot(repo) == (before if pending else found)
            assert not repo.work.exists()
            told = next(words for words in SAID if words in said)
            assert "half" not in told or "`make generate` mends it" in said
            state = "pending" if pending else "new" if found == NEW else "old"
            seen.setdefault(told, set()).add(state)
    assert seen == SAID


def test_a_tree_may_be_read_by_many_and_changed_by_one_alone(tmp_path: Path) -> None:
    repo = old_repo(tmp_path)
    for held, asked in ((reading, Swap), (Swap, reading), (Swap, Swap)):
        with held(repo), refused("another run is at work"), asked(repo):
            pass
    with reading(repo), reading(repo):
        pass


CAUSED: list[tuple[BaseException, int, str]] = [
    (PipelineError("a\n b"), 1, "x: a b\n"),
    (MemoryError(), 1, "x: out of memory; the document is too large"),
    (KeyboardInterrupt(), 130, "x: interrupted\n"),
    (OSError(28, "No space left on device", "/a"), 1, "x: No space left on device (/a); free"),
]


@pytest.mark.parametrize(("error", "code", "told"), CAUSED)
def test_what_people_can_cause_is_one_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, told: str
) -> None:
    def fail() -> int:
        raise error

    assert errors.run("x", fail) == code
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert said.count("\n") == 1


@pytest.mark.parametrize("work", ["print('told')", "stage('x').__enter__()"])
def test_a_run_whose_output_nobody_reads_ends_quietly(work: str) -> None:
    script = f"""
import sys
from scripts.pipeline.errors import run
from scripts.pipeline.progress import stage
sys.exit(run("x", lambda: {work} or 0))
"""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")
