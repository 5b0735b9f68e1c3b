"""What the wrapper imports of the generated package, which must be there."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.pipeline.corrections.names import identifier
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.source import read_source

_OPERATIONS = "api"


def check(repo: Repo, package: Path) -> None:
    """Check that a generated package has every module that the wrapper imports.

    Raises:
        PipelineError: When it has not; it names the operation, or the module.
    """
    missing = {
        module: file
        for file in sorted(repo.wrapper.rglob("*.py"))
        for module in _imports(file, package.name)
        if not _exists(package.parent.joinpath(*module.split(".")))
    }
    if not missing:
        return
    ids = {identifier(name): name for name in read_source(repo).operations}
    # A model may be missing because its operation is: the operation says more.
    module = min(missing, key=lambda name: (f".{_OPERATIONS}." not in name, name))
    name = module.rpartition(".")[2]
    raise PipelineError(
        f"{ids.get(name, module)} must stay selected: {repo.name(missing[module])} imports it;"
        " add it to OPERATIONS or spec/operations.txt, or take it out of the wrapper"
    )


def _imports(file: Path, package: str) -> Iterator[str]:
    source = file.read_bytes()
    for node in ast.walk(ast.parse(source, file)) if package.encode() in source else ():
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith(f"{package}."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            # An operation is a module of its own; what other modules hold is no file.
            parts = str(node.module).split(".")
            if parts[1] == _OPERATIONS:
                yield from (f"{node.module}.{each.name}" for each in node.names)
            else:
                yield str(node.module)


def _exists(module: Path) -> bool:
    return module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()
