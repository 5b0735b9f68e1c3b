"""What the client costs its users, beside bare httpx: import, calls, a cold start, memory."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from subprocess import run
from time import perf_counter

from scripts.bench.pairs import Times, in_turn
from scripts.bench.progress import show
from scripts.bench.row import Row, compare
from scripts.bench.workbench import Workbench
from scripts.errors import PipelineError

_MB = 1e6
_UNPUBLISHED = "skipped, no published document in ../shared/upstream"


@dataclass(frozen=True)
class Effort:
    """How much to measure."""

    imports: int = 41  # pairs of processes
    cold: int = 81  # pairs of processes
    # Processes, as a pool of connections stays as it happened to become; pairs in each; and calls.
    calls: tuple[int, int, int] = (5, 60, 20)
    batches: tuple[int, int, tuple[int, ...]] = (4, 2, (200, 400, 1000))
    growth: int = 100_000  # calls


def rows(bench: Workbench, effort: Effort, *, whole: bool) -> Iterator[Row]:
    """Measure; `whole` says whether there is a package of the whole API."""
    yield from _imports(bench, effort, "selected", "one operation")
    if whole:
        yield from _imports(bench, effort, "whole", "whole API")
    else:
        yield Row(f"import, whole API: {_UNPUBLISHED}", 1.25)
        yield Row(f"memory of import, whole API: {_UNPUBLISHED}", 1.15)
    processes, pairs, calls = effort.calls
    times = _often(bench, processes, "calls", pairs, calls)
    yield compare("a call on a kept connection", 1.10, "ms", 1e3 / calls, times)
    processes, pairs, sizes = effort.batches
    for size in sizes:
        times = _often(bench, processes, "batches", pairs, size)
        yield compare(f"{size} deletes, 50 at a time, asyncio", 1.10, "ms", 1e3, times)
    yield _cold(bench, effort)
    threads, tasks = bench.run("bursts", bench.url)
    yield Row("exchanges of 64 threads on a cold client", 1, ours=threads)
    yield Row("exchanges of 1,000 tasks on a cold client", 1, ours=tasks)
    if sys.platform == "linux":
        grown = bench.run("growth", bench.url, effort.growth)
        yield Row(f"growth of memory over {effort.growth:,} calls", 2, "MB", ours=grown / _MB)
    else:
        yield Row("growth of memory: skipped, measured on Linux only", 2)


def _often(bench: Workbench, processes: int, program: str, *arguments: int) -> dict[str, Times]:
    runs = [bench.run(program, bench.url, *arguments) for _ in range(processes)]
    return {side: [time for one in runs for time in one[side]] for side in runs[0]}


def _imports(bench: Workbench, effort: Effort, packages: str, what: str) -> Iterator[Row]:
    sizes: dict[str, list[float]] = {}

    def measure(side: str) -> Callable[[], float]:
        def once() -> float:
            seconds, size = bench.run("importing", side, packages=packages)
            sizes.setdefault(side, []).append(size)
            return float(seconds)

        return once

    sides = {side: measure(side) for side in ("limit", "ours", "loaded", "generated")}
    times = in_turn(sides, effort.imports, show)
    loaded = {"limit": times["limit"], "ours": times["loaded"], "generated": times["generated"]}
    yield compare(f"import and touch the operation, {what}", 1.25, "ms", 1e3, times)
    yield compare(f"import and load it all, {what}", None, "ms", 1e3, loaded)
    if packages == "whole" and None not in sizes["ours"]:
        yield compare(f"memory of import, {what}", 1.15, "MB", 1 / _MB, sizes)
        sizes["ours"] = sizes["loaded"]
        yield compare(f"memory, all loaded, {what}", None, "MB", 1 / _MB, sizes)


def _cold(bench: Workbench, effort: Effort) -> Row:
    def measure(program: str) -> Callable[[], float]:
        command, environ = bench.command(program, bench.url), bench.environ()

        def once() -> float:
            start = perf_counter()
            done = run(command, env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                raise PipelineError(f"{program} failed: {done.stderr.strip().splitlines()[-1]}")
            return perf_counter() - start

        return once

    sides = {"limit": measure("cold_httpx"), "ours": measure("cold_ours")}
    what = "a process that exchanges a token and deletes once"
    return compare(what, 1.20, "ms", 1e3, in_turn(sides, effort.cold, show))
