"""A copy where its project goes: into wheels by any build, zips, what is frozen, beside others."""

import sys
import zipapp
import zipfile
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from scripts.dev.environment import make
from scripts.vendoring.copy import vendor
from tests.packaging.support import ROOT, Copy, checkout, run
from upsun_client import __version__

BACKENDS = {"setuptools": "setuptools.build_meta", "hatchling": "hatchling.build"}
BACKENDS |= {"poetry-core": "poetry.core.masonry.api"}
LICENCE = (
    "from app.vendor.upsun_client import _license, _manifest; "
    "print(_license.LICENSE, _manifest.MANIFEST['version'])"
)
CHECK = ("-m", "app.vendor.upsun_client._vendored")


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    venv = tmp_path_factory.mktemp("backends") / "venv"
    make(venv, ["build", *BACKENDS])
    return venv / "bin" / "python"


def at(place: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    """Run Python where a place, a folder or a zip, is all that can be imported."""
    env = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    done = run(sys.executable, *arguments, cwd=ROOT.parent, env=env, status=status)
    return done.stdout, done.stderr


def test_it_checks_itself(written: Copy) -> None:
    vendored = written.folder
    name = f"upsun-client {__version__} on httpx in {vendored}"
    assert at(written.root, *CHECK) == (f"{name} is untouched\n", "")
    as_file = ("-I", str(vendored / "upsun_client" / "_vendored.py"))
    assert at(written.root, *as_file) == (f"{name} is untouched\n", "")
    (vendored / "upsun_api" / "types.py").write_text("")
    (vendored / "upsun_api" / "py.typed").unlink()
    told = "upsun_api/py.typed lost\nupsun_api/types.py edited\n"
    assert at(written.root, *as_file, status=1) == (told, f"{name} is not as it was written\n")
    (written.root / "app-1.dist-info").mkdir()
    assert "upsun_api/py.typed left out by the build\n" in at(written.root, *CHECK, status=1)[0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wheel_by_the_defaults_of_a_build_checks_itself(
    written: Copy, backends: Path, backend: str, tmp_path: Path
) -> None:
    (written.root / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{BACKENDS[backend]}"\n'
        '[project]\nname = "app"\nversion = "1"\n'
    )
    run(backends, "-m", "build", "--wheel", "--no-isolation", written.root)
    (wheel,) = (written.root / "dist").glob("*.whl")
    place = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, wheel)
    assert "is untouched" in at(place, *CHECK)[0]
    assert (ROOT / "LICENSE").read_text() in at(place, "-c", LICENCE)[0]
    (place / "app/vendor/upsun_api/types.py").unlink()
    assert "upsun_api/types.py lost\n" in at(place, *CHECK, status=1)[0]


def test_it_checks_itself_inside_a_zip(written: Copy, tmp_path: Path) -> None:
    archive = tmp_path / "made.pyz"
    zipapp.create_archive(written.root, archive, main="os:getcwd")
    assert f"in {archive}/app/vendor/ is untouched" in at(archive, *CHECK)[0]
    with zipfile.ZipFile(archive, "a") as changed:
        changed.writestr("app/vendor/upsun_api/more.txt", "")
        changed.writestr("app/vendor/upsun_api/.DS_Store", "")
    assert at(archive, *CHECK, status=1)[0] == "upsun_api/more.txt added\n"


def test_every_module_can_be_found_by_what_freezes_an_application(written: Copy) -> None:
    """Such programs follow imports, and take TYPE_CHECKING for false."""
    for file in written.folder.rglob("*.py"):
        file.write_text(file.read_text().replace("if TYPE_CHECKING", "if 0"))
    finder = ModuleFinder([str(written.root)])
    finder.import_hook("app.vendor.upsun_client")
    finder.import_hook("app.vendor.upsun_api.models")
    found = {Path(getattr(each, "__file__", None) or "") for each in finder.modules.values()}
    wanted = {*written.folder.glob("upsun_*/_*.py"), *written.folder.glob("*_api/models/*.py")}
    apart = {"_manifest.py", "_license.py", "_vendored.py"}
    assert {file.name for file in wanted - found} == apart


MIXED = f"""
import pickle
import upsun_client as installed
from app.vendor import upsun_client as one
from app.other import upsun_client as two

all_ = (installed, one, two)
assert [each.__version__ for each in all_] == ["{__version__}", "{__version__}", "99.0"]
for name in ("UpsunClient", "UpsunError", "AcceptedResponse"):
    assert len({{getattr(each, name) for each in all_}}) == 3
error = two.NotFoundError("", status_code=404)
assert type(pickle.loads(pickle.dumps(error))) is two.NotFoundError
"""


def test_two_copies_and_another_installed_version_do_not_mix(written: Copy, tmp_path: Path) -> None:
    repo = checkout(tmp_path / "checkout")
    (repo.wrapper / "_version.py").write_text('__version__ = "99.0"\n')
    vendor(repo, written.app / "other", force=False)
    run(sys.executable, "-W", "error", "-c", MIXED, cwd=written.root)
