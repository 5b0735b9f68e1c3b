"""A vendored copy in use: under any parent, twice in a process, with and without the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts.pipeline.repo import Repo
from scripts.vendoring import http_library
from scripts.vendoring.copy import vendor
from tests.packaging.support import Copy, Dependencies, assert_it_deletes, checkout, project, run
from upsun_client import __version__


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
