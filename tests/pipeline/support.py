"""What the tests of the pipeline share: documents, servers, trees, generated packages."""

import importlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType
from typing import Any

import pytest

from scripts.pipeline import document, generate, select
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.walk import Node
from tests.client.wire import Request, answer
from tests.packaging import support as programs

ROOT = programs.ROOT
UPSTREAM = ROOT.parent / "shared" / "upstream"
JANUARY, JUNE, JUNE_YAML = (
    f"openapi-spec.{name}" for name in ("2026-01-09.json", "2026-06-16.json", "2026-06-16.yaml")
)
_LEARNT = tempfile.TemporaryDirectory()
Load = Callable[[str], ModuleType]


def published(name: str) -> Path:
    """Find a published document, or skip."""
    path = UPSTREAM / name
    if not path.exists():
        pytest.skip(f"the published documents are not at {UPSTREAM}")
    return path


def make(whole: Node, directory: Path, *, prose: bool = False) -> Path:
    """Take a document through the pipeline, all operations, into a package that is verified."""
    parsed = document.parse(json.dumps(whole).encode(), "the document")
    package = directory / "made_api"
    generate.build(Repo(directory), select.select(parsed, ["*"], prose=prose), package)
    return package


@contextmanager
def imported(package: Path) -> Iterator[Load]:
    """Import from a generated package, and forget it afterwards."""
    sys.path.insert(0, str(package.parent))
    importlib.invalidate_caches()
    try:
        yield lambda name: importlib.import_module(f"{package.name}{name}")
    finally:
        sys.path.remove(str(package.parent))
        for name in [n for n in sys.modules if n.partition(".")[0] == package.name]:
            del sys.modules[name]


def python(*arguments: str, **how: Any) -> CompletedProcess[str]:
    """Run the interpreter at hand."""
    return programs.run(sys.executable, *arguments, **how)


def mypy(package: Path) -> str:
    """Type-check a package strictly, with what was learnt of libraries; empty when all is well."""
    options = ("--strict", "--config-file=", f"--cache-dir={_LEARNT.name}")
    done = python("-m", "mypy", *options, package.name, cwd=package.parent, status=None)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def small_repo(directory: Path) -> Repo:
    """Copy what the pipeline needs of this project."""
    for part in ("spec", "generated", "scripts"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
    return Repo(directory)


def snapshot(repo: Repo) -> dict[str, bytes]:
    """Read everything that a regeneration may change."""
    parts = {part: programs.snapshot(repo.root / part) for part in ("spec", "generated")}
    return {f"{part}/{name}": found[name] for part, found in parts.items() for name in found}


@contextmanager
def unchanged(repo: Repo) -> Iterator[None]:
    """Require that a regeneration, or whatever it is, leaves all of a tree as it was."""
    before = snapshot(repo)
    yield
    assert snapshot(repo) == before


@contextmanager
def refused(*told: str) -> Iterator[pytest.ExceptionInfo[PipelineError]]:
    """Require a refusal, in one line in which each of these stands."""
    with pytest.raises(PipelineError) as error:
        yield error
    assert not [each for each in told if each not in str(error.value)], str(error.value)
    assert "\n" not in str(error.value)


def written(repo: Repo, document: Node, **env: str) -> dict[str, str]:
    """Write a document to a file, and give the environment of a run that reads it, and reports."""
    file = repo.root / "document.json"
    file.write_text(json.dumps(document))
    return {"SPEC_URL": str(file), "REPORT": str(repo.root / "report.md"), **env}


def report(repo: Repo) -> str:
    """Read what such a run reported."""
    return (repo.root / "report.md").read_text()


def answering(body: bytes, status: int | str = 200, **headers: str) -> Callable[[Request], bytes]:
    """Answer every request alike; a matching ETag gets a 304."""

    def react(request: Request) -> bytes:
        if "ETag" in headers and request.headers.get("if-none-match") == headers["ETag"]:
            return answer(304, **headers)
        return answer(status, body, **headers)

    return react
