"""Measure everything side by side, print the table, and write bench/results.json."""

import json
import platform
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

from scripts.dev.bench import client, pipeline
from scripts.dev.bench.progress import show
from scripts.dev.bench.row import Row, table
from scripts.dev.bench.workbench import Workbench, interpreter, serving
from scripts.pipeline.repo import Repo

_PUBLISHED = "shared/upstream/openapi-spec.*.json"
_LEGEND = """\
limit: bare httpx, or for `make regenerate` the generator alone. ours, limit: medians. ratio: the
median of the ratios of neighbours, which is not that of the medians. generated alone: its ratio."""


def measure(repo: Repo, bench: Workbench) -> Iterator[Row]:
    """Give the rows as they come."""
    document = max(repo.root.parent.glob(_PUBLISHED), default=None)
    yield pipeline.selected(bench, document)
    row, made = pipeline.whole(bench, document)
    yield row
    if made:
        bench.packages(made.package, "whole")
    yield from client.rows(bench, client.Effort(), whole=bool(made))


def main() -> int:
    """Take some minutes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up after either
    repo = Repo()
    with tempfile.TemporaryDirectory() as folder, serving() as url:
        bench = Workbench(repo, Path(folder), url, interpreter(repo))
        rows = list(measure(repo, bench))
        packages = bench.run("packages")
    show("")
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": cpu_count(),
        **dict(sorted(packages.items())),
    }
    print(f"\n{table(rows)}\n\n{_LEGEND}")
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    results = repo.root / "bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    draft = results.with_suffix(".draft")
    draft.write_text(json.dumps({**machine, "rows": [row.dump() for row in rows]}, indent=2) + "\n")
    draft.replace(results)
    return 0
