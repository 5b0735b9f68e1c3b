"""`make bench`: what our own code costs, beside bare httpx and the generator alone.

It takes some minutes; `ROWS` in the environment is a part of the names of the rows wanted.
"""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.dev import environment
from scripts.dev.bench.measure import ROWS, Bench, serving
from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT, Repo
from scripts.vendoring.http_library import OURS, requirements


def main() -> int:
    """Measure, and print the table as Markdown."""
    wanted = os.environ.get("ROWS", "").lower()
    chosen = [cells for cells in ROWS if wanted in cells[0].lower()]
    if not chosen:
        names = "; ".join(cells[0] for cells in ROWS)
        raise PipelineError(f"ROWS={wanted} is in the name of no row; these are: {names}")
    environment.make(ROOT / ".venv-bench", [*requirements(Repo(), OURS), "httpx2"])
    found, failed = [["what", "ours", "beside", "ratio (quartiles)", "reach"], ["---"] * 5], []
    with TemporaryDirectory() as folder, serving() as url:
        bench = Bench(Path(folder), url, ROOT / ".venv-bench" / "bin" / "python")
        for cells in chosen:
            print(f"measuring: {cells[0]}", flush=True)
            try:
                found.append(bench.measure(cells))
            except PipelineError as error:  # the other rows are worth their minutes
                failed.append(f"{cells[0]}: {error}")
    for cells in found:
        print(f"| {' | '.join(cells)} |")
    where = (
        f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} processors"
    )
    print(f"\non {datetime.now(UTC).date()}: {where}")
    if failed:
        raise PipelineError("; ".join(failed))
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("bench", main))
