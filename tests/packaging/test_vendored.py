"""A vendored copy in use: under any parent, twice in a process, with and without the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts.pipeline.repo import Repo
from scripts.vendoring import copy as vendor
from scripts.vendoring import http_library
from tests.packaging.support import Dependencies, assert_it_deletes, checkout, project, run
from upsun_client import __version__


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A package `app` with a copy in `app.deep.vendor`."""
    folder = tmp_path / "app" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    vendor.vendor(Repo(), folder / "vendor", force=False)
    return tmp_path / "app"


@pytest.mark.slow
@pytest.mark.parametrize("library", http_library.LIBRARIES)
def test_it_needs_nothing_of_this_project(
    dependencies: Dependencies, library: str, tmp_path: Path
) -> None:
    package = project(tmp_path)
    vendor.vendor(Repo(), package, force=False, library=library)
    (package / "strict.py").write_text(
        f"import sys\nimport {library}\nfrom . import use\n"
        "use.asyncio.run(use.main(sys.argv[1:]))\n"
        "assert not [name for name in sys.modules if name.startswith('upsun')]\n"
        f"others = {{'httpx', 'httpx2', 'httpcore', 'httpcore2'}} & sys.modules.keys()\n"
        f"assert others == {{'{library}', '{library.replace('x', 'core')}'}}, others\n"
    )
    assert_it_deletes(dependencies(library).python, "consumer.strict", tmp_path)


def test_two_copies_and_another_installed_version_do_not_mix(app: Path, tmp_path: Path) -> None:
    repo = checkout(tmp_path / "checkout")
    (repo.root / "wrapper/upsun_client/_version.py").write_text('__version__ = "99.0"\n')
    vendor.vendor(repo, app / "other", force=False)
    code = (
        "import upsun_client as installed\n"
        "from app.deep.vendor import upsun_client as one\n"
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
    run(sys.executable, "-W", "error", "-c", code, cwd=tmp_path)


# --- the check that comes with it


def test_it_checks_itself(app: Path) -> None:
    as_module = (sys.executable, "-W", "error", "-m", "app.deep.vendor.upsun_client._vendored")
    as_file = (sys.executable, "-I", app / "deep" / "vendor" / "upsun_client" / "_vendored.py")
    vendored = app / "deep" / "vendor"
    for command in (as_module, as_file):
        done = run(*command, cwd=app.parent)
        assert done.stdout == f"upsun-client {__version__} in {vendored} is untouched\n"
    with (vendored / "upsun_api" / "types.py").open("a") as file:
        file.write("\n")
    (vendored / "upsun_api" / "errors.py").unlink()
    (vendored / "upsun_client" / "x.py").touch()
    (vendored / "theirs.py").touch()
    done = run(*as_file, cwd=app.parent, status=1)
    assert done.stdout.splitlines() == [
        "upsun_api/errors.py lost",
        "upsun_api/types.py edited",
        "upsun_client/x.py added",
    ]
    assert done.stderr == f"upsun-client {__version__} in {vendored} is not as it was written\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "this is not a vendored copy: there is no"),
        ("{", "is broken"),
        ('{"files": []}', "is broken"),
    ],
)
def test_what_is_no_copy_says_so_in_a_line(app: Path, content: str | None, says: str) -> None:
    manifest = app / "deep" / "vendor" / "upsun_client" / "_vendored.json"
    manifest.with_name("_manifest.py").unlink()
    manifest.unlink() if content is None else manifest.write_text(content)
    check = manifest.parent / "_vendored.py"
    done = run(sys.executable, "-I", check, status=1)
    assert says in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
