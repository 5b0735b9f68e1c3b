"""A project with a vendored copy, and the make targets pointed at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.pipeline import errors
from scripts.pipeline.repo import Repo
from scripts.vendoring import check as vendor_check
from scripts.vendoring import copy as vendor
from tests.packaging.support import snapshot


class Copy:
    """A project with the package `app`, and the make targets pointed at it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.app = root / "app"
        self.app.mkdir()
        (self.app / "__init__.py").write_text("# theirs")
        self.folder = self.app / "vendor"
        self._capsys = capsys
        self.repo = Repo()

    def vendor(self, **env: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `make vendor`."""
        env = {"DEST": str(self.folder)} | env
        code = errors.run("vendor", lambda: vendor.run(self.repo, env))
        return code, *self._capsys.readouterr()

    def check(self) -> tuple[int, str, str]:
        env = {"DEST": str(self.folder)}
        code = errors.run("vendor-check", lambda: vendor_check.run(self.repo, env))
        return code, *self._capsys.readouterr()

    def state(self) -> dict[str, bytes | None]:
        return snapshot(self.root)


def touch_up(copy: Copy) -> set[str]:
    """Do what people do to a copy; return what `vendor` has to name."""
    api, client = copy.folder / "upsun_api", copy.folder / "upsun_client"
    with (api / "client.py").open("a") as file:
        file.write("# ours\n")
    (client / "py.typed").write_text("partial\n")
    (client / "notes.txt").write_text("keep")
    (api / "models" / "mine").mkdir()
    (api / "models" / "mine" / "x.py").touch()
    (client / "_paths.py").unlink()
    (client / "_paths.py").symlink_to("_errors.py")
    (client / "linked").symlink_to(copy.app)
    (api / "types.py").unlink()
    return {
        "upsun_api/client.py edited",
        "upsun_client/py.typed edited",
        "upsun_client/notes.txt added",
        "upsun_api/models/mine/x.py added",
        "upsun_client/_paths.py edited",
        "upsun_client/linked added",
    }
