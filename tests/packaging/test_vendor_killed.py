"""Whatever ends a run, the copy is the old one or the new one, or the next run makes it so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from functools import cache

import pytest

from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap
from scripts.vendoring import check as vendor_check
from scripts.vendoring import copy as vendor
from scripts.vendoring.contents import contents
from scripts.vendoring.copy import Folder
from scripts.vendoring.self_check import PACKAGES
from tests.packaging.copies import Copy
from tests.packaging.support import ROOT, snapshot

KILLED = """
import os, pathlib, signal, sys
from scripts.pipeline import swap
from scripts.vendoring import contents, copy as vendor
from scripts.pipeline.repo import Repo

repo = Repo(pathlib.Path(sys.argv[1]))
contents.drift = lambda _: []  # it takes a second
made = vendor.contents(repo, "httpx")
vendor.contents = lambda *_: made
steps, last = 0, int(sys.argv[3])
def step(wrapped):
    def call(*args, **kwargs):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return wrapped(*args, **kwargs)
    return call
for name in ("mkdir", "write_bytes", "rename", "rmdir", "unlink"):
    setattr(pathlib.Path, name, step(getattr(pathlib.Path, name)))
swap.shutil.rmtree = step(swap.shutil.rmtree)
sys.stdout, out = sys.stderr, sys.stdout
vendor.run(repo, {"DEST": sys.argv[2]})
print(steps, file=out)
"""


@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True])
def test_a_killed_run_leaves_the_old_or_the_new_copy(
    copy: Copy, other: Repo, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = cache(contents)
    for module in (vendor, vendor_check):
        monkeypatch.setattr(module, "contents", once)

    def start(step: int) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(copy.folder, ignore_errors=True)
        copy.repo = Repo()
        assert not there or copy.vendor()[0] == 0
        copy.repo = other
        command = [sys.executable, "-c", KILLED, str(other.root), str(copy.folder), str(step)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def shown() -> dict[str, bytes | None]:
        found = snapshot(copy.folder)
        return {name: found[name] for name in found if name.startswith(PACKAGES)}

    start(1)
    old = shown()
    steps = int(start(0).stdout)
    new, whole = shown(), snapshot(copy.folder)
    ends = set()
    # All of the swap, and a few of the many like steps before it.
    for step in (1, 2, 3, 5, steps // 2, *range(steps - 10, steps + 1)):
        assert start(step).returncode == -signal.SIGKILL
        if Folder(copy.folder).is_pending:
            ends.add("pending")
            assert "was killed" in copy.check()[2]
        else:
            assert shown() in (old, new)
            ends.add("old" if shown() == old else "new")
        assert copy.vendor()[0] == 0
        assert snapshot(copy.folder) == whole
        assert copy.check()[0] == 0
    assert ends == {"old", "pending", "new"}


def test_two_runs_at_once_do_not_mix(written: Copy, other: Repo) -> None:
    with Swap(Folder(written.folder)):
        written.repo = other
        code, _, err = written.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert "another run is at work" in err


def test_a_run_that_is_refused_leaves_what_the_other_made(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Swap(Folder(copy.folder))
    enter = Swap.__enter__

    def second(swap: Swap) -> Swap:
        enter(first)
        return enter(swap)

    with monkeypatch.context() as patch:
        patch.setattr(Swap, "__enter__", second)
        code, _, err = copy.vendor()
    assert code == 1
    assert "another run is at work" in err
    assert first.repo.work.exists()
    mark = copy.folder / "__init__.py"
    first.write(mark, b"")
    first.commit()
    first.__exit__(None, None, None)
    assert list(copy.folder.iterdir()) == [mark]


def test_an_interruption_that_comes_too_late_keeps_the_first_copy(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(vendor, "_tell", interrupted)
    code, _, err = copy.vendor()
    assert (code, err) == (130, "vendor: interrupted; the change is complete\n")
    assert copy.check()[0] == 0
    assert (copy.folder / "__init__.py").exists()
