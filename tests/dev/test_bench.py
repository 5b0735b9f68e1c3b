"""The bench: what it computes, and that its programs still run. No test looks at a duration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.dev.bench import client, workbench
from scripts.dev.bench.pairs import Ratio, in_turn, ratio
from scripts.dev.bench.row import Row, compare, table
from scripts.dev.bench.workbench import Workbench, serving
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo


def test_a_ratio_is_of_neighbours() -> None:
    """The machine was three times as slow for the second pair, which changes nothing."""
    assert ratio([2.0, 6.0], [1.0, 3.0]) == Ratio(2.0, 2.0, 2.0)
    assert ratio([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) == Ratio(1.5, 2.0, 2.5)
    assert ratio([3.0], [2.0]) == Ratio(1.5, 1.5, 1.5)
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0], [1.0, 2.0])


def test_sides_take_turns_after_once_that_does_not_count() -> None:
    order: list[str] = []
    clock = iter(range(100))

    def side(name: str) -> float:
        order.append(name)
        return float(next(clock))

    shown: list[str] = []
    times = in_turn({"a": lambda: side("a"), "b": lambda: side("b")}, 2, shown.append)
    assert "".join(order) == "ababab"
    assert times == {"a": [2.0, 4.0], "b": [3.0, 5.0]}
    assert shown == ["0/2", "1/2", "2/2"]


def test_a_row_says_whether_the_target_is_reached() -> None:
    times = {"ours": [1.2, 1.2], "limit": [1.0, 1.0], "generated": [1.1, 1.1]}
    row = compare("a call", 1.1, "ms", 1e3, times)
    assert row.cells() == ("a call", "1200 ms", "1000 ms", "1.20 (1.20-1.20)", "1.10", "NO", "1.10")
    assert compare("a call", 1.2, "ms", 1e3, times).cells()[5] == "yes"
    assert compare("a call", None, "ms", 1e3, times).cells()[4:6] == ("", "")
    assert Row("exchanges", 1, ours=1).cells()[1:6] == ("1", "", "", "1", "yes")
    assert Row("it", 1.5, note="skipped").cells() == ("it (skipped)", *"------")
    assert row.dump()["ratio"] == {"low": 1.2, "median": 1.2, "high": 1.2}
    assert row.dump()["reached"] is False
    assert [line.split()[0] for line in table([row]).splitlines()] == ["what", "a"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no')", "x.py failed: ValueError: no"),
        ("e = ValueError('no'); e.add_note('by the way'); raise e", "x.py failed: ValueError: no"),
        ("raise ExceptionGroup('all', [ValueError('no')])", "x.py failed: ValueError: no"),
        ("(", "x.py failed: SyntaxError: '(' was never closed"),
        ("import os; os.kill(os.getpid(), 9)", "x.py failed: exit status -9"),
    ],
)
def test_a_program_that_fails_is_told_in_a_line(
    bench: Workbench, body: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.py").write_text(body)
    monkeypatch.setattr(workbench, "_PROGRAMS", tmp_path)
    with pytest.raises(PipelineError) as caught:
        bench.run("x")
    assert str(caught.value).startswith(says)


def test_an_interrupted_program_is_stopped(bench: Workbench, tmp_path: Path) -> None:
    """As by a signal while it says how far it is."""
    told: list[int] = []

    def interrupt(text: str) -> None:
        told.append(int(text))
        raise KeyboardInterrupt

    (tmp_path / "x.py").write_text(
        "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(600)"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbench, "_PROGRAMS", tmp_path)
        patch.setattr(workbench, "show", interrupt)
        with pytest.raises(KeyboardInterrupt):
            bench.run("x")
    with pytest.raises(ProcessLookupError):
        os.kill(told[0], 0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with serving() as url:
        yield Workbench(Repo(), tmp_path, url, Path(sys.executable))


def test_every_program_runs(bench: Workbench) -> None:
    bench.packages(Repo().package, "whole")
    effort = client.Effort(imports=1, cold=1, calls=(2, 1, 2), batches=(1, 1, (60,)), growth=1001)
    rows = {row.what: row for row in client.rows(bench, effort, whole=True)}
    assert all(row.ours is not None for row in rows.values())
    assert rows["exchanges of 64 threads on a cold client"].ours == 1
    assert rows["exchanges of 1,000 tasks on a cold client"].ours == 1
