"""The client in use, installed or vendored: what runs, and what type checkers say."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from scripts.dev.environment import make
from scripts.dev.sandbox import API_TOKEN, Sandbox
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.contents import relative
from scripts.vendoring.copy import vendor
from scripts.vendoring.http_library import requirements
from tests.packaging.support import CACHES, ROOT, run

CONSUMER = Path(__file__).parent / "consumer"
MISTAKE = """
from .use import clients, delete

print(delete("project", "integration", clients("", "")).nothing)
"""
MAIN = """
import asyncio, sys
{alias}
from . import use

asyncio.run(use.main(sys.argv[1:]))
cores = [sys.modules[name] for name in ("httpcore", "httpcore2") if name in sys.modules]
assert {{each.__name__ for each in cores}} == {{"{core}"}}
assert any(name.startswith("upsun_") for name in sys.modules) == {is_installed}
"""
MYPY = (sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir")
TYPED = pytest.mark.parametrize("consumer", ["installed", "httpx", "httpx2"], indirect=True)


@pytest.fixture(scope="session")
def on_httpx2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment for a copy on httpx2."""
    venv = tmp_path_factory.mktemp("on") / "httpx2"
    make(venv, requirements(Repo(), "httpx2"))
    return venv


@pytest.fixture(scope="module")
def consumer(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wheel: Path,
    on_httpx2: Path,
) -> tuple[Path, Path]:
    """A project that uses the client, or a copy, and the interpreter whose packages it sees."""
    kind, folder = request.param, tmp_path_factory.mktemp(request.param)
    is_installed = kind in {"installed", "aliased"}
    package, venv = folder / "consumer", folder / "venv"
    shutil.copytree(CONSUMER, package, ignore=CACHES)
    if kind == "installed":
        make(venv, [str(wheel)])
    elif kind == "aliased":
        make(venv, ["--no-deps", str(wheel)], [*on_httpx2.glob("lib/*/site-packages")])
    else:
        use = package / "use.py"
        # A module beside the two packages imports them as they import each other.
        use.write_text(relative(use.read_text(), "use.py"))
        vendor(Repo(), package, force=False, library=kind)
        if kind == "httpx":
            make(venv, requirements(Repo(), kind))
        else:
            venv = on_httpx2
    alias = "import httpx2\n\nhttpx2.alias_httpx()" if kind == "aliased" else ""
    core = "httpcore" if kind in {"installed", "httpx"} else "httpcore2"
    main = MAIN.format(alias=alias, core=core, is_installed=is_installed)
    (package / "main.py").write_text(main)
    (package / "mistake.py").write_text(MISTAKE)  # were the types unknown, this would pass
    return folder, venv / "bin" / "python"


@pytest.fixture(scope="session")
def pyright() -> Path:
    """The type checker, which comes with a node of its own."""
    venv = ROOT / ".venv-pyright"
    try:
        make(venv, ["--group", "pyright"])
    except PipelineError as error:
        pytest.skip(f"pyright cannot be installed here: {error}")
    return venv / "bin" / "pyright"


@pytest.mark.slow
@pytest.mark.parametrize("consumer", ["installed", "aliased", "httpx", "httpx2"], indirect=True)
def test_it_deletes_on_its_library_alone(consumer: tuple[Path, Path]) -> None:
    folder, python = consumer
    with Sandbox(projects=1, integrations=3) as sandbox:
        ids = [each["id"] for each in sandbox.records.values()]
        command = (python, "-W", "error", "-m", "consumer.main", sandbox.url, API_TOKEN, *ids)
        told = run(*command, cwd=folder).stdout.splitlines()
        assert told == ["Accepted", "never there", "Accepted", "Accepted", "UnsafePathError: .."]
        assert not sandbox.integrations


@TYPED
def test_mypy_strict(consumer: tuple[Path, Path]) -> None:
    folder, python = consumer
    cache = folder.parent / "mypy"  # of all three, which see the same libraries
    done = run(*MYPY, cache, "--python-executable", python, "-p", "consumer", cwd=folder, status=1)
    *told, summary = done.stdout.splitlines()
    assert {line.partition(":")[0] for line in told} == {"consumer/mistake.py"}, told
    assert '"nothing"' in told[0]
    assert summary.startswith("Found ")


@pytest.mark.slow
@TYPED
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
