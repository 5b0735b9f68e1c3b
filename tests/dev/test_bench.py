"""The bench: what it computes, and that its programs still run. No test looks at a duration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import bench
from scripts.dev.bench.measure import ROWS, Bench, in_turn, row, serving
from scripts.pipeline.errors import PipelineError


def test_a_ratio_is_of_neighbours() -> None:
    """The machine was three times as slow for the second pair, which changes nothing."""
    times = [[2.0, 1.0], [6.0, 3.0]]
    assert row("it", "s", "2", times) == ["it", "4 s", "2 s", "2.00 (2.00-2.00)", "2"]
    assert row("it", "s", "1.9", times)[-1] == "1.9 NO"
    assert row("it", "", "0", [[1.0]]) == ["it", "1 ", "", "", "0 NO"]
    assert row("it", "s", "", [[2.0, 1.0]])[2:] == ["1 s", "2.00 (2.00-2.00)", ""]


def test_sides_take_turns_after_once_that_does_not_count() -> None:
    order = iter(range(100))
    assert in_turn([lambda: float(next(order))] * 2, 2) == [[2.0, 3.0], [4.0, 5.0]]
    assert in_turn([lambda: float(next(order))], 1) == [[6.0]]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Bench]:
    with serving() as url:
        yield Bench(tmp_path, url, Path(sys.executable))


def test_every_program_runs(machine: Bench) -> None:
    done = {}
    for what, unit, reach, program, *names, _, _ in ROWS:
        if "httpx2" not in what and program != "regenerate *":
            few = program.replace("100000", "9").replace("1000", "60")
            done[what] = machine.measure([what, unit, reach, few, *names, "1", "1"])
    assert len(done) == 6
    assert all(float(cells[1].split()[0]) >= 0 for what, cells in done.items() if "gro" not in what)


def test_a_program_that_fails_ends_a_row(machine: Bench) -> None:
    for program in ("calls nonsense 1", "calls cold nonsense"):
        with pytest.raises(PipelineError, match="as it says above"):
            machine.measure(["it", "s", "", program, "ours", "bare httpx", "1", "1"])


def test_rows_that_are_none_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS", "nothing like it")
    with pytest.raises(PipelineError, match="no row"):
        bench.main()
