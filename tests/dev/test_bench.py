"""The bench: what it computes, and that its programs still run. No test looks at a duration."""

import sys
from pathlib import Path

import pytest

from scripts.bench import ROWS, Row, commands, measure, write
from scripts.dev.bench.server import serve
from scripts.pipeline.errors import PipelineError


def test_a_ratio_is_of_neighbours() -> None:
    """The machine was six times as slow for the second pair, which changes nothing."""
    turns = [[2.0, 1.0], [12.0, 6.0], [5.0, 5.0]]
    assert write(Row("it", 2, ()), turns) == "| it | 5 | 5 | 2.00 | 2 |"
    assert write(Row("it", 1.9, ()), turns) == "| it | 5 | 5 | 2.00 | 1.9 NO |"
    assert write(Row("it", 0, (), is_alone=True), [[1.0]]) == "| it | 1 |  |  | 0 NO |"


def test_sides_take_turns_after_once_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys; f = open(sys.argv[1], 'a+'); f.write('x'); f.seek(0); print(len(f.read()))"
    side = [sys.executable, "-c", code, str(log)]
    assert measure(Row("it", 1, (), times=2), [side, side]) == [[3, 4], [5, 6]]
    assert measure(Row("it", 1, ()), [side]) == [[7]]


def test_every_program_runs_from_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    url = serve()
    for row in ROWS[:-1]:  # the last takes as long as the whole API
        few = tuple("20" if word.isdecimal() else word for word in row.program)
        sides = commands(row._replace(program=few), Path(sys.executable), url, tmp_path)
        ((ours, *beside),) = measure(row._replace(times=1), sides)
        assert len(beside) == (not row.is_alone)
        assert ours >= 0
    assert [*(tmp_path / "tree" / "scripts").rglob("*.pyc")]


def test_a_program_that_fails_ends_the_bench(tmp_path: Path) -> None:
    row = Row("it", 1, ("calls", "nonsense", "1"))
    with pytest.raises(PipelineError, match=r"(?s)failed in the bench: .*Err"):
        measure(row, commands(row, Path(sys.executable), serve(), tmp_path))
