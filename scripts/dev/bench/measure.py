"""Measure sides in turn, and print the table as Markdown."""

import compileall
import json
import os
import platform
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from subprocess import PIPE, Popen, run
from time import perf_counter

from scripts.dev import environment
from scripts.pipeline.errors import PipelineError

ROOT = Path(__file__).resolve().parents[3]
_HERE = Path(__file__).parent
_PUBLISHED = "shared/upstream/openapi-spec.*.json"
Side = Callable[[], float]

# what | unit | reach | program | ours | beside | pairs | processes
_ROWS = """\
import and touch | s | 1.25 | fresh touch | ours | bare httpx | 41 | 1
import what a call needs | s | | fresh call | ours | bare httpx | 41 | 1
import what a call needs, generated alone | s | | fresh call | generated | bare httpx | 41 | 1
memory of import | B | 1.15 | fresh touch | ours | bare httpx | 5 | 1
memory of what a call needs | B | | fresh call | ours | bare httpx | 5 | 1
cold process: exchange and delete | s | 1.20 | fresh cold | ours | bare httpx | 61 | 1
kept connection | s | 1.06 | calls 20 | ours | bare httpx | 60 | 5
200 deletes, 50 at a time | s | 1.10 | batch 200 | ours | bare httpx | 3 | 3
400 deletes, 50 at a time | s | 1.10 | batch 400 | ours | bare httpx | 3 | 3
1,000 deletes, 50 at a time | s | 1.10 | batch 1000 | ours | bare httpx | 3 | 3
crowd: 1,000 tasks on a cold pool | s | 0.2 | crowd 1000 | ours | bare httpx | 1 | 1
connections lost to cancelled tasks, of 10 | | 0 | lost 10 | ours | | 1 | 1
growth over 100,000 calls | B | 1e6 | growth 100000 | ours | | 1 | 1
httpx2: import what a call needs | s | | fresh call | ours on httpx2 | bare httpx | 41 | 1
httpx2: cold process | s | 0.80 | fresh cold | ours on httpx2 | bare httpx | 61 | 1
httpx2: cold process beside httpx2 | s | 1.25 | fresh cold | ours on httpx2 | bare httpx2 | 61 | 1
httpx2: kept connection | s | | calls 20 | ours on httpx2 | bare httpx | 60 | 5
httpx2: kept connection beside httpx2 | s | | calls 20 | ours on httpx2 | bare httpx2 | 60 | 5
httpx2: 200 deletes, 50 at a time | s | | batch 200 | ours on httpx2 | bare httpx | 3 | 3
httpx2: 200 deletes beside httpx2 | s | | batch 200 | ours on httpx2 | bare httpx2 | 3 | 3
httpx2: crowd of 1,000 tasks | s | | crowd 1000 | ours on httpx2 | bare httpx | 1 | 1
httpx2: crowd beside httpx2 | s | | crowd 1000 | ours on httpx2 | bare httpx2 | 1 | 1
make regenerate, one operation | s | 1.3 | regenerate one | ours | alone | 7 | 1
make regenerate, whole API | s | 1.3 | regenerate * | ours | alone | 3 | 1
"""


def row(what: str, unit: str, reach: str, times: list[list[float]]) -> list[str]:
    """Write pairs of measurements, or single ones, for people.

    With something beside, `reach` is a ratio: the median of those of neighbours.
    """
    figure = median(each[0] for each in times)
    cells, ratio = [f"{median(side):.3g} {unit}" for side in zip(*times, strict=True)], ""
    if len(cells) > 1:
        found = [ours / beside for ours, beside in times]
        spread = found if len(found) > 1 else found * 2
        low, figure, high = quantiles(spread, n=4, method="inclusive")
        ratio = f"{figure:.2f} ({low:.2f}-{high:.2f})"
    missed = " NO" if reach and figure > float(reach) else ""
    return [what, *cells, *[""] * (2 - len(cells)), ratio, reach + missed]


def in_turn(sides: Sequence[Side], pairs: int) -> list[list[float]]:
    """Measure each side so many times, in turn; more than once, the first does not count."""
    warm = pairs > 1
    return [[side() for side in sides] for _ in range(pairs + warm)][warm:]


def rows() -> Iterator[list[str]]:
    """Give the cells of each row that can be measured."""
    for line in _ROWS.splitlines():
        yield [cell.strip() for cell in line.split("|")]


class Bench:
    """Runs programs that see only the runtime dependencies, httpx2, and what is laid out here."""

    def __init__(self, folder: Path, url: str, python: Path) -> None:
        self.folder, self.url, self._python = folder, url, python
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._environ = {**kept, "PYTHONPATH": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
        for source in ("generated/upsun_api", "wrapper/upsun_client"):
            shutil.copytree(ROOT / source, folder / source.rpartition("/")[2])
        shutil.copy(_HERE / "fresh.py", folder)
        compileall.compile_dir(folder, quiet=1)

    def measure(self, cells: Sequence[str]) -> list[str]:
        """Measure a row."""
        what, unit, reach, program, *names, pairs, processes = cells
        if "httpx2" in what and not (self.folder / "copied").exists():
            (self.folder / "copied").mkdir()
            (self.folder / "copied" / "__init__.py").touch()
            where = f"DEST={self.folder / 'copied'}"
            _succeed(["make", "vendor", where, "HTTP=httpx2"], dict(os.environ))
            compileall.compile_dir(self.folder, quiet=1)
        times: list[list[float]] = []
        for _ in range(int(processes)):
            with ExitStack() as stack:
                sides = [
                    stack.enter_context(self._side(what, program, name))
                    for name in filter(None, names)
                ]
                times += in_turn(sides, int(pairs))
        return row(what, unit, reach, times)

    @contextmanager
    def _side(self, what: str, program: str, side: str) -> Iterator[Side]:
        name, argument = program.split()
        if name == "regenerate":
            yield self._regeneration(argument, side)
        elif name == "fresh":
            # As a module, which is compiled already, as those of an application are.
            command = [str(self._python), "-c", "import fresh", argument, side, self.url]
            yield lambda: self._figure(what, command)
        else:
            command = [str(self._python), str(_HERE / "kept.py"), name, side, self.url, argument]
            with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=self._environ) as process:
                yield partial(_ask, process)
                process.communicate()

    def _figure(self, what: str, command: list[str]) -> float:
        whole, said = _succeed(command, self._environ)
        seconds, resident = json.loads(said)
        return float(resident if "memory" in what else whole if "cold" in what else seconds)

    def _regeneration(self, operations: str, side: str) -> Side:
        """Regenerate in a copy of the tree, or run the generator alone."""
        document = max(ROOT.parent.glob(_PUBLISHED), default=ROOT / "spec" / "openapi.json")
        tree = self.folder / "tree"
        if not tree.exists():
            hidden = shutil.ignore_patterns(".*", "__pycache__", "tests", "dist")
            shutil.copytree(ROOT, tree, ignore=hidden)
            (tree / ".venv").symlink_to(ROOT / ".venv")
        env = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}
        chosen = f"OPERATIONS={operations if operations == '*' else ''}"
        command = ["make", "regenerate", f"SPEC_URL={document}", chosen, "FORCE=1"]
        if side == "alone":
            source = document if operations == "*" else tree / "spec" / "openapi.json"
            where = ["--meta", "none", "--overwrite", "--output-path", str(self.folder / "alone")]
            command = ["openapi-python-client", "generate", "--path", str(source), *where]
        return lambda: _succeed(command, env, tree)[0]


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


def main() -> int:
    """Take some minutes; `ROWS` in the environment is a part of the names of the rows wanted."""
    wanted = os.environ.get("ROWS", "").lower()
    chosen = [cells for cells in rows() if wanted in cells[0].lower()]
    if not chosen:
        raise PipelineError(f"ROWS={wanted} is in the name of no row")
    found: list[list[str]] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as name, serving() as url:
        bench = Bench(Path(name), url, interpreter())
        for cells in chosen:
            print(f"measuring: {cells[0]}", flush=True)
            try:
                found.append(bench.measure(cells))
            except PipelineError as error:  # the other rows are worth their minutes
                failed.append(f"{cells[0]}: {error}")
    head = ["what", "ours", "beside", "ratio (quartiles)", "reach"]
    for cells in (head, ["---"] * len(head), *found):
        print(f"| {' | '.join(cells)} |")
    version, system = platform.python_version(), platform.platform()
    print(
        f"\non {datetime.now(UTC).date()}: Python {version}, {system}, {os.cpu_count()} processors"
    )
    if failed:
        raise PipelineError("; ".join(failed))
    return 0
