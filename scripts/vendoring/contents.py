"""The files of a copy: both packages, made to work under any parent, and what they say of it."""

import ast
import json
import re
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
_OURS = "|".join(PACKAGES)


def contents(repo: Repo, library: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Make the manifest of a copy, and its files by their path below the folder that holds it.

    Raises:
        PipelineError: When the tree is not whole, or generated/ is not what spec/ gives.
    """
    modules = sources(repo, library)
    files = {name: relative(source, name).encode() for name, source in modules.items()}
    licence = (repo.root / "LICENSE").read_text(encoding="utf-8")
    lines = "".join(f"    {line!r}\n" for line in licence.splitlines(keepends=True))
    for package in PACKAGES:
        # A file for people and their tools, and a module, which every build takes along.
        files[f"{package}/LICENSE"] = licence.encode()
        module = f'"""The licence of this package."""\n\nLICENSE = (\n{lines})\n'
        files[f"{package}/_license.py"] = module.encode()
        files[f"{package}/py.typed"] = b""
    files[MYSELF] = Path(self_check.__file__).read_bytes()
    manifest = describe(repo, library) | {"files": digests(files)}
    files[FILE] = f"{json.dumps(manifest, indent=2)}\n".encode()
    manifest["files"] = digests(files)
    files[MODULE] = f'"""{_ABOUT}"""\n\n{ASSIGNMENT}{json.dumps(manifest, indent=4)}\n'.encode()
    return manifest, files


def sources(repo: Repo, library: str) -> dict[str, str]:
    """Give the modules of both packages on an HTTP library, by their path.

    Raises:
        PipelineError: When the tree is not whole, or generated/ is not what spec/ gives.
    """
    if library not in http_library.LIBRARIES:
        ours = " or ".join(http_library.LIBRARIES)
        raise PipelineError(f"HTTP={library} is no HTTP library of ours: {ours}")
    # Without the stages of builds that nobody asked for.
    with redirect_stdout(StringIO()), reading(repo), TemporaryDirectory() as folder:
        if found := generate.drift(repo):
            raise PipelineError(
                f"generated/ is out of step with spec/ ({found[0]}); run `make generate`"
            )
        package = repo.package
        if library != http_library.OURS:
            package = Path(folder) / package.name
            generate.rebuild(repo, package, library)
        files = {}
        for root in (package, repo.wrapper):
            for file in root.rglob("*.py"):
                source = file.read_bytes().decode()
                if root == repo.wrapper:
                    source = http_library.use(library, source)
                files[file.relative_to(root.parent).as_posix()] = source
    return files


def describe(repo: Repo, library: str) -> dict[str, Any]:
    """Say what a copy on an HTTP library is, and what must be installed where it is used."""
    version = runpy.run_path(str(repo.wrapper / "_version.py"))["__version__"]
    contract = repo.contract.read_bytes()
    project = tomllib.loads((repo.root / "pyproject.toml").read_text())["project"]
    needs = http_library.requirements(repo, library)
    return {
        "name": f"upsun-client {version} on {library}",
        "version": version,
        "spec_sha256": digest(contract),
        "operations": sorted(names(parse(contract, repo.name(repo.contract)))),
        "http": library,
        "requires": [f"python{project['requires-python']}", *needs],
    }


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """Give the digest of each file."""
    return {name: digest(files[name]) for name in sorted(files)}


def relative(source: str, name: str) -> str:
    """Give the source of a module in which imports of our packages, each on a line, are relative.

    Strings and comments stay as they are. The name is its path below the folder of both packages.

    Raises:
        PipelineError: When one cannot be made relative, as it shares its line.
    """
    lines = re.split(r"(?<=\n)", source)  # those that Python counts
    dots = "." * (name.count("/") + 1)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            named = [getattr(node, "module", ""), *(each.name for each in node.names)]
            if {each.partition(".")[0] for each in named}.isdisjoint(PACKAGES):
                continue
            at = node.lineno - 1
            line = re.sub(rf"^(\s*)from ({_OURS})\b", rf"\1from {dots}\2", lines[at])
            line = re.sub(rf"^(\s*)import ({_OURS})(?![\w.,])", rf"\1from {dots} import \2", line)
            if line == lines[at]:
                todo = "say `from ... import ...`, on a line of its own"
                raise PipelineError(f"{name}, line {node.lineno}: {todo}")
            lines[at] = line
    return "".join(lines)
