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
from scripts.pipeline.tree import Tree

_SELECTED = "make regenerate, the selected operations"
_WHOLE = "make regenerate, whole API"


def selected(bench: Workbench, document: Path | None) -> Row:
    """Regenerate the operations of spec/operations.txt from a document, or the contract itself."""
    begin(_SELECTED)
    tree = bench.copy("tree")
    operations = tree.operations.read_text()
    source = document or tree.contract
    times = _regenerate(bench, tree, source, operations, tree.contract, pairs=7)
    note = "" if document else f"from {tree.name(tree.contract)}"
    return replace(compare(_SELECTED, 1.5, "s", 1, times), note=note)


def whole(bench: Workbench, document: Path | None) -> tuple[Row, Tree | None]:
    """Regenerate everything, if there is a document; give the tree it is in, too."""
    if not document:
        return Row(_WHOLE, 1.5, note=UNPUBLISHED), None
    begin(_WHOLE)
    tree = bench.copy("whole-tree")
    times = _regenerate(bench, tree, document, "*", document, pairs=3)
    return compare(_WHOLE, 1.5, "s", 1, times), tree


def _regenerate(
    bench: Workbench, tree: Tree, document: Path, operations: str, alone: Path, *, pairs: int
) -> dict[str, list[float]]:
    settings = {"SPEC_URL": str(document), "OPERATIONS": " ".join(operations.split()), "FORCE": "1"}
    bins = tree.root / ".venv" / "bin"
    made = bench.folder / "alone"
    generator = ["generate", "--path", str(alone), "--meta", "none", "--output-path", str(made)]
    return in_turn(
        {
            "limit": _timed([str(bins / "openapi-python-client"), *generator], tree, {}, made),
            "ours": _timed(["make", "regenerate"], tree, settings, None),
        },
        pairs,
        show,
    )


def _timed(
    command: list[str], tree: Tree, settings: dict[str, str], output: Path | None
) -> Callable[[], float]:
    bins = tree.root / ".venv" / "bin"
    environ = {**os.environ, **settings, "PATH": f"{bins}{os.pathsep}{os.environ['PATH']}"}

    def once() -> float:
        if output:
            shutil.rmtree(output, ignore_errors=True)
        start = perf_counter()
        done = run(command, cwd=tree.root, env=environ, stdout=DEVNULL, stderr=DEVNULL, check=False)
        seconds = perf_counter() - start
        if done.returncode:
            raise PipelineError(f"`{' '.join(command[:2])}` failed in the bench; run it by itself")
        return seconds

    return once
