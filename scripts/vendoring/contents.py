"""The files of a copy: both packages, made to work under any parent, and what they say of it."""

import ast
import json
import runpy
import tomllib
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.pipeline import generate
from scripts.pipeline.contract import names
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import reading
from scripts.vendoring import http_library, self_check
from scripts.vendoring.self_check import ASSIGNMENT, FILE, MODULE, MYSELF, PACKAGES, digest

_ABOUT = "Written by `make vendor`; `python -m <parent>.upsun_client._vendored` checks the copy."


def contents(repo: Repo, library: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Make the manifest of a copy, and its files by their path below the folder that holds it.

    Args:
        repo: This project.
        library: The HTTP library that the copy is to use.

    Raises:
        PipelineError: When the tree is not whole, generated/ is not what spec/ gives, or a module
            cannot be made to work under any parent.
    """
    if library not in http_library.LIBRARIES:
        ours = " or ".join(http_library.LIBRARIES)
        raise PipelineError(f"HTTP={library} is no HTTP library of ours: {ours}")
    files = {}
    with reading(repo), TemporaryDirectory() as folder:
        licence = (repo.root / "LICENSE").read_bytes()
        for package in (generated(repo, library, Path(folder)), repo.wrapper):
            # A file for people and their tools, and a module, which every build takes along.
            files[f"{package.name}/LICENSE"] = licence
            files[f"{package.name}/_license.py"] = _as_module(licence.decode()).encode()
            files[f"{package.name}/py.typed"] = (package / "py.typed").read_bytes()
            for file in package.rglob("*.py"):
                name = file.relative_to(package.parent).as_posix()
                source = relative(file.read_bytes(), name)
                if package == repo.wrapper:
                    if ">>>" in source:
                        raise PipelineError(f"{name} has an example, which others run as a doctest")
                    source = http_library.use(library, source)
                files[name] = source.encode()
        files[MYSELF] = Path(self_check.__file__).read_bytes()
        manifest = describe(repo, library) | {"files": digests(files)}
    text = json.dumps(manifest, indent=2) + "\n"
    files[FILE] = text.encode()
    manifest["files"] = digests(files)
    files[MODULE] = f'"""{_ABOUT}"""\n\n{ASSIGNMENT}{json.dumps(manifest, indent=4)}\n'.encode()
    return manifest, files


def generated(repo: Repo, library: str, folder: Path) -> Path:
    """Give the generated package on a library; what is made for that goes into a folder.

    Raises:
        PipelineError: When generated/ is not what spec/ gives.
    """
    with redirect_stdout(StringIO()):  # the stages of a build that nobody asked for
        if found := generate.drift(repo):
            raise PipelineError(
                f"generated/ is out of step with spec/ ({found[0]}"
                f"{' and others' * (len(found) > 1)}); run `make generate`"
            )
        if library == http_library.OURS:
            return repo.package
        made = folder / repo.package.name
        generate.rebuild(repo, made, library)
        return made


def describe(repo: Repo, library: str) -> dict[str, Any]:
    """Say what a copy on an HTTP library is, and what must be installed where it is used."""
    version = runpy.run_path(str(repo.wrapper / "_version.py"))["__version__"]
    contract = repo.contract.read_bytes()
    project = tomllib.loads((repo.root / "pyproject.toml").read_text())["project"]
    needs = http_library.requirements(repo, library)
    return {
        "name": f"upsun-client {version}{f' on {library}' * (library != http_library.OURS)}",
        "version": version,
        "spec_sha256": digest(contract),
        "operations": sorted(names(parse(contract, repo.name(repo.contract)))),
        "http": library,
        "requires": [f"python{project['requires-python']}", *needs],
    }


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """Give the digest of each file."""
    return {name: digest(files[name]) for name in sorted(files)}


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
                before, after = f"from {ours} ", f"from {dots}{ours} "
            case ast.Import(names=[ast.alias(name=ours)]) if ours in PACKAGES:
                before, after = f"import {ours}", f"from {dots} import {ours}"
            case ast.Import(names=aliases) if any(_is_ours(each.name) for each in aliases):
                raise _refused(name, node)
            case _:
                continue
        line = lines[node.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        if not line.startswith(indent + before):
            raise _refused(name, node)
        lines[node.lineno - 1] = indent + after + line.removeprefix(indent + before)
    return "".join(lines)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES


def _refused(name: str, node: ast.stmt) -> PipelineError:
    return PipelineError(f"{name}, line {node.lineno}: say 'from ... import ...', on its own line")


def _as_module(licence: str) -> str:
    lines = "".join(f"    {line!r}\n" for line in licence.splitlines(keepends=True))
    return f'"""The licence of this package."""\n\nLICENSE = (\n{lines})\n'
