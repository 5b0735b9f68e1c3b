"""Import all of a generated package, and of it what the wrapper imports.

A program that runs alone, without this project on the path. It loads what generated code needs
before it is told on stdin where that is, while that is made.
"""

import ast
import gc
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path


def check(package: Path, wrapper: Path, part: int, parts: int) -> None:
    """Import one part of all there is; exit with the reason when that fails."""
    sys.path.insert(0, str(package.parent))
    files = [file.relative_to(package.parent) for file in sorted(package.rglob("*.py"))]
    modules = [".".join(file.with_suffix("").parts) for file in files]
    names = [f"{name.removesuffix('.__init__')}:" for name in modules]  # no module after a colon
    models = importlib.import_module(f"{package.name}.models")
    names += [f"{models.__name__}:{name}" for name in models.__all__]
    used = {
        name: f"; {file.relative_to(wrapper.parents[1])} imports it: mend the import, if the"
        " report of `make check-spec` has a new name, or select its operation (OPERATIONS)"
        for file in sorted(wrapper.rglob("*.py"))
        for name in imported(file)
        if name.startswith(f"{package.name}.")
    }
    for name in [*names, *sorted(used)][part::parts]:
        try:
            pkgutil.resolve_name(name)
        except BaseException as error:
            reason = f"{name.strip(':')} cannot be imported ({type(error).__name__}: {error})"
            raise SystemExit(reason + used.get(name, "")) from error


def imported(file: Path) -> Iterator[str]:
    """Name what the imports of a module are about."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise SystemExit(f"{file} is no Python ({error})") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


if __name__ == "__main__":
    gc.disable()
    # The HTTP library would load these if they are there; generated code has no use for them.
    sys.modules["click"] = sys.modules["trio"] = None  # type: ignore[assignment]
    for library in ("attrs", sys.argv[1]):
        importlib.import_module(library)
    folder, using, *share = json.loads(sys.stdin.readline())
    check(Path(folder), Path(using), *share)
