"""What type checkers tell those who use the client, installed or vendored."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import upsun_client
from scripts.pipeline.repo import Repo
from scripts.vendoring import copy as vendor
from tests.packaging.support import ROOT, Environment, project, run

MYPY = (sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir")


@pytest.fixture(params=["installed", "vendored"])
def consumer(
    request: pytest.FixtureRequest, tmp_path: Path, wheel: Path, dependencies: Environment
) -> tuple[Path, Path]:
    """A project that uses the client, and the interpreter whose packages it sees."""
    if request.param == "vendored":
        vendor.vendor(Repo(), project(tmp_path), force=False)
        return tmp_path, dependencies.python
    project(tmp_path, vendors=False)
    environment = Environment(tmp_path / "venv")
    environment.install("--no-deps", wheel)
    environment.add(dependencies)
    return tmp_path, environment.python


@pytest.fixture(scope="session")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The type checker, which comes with a node of its own."""
    environment = Environment(tmp_path_factory.mktemp("pyright"))
    try:
        environment.install("--group", f"{ROOT / 'pyproject.toml'}:pyright")
    except AssertionError as error:
        pytest.skip(f"pyright cannot be installed here: {str(error).strip().splitlines()[-1]}")
    return environment.folder / "bin" / "pyright"


def test_mypy_strict(consumer: tuple[Path, Path], tmp_path: Path) -> None:
    folder, python = consumer
    done = run(
        *(*MYPY, tmp_path / "cache", "--python-executable", python, "-p", "consumer"), cwd=folder
    )
    assert "Success" in done.stdout


@pytest.mark.slow
def test_pyright_strict(consumer: tuple[Path, Path], pyright: Path) -> None:
    folder, python = consumer
    settings = {
        "include": ["consumer"],
        # What is not one's own, one does not hold to strictness; its types count all the same.
        "exclude": ["consumer/upsun_api", "consumer/upsun_client"],
        "typeCheckingMode": "strict",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = (pyright, "--pythonpath", python, "--outputjson", "--warnings")
    report = json.loads(run(*command, cwd=folder, status=None).stdout)
    assert report["generalDiagnostics"] == []
    assert report["summary"]["filesAnalyzed"] >= 2


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_mistake_is_found(
    consumer: tuple[Path, Path], checker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Were the types unknown, everything would pass."""
    folder, python = consumer
    use = folder / "consumer" / "use.py"
    use.write_text(use.read_text().replace("first, client).status", "first, client).nothing"))
    command: tuple[str | Path, ...] = (
        *(*MYPY, tmp_path / "cache", "--python-executable", python, "-p", "consumer"),
    )
    if checker == "pyright":
        tool = request.getfixturevalue("pyright")
        command = (tool, "--pythonpath", python, "consumer/use.py")
    done = run(*command, cwd=folder, status=1)
    assert "nothing" in done.stdout


@pytest.mark.parametrize(
    "function",
    [upsun_client.delete_projects_integrations, upsun_client.delete_projects_integrations_async],
)
def test_what_is_reexported_returns_no_none(function: object) -> None:
    assert inspect.isfunction(function)
    public = {name: getattr(upsun_client, name) for name in upsun_client.__all__}
    names = vars(inspect.getmodule(function)) | public
    assert get_type_hints(function, names)["return"] is upsun_client.AcceptedResponse
