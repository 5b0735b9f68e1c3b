"""A copy where its project goes: into wheels by any build, zips, what is frozen; and in use."""

from __future__ import annotations

import ast
import compileall
import sys
import zipapp
import zipfile
from pathlib import Path

import pytest

from scripts.pipeline.repo import Repo
from scripts.vendoring import http_library
from scripts.vendoring.copy import vendor
from scripts.vendoring.self_check import FILE, MODULE
from tests.packaging.support import (
    ROOT,
    Copy,
    Dependencies,
    Environment,
    assert_it_deletes,
    checkout,
    project,
    run,
)
from upsun_client import __version__

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


def test_it_checks_itself(written: Copy) -> None:
    vendored = written.folder
    untouched = f"upsun-client {__version__} in {vendored} is untouched\n"
    assert at(written.root, *CHECK) == (untouched, "")
    as_file = ("-I", str(vendored / "upsun_client" / "_vendored.py"))
    assert at(written.root, *as_file) == (untouched, "")
    with (vendored / "upsun_api" / "types.py").open("a") as file:
        file.write("\n")
    (vendored / "upsun_api" / "errors.py").unlink()
    (vendored / "upsun_client" / "x.py").touch()
    (vendored / "theirs.py").touch()
    told = "upsun_api/errors.py lost\nupsun_api/types.py edited\nupsun_client/x.py added\n"
    says = f"upsun-client {__version__} in {vendored} is not as it was written\n"
    assert at(written.root, *as_file, status=1) == (told, says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "this is not a vendored copy: there is no"),
        ("{", "is broken"),
        ('{"files": []}', "is broken"),
    ],
)
def test_what_is_no_copy_says_so_in_a_line(written: Copy, content: str | None, says: str) -> None:
    (written.folder / MODULE).unlink()
    manifest = written.folder / FILE
    manifest.unlink() if content is None else manifest.write_text(content)
    out, err = at(written.root, *CHECK, status=1)
    assert says in err
    assert (out, err.count("\n")) == ("", 1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wheel_by_the_defaults_of_a_build_checks_itself(
    written: Copy, backends: Environment, backend: str, tmp_path: Path
) -> None:
    (written.root / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{BACKENDS[backend]}"\n'
        '[project]\nname = "app"\nversion = "1"\n'
    )
    run(backends.python, "-m", "build", "--wheel", "--no-isolation", written.root)
    (wheel,) = (written.root / "dist").glob("*.whl")
    place = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, wheel)
    assert "is untouched" in at(place, *CHECK)[0]
    assert (ROOT / "LICENSE").read_text() in at(place, "-c", LICENCE)[0]
    (place / "app/vendor/upsun_api/types.py").unlink()
    assert "upsun_api/types.py lost\n" in at(place, *CHECK, status=1)[0]


def test_what_a_build_leaves_out_is_named_but_no_fault(written: Copy) -> None:
    copy = written.folder
    for file in (*copy.glob("*/LICENSE"), *copy.glob("*/py.typed"), *copy.glob("*/*.json")):
        file.unlink()
    assert "upsun_api/LICENSE lost\n" in at(written.root, *CHECK, status=1)[0]
    (written.root / "app-1.dist-info").mkdir()
    out, _ = at(written.root, *CHECK)
    assert out.count(" left out by the build\n") == 5
    assert "is untouched" in out


@pytest.mark.parametrize(("top", "compressed"), [("app.", False), ("app.", True), ("", False)])
def test_it_checks_itself_inside_a_zip(
    written: Copy, tmp_path: Path, top: str, compressed: bool
) -> None:
    archive = tmp_path / "made.pyz"
    source = written.root if top else written.app
    zipapp.create_archive(source, archive, main="os:getcwd", compressed=compressed)
    check = ("-m", f"{top}vendor.upsun_client._vendored")
    folder = f"{top}vendor".replace(".", "/")
    assert f"in {archive}/{folder}/ is untouched" in at(archive, *check)[0]
    with zipfile.ZipFile(archive, "a") as changed:
        changed.writestr(f"{folder}/upsun_api/more.py", "")
        changed.writestr(f"{folder}/upsun_api/.DS_Store", "")
    assert at(archive, *check, status=1)[0] == "upsun_api/more.py added\n"


def test_without_sources_it_says_that_it_cannot_tell(written: Copy) -> None:
    compileall.compile_dir(written.root, quiet=1, legacy=True)
    for file in written.root.rglob("*.py"):
        file.unlink()
    _, err = at(written.root, *CHECK, status=1)
    assert "holds compiled modules; only their sources can be checked" in err
    assert err.count("\n") == 1


def test_every_module_can_be_found_by_what_freezes_an_application(written: Copy) -> None:
    """Such programs follow imports, and take TYPE_CHECKING for false."""
    root = written.folder
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


# --- in use


@pytest.mark.slow
@pytest.mark.parametrize("library", http_library.LIBRARIES)
def test_it_needs_nothing_of_this_project(
    dependencies: Dependencies, library: str, tmp_path: Path
) -> None:
    package = project(tmp_path)
    vendor(Repo(), package, force=False, library=library)
    (package / "strict.py").write_text(
        f"import sys\nimport {library}\nfrom . import use\n"
        "use.asyncio.run(use.main(sys.argv[1:]))\n"
        "assert not [name for name in sys.modules if name.startswith('upsun')]\n"
        f"others = {{'httpx', 'httpx2', 'httpcore', 'httpcore2'}} & sys.modules.keys()\n"
        f"assert others == {{'{library}', '{library.replace('x', 'core')}'}}, others\n"
    )
    assert_it_deletes(dependencies(library).python, "consumer.strict", tmp_path)


def test_two_copies_and_another_installed_version_do_not_mix(written: Copy, tmp_path: Path) -> None:
    repo = checkout(tmp_path / "checkout")
    (repo.root / "wrapper/upsun_client/_version.py").write_text('__version__ = "99.0"\n')
    vendor(repo, written.app / "other", force=False)
    code = (
        "import upsun_client as installed\n"
        "from app.vendor import upsun_client as one\n"
        "from app.other import upsun_client as two\n"
        f"assert (installed.__version__, one.__version__) == ('{__version__}',) * 2\n"
        "assert two.__version__ == '99.0'\n"
        "clients = {module.UpsunClient for module in (installed, one, two)}\n"
        "errors = {module.UpsunError for module in (installed, one, two)}\n"
        "models = {module.AcceptedResponse for module in (installed, one, two)}\n"
        "assert len(clients) == len(errors) == len(models) == 3\n"
        "import pickle\n"
        "assert type(pickle.loads(pickle.dumps(two.NotFoundError(\n"
        "    '', status_code=404, body=0, method='', path='', headers={}, retry_after=0,\n"
        "    attempts=1)))) is two.NotFoundError\n"
    )
    run(sys.executable, "-W", "error", "-c", code, cwd=written.root)
