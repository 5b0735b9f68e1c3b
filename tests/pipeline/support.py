"""What the tests of the pipeline share: documents, servers, trees, generated packages."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scripts.pipeline import document, render, select, unsupported
from scripts.pipeline.corrections import RULES, correct
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.walk import METHODS, Node
from tests.client.wire import Request, answer

ROOT = Path(__file__).resolve().parents[2]
UPSTREAM = ROOT.parent / "shared" / "upstream"
JANUARY, JUNE, JUNE_YAML = (
    f"openapi-spec.{name}" for name in ("2026-01-09.json", "2026-06-16.json", "2026-06-16.yaml")
)
_LEARNT = tempfile.TemporaryDirectory()
DELETE = "delete-projects-integrations"
JSON = "application/json"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
Load = Callable[[str], ModuleType]

TEXT: Node = {"type": "string"}
NUMBER: Node = {"type": "integer"}
FLAG: Node = {"type": "boolean"}
FILE: Node = {"type": "string", "format": "binary"}


def published(name: str) -> Path:
    """Find a published document, or skip."""
    path = UPSTREAM / name
    if not path.exists():
        pytest.skip(f"the published documents are not at {UPSTREAM}")
    return path


def read(path: Path) -> Node:
    """Parse a document file."""
    return document.parse(path.read_bytes(), path.name)


def api(schemas: Node | None = None, *, paths: Node | None = None, **parts: Any) -> Node:
    """Make a small document; without paths, one operation answers with every schema.

    Parts that are called as a method are operations at /a, the others sections of components.
    """
    schemas = schemas or {}
    item = {method: parts.pop(method) for method in METHODS if method in parts}
    paths = {"/a": item} if item else paths
    if paths is None:
        paths = {"/all": {"get": operation("all", thing(**{name: ref(name) for name in schemas}))}}
    whole = {"openapi": "3.0.1", "info": {"title": "T", "version": "1"}, "paths": paths}
    return {**whole, "components": {"schemas": schemas, **parts}}


def ref(name: str, section: str = "schemas") -> Node:
    """Refer to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def thing(*required: str, **fields: Node) -> Node:
    """Make the schema of an object."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **needed, "properties": fields}


def listed(items: Node) -> Node:
    """Make the schema of a list."""
    return {"type": "array", "items": items}


def one_of(*schemas: Node, **more: Any) -> Node:
    """Make the schema of a union."""
    return {"oneOf": list(schemas), **more}


def enum(*values: str) -> Node:
    """Make the schema of some texts."""
    return {"type": "string", "enum": list(values)}


def form(name: str) -> Node:
    """Make the schema of a text of a format."""
    return {"type": "string", "format": name}


def parameter(where: str, name: str, schema: Node = TEXT, **more: Any) -> Node:
    """Make a parameter; one of a path is required."""
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "schema": schema, **required, **more}


def query(name: str, schema: Node = TEXT, **more: Any) -> Node:
    """Make a parameter of the query."""
    return parameter("query", name, schema, **more)


def content(schema: Node | None, media: str = JSON, **more: Any) -> Node:
    """Say of what kind a body is."""
    return {**more, "content": {media: {} if schema is None else {"schema": schema}}}


def operation(
    name: str, schema: Node | None = None, *, body: Node | None = None, **more: Any
) -> Node:
    """Make an operation that answers 200 with JSON, and one that requires a body of JSON."""
    response = {"description": "", **(content(schema) if schema is not None else {})}
    sent = {"requestBody": content(body, required=True)} if body is not None else {}
    return {"operationId": name, "tags": ["t"], "responses": {"200": response}, **sent, **more}


def put(node: Any, place: Sequence[Any], value: Any) -> Any:
    """Copy JSON with something else at a place, or without what is there (`...`)."""
    key, *rest = place
    key = int(key) if isinstance(node, list) else key
    made = node.copy()
    if rest or value is not ...:
        made[key] = put(node[key], rest, value) if rest else value
    else:
        del made[key]
    return made


def make(whole: Node, directory: Path, *, without: str | None = None, prose: bool = False) -> Path:
    """Take a document through the pipeline, all operations, into a package that is imported."""
    rules = {name: rule for name, rule in RULES.items() if name != without}
    body = json.dumps(whole).encode()
    selected = select.select(document.parse(body, "the document"), ["*"], prose=prose)
    package = directory / "made_api"
    unsupported.check(selected)
    render.render(correct(selected, rules), package)
    with imported(package) as load:
        for file in package.rglob("*.py"):
            parts = file.relative_to(package).with_suffix("").parts
            load("".join(f".{part}" for part in parts if part != "__init__"))
        models = load(".models")
        assert all(hasattr(models, name) for name in models.__all__)
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


def python(*arguments: str, cwd: Path = ROOT, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the interpreter at hand."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def mypy(package: Path, cache: Path | None = None, *how: str) -> str:
    """Type-check a package (or `-m` a module) strictly; empty when there is nothing to say.

    What it learns of the libraries is kept for the next one, unless it is given a folder.
    """
    options = ("--strict", "--config-file=", f"--cache-dir={cache or _LEARNT.name}", *how)
    done = python("-m", "mypy", *options, package.name, cwd=package.parent)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def small_repo(directory: Path) -> Repo:
    """Copy what the pipeline needs of this project."""
    for part in ("spec", "generated", "scripts"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
    return Repo(directory)


def snapshot(repo: Repo) -> dict[str, bytes]:
    """Read everything that a regeneration may change."""
    return {
        repo.name(file): file.read_bytes()
        for part in ("spec", "generated")
        for file in sorted((repo.root / part).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


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


def written(folder: Path, document: Node, **env: str) -> dict[str, str]:
    """Write a document to a file, and give the environment of a run that reads it."""
    (folder / "document.json").write_text(json.dumps(document))
    return {"SPEC_URL": str(folder / "document.json"), **env}


def answering(body: bytes, status: int | str = 200, **headers: str) -> Callable[[Request], bytes]:
    """Answer every request alike; a matching ETag gets a 304."""

    def react(request: Request) -> bytes:
        if "ETag" in headers and request.headers.get("if-none-match") == headers["ETag"]:
            return answer(304, **headers)
        return answer(status, body, **headers)

    return react
