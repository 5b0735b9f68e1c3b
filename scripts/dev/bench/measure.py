"""Measure sides in turn, each row of a table."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from subprocess import PIPE, Popen, run
from time import perf_counter

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT, Repo
from scripts.vendoring.copy import vendor

_HERE = Path(__file__).parent
_PUBLISHED = "shared/upstream/openapi-spec.*.json"
Side = Callable[[], float]

# what | unit | reach | program, what it does, how many | ours | beside | pairs | processes
_TABLE = """\
cold process: exchange and delete | s | 1.20 | calls cold 1 | ours | bare httpx | 61 | 1
kept connection | s | 1.06 | calls kept 20 | ours | bare httpx | 60 | 5
crowd: 1,000 tasks on a cold pool | s | 0.2 | tasks crowd 1000 | ours | bare httpx | 1 | 1
connections lost to cancelled tasks, of 10 | | 0 | tasks lost 10 | ours | | 1 | 1
growth over 100,000 calls | B | 1e6 | calls growth 100000 | ours | | 1 | 1
httpx2: cold process | s | 0.80 | calls cold 1 | ours on httpx2 | bare httpx | 61 | 1
httpx2: cold process beside httpx2 | s | 1.25 | calls cold 1 | ours on httpx2 | bare httpx2 | 61 | 1
make regenerate, one operation | s | 1.3 | regenerate one | ours | alone | 7 | 1
make regenerate, whole API | s | 1.3 | regenerate * | ours | alone | 3 | 1
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in _TABLE.splitlines()]


def row(what: str, unit: str, reach: str, times: list[list[float]]) -> list[str]:
    """Write pairs of measurements, or single ones, for people.

    With something beside, `reach` is a ratio: the median of those of neighbours.
    """
    figure = median(each[0] for each in times)
    cells, ratio = [f"{median(side):.3g} {unit}" for side in zip(*times, strict=True)], ""
    if len(cells) > 1:
        found = [ours / beside for ours, beside in times]
        low, figure, high = quantiles(
            found if len(found) > 1 else found * 2, n=4, method="inclusive"
        )
        ratio = f"{figure:.2f} ({low:.2f}-{high:.2f})"
    missed = " NO" if reach and figure > float(reach) else ""
    return [what, *cells, *[""] * (2 - len(cells)), ratio, reach + missed]


def in_turn(sides: Sequence[Side], pairs: int) -> list[list[float]]:
    """Measure each side so many times, in turn; more than once, the first does not count."""
    warm = pairs > 1
    return [[side() for side in sides] for _ in range(pairs + warm)][warm:]


class Bench:
    """Runs programs that see only what is installed for an interpreter, and our packages.

    Args:
        folder: For what is made on the way.
        url: Of the server.
        python: The interpreter.
    """

    def __init__(self, folder: Path, url: str, python: Path) -> None:
        self.folder, self.url, self._python = folder, url, python
        path = os.pathsep.join(map(str, (ROOT / "wrapper", ROOT / "generated", folder)))
        self._env = {**os.environ, "PYTHONPATH": path, "NO_PROXY": "*", "no_proxy": "*"}

    def measure(self, cells: Sequence[str]) -> list[str]:
        """Measure a row."""
        what, unit, reach, program, *names, pairs, processes = cells
        if "httpx2" in what and not (self.folder / "copied").exists():
            vendor(Repo(), self.folder / "copied", force=False, library="httpx2")
        times: list[list[float]] = []
        for _ in range(int(processes)):
            with ExitStack() as stack:
                sides = [stack.enter_context(self._side(program, name)) for name in names if name]
                times += in_turn(sides, int(pairs))
        return row(what, unit, reach, times)

    @contextmanager
    def _side(self, program: str, side: str) -> Iterator[Side]:
        name, *arguments = program.split()
        command = [str(self._python), str(_HERE / f"{name}.py"), side, self.url, *arguments]
        if name == "regenerate":
            yield self._regeneration(arguments[0], side)
        elif "cold" in arguments:
            yield lambda: _whole(command, self._env)
        else:
            with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=self._env) as process:
                yield partial(_ask, process)
                process.communicate()

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
        return lambda: _whole(command, env, tree)


def _ask(process: Popen[str]) -> float:
    assert process.stdin
    assert process.stdout
    print(file=process.stdin, flush=True)
    if not (answer := process.stdout.readline()):
        raise PipelineError("a program of the bench failed, as it says above")
    return float(answer)


def _whole(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> float:
    start = perf_counter()
    done = run(command, cwd=cwd, env=env, input="\n", stdout=PIPE, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"`{' '.join(command[:3])}` failed in the bench, as it says above")
    return perf_counter() - start


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
