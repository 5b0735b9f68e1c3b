"""What the tests of the pipeline share: documents, servers, trees, generated packages."""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from scripts.pipeline import document, render, select, unsupported, verify
from scripts.pipeline.corrections import RULES, correct
from scripts.pipeline.repo import Repo
from scripts.pipeline.walk import Node

ROOT = Path(__file__).resolve().parents[2]
UPSTREAM = ROOT.parent / "shared" / "upstream"
JANUARY, JUNE, JUNE_YAML = (
    f"openapi-spec.{name}" for name in ("2026-01-09.json", "2026-06-16.json", "2026-06-16.yaml")
)
_MYPY = (sys.executable, "-m", "mypy", "--strict", "--config-file=")
_FEW = 50  # what more operations import is better gone with a process of its own
_LEARNT = tempfile.TemporaryDirectory()
DELETE = "delete-projects-integrations"


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
    """Make a small document; without paths, one operation answers with every schema."""
    schemas = schemas or {}
    if paths is None:
        answer = {"type": "object", "properties": {n: ref(n) for n in schemas}}
        paths = {"/all": {"get": operation("all", schema=answer)}}
    whole = {"openapi": "3.0.1", "info": {"title": "T", "version": "1"}, "paths": paths}
    return {**whole, "components": {"schemas": schemas, **parts}}


def ref(name: str) -> Node:
    """Refer to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(name: str, *, schema: Node | None = None, **more: Any) -> Node:
    """Make an operation that answers 200 with JSON."""
    response: Node = {"description": ""}
    if schema is not None:
        response["content"] = {"application/json": {"schema": schema}}
    return {"operationId": name, "tags": ["t"], "responses": {"200": response}, **more}


def make(whole: Node, directory: Path, *, without: str | None = None, prose: bool = False) -> Path:
    """Take a document through the pipeline, all operations, into a package in a directory."""
    rules = {name: rule for name, rule in RULES.items() if name != without}
    body = json.dumps(whole).encode()
    selected = select.select(document.parse(body, "the document"), ["*"], prose=prose)
    package = directory / "made_api"
    unsupported.check(selected)
    render.render(correct(selected, rules), package)
    if len(selected["paths"]) > _FEW:
        verify.verify(selected, package)
    else:
        import_all(package)
    return package


def import_all(package: Path) -> None:
    """Import every module and name of a package here; warnings are errors."""
    with imported(package) as load:
        for file in package.rglob("*.py"):
            parts = file.relative_to(package).with_suffix("").parts
            load("".join(f".{part}" for part in parts if part != "__init__"))
        models = load(".models")
        assert all(hasattr(models, name) for name in models.__all__)


@contextmanager
def imported(package: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Import from a generated package, and forget it afterwards."""
    sys.path.insert(0, str(package.parent))
    importlib.invalidate_caches()
    try:
        yield lambda name: importlib.import_module(f"{package.name}{name}")
    finally:
        sys.path.remove(str(package.parent))
        for name in [n for n in sys.modules if n.partition(".")[0] == package.name]:
            del sys.modules[name]


def mypy(package: Path, cache: Path | None = None, *how: str) -> str:
    """Type-check a package (or `-m` a module) strictly; empty when there is nothing to say.

    What it learns of the libraries is kept for the next one, unless it is given a folder.
    """
    done = subprocess.run(
        [*_MYPY, f"--cache-dir={cache or _LEARNT.name}", *how, package.name],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )
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


class Server:
    """A server on loopback that answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.requests: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805
                self.requests.append({"path": handler.path, **dict(handler.headers)})
                answer(handler)

            def log_message(handler, *args: Any) -> None:  # noqa: N805
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *args: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answering(
    body: bytes, status: int = 200, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer every request alike; a matching ETag gets a 304."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        unchanged = headers.get("ETag") and handler.headers["If-None-Match"] == headers["ETag"]
        handler.send_response(304 if unchanged else status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if not unchanged:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if not unchanged:
            handler.wfile.write(body)

    return answer
