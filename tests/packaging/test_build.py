"""What `make build` makes: exactly what belongs there, the same bytes each time, and it works."""

import hashlib
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.support import BUILD, ROOT, checkout, run, snapshot
from upsun_client import __version__

NAME = f"upsun_client-{__version__}"


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_the_wheel_holds_the_packages_the_licence_and_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    expected = snapshot(ROOT / "wrapper") | snapshot(ROOT / "generated")
    assert {"upsun_client/py.typed", "upsun_api/py.typed"} < expected.keys()
    assert {name: found.pop(name) for name in expected} == expected
    metadata = {"METADATA", "WHEEL", "RECORD", "licenses/LICENSE"}
    assert found.keys() == {f"{NAME}.dist-info/{name}" for name in metadata}
    assert found[f"{NAME}.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_sdist_holds_what_makes_the_wheel(dist: Path) -> None:
    with tarfile.open(dist / f"{NAME}.tar.gz") as archive:
        found = {member.name for member in archive if member.isfile()}
    # hatchling adds .gitignore to every sdist.
    expected = {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    for folder in ("wrapper", "generated"):
        expected |= {f"{folder}/{name}" for name in snapshot(ROOT / folder)}
    assert found == {f"{NAME}/{name}" for name in expected}


@pytest.mark.slow
def test_the_same_bytes_come_from_elsewhere_and_later(dist: Path, tmp_path: Path) -> None:
    repo = checkout(tmp_path / "elsewhere")
    shutil.copy(ROOT / ".gitignore", repo.root)
    for package in (repo.package, repo.wrapper):
        for junk in ("notes.txt", ".x.py.swp", "__pycache__/x.pyc", "new/notes.txt"):
            (package / junk).parent.mkdir(exist_ok=True)
            (package / junk).touch()
    # By way of the sdist, and from the tree itself, where modes count.
    for mode, out, what in ((0o600, "again", []), (0o644, "direct", ["--wheel"])):
        for file in repo.root.rglob("*.*"):
            if file.is_file():
                file.chmod(mode)
                os.utime(file, (1, 1))
        run(*BUILD, *what, "--outdir", tmp_path / out, repo.root)
    assert digests(tmp_path / "again") == digests(dist)
    assert digests(tmp_path / "direct").items() < digests(dist).items()
