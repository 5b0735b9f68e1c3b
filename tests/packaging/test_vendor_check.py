"""Is a copy untouched and current, and if not, what is it?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.pipeline import generate
from scripts.pipeline.repo import Repo
from tests.packaging.copies import Copy, touch_up
from tests.packaging.support import checkout


def test_an_untouched_copy_passes(written: Copy) -> None:
    (written.folder / "upsun_api" / "__pycache__").mkdir()
    (written.folder / "upsun_api" / "__pycache__" / "x.pyc").touch()
    (written.folder / "upsun_client" / ".mypy_cache" / "3.11").mkdir(parents=True)
    (written.folder / "upsun_client" / ".mypy_cache" / "3.11" / "x.json").touch()
    for name in (".DS_Store", "Thumbs.db", "api/.DS_Store", "models/desktop.ini", "client.pyc"):
        (written.folder / "upsun_api" / name).touch()
    (written.folder / "theirs.py").touch()
    before = written.state()
    code, out, err = written.check()
    assert (code, err) == (0, "")
    assert "is untouched and current: upsun-client" in out
    assert written.state() == before


def test_line_ends_that_git_changed_do_not_count(written: Copy) -> None:
    for file in written.folder.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert written.check()[0] == 0


def test_what_was_edited_added_or_lost_is_named(written: Copy) -> None:
    named = touch_up(written) | {"upsun_api/types.py lost"}
    code, out, err = written.check()
    assert code == 1
    assert set(out.splitlines()) == {f"{written.folder}/{line}" for line in named}
    assert err == f"vendor-check: the copy in {written.folder} is not as it was written (7 files)\n"


@pytest.mark.parametrize(
    ("version", "says"), [("0.0.1", "is version 0.0.1, older than"), ("99.0", "99.0, newer than")]
)
def test_the_age_of_a_copy_is_told(written: Copy, other: Repo, version: str, says: str) -> None:
    file = other.root / "wrapper/upsun_client/_version.py"
    file.write_text(f'__version__ = "{version}"\n')
    written.repo, checkout_ = other, written.repo
    assert written.vendor()[0] == 0
    written.repo = checkout_
    code, out, err = written.check()
    assert (code, out) == (1, "")
    assert says in err


def test_another_state_of_the_same_version_is_told(written: Copy, tmp_path: Path) -> None:
    repo = checkout(tmp_path / "checkout")
    contract = json.loads(repo.contract.read_text())
    answers = {"204": {"description": "done"}}
    contract["paths"]["/new"] = {
        "get": {"operationId": "get-new", "responses": answers, "tags": ["t"]}
    }
    repo.contract.write_text(json.dumps(contract))
    repo.operations.write_text("delete-projects-integrations\nget-new\n")
    generate.offline(repo)
    settings = repo.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("attrs>=22.2", "attrs>=30"))
    written.repo = repo
    code, _, err = written.check()
    assert code == 1
    assert "as is this checkout, but of another state: 3 files, the contract, " in err
    assert "the choice of operations, the requirements differ" in err


def test_no_copy_is_no_success(copy: Copy) -> None:
    copy.folder.mkdir()
    before = copy.state()
    code, _, err = copy.check()
    assert (code, err) == (
        1,
        f"vendor-check: there is no vendored copy in {copy.folder}; `make vendor` writes one\n",
    )
    assert copy.state() == before
