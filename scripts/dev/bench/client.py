"""What the client costs its users, beside bare httpx: import, calls, a cold start, memory."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from subprocess import run
from time import perf_counter

from scripts.dev.bench.pairs import Times, in_turn
from scripts.dev.bench.progress import begin, show
from scripts.dev.bench.row import UNPUBLISHED, Row, compare
from scripts.dev.bench.workbench import Workbench, reason
from scripts.pipeline.errors import PipelineError

_MB = 1e6


@dataclass(frozen=True)
class Effort:
    """How much to measure."""

    imports: int = 41  # pairs of processes
    cold: int = 121  # pairs of processes
    # Processes, as each is a little faster or slower for good; pairs in each; and calls.
    calls: tuple[int, int, int] = (5, 60, 20)
    batches: tuple[int, int, tuple[int, ...]] = (4, 3, (200, 400, 1000))
    growth: int = 100_000  # calls


def rows(bench: Workbench, effort: Effort, *, whole: bool) -> Iterator[Row]:
    """Measure; `whole` says whether there is a package of the whole API."""
    yield from _imports(bench, effort, "selected", "one operation")
    if whole:
        yield from _imports(bench, effort, "whole", "whole API")
    else:
        yield Row("import and touch the operation, whole API", 1.25, note=UNPUBLISHED)
        yield Row("memory of import, whole API", 1.15, note=UNPUBLISHED)
    processes, pairs, calls = effort.calls
    begin(what := "a call on a kept connection")
    times = _often(bench, processes, "calls", pairs, calls)
    yield compare(what, 1.10, "ms", 1e3 / calls, times)
    processes, pairs, sizes = effort.batches
    for size in sizes:
        begin(what := f"{size} deletes, 50 at a time, asyncio")
        times = _often(bench, processes, "batches", pairs, size)
        yield compare(what, 1.10, "ms", 1e3, times)
    yield _cold(bench, effort)
    begin("exchanges of a crowd on a cold client")
    threads, tasks = bench.run("bursts", bench.url)
    yield Row("exchanges of 64 threads on a cold client", 1, ours=threads)
    yield Row("exchanges of 1,000 tasks on a cold client", 1, ours=tasks)
    yield _growth(bench, effort)


def _growth(bench: Workbench, effort: Effort) -> Row:
    what = f"growth of memory over {effort.growth:,} calls"
    if sys.platform != "linux":
        return Row(what, 2, note="skipped: Linux only")
    begin(what)
    grown = bench.run("growth", bench.url, effort.growth)
    return Row(what, 2, unit="MB", ours=grown / _MB)


def _often(bench: Workbench, processes: int, program: str, *arguments: int) -> dict[str, Times]:
    runs = [
        bench.run(program, bench.url, *arguments, told=f"process {number} of {processes}, pair ")
        for number in range(1, processes + 1)
    ]
    return {side: [time for one in runs for time in one[side]] for side in runs[0]}


def _imports(bench: Workbench, effort: Effort, packages: str, what: str) -> Iterator[Row]:
    sizes: dict[str, list[float]] = {}

    def measure(side: str) -> Callable[[], float]:
        def once() -> float:
            seconds, size = bench.run("importing", side, packages=packages)
            sizes.setdefault(side, []).append(size)
            return float(seconds)

        return once

    begin(f"import, {what}")
    sides = {side: measure(side) for side in ("limit", "ours", "loaded", "generated")}
    times = in_turn(sides, effort.imports, show)
    loaded = {"limit": times["limit"], "ours": times["loaded"], "generated": times["generated"]}
    yield compare(f"import and touch the operation, {what}", 1.25, "ms", 1e3, times)
    yield compare(f"import what a call needs, {what}", None, "ms", 1e3, loaded)
    if packages == "whole" and None not in sizes["ours"]:
        yield compare(f"memory of import, {what}", 1.15, "MB", 1 / _MB, sizes)
        sizes["ours"] = sizes["loaded"]
        yield compare(f"memory of what a call needs, {what}", None, "MB", 1 / _MB, sizes)


def _cold(bench: Workbench, effort: Effort) -> Row:
    def measure(program: str) -> Callable[[], float]:
        command, environ = bench.command(program, bench.url), bench.environ()

        def once() -> float:
            start = perf_counter()
            done = run(command, env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                why = reason(done.stderr.splitlines(), done.returncode)
                raise PipelineError(f"{program}.py failed: {why}")
            return perf_counter() - start

        return once

    sides = {"limit": measure("cold_httpx"), "ours": measure("cold_ours")}
    begin(what := "a process that exchanges a token and deletes once")
    return compare(what, 1.20, "ms", 1e3, in_turn(sides, effort.cold, show))
