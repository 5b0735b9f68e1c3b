"""Where a copy may go, and what is said where it may not."""

from pathlib import Path

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.destination import destination, dotted
from tests.packaging.support import ROOT


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `app` with a folder `vendor` that is none, at home, where we are."""
    app = tmp_path / "app"
    (app / "vendor").mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "link").symlink_to("vendor")
    (tmp_path / "ours").symlink_to(ROOT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return app


TAKEN = {"app": "app", **dict.fromkeys(("app/new", "app/vendor/../new"), "app.new")}
TAKEN |= dict.fromkeys(("app/vendor", "  ~/app/vendor ", "app/link"), "app.vendor")


@pytest.mark.parametrize(("given", "name"), TAKEN.items())
def test_a_package_or_a_folder_in_one_will_do(app: Path, given: str, name: str) -> None:
    found = destination(given, Repo())
    assert dotted(found) == name
    assert found == app.parent / name.replace(".", "/")


REFUSED = {
    "   ": "DEST=path/to/a/package",
    "~nosuch/x": "is no package, nor a folder in one",
    "app/__init__.py": "__init__.py is a file or a link",
    "app/no/such": "such is no package, .* add an __init__.py to it, or to .*app/no",
    "app/class": "is in 'class', which can be no package",
    "my-app/vendor": "is in 'my-app', which can be no package",
    "app/upsun_client": "is in 'upsun_client', which can be no package",
    "app/linked": "app/linked/upsun_api is a file or a link",
    "app/round": "app/round is a file or a link",
    "app/round/x": "is no package",
    **dict.fromkeys((str(ROOT), "ours/wrapper/upsun_client"), "inside this repository"),
}


@pytest.mark.parametrize(("given", "says"), REFUSED.items())
def test_other_places_are_refused(app: Path, tmp_path: Path, given: str, says: str) -> None:
    for package in ("my-app", "app/linked"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (app / "round").symlink_to("round")
    (app / "linked" / "upsun_api").symlink_to(tmp_path)
    with pytest.raises(PipelineError, match=says):
        destination(given, Repo())
