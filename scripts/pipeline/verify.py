"""Is the generated package whole? One module an operation, every module and name importable.

And is there all that the wrapper imports of it?
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from subprocess import PIPE

from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generator import HTTP
from scripts.pipeline.repo import Repo
from scripts.pipeline.source import read_source
from scripts.pipeline.walk import Node, operations

# Runs alone, without this project on the path, with warnings as errors. Loads what generated code
# needs before it is told where that is, while that is made.
_IMPORT_ALL = """
import gc, importlib, json, pathlib, sys
gc.disable()
# The HTTP library would load these if they are there; generated code has no use for them.
sys.modules["click"] = sys.modules["trio"] = None
importlib.import_module("attrs"), importlib.import_module(sys.argv[1])
folder, part, parts = json.loads(sys.stdin.readline())
package = pathlib.Path(folder)
sys.path.insert(0, str(package.parent))
for file in sorted(package.rglob("*.py"))[part::parts]:
    name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
    name = name.removesuffix(".__init__")
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        sys.exit(f"{name} cannot be imported: {type(error).__name__}: {error}")
    if pathlib.Path(module.__file__) != file:
        sys.exit(f"{name} is hidden by {module.__file__}")
models = importlib.import_module(f"{package.name}.models")
for name in models.__all__[part::parts]:
    if not hasattr(models, name):
        sys.exit(f"{name} of {models.__name__} cannot be had")
"""
_PYTHON = (sys.executable, "-I", "-B", "-W", "error")
# Below the first number one process is faster; above the second they wait for the disk.
_FEW, _MOST = 20, 4
_API = "api"


@contextmanager
def verifying(document: Node) -> Iterator[Callable[[Path], None]]:
    """Start what imports a package, while that is made; give what checks it against a document.

    Raises:
        PipelineError: When an operation is missing, or something cannot be imported.
    """
    wanted = sum(1 for _ in operations(document))
    with ExitStack() as stack:
        workers = []
        for _ in range(min(os.cpu_count() or 1, _MOST) if wanted > _FEW else 1):
            command = [*_PYTHON, "-c", _IMPORT_ALL, HTTP]
            worker = subprocess.Popen(command, stdin=PIPE, stderr=PIPE, text=True)
            stack.callback(worker.communicate)
            stack.callback(worker.kill)
            workers.append(worker)
        yield partial(_verify, wanted, workers)


def _verify(wanted: int, workers: Sequence[subprocess.Popen[str]], package: Path) -> None:
    made = [file for file in package.glob("api/*/*.py") if file.name != "__init__.py"]
    if len(made) != wanted:
        raise PipelineError(f"{wanted} operations are selected, but {len(made)} were generated")
    for part, worker in enumerate(workers):
        with suppress(BrokenPipeError):  # then it has said why
            print(json.dumps([str(package), part, len(workers)]), file=worker.stdin, flush=True)
    for worker in workers:
        said = worker.communicate()[1].strip()
        if worker.returncode:
            reason = said.splitlines()
            raise PipelineError(f"the generated package is broken: {reason[-1] if reason else '?'}")


def check_wrapper(repo: Repo, package: Path) -> None:
    """Check that a generated package has every module that the wrapper imports.

    Raises:
        PipelineError: When it has not; it names the operation, or the module.
    """
    missing = {
        module: file
        for file in sorted(repo.wrapper.rglob("*.py"))
        for module in _imports(file, package.name)
        if not package.parent.joinpath(*module.split(".")).with_suffix(".py").is_file()
        if not package.parent.joinpath(*module.split("."), "__init__.py").is_file()
    }
    if not missing:
        return
    ids = {identifier(name): name for name in read_source(repo).operations}
    # A model may be missing because its operation is: the operation says more.
    module = min(missing, key=lambda name: (f".{_API}." not in name, name))
    name = module.rpartition(".")[2]
    raise PipelineError(
        f"{ids.get(name, module)} must stay selected: {repo.name(missing[module])} imports it;"
        " add it to OPERATIONS or spec/operations.txt, or mend the import if upstream moved or"
        " renamed it"
    )


def _imports(file: Path, package: str) -> Iterator[str]:
    source = file.read_bytes()
    for node in ast.walk(ast.parse(source, file)) if package.encode() in source else ():
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith(f"{package}."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            # An operation is a module of its own; what other modules hold is no file.
            if f"{node.module}.".startswith(f"{package}.{_API}."):
                yield from (f"{node.module}.{each.name}" for each in node.names)
            else:
                yield str(node.module)
