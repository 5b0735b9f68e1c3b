"""Measure sides in turn, print the table as Markdown, and write bench/results.json."""

import compileall
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from subprocess import PIPE, Popen, run
from time import perf_counter
from typing import NamedTuple

from scripts.dev import environment
from scripts.pipeline.errors import PipelineError

ROOT = Path(__file__).resolve().parents[3]
_HERE = Path(__file__).parent
_PUBLISHED = "shared/upstream/openapi-spec.*.json"
Side = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """A figure of ours, that of what it is measured beside, and what is to be reached.

    With something beside, `reach` is a ratio: the median of those of neighbours.
    """

    what: str
    unit: str
    reach: float | None
    ours: float
    beside: float | None = None
    ratio: tuple[float, float, float] | None = None  # quartiles

    def cells(self) -> tuple[str, ...]:
        """Write the figures for people."""
        shown = [f"{each:.3g} {self.unit}" for each in (self.ours, self.beside) if each is not None]
        figure, ratio = self.ours, ""
        if self.ratio:
            low, figure, high = self.ratio
            ratio = f"{figure:.2f} ({low:.2f}-{high:.2f})"
        reach = (
            "" if self.reach is None else f"{self.reach:g}{'' if figure <= self.reach else ' NO'}"
        )
        return (self.what, *shown, *[""] * (2 - len(shown)), ratio, reach)


def compare(what: str, unit: str, reach: float | None, times: list[list[float]]) -> Row:
    """Make a row of pairs of measurements, or of single ones."""
    ours, *others = zip(*times, strict=True)
    if not others:
        return Row(what, unit, reach, median(ours))
    found = [mine / theirs for mine, theirs in times]
    low, middle, high = quantiles(found, n=4, method="inclusive") if len(found) > 1 else found * 3
    return Row(what, unit, reach, median(ours), median(others[0]), (low, middle, high))


def in_turn(sides: Sequence[Side], pairs: int) -> list[list[float]]:
    """Measure each side so many times, in turn; more than once, the first does not count."""
    warm = pairs > 1
    return [[side() for side in sides] for _ in range(pairs + warm)][warm:]


class Plan(NamedTuple):
    """A row about the client: a program by two sides, so many pairs in so many processes."""

    what: str
    unit: str
    reach: float | None
    program: str
    ours: str
    beside: str
    pairs: int
    processes: int


# what | unit | reach | program | ours | beside | pairs | processes
_PLANS = """\
import and touch | s | 1.25 | importing touch | ours | bare httpx | 41 | 1
import what a call needs | s | | importing call | ours | bare httpx | 41 | 1
import what a call needs, generated alone | s | | importing call | generated | bare httpx | 41 | 1
memory of import | B | 1.15 | memory touch | ours | bare httpx | 5 | 1
memory of what a call needs | B | | memory call | ours | bare httpx | 5 | 1
cold process: exchange and delete | s | 1.20 | cold | ours | bare httpx | 61 | 1
kept connection | s | 1.06 | calls 20 | ours | bare httpx | 60 | 5
200 deletes, 50 at a time | s | 1.10 | batch 200 | ours | bare httpx | 3 | 3
400 deletes, 50 at a time | s | 1.10 | batch 400 | ours | bare httpx | 3 | 3
1,000 deletes, 50 at a time | s | 1.10 | batch 1000 | ours | bare httpx | 3 | 3
crowd: 1,000 tasks on a cold pool | s | 0.2 | crowd 1000 | ours | bare httpx | 1 | 1
connections lost to cancelled tasks, of 10 | | 0 | lost 10 | ours | | 1 | 1
exchanges of 64 threads | | 1 | threads 64 | ours | | 1 | 1
exchanges of 1,000 tasks | | 1 | tasks 1000 | ours | | 1 | 1
growth over 100,000 calls | B | 1e6 | growth 100000 | ours | | 1 | 1
httpx2: import what a call needs | s | | importing call | ours on httpx2 | bare httpx | 41 | 1
httpx2: cold process | s | 0.80 | cold | ours on httpx2 | bare httpx | 61 | 1
httpx2: cold process, beside bare httpx2 | s | 1.25 | cold | ours on httpx2 | bare httpx2 | 61 | 1
httpx2: kept connection | s | | calls 20 | ours on httpx2 | bare httpx | 60 | 5
httpx2: kept connection, beside bare httpx2 | s | | calls 20 | ours on httpx2 | bare httpx2 | 60 | 5
httpx2: 200 deletes, 50 at a time | s | | batch 200 | ours on httpx2 | bare httpx | 3 | 3
httpx2: 200 deletes, beside bare httpx2 | s | | batch 200 | ours on httpx2 | bare httpx2 | 3 | 3
httpx2: crowd of 1,000 tasks | s | | crowd 1000 | ours on httpx2 | bare httpx | 1 | 1
httpx2: crowd, beside bare httpx2 | s | | crowd 1000 | ours on httpx2 | bare httpx2 | 1 | 1
"""


def plans() -> Iterator[Plan]:
    """Give the rows about the client."""
    for line in _PLANS.splitlines():
        what, unit, reach, *rest, pairs, processes = (cell.strip() for cell in line.split("|"))
        program, ours, beside = rest
        target = float(reach) if reach else None
        yield Plan(what, unit, target, program, ours, beside, int(pairs), int(processes))


class Bench:
    """Runs programs that see only the runtime dependencies, httpx2, and what is laid out here."""

    def __init__(self, folder: Path, url: str, python: Path) -> None:
        self.folder, self.url, self._python = folder, url, python
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._environ = {**kept, "PYTHONPATH": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
        for source in ("generated/upsun_api", "wrapper/upsun_client"):
            shutil.copytree(ROOT / source, folder / source.rpartition("/")[2])
        compileall.compile_dir(folder, quiet=1)

    def copy_on_httpx2(self) -> None:
        """Vendor a copy that uses httpx2."""
        if not (self.folder / "copied").exists():
            (self.folder / "copied").mkdir()
            (self.folder / "copied" / "__init__.py").touch()
            where = f"DEST={self.folder / 'copied'}"
            _succeed(["make", "vendor", where, "HTTP=httpx2"], dict(os.environ))
            texts = (file.read_text() for file in (self.folder / "copied").rglob("*.py"))
            if any(re.search(r"^\s*(import|from) httpx\b", text, re.MULTILINE) for text in texts):
                raise PipelineError("`make vendor HTTP=httpx2` has made a copy that imports httpx")
            compileall.compile_dir(self.folder, quiet=1)

    def measure(self, plan: Plan) -> Row:
        """Measure a row."""
        if "httpx2" in plan.what:
            self.copy_on_httpx2()
        times: list[list[float]] = []
        for _ in range(plan.processes):
            with ExitStack() as stack:
                names = filter(None, (plan.ours, plan.beside))
                sides = [stack.enter_context(self._side(plan.program, name)) for name in names]
                times += in_turn(sides, plan.pairs)
        return compare(plan.what, plan.unit, plan.reach, times)

    @contextmanager
    def _side(self, program: str, side: str) -> Iterator[Side]:
        name, *words = program.split()
        file = {"cold": "cold", "importing": "importing", "memory": "importing"}.get(
            name, "running"
        )
        command = [str(self._python), str(_HERE / f"{file}.py")]
        if file == "running":
            command += [name, side, self.url, *words]
            with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=self._environ) as process:
                yield partial(_ask, process)
                process.communicate()
        elif file == "importing":
            command += [*words, side]
            yield lambda: json.loads(_succeed(command, self._environ)[1])[name == "memory"]
        else:
            yield lambda: _succeed([*command, side, self.url], self._environ)[0]


def _ask(process: Popen[str]) -> float:
    assert process.stdin
    assert process.stdout
    print(file=process.stdin, flush=True)
    if not (answer := process.stdout.readline()):
        raise PipelineError("a program of the bench failed, as it says above")
    return float(answer)


def _succeed(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> tuple[float, str]:
    start = perf_counter()
    done = run(command, cwd=cwd, env=env, stdout=PIPE, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"`{' '.join(command[:3])}` failed in the bench, as it says above")
    return perf_counter() - start, done.stdout


def _seconds(command: list[str], env: dict[str, str], cwd: Path) -> float:
    return _succeed(command, env, cwd)[0]


def regenerate(folder: Path, operations: str, pairs: int) -> Row:
    """Regenerate some operations in a copy of the tree, beside the generator alone."""
    document = max(ROOT.parent.glob(_PUBLISHED), default=ROOT / "spec" / "openapi.json")
    tree = folder / "tree"
    if not tree.exists():
        hidden = shutil.ignore_patterns(".*", "__pycache__", "tests", "dist", "results.json")
        shutil.copytree(ROOT, tree, ignore=hidden)
        (tree / ".venv").symlink_to(ROOT / ".venv")
    env = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}
    whole = ["make", "regenerate", f"SPEC_URL={document}", f"OPERATIONS={operations}", "FORCE=1"]
    source = document if operations == "*" else tree / "spec" / "openapi.json"
    output = ["--meta", "none", "--overwrite", "--output-path", str(folder / "alone")]
    alone = ["openapi-python-client", "generate", "--path", str(source), *output]
    times = in_turn([partial(_seconds, each, env, tree) for each in (whole, alone)], pairs)
    what = "whole API" if operations == "*" else "one operation"
    return compare(f"make regenerate, {what}", "s", 1.3, times)


@contextmanager
def serving() -> Iterator[str]:
    """Run the server, and give its URL."""
    command = [sys.executable, str(_HERE / "server.py")]
    # In a session of its own: Ctrl-C is for the bench, which stops it.
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, start_new_session=True) as server:
        assert server.stdin
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


def interpreter() -> Path:
    """Make an environment with the runtime dependencies and httpx2, and give its interpreter."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*settings["project"]["dependencies"], "httpx2"]
    environment.make(ROOT / ".venv-bench", wanted, holds=wanted)
    return ROOT / ".venv-bench" / "bin" / "python"


def table(rows: Sequence[Row]) -> str:
    """Lay out rows as Markdown."""
    head = ("what", "ours", "beside", "ratio (quartiles)", "reach")
    lines = [head, ("---",) * len(head), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Take some minutes; `ROWS` in the environment is a part of the names of the rows wanted."""
    wanted = os.environ.get("ROWS", "").lower()
    python = interpreter()
    rows: list[Row] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as name, serving() as url:
        bench = Bench(Path(name), url, python)
        steps = [(plan.what, partial(bench.measure, plan)) for plan in plans()]
        one = (ROOT / "spec" / "operations.txt").read_text().strip()
        for what, operations, pairs in (("one operation", one, 7), ("whole API", "*", 3)):
            step = partial(regenerate, Path(name), operations, pairs)
            steps.append((f"make regenerate, {what}", step))
        for what, step in steps:
            if wanted in what.lower():
                print(f"measuring: {what}", flush=True)
                try:
                    rows.append(step())
                except PipelineError as error:  # the other rows are worth their minutes
                    failed.append(f"{what}: {error}")
    if not rows and not failed:
        raise PipelineError(f"ROWS={wanted} is in the name of no row")
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
    }
    print(f"\n{table(rows)}\n\n" + ", ".join(f"{key} {value}" for key, value in machine.items()))
    results = ROOT / "bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    results.write_text(
        json.dumps({**machine, "rows": [asdict(row) for row in rows]}, indent=2) + "\n"
    )
    return 0
