"""What type checkers tell those who use the client, installed or vendored."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scripts.dev import environment
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.copy import vendor
from tests.packaging.support import PYTHON, ROOT, Dependencies, installed, project, run

MISTAKE = """
from .use import clients, delete

print(delete("project", "integration", clients("", "")).nothing)
"""
MYPY = (sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir")


@pytest.fixture(scope="module", params=["installed", "httpx", "httpx2"])
def consumer(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wheel: Path,
    dependencies: Dependencies,
) -> tuple[Path, Path]:
    """A project that uses the client, or a copy, and the interpreter whose packages it sees."""
    folder = tmp_path_factory.mktemp(request.param)
    package = project(folder, vendors=request.param != "installed")
    if request.param == "installed":
        python = installed(folder / "venv", wheel, dependencies("httpx"))
    else:
        vendor(Repo(), package, force=False, library=request.param)
        python = dependencies(request.param) / PYTHON
    (package / "mistake.py").write_text(MISTAKE)  # were the types unknown, this would pass
    return folder, python


@pytest.fixture(scope="session")
def pyright() -> Path:
    """The type checker, which comes with a node of its own."""
    venv = ROOT / ".venv-pyright"
    try:
        environment.make(venv, ["--group", "pyright"])
    except PipelineError as error:
        pytest.skip(f"pyright cannot be installed here: {error}")
    return venv / "bin" / "pyright"


def test_mypy_strict(consumer: tuple[Path, Path]) -> None:
    folder, python = consumer
    cache = folder.parent / "mypy"  # of all three, which see the same libraries
    done = run(*MYPY, cache, "--python-executable", python, "-p", "consumer", cwd=folder, status=1)
    *told, summary = done.stdout.splitlines()
    assert {line.partition(":")[0] for line in told} == {"consumer/mistake.py"}, told
    assert '"nothing"' in told[0]
    assert summary.startswith("Found ")


@pytest.mark.slow
def test_pyright_strict(consumer: tuple[Path, Path], pyright: Path) -> None:
    folder, python = consumer
    settings = {"include": ["consumer"], "typeCheckingMode": "strict"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = (pyright, "--pythonpath", python, "--outputjson", "--warnings")
    report = json.loads(run(*command, cwd=folder, status=None).stdout)
    assert report["summary"]["filesAnalyzed"] >= 2
    found = report["generalDiagnostics"]
    assert {Path(each["file"]).name for each in found} == {"mistake.py"}, found
    assert any("nothing" in each["message"] for each in found)
