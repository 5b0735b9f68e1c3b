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


def test_it_may_be_a_link(app: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (app / "link").symlink_to("vendor")
    assert at(tmp_path / "link" / "app" / "link") == app / "vendor"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "DEST=path/to/a/package"),
        ("   ", "DEST=path/to/a/package"),
        ("app/__init__.py", "__init__.py is a file or a link"),
        ("app/__init__.py/x", "is no package, nor a folder in one"),
        ("app/no/such", "such is no package, .* add an __init__.py to it, or to .*app/no"),
        ("plain", "plain is no package, nor a folder in one"),
        ("plain/new", "new is no package, .* add an __init__.py to it, or to .*plain"),
        ("app/my-vendor", "'my-vendor' is no Python identifier"),
        ("app/class", "'class' is no Python identifier"),
        ("my-app/vendor", "'my-app' is no Python identifier"),
        ("app/linked", "app/linked/upsun_api is a file or a link"),
        ("app/filed", "app/filed/upsun_client is a file or a link"),
        ("app/round/x", "is no package"),
        ("app/upsun_client", "is inside a package 'upsun_client'; give the folder around it"),
    ],
)
def test_other_places_are_refused(app: Path, tmp_path: Path, given: str, says: str) -> None:
    (tmp_path / "plain").mkdir()
    for package in ("my-app", "app/linked", "app/filed"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (app / "round").symlink_to("round")
    (app / "linked" / "upsun_api").symlink_to(tmp_path)
    (app / "filed" / "upsun_client").touch()
    with pytest.raises(PipelineError, match=says):
        at(tmp_path / given if given.strip() else given)


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(PipelineError, match="no such user"):
        at("~nosuch/x")


@pytest.mark.parametrize("name", [".", "wrapper", "wrapper/upsun_client", "tests/packaging/new"])
def test_this_repository_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT)
    for root in (ROOT, tmp_path / "link"):
        with pytest.raises(PipelineError, match="inside this repository"):
            at(root / name)
