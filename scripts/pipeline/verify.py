"""Is the generated package whole? One module an operation, every module and name importable."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import PIPE

from scripts.pipeline import import_all
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generator import HTTP
from scripts.pipeline.walk import Node, operations

# As who imports it may have Python: warnings are errors.
_COMMAND = (sys.executable, "-I", "-B", "-W", "error", import_all.__file__, HTTP)
# Below the first number one process is faster; above the second they wait for the disk.
_FEW, _MOST = 20, 4


@contextmanager
def verifying(document: Node) -> Iterator[Callable[[Path, Path], None]]:
    """Start what imports a package, while that is made; give what checks it against a document.

    Raises:
        PipelineError: When an operation is missing, or something cannot be imported.
    """
    wanted = sum(1 for _ in operations(document))
    with ExitStack() as stack:
        workers = []
        for _ in range(min(os.cpu_count() or 1, _MOST) if wanted > _FEW else 1):
            worker = subprocess.Popen(_COMMAND, stdin=PIPE, stderr=PIPE, text=True)
            stack.callback(worker.communicate)
            stack.callback(worker.kill)
            workers.append(worker)

        def verified(package: Path, wrapper: Path) -> None:
            made = [file for file in package.glob("api/*/*.py") if file.name != "__init__.py"]
            if len(made) != wanted:
                told = f"{wanted} operations are selected, but {len(made)} were generated"
                raise PipelineError(told)
            for part, worker in enumerate(workers):
                with suppress(BrokenPipeError):  # then it has said why
                    share = [str(package), str(wrapper), part, len(workers)]
                    print(json.dumps(share), file=worker.stdin, flush=True)
            for worker in workers:
                said = worker.communicate()[1].strip()
                if worker.returncode:
                    reason = said.rpartition("\n")[2] or "?"
                    raise PipelineError(f"the generated package is not whole: {reason}")

        yield verified
