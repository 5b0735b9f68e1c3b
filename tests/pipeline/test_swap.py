"""All or nothing: whatever ends a run, the tree is the old one or the new one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap, reading
from tests.pipeline.support import ROOT, python, refused, small_repo, snapshot, unchanged

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


def test_everything_staged_is_swapped_in_and_nothing_is_left(tmp_path: Path) -> None:
    repo = old_repo(tmp_path)
    change(repo)
    assert snapshot(repo) == NEW
    assert not repo.work.exists()


def test_a_file_that_already_says_so_is_left_alone(tmp_path: Path) -> None:
    repo = old_repo(tmp_path)
    before = repo.contract.stat()
    with Swap(repo) as swap:
        swap.write(repo.contract, b"old")
        swap.commit()
    assert repo.contract.stat() == before


ENDED = """
import json, os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from scripts.pipeline import swap
from tests.pipeline.test_swap import change, old_repo

step = 0

def deadly(function, at):
    def call(*arguments, **options):
        global step
        step += 1
        if step == at:
            os.kill(os.getpid(), signal.{signal})
        return function(*arguments, **options)
    return call

def end(repo, at):
    for name in ("rename", "mkdir", "rmdir", "unlink", "write_bytes"):
        setattr(Path, name, deadly(getattr(Path, name), at))
    swap.shutil.rmtree = deadly(swap.shutil.rmtree, at)
    try:
        change(repo)
    except KeyboardInterrupt as error:
        return error
    return "survived"

for at in range(1, 60):
    repo = old_repo(Path({folder!r}) / str(at))
    if not os.fork():
        print(json.dumps([at, str(end(repo, at))]), flush=True)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.wait()[1]):
        print(json.dumps([at, "killed"]), flush=True)
"""


def ends(folder: Path, signal: str) -> Iterator[tuple[Repo, str]]:
    """Change repos, each in a process that gets a signal at one of its steps; give what it said."""
    script = ENDED.format(root=str(ROOT), signal=signal, folder=str(folder))
    done = python("-c", script)
    assert done.stderr == ""
    for line in done.stdout.splitlines():
        at, said = json.loads(line)
        if said == "survived":
            return
        yield Repo(folder / str(at)), said
    raise AssertionError("there are more steps than were tried")


def test_a_kill_at_any_step_leaves_the_old_or_the_new_or_what_the_next_run_puts_back(
    tmp_path: Path,
) -> None:
    seen = set()
    for repo, said in ends(tmp_path, "SIGKILL"):
        assert said == "killed"
        found, pending = snapshot(repo), repo.is_pending
        if pending:
            with refused("was killed", "`make generate`"), reading(repo):
                pass
        else:
            assert found in (OLD, NEW)
        with Swap(repo):
            assert snapshot(repo) == (OLD if pending else found)
        assert not repo.work.exists()
        seen.add((pending, found == NEW))
    assert seen >= {(False, False), (True, False), (False, True)}


def test_an_interruption_at_any_step_leaves_the_old_or_the_new_and_says_which(
    tmp_path: Path,
) -> None:
    seen = set()
    for repo, said in ends(tmp_path, "SIGINT"):
        assert snapshot(repo) == (NEW if said == "the change is complete" else OLD)
        assert not repo.is_pending
        seen.add(said)
    assert seen >= {"nothing was changed", "the change is complete"}


def test_a_kill_while_putting_back_is_put_back_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = old_repo(tmp_path)
    rename = Path.rename
    for asides in (1, 2):
        calls = iter(range(asides * 2 - 1))

        def stopped(path: Path, target: Path, calls: Iterator[int] = calls) -> Path:
            if next(calls, None) is None:
                raise OSError(5, "Input/output error")
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", stopped)
            with refused("half changed", "output error", "`make generate`"):
                change(repo)
        assert repo.is_pending
        with Swap(repo):
            assert snapshot(repo) == OLD


@pytest.mark.parametrize("first", [False, True], ids=["there", "first run"])
def test_a_move_that_fails_takes_back_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    rename, failed = Path.rename, 0
    for at in range(1, 9):
        repo = Repo(tmp_path / str(at)) if first else old_repo(tmp_path / str(at))
        repo.root.mkdir(exist_ok=True)
        before, told, moves = snapshot(repo), "", iter(range(1, 20))

        def full(path: Path, target: Path, at: int = at, moves: Iterator[int] = moves) -> Path:
            if next(moves) == at:
                raise OSError(28, "full")
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", full)
            try:
                change(repo)
            except PipelineError as error:
                told = str(error)
        if told:
            assert "(full), so all is as it was; it must be writable, and " in told
            assert snapshot(repo) == before
            failed += 1
        with Swap(repo):
            assert snapshot(repo) == (before if told else NEW)
    assert failed >= 2


def test_a_tree_may_be_read_by_many_and_changed_by_one_alone(tmp_path: Path) -> None:
    repo = old_repo(tmp_path)
    for held, asked in ((reading, Swap), (Swap, reading), (Swap, Swap)):
        with held(repo), refused("another run is at work"), asked(repo):
            pass
    with reading(repo), reading(repo):
        pass


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (PipelineError("a\n b"), 1, "x: a b\n"),
        (KeyboardInterrupt(), 130, "x: interrupted\n"),
        (OSError(28, "No space left on device", "/a"), 1, "x: No space left on device (/a); free"),
    ],
)
def test_what_people_can_cause_is_one_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, told: str
) -> None:
    def fail() -> int:
        raise error

    assert errors.run("x", fail) == code
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert said.count("\n") == 1


ENDS = {
    "in a stage": "runpy.run_module('scripts.generate', run_name='__main__')",
    "at its end": "sys.exit(errors.run('x', lambda: print('told') or 0))",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_a_run_whose_output_nobody_reads_ends_quietly(tmp_path: Path, code: str) -> None:
    repo = small_repo(tmp_path)
    script = f"import runpy, sys; from scripts.pipeline import errors; {code}"
    reader, writer = os.pipe()
    os.close(reader)
    with unchanged(repo):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=repo.root,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    os.close(writer)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_run_without_an_output_ends_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert errors.run("x", lambda: 3) == 3
