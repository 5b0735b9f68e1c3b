"""Where a copy may go, and what is said where it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring import destination
from tests.packaging.support import ROOT


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A package `app` with a folder `vendor` that is none."""
    (tmp_path / "app" / "vendor").mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").touch()
    return tmp_path / "app"


def at(given: Path | str) -> Path:
    return destination.destination(str(given), Repo())


@pytest.mark.parametrize(
    ("name", "dotted"),
    [(".", "app"), ("vendor", "app.vendor"), ("new", "app.new"), ("vendor/../new", "app.new")],
)
def test_a_package_or_a_folder_in_one_will_do(app: Path, name: str, dotted: str) -> None:
    assert destination.dotted(at(app / name)) == dotted


def test_a_relative_path_and_a_home_will_do(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(app.parent)
    monkeypatch.setenv("HOME", str(app))
    assert at("app/vendor") == at("  ~/vendor ") == app / "vendor"


def test_folders_above_may_be_links(app: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert at(tmp_path / "link" / "app" / "vendor") == app / "vendor"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "DEST=path/to/a/package"),
        ("   ", "DEST=path/to/a/package"),
        ("app/__init__.py", "is a file"),
        ("app/__init__.py/x", "__init__.py does not exist|is no package"),
        ("app/no/such", "cannot be made, as .*app/no does not exist"),
        ("plain", "plain is no package, nor inside one"),
        ("plain/new", "plain/new does not exist and .*plain is no package"),
        ("app/my-vendor", "'my-vendor' is no Python identifier"),
        ("app/class", "'class' is no Python identifier"),
        ("my-app/vendor", "'my-app' is no Python identifier"),
        ("app/link", "app/link is a symbolic link to vendor"),
        ("app/linked", "app/linked/upsun_api is a symbolic link"),
        ("app/filed", "app/filed/upsun_client is a file"),
        ("app/round/x", "app/round/x (leads nowhere|cannot be made)"),
        ("~nobody-of-that-name/x", "^~nobody-of-that-name/x leads nowhere .*; give another path$"),
        ("app/upsun_client", "is inside a package 'upsun_client'; give the folder around it"),
    ],
)
def test_other_places_are_refused(app: Path, tmp_path: Path, given: str, says: str) -> None:
    (tmp_path / "plain").mkdir()
    for package in ("my-app", "app/linked", "app/filed"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (app / "link").symlink_to("vendor")
    (app / "round").symlink_to("round")
    (app / "linked" / "upsun_api").symlink_to(tmp_path)
    (app / "filed" / "upsun_client").touch()
    with pytest.raises(PipelineError, match=says):
        at(tmp_path / given if given.strip() and given[0] != "~" else given)


@pytest.mark.parametrize("name", [".", "wrapper", "wrapper/upsun_client", "tests/packaging/new"])
def test_this_repository_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT)
    for root in (ROOT, tmp_path / "link"):
        with pytest.raises(PipelineError, match="inside this repository|symbolic link"):
            at(root / name)
