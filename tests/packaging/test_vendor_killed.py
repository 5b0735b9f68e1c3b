"""Whatever ends a run, the copy is the old one or the new one, or the next run makes it so."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys

import pytest

from scripts.swap import Swap
from scripts.tree import Tree
from scripts.vendor import Folder
from tests.packaging.copies import Copy
from tests.packaging.support import ROOT, snapshot
from upsun_client._vendored import PACKAGES

KILLED = """
import os, pathlib, signal, sys
from scripts import swap, vendor
from scripts.tree import Tree

steps, last = 0, int(sys.argv[3])
def step(wrapped):
    def call(*args, **kwargs):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return wrapped(*args, **kwargs)
    return call
for name in ("mkdir", "touch", "write_bytes", "replace", "rename", "unlink"):
    setattr(pathlib.Path, name, step(getattr(pathlib.Path, name)))
swap._exchange = step(swap._exchange)
vendor.shutil.rmtree = step(vendor.shutil.rmtree)
sys.stdout, out = sys.stderr, sys.stdout
vendor.run(Tree(pathlib.Path(sys.argv[1])), {"DEST": sys.argv[2]})
print(steps, file=out)
"""


@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True])
def test_a_killed_run_leaves_the_old_or_the_new_copy(copy: Copy, other: Tree, there: bool) -> None:
    def start(step: int) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(copy.folder, ignore_errors=True)
        copy.tree = Tree()
        assert not there or copy.vendor()[0] == 0
        copy.tree = other
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


def test_two_runs_at_once_do_not_mix(written: Copy, other: Tree) -> None:
    with Swap(Folder(written.folder)):
        written.tree = other
        code, _, err = written.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert "another run is at work" in err
