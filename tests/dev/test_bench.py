"""The bench: what it computes, and that its programs still run. No test looks at a duration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.dev.bench import measure
from scripts.dev.bench.measure import Bench, Row, compare, in_turn, plans, serving, table
from scripts.pipeline.errors import PipelineError


def test_a_ratio_is_of_neighbours() -> None:
    """The machine was three times as slow for the second pair, which changes nothing."""
    row = compare("it", "s", 2, [[2.0, 1.0], [6.0, 3.0]])
    assert row == Row("it", "s", 2, 4.0, 2.0, (2.0, 2.0, 2.0))
    assert row.cells() == ("it", "4 s", "2 s", "2.00 (2.00-2.00)", "2")
    assert replace(row, reach=1.9).cells()[-1] == "1.9 NO"
    assert compare("it", "", 0, [[1.0]]).cells() == ("it", "1 ", "", "", "0 NO")
    assert len(table([row]).splitlines()) == 3


def test_sides_take_turns_after_once_that_does_not_count() -> None:
    order = iter(range(100))
    assert in_turn([lambda: float(next(order))] * 2, 2) == [[2.0, 3.0], [4.0, 5.0]]
    assert in_turn([lambda: float(next(order))], 1) == [[6.0]]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with serving() as url:
        yield Bench(tmp_path, url, Path(sys.executable))


def test_every_program_runs(bench: Bench) -> None:
    done = {}
    for plan in plans():
        if "httpx2" not in plan.what:
            program = plan.program.replace("100000", "9").replace("1000", "60")
            few = plan._replace(program=program, pairs=1, processes=1)
            done[plan.what] = bench.measure(few).ours
    assert done["exchanges of 64 threads"] == done["exchanges of 1,000 tasks"] == 1
    assert all(figure >= 0 for what, figure in done.items() if "growth" not in what)


def test_a_program_that_fails_ends_the_bench(bench: Bench) -> None:
    plan = next(plans())._replace(program="nonsense 1")
    with pytest.raises(PipelineError, match="as it says above"):
        bench.measure(plan)


def test_rows_that_are_none_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "interpreter", lambda: Path(sys.executable))
    monkeypatch.setenv("ROWS", "nothing like it")
    with pytest.raises(PipelineError, match="no row"):
        measure.main()
