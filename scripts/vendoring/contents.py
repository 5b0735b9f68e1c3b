"""The files of a copy: both packages, made to work under any parent, and what they say of it."""

import ast
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.pipeline import generate
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.generate import drift
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import reading
from scripts.vendoring import http_library, self_check
from scripts.vendoring.manifest import Manifest
from scripts.vendoring.self_check import PACKAGES

# Functions whose first argument names a module to import.
_BY_NAME = {"__import__", "import_module"}
_LICENCE = '''"""The licence of this package."""

LICENSE = """\\
{}"""
'''


def contents(repo: Repo, library: str) -> tuple[Manifest, dict[str, bytes]]:
    """Make the files of a copy, by their path below the folder that holds it.

    Args:
        repo: This project.
        library: The HTTP library that the copy is to use.

    Raises:
        PipelineError: When the tree is not whole, generated/ is not what spec/ gives, or a module
            cannot be made to work under any parent.
    """
    files = {}
    with reading(repo), TemporaryDirectory() as folder:
        licence = (repo.root / "LICENSE").read_bytes()
        for package in (_generated(repo, library, Path(folder)), repo.wrapper):
            # A file for people and their tools, and a module, which every build takes along.
            files[f"{package.name}/LICENSE"] = licence
            files[f"{package.name}/_license.py"] = _LICENCE.format(_quoted(licence)).encode()
            files[f"{package.name}/py.typed"] = (package / "py.typed").read_bytes()
            for file in package.rglob("*.py"):
                name = file.relative_to(package.parent).as_posix()
                source = relative(file.read_bytes(), name)
                if package == repo.wrapper:
                    if ">>>" in source:
                        raise PipelineError(f"{name} has an example, which others run as a doctest")
                    source = http_library.use(library, source)
                files[name] = source.encode()
        files[self_check.MYSELF] = Path(self_check.__file__).read_bytes()
        manifest = Manifest.describe(repo, files, library)
    return manifest, files | manifest.dump()


def _generated(repo: Repo, library: str, folder: Path) -> Path:
    """Give the generated package, on a library."""
    with redirect_stdout(StringIO()):  # the stages of a build that nobody asked for
        found = drift(repo)
        if found:
            raise PipelineError(
                f"generated/ is out of step with spec/ ({found[0]}"
                f"{' and others' * (len(found) > 1)}); run `make generate`"
            )
        if library == http_library.OURS:
            return repo.package
        made = folder / repo.package.name
        generate.rebuild(repo, made, library)
    return made


def relative(raw: bytes, name: str) -> str:
    """Give the source of a module in which every import of our packages is relative.

    All else stays as it is, byte for byte: strings, comments, line ends.

    Args:
        raw: The module's source.
        name: Its path below the folder that holds both packages.

    Raises:
        PipelineError: When it is no Python, or has an import that cannot be made relative.
    """
    try:
        lines = [line.decode() for line in raw.splitlines(keepends=True)]  # as Python has them
        module = ast.parse(raw.decode())
    except (SyntaxError, ValueError) as error:
        raise PipelineError(f"{name} is no Python in UTF-8: {error}") from error
    dots = "." * (name.count("/") + 1)
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module=str(ours), level=0) if _is_ours(ours):
                old, new = f"from {ours} ", f"from {dots}{ours} "
            case ast.Import(names=[ast.alias(name=ours)]) if ours in PACKAGES:
                old, new = f"import {ours}", f"from {dots} import {ours}"
            case ast.Import(names=aliases) if any(_is_ours(each.name) for each in aliases):
                raise _refused(name, node, "say 'from ... import ...'")
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(ours)), *_],
            ) if called in _BY_NAME and _is_ours(ours):
                raise _refused(name, node, f"{called}({ours!r}) cannot be made relative")
            case _:
                continue
        line = lines[node.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        if not line.startswith(indent + old):
            raise _refused(name, node, "this import has to begin its line")
        lines[node.lineno - 1] = indent + new + line.removeprefix(indent + old)
    return "".join(lines)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES


def _refused(name: str, node: ast.stmt | ast.expr, why: str) -> PipelineError:
    return PipelineError(f"{name}, line {node.lineno}: {why}")


def _quoted(licence: bytes) -> str:
    text = licence.decode().replace("\\", r"\\").replace('"""', r"\"\"\"")
    return f'{text[:-1]}\\"' if text.endswith('"') else text
