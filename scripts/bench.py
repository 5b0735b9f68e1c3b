"""`make bench`: what our own code costs, beside bare httpx and the generator alone.

It takes some minutes; `ROWS` in the environment is a part of the names of the rows wanted. Each
figure is of a process; both sides are run in turn, so a busy machine disturbs both.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from subprocess import run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from scripts.dev import environment
from scripts.dev.bench import server
from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT, Repo
from scripts.vendoring.http_library import OURS, requirements

_PUBLISHED = "shared/upstream/openapi-spec.*.json"


class Row(NamedTuple):
    """What is measured.

    Attributes:
        what: The row's name.
        reach: What the ratio, or the figure where nothing is beside, should not exceed.
        program: One of `dev/bench/`, or `regenerate`; what it is to do, and how often.
        times: How often each side is run; when more than once, after one run that does not count.
        is_alone: Whether nothing is beside.
    """

    what: str
    reach: float
    program: tuple[str, ...]
    times: int = 1
    is_alone: bool = False


ROWS = (
    Row("cold process: exchange and delete [s]", 1.20, ("calls", "cold"), 61),
    Row("kept connection [s]", 1.06, ("calls", "kept", "300"), 61),
    Row("crowd: 1,000 tasks on a new pool [s]", 0.2, ("tasks", "crowd", "1000")),
    Row("connections lost to cancelled tasks, of 10", 0, ("tasks", "lost", "10"), is_alone=True),
    Row("growth over 100,000 calls [B]", 1e6, ("calls", "growth", "100000"), is_alone=True),
    Row("make regenerate, one operation [s]", 1.3, ("regenerate", ""), 7),
    Row("make regenerate, whole API [s]", 1.3, ("regenerate", "*"), 3),
)


def measure(row: Row, commands: Sequence[Sequence[str]]) -> list[list[float]]:
    """Run what does a row on each side, in turn; give the figures of each turn."""
    warm = row.times > 1
    turns = [[_run(command) for command in commands] for _ in range(row.times + warm)]
    return turns[warm:]


def write(row: Row, turns: Sequence[Sequence[float]]) -> str:
    """Write figures as a row of Markdown; a ratio is the median of those of each turn."""
    ours, *beside = (f"{median(side):.3g}" for side in zip(*turns, strict=True))
    figure, ratio = float(ours), ""
    if beside:
        figure = median(ours / beside for ours, beside in turns)
        ratio = f"{figure:.2f}"
    missed = " NO" if figure > row.reach else ""
    return f"| {row.what} | {ours} | {''.join(beside)} | {ratio} | {row.reach:g}{missed} |"


def commands(row: Row, python: Path, url: str, folder: Path) -> list[list[str]]:
    """Give the command of each side."""
    program, *arguments = row.program
    if program == "regenerate":
        return _regenerations(arguments[0], folder)
    script = [str(python), str(ROOT / "scripts" / "dev" / "bench" / f"{program}.py")]
    sides = ["ours"] if row.is_alone else ["ours", "bare"]
    return [[*script, side, url, *arguments] for side in sides]


def _regenerations(operations: str, folder: Path) -> list[list[str]]:
    """Give what regenerates a copy of the tree, and what runs the generator alone."""
    document = max(ROOT.parent.glob(_PUBLISHED), default=ROOT / "spec" / "openapi.json")
    tree = folder / "tree"
    if not tree.exists():
        hidden = shutil.ignore_patterns(".*", "__pycache__", "tests", "dist")
        shutil.copytree(ROOT, tree, ignore=hidden)
        (tree / ".venv").symlink_to(ROOT / ".venv")
    whole = document if operations else tree / "spec" / "openapi.json"
    alone = ["openapi-python-client", "generate", "--meta", "none", "--overwrite"]
    return [
        ["make", "-C", f"{tree}", "regenerate", f"SPEC_URL={document}", f"OPERATIONS={operations}"],
        [*alone, "--path", f"{whole}", "--output-path", f"{folder / 'alone'}"],
    ]


def _run(command: Sequence[str]) -> float:
    """Run a process; give the figure that it prints, or else the seconds that it took.

    It keeps bytecode: else our packages would be compiled each time, what is installed would not.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env["PATH"] = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{env['PATH']}"
    env |= {"NO_PROXY": "*", "FORCE": "1"}
    start = perf_counter()
    done = run(command, env=env, capture_output=True, text=True, check=False)
    took = perf_counter() - start
    if done.returncode:
        raise PipelineError(f"`{' '.join(command[:4])}` failed in the bench: {done.stderr[-500:]}")
    said = done.stdout.split()
    return float(said[0]) if len(said) == 1 else took


def main() -> int:
    """Print each row as soon as it is measured."""
    wanted = os.environ.get("ROWS", "").lower()
    chosen = [row for row in ROWS if wanted in row.what.lower()]
    if not chosen:
        names = "; ".join(row.what for row in ROWS)
        raise PipelineError(f"ROWS={wanted} is in the name of no row; these are: {names}")
    venv, url = ROOT / ".venv-bench", server.serve()
    path = [ROOT / folder for folder in ("wrapper", "generated")]
    environment.make(venv, requirements(Repo(), OURS), path)
    print("| what | ours | beside | ratio | reach |\n| --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        for row in chosen:
            sides = commands(row, venv / "bin" / "python", url, Path(folder))
            print(write(row, measure(row, sides)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("bench", main))
