"""What `make regenerate` costs, beside the generator alone."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL, run
from time import perf_counter

from scripts.dev.bench.pairs import in_turn
from scripts.dev.bench.progress import begin, show
from scripts.dev.bench.row import UNPUBLISHED, Row, compare
from scripts.dev.bench.workbench import Workbench
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

_SELECTED = "make regenerate, the selected operations"
_WHOLE = "make regenerate, whole API"


def selected(bench: Workbench, document: Path | None) -> Row:
    """Regenerate the operations of spec/operations.txt from a document, or the contract itself."""
    begin(_SELECTED)
    repo = bench.copy("tree")
    operations = repo.operations.read_text()
    source = document or repo.contract
    times = _regenerate(bench, repo, source, operations, repo.contract, pairs=7)
    note = "" if document else f"from {repo.name(repo.contract)}"
    return replace(compare(_SELECTED, 1.5, "s", 1, times), note=note)


def whole(bench: Workbench, document: Path | None) -> tuple[Row, Repo | None]:
    """Regenerate everything, if there is a document; give the tree it is in, too."""
    if not document:
        return Row(_WHOLE, 1.5, note=UNPUBLISHED), None
    begin(_WHOLE)
    repo = bench.copy("whole-tree")
    times = _regenerate(bench, repo, document, "*", document, pairs=3)
    return compare(_WHOLE, 1.5, "s", 1, times), repo


def _regenerate(
    bench: Workbench, repo: Repo, document: Path, operations: str, alone: Path, *, pairs: int
) -> dict[str, list[float]]:
    settings = {"SPEC_URL": str(document), "OPERATIONS": " ".join(operations.split()), "FORCE": "1"}
    bins = repo.root / ".venv" / "bin"
    made = bench.folder / "alone"
    generator = ["generate", "--path", str(alone), "--meta", "none", "--output-path", str(made)]
    return in_turn(
        {
            "limit": _timed([str(bins / "openapi-python-client"), *generator], repo, {}, made),
            "ours": _timed(["make", "regenerate"], repo, settings, None),
        },
        pairs,
        show,
    )


def _timed(
    command: list[str], repo: Repo, settings: dict[str, str], output: Path | None
) -> Callable[[], float]:
    bins = repo.root / ".venv" / "bin"
    environ = {**os.environ, **settings, "PATH": f"{bins}{os.pathsep}{os.environ['PATH']}"}

    def once() -> float:
        if output:
            shutil.rmtree(output, ignore_errors=True)
        start = perf_counter()
        done = run(command, cwd=repo.root, env=environ, stdout=DEVNULL, stderr=DEVNULL, check=False)
        seconds = perf_counter() - start
        if done.returncode:
            raise PipelineError(f"`{' '.join(command[:2])}` failed in the bench; run it by itself")
        return seconds

    return once
