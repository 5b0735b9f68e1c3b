"""Measure everything side by side, print the table, and write bench/results.json."""

import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from scripts import errors
from scripts.bench import client, pipeline
from scripts.bench.progress import show
from scripts.bench.row import Row, table
from scripts.bench.workbench import Workbench, interpreter, serving
from scripts.tree import Tree

_PUBLISHED = "shared/upstream/openapi-spec.*.json"


def measure(tree: Tree, folder: Path) -> Iterator[Row]:
    """Give the rows as they come."""
    published = sorted(tree.root.parent.glob(_PUBLISHED))
    with serving() as url:
        bench = Workbench(tree, folder, url, interpreter(tree))
        late = [pipeline.selected(bench, published[-1] if published else tree.contract)]
        if published:
            row, made = pipeline.whole(bench, published[-1])
            late.append(row)
            bench.packages(made.package, "whole")
        else:
            late.append(Row("make regenerate, whole API: skipped, no published document", 1.5))
        yield from late
        yield from client.rows(bench, client.Effort(), whole=bool(published))


def main() -> int:
    """Take some minutes."""
    tree = Tree()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(tree, Path(folder)):
            show("")
            print(f"measured: {row.what}", flush=True)
            rows.append(row)
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": cpu_count(),
        "httpx": version("httpx"),
    }
    print(f"\n{table(rows)}\n")
    print("limit: bare httpx, or for `make regenerate` the generator alone; medians of pairs")
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    results = tree.root / "bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    draft = results.with_suffix(".draft")
    draft.write_text(json.dumps({**machine, "rows": [row.dump() for row in rows]}, indent=2) + "\n")
    draft.replace(results)
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("bench", main))
