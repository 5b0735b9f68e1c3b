"""Is the generated package whole? One module an operation, every module and name importable."""

import ast
import os
import pkgutil
import signal
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from scripts.pipeline.errors import PipelineError, translate_errors
from scripts.pipeline.walk import Node, operations

# Below the first number one process is faster; above the second they wait for the disk.
_FEW, _MOST = 20, 4


def verify(document: Node, package: Path, wrapper: Path) -> None:
    """Check that a package has each operation of a document, and can be imported.

    That is done in forks, which have loaded what generated code needs, and keep what they import.

    Raises:
        PipelineError: When an operation is missing, or something cannot be imported.
    """
    wanted = sum(1 for _ in operations(document))
    made = [file for file in package.glob("api/*/*.py") if file.name != "__init__.py"]
    if len(made) != wanted:
        raise PipelineError(f"{wanted} operations are selected, but {len(made)} were generated")
    advice = {
        name: f"; {file.relative_to(wrapper.parents[1])} imports it: mend the import, if the"
        " report of `make check-spec` has a new name, or select its operation (OPERATIONS)"
        for file in sorted(wrapper.rglob("*.py"))
        for name in _imported(file)
        if name.startswith(f"{package.name}.")
    }
    parts = min(os.cpu_count() or 1, _MOST) if wanted > _FEW else 1
    check = partial(_fault, package, sorted(advice), parts)
    with ProcessPoolExecutor(parts, get_context("fork"), _begin, (package,)) as pool:
        for name, fault in filter(None, pool.map(check, range(parts))):
            told = f"{name.strip(':')} cannot be imported ({fault}){advice.get(name, '')}"
            raise PipelineError(f"the generated package is not whole: {told}")


def _begin(package: Path) -> None:
    """Make a package what a process imports by its name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who waits is told
    warnings.simplefilter("error")  # as who imports it may have Python
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(package.parent))
    for name in [*sys.modules]:
        if name.partition(".")[0] == package.name:
            del sys.modules[name]


def _fault(package: Path, used: list[str], parts: int, part: int) -> tuple[str, str] | None:
    """Import one part of all there is; name the first that fails, and say why."""
    files = [file.relative_to(package.parent) for file in sorted(package.rglob("*.py"))]
    modules = [".".join(file.with_suffix("").parts) for file in files]
    names = [f"{name.removesuffix('.__init__')}:" for name in modules]  # no module after a colon
    models = import_module(f"{package.name}.models")
    names += [f"{models.__name__}:{name}" for name in models.__all__]
    for name in [*names, *used][part::parts]:
        try:
            pkgutil.resolve_name(name)
        except BaseException as error:  # noqa: BLE001 - of whatever kind
            return name, f"{type(error).__name__}: {error}"
    return None


def _imported(file: Path) -> Iterator[str]:
    """Name what the imports of a module are about."""
    with translate_errors(f"{file} is no Python", SyntaxError, ValueError):
        tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)
