"""A copy goes where its project goes: into wheels by any build, into zips, into what is frozen."""

from __future__ import annotations

import ast
import compileall
import sys
import zipapp
import zipfile
from pathlib import Path

import pytest

from scripts.pipeline.repo import Repo
from scripts.vendoring import copy as vendor
from tests.packaging.support import ROOT, Environment, run

BACKENDS = {
    "setuptools": "setuptools.build_meta",
    "hatchling": "hatchling.build",
    "poetry-core": "poetry.core.masonry.api",
}
LICENCE = (
    "from app.vendor.upsun_client import _license, _manifest; "
    "print(_license.LICENSE, _manifest.MANIFEST['version'])"
)
CHECK = ("-m", "app.vendor.upsun_client._vendored")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A project with a package `app`, and a copy in `app.vendor`."""
    folder = tmp_path / "source"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").touch()
    vendor.vendor(Repo(), folder / "app" / "vendor", force=False)
    return folder


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("backends"))
    environment.install("build", *BACKENDS)
    return environment


def at(place: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    """Run Python where a place, a folder or a zip, is all that can be imported."""
    env = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    done = run(sys.executable, *arguments, cwd=ROOT.parent, env=env, status=status)
    return done.stdout, done.stderr


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wheel_by_the_defaults_of_a_build_checks_itself(
    source: Path, backends: Environment, backend: str, tmp_path: Path
) -> None:
    (source / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{BACKENDS[backend]}"\n'
        '[project]\nname = "app"\nversion = "1"\n'
    )
    run(backends.python, "-m", "build", "--wheel", "--no-isolation", source)
    (wheel,) = (source / "dist").glob("*.whl")
    place = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, wheel)
    assert "is untouched" in at(place, *CHECK)[0]
    assert (ROOT / "LICENSE").read_text() in at(place, "-c", LICENCE)[0]
    (place / "app/vendor/upsun_api/types.py").unlink()
    with (place / "app/vendor/upsun_client/_paths.py").open("a") as file:
        file.write("\n")
    out, err = at(place, *CHECK, status=1)
    assert "upsun_api/types.py lost\n" in out
    assert "upsun_client/_paths.py edited\n" in out
    assert "is not as it was written" in err


def test_what_a_build_leaves_out_is_named_but_no_fault(source: Path) -> None:
    copy = source / "app" / "vendor"
    for file in (*copy.glob("*/LICENSE"), *copy.glob("*/py.typed"), *copy.glob("*/*.json")):
        file.unlink()
    assert "upsun_api/LICENSE lost\n" in at(source, *CHECK, status=1)[0]
    (source / "app-1.dist-info").mkdir()
    out, _ = at(source, *CHECK)
    assert out.count(" left out by the build\n") == 5
    assert "is untouched" in out


@pytest.mark.parametrize("compressed", [False, True])
def test_it_checks_itself_inside_a_zip(source: Path, tmp_path: Path, compressed: bool) -> None:
    archive = tmp_path / "app.pyz"
    zipapp.create_archive(source, archive, main="app:main", compressed=compressed)
    assert f"in {archive}/app/vendor/ is untouched" in at(archive, *CHECK)[0]
    assert (ROOT / "LICENSE").read_text() in at(archive, "-c", LICENCE)[0]
    with zipfile.ZipFile(archive, "a") as changed:
        changed.writestr("app/vendor/upsun_api/more.py", "")
        changed.writestr("app/vendor/upsun_api/.DS_Store", "")
    assert at(archive, *CHECK, status=1)[0] == "upsun_api/more.py added\n"


def test_at_the_top_of_a_zip_it_checks_itself(source: Path, tmp_path: Path) -> None:
    archive = tmp_path / "top.zip"
    zipapp.create_archive(source / "app", archive, main="vendor:main")
    out, _ = at(archive, "-m", "vendor.upsun_client._vendored")
    assert "is untouched" in out


def test_without_sources_it_says_that_it_cannot_tell(source: Path) -> None:
    compileall.compile_dir(source, quiet=1, legacy=True)
    for file in source.rglob("*.py"):
        file.unlink()
    _, err = at(source, *CHECK, status=1)
    assert "holds compiled modules; only their sources can be checked" in err
    assert err.count("\n") == 1


def test_every_module_can_be_found_by_what_freezes_an_application(source: Path) -> None:
    """Such programs follow imports, and take TYPE_CHECKING for false."""
    root = source / "app" / "vendor"
    found = {root / "upsun_client" / "__init__.py", root / "upsun_api" / "models" / "__init__.py"}
    new = {*found}
    while new:
        new = {file for each in new for file in _imported(each)} - found
        found |= new
    wanted = {*root.glob("upsun_*/_*.py"), *root.glob("upsun_api/models/*.py")}
    apart = {"_manifest.py", "_license.py", "_vendored.py"}
    assert {file.relative_to(root) for file in wanted if file.name not in apart} <= {
        file.relative_to(root) for file in found
    }


def _imported(file: Path) -> set[Path]:
    found = set()
    for node in _run_time(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for path in (base, *(base / alias.name for alias in node.names)):
                found |= {path.with_suffix(".py"), path / "__init__.py"}
    return {path for path in found if path.is_file()}


def _run_time(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        below = node.orelse
        return [one for each in below for one in _run_time(each)]
    return [node, *(one for each in ast.iter_child_nodes(node) for one in _run_time(each))]
