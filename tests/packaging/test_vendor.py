"""Writing a copy, updating it, and never losing what somebody put there."""

from __future__ import annotations

import ast
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import errors, vendor, vendor_check
from scripts.swap import Swap
from scripts.tree import Tree
from scripts.vendor import Folder
from tests.packaging.support import ROOT, checkout, run, snapshot
from upsun_client import __version__
from upsun_client._vendored import MANIFEST, PACKAGES


class Copy:
    """A project with the package `app`, and the make targets pointed at it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.app = root / "app"
        self.app.mkdir()
        (self.app / "__init__.py").write_text("# theirs")
        self.folder = self.app / "vendor"
        self._capsys = capsys
        self.tree = Tree()

    def vendor(self, **env: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `make vendor`."""
        env = {"DEST": str(self.folder)} | env
        code = errors.run("vendor", lambda: vendor.run(self.tree, env))
        return code, *self._capsys.readouterr()

    def check(self) -> tuple[int, str, str]:
        env = {"DEST": str(self.folder)}
        code = errors.run("vendor-check", lambda: vendor_check.run(self.tree, env))
        return code, *self._capsys.readouterr()

    def state(self) -> dict[str, bytes | None]:
        return snapshot(self.root)


@pytest.fixture
def copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Copy:
    (tmp_path / "project").mkdir()
    return Copy(tmp_path / "project", capsys)


@pytest.fixture
def written(copy: Copy) -> Copy:
    assert copy.vendor()[0] == 0
    return copy


@pytest.fixture
def other(tmp_path: Path) -> Tree:
    """This project in another state: an operation less, a file more, a newer version."""
    tree = checkout(tmp_path / "checkout")
    version = tree.root / "wrapper/upsun_client/_version.py"
    version.write_text(version.read_text().replace(__version__, "99.0.0"))
    (tree.package / "models" / "new.py").write_text("from upsun_api.client import Client\n")
    (tree.package / "errors.py").unlink()
    return tree


def test_a_copy_holds_the_packages_the_licence_and_a_manifest(written: Copy) -> None:
    sources = {
        f"{package.name}/{file.relative_to(package).as_posix()}"
        for package in (ROOT / "wrapper/upsun_client", ROOT / "generated/upsun_api")
        for file in package.rglob("*")
        if file.suffix == ".py" or file.name == "py.typed"
    }
    assert {f"{package}/py.typed" for package in PACKAGES} < sources
    found = {name for name, content in snapshot(written.folder).items() if content is not None}
    licences = {f"{package}/LICENSE" for package in PACKAGES}
    assert found == sources | licences | {MANIFEST, "__init__.py"}
    for licence in licences:
        assert (written.folder / licence).read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_no_import_of_ours_is_left_absolute(written: Copy) -> None:
    for file in written.folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [str(node.module)]
            assert not {name.split(".")[0] for name in names} & {*PACKAGES}, file


def test_only_imports_differ_from_the_source(written: Copy) -> None:
    for package in (ROOT / "wrapper/upsun_client", ROOT / "generated/upsun_api"):
        for file in package.rglob("*.py"):
            copied = (written.folder / file.relative_to(package.parent)).read_text()
            assert copied.replace("from ..upsun_api", "from upsun_api") == file.read_text()


def test_the_manifest_says_what_the_copy_is(written: Copy) -> None:
    manifest = json.loads((written.folder / MANIFEST).read_text())
    contract = json.loads((ROOT / "spec" / "openapi.json").read_text())
    assert manifest["version"] == __version__
    assert len(manifest["spec_sha256"]) == 64
    assert manifest["operations"] == sorted(
        operation["operationId"] for item in contract["paths"].values()
        for operation in item.values() if isinstance(operation, dict) and "operationId" in operation
    )  # fmt: skip
    assert manifest["requires"][0] == "python>=3.11"
    assert any(text.startswith("httpx") for text in manifest["requires"])
    assert {*manifest["files"], MANIFEST} == {
        f"{package}/{name}"
        for package in PACKAGES
        for name, content in snapshot(written.folder / package).items()
        if content is not None
    }


def test_the_same_checkout_gives_the_same_bytes(written: Copy, tmp_path: Path) -> None:
    first = written.state()
    written.tree = checkout(tmp_path / "checkout")
    assert written.vendor(FORCE="1")[0] == 0
    assert written.state() == first


def test_a_second_run_touches_nothing(written: Copy) -> None:
    before = {path: path.stat() for path in written.root.rglob("*")}
    code, out, err = written.vendor()
    assert (code, err) == (0, "")
    assert "is current" in out
    assert {path: path.stat() for path in written.root.rglob("*")} == before


def test_what_to_write_and_to_install_is_told(copy: Copy) -> None:
    code, out, err = copy.vendor()
    assert (code, err) == (0, "")
    assert "from app.vendor.upsun_client import UpsunClient" in out
    assert "python -m app.vendor.upsun_client._vendored" in out
    assert "httpx>=" in out
    assert "note" not in out


def test_a_folder_that_is_there_is_left_as_it_is(copy: Copy) -> None:
    copy.folder.mkdir()
    (copy.folder / "theirs.py").write_text("theirs")
    code, out, _ = copy.vendor()
    assert code == 0
    assert "the folder has no __init__.py" in out
    assert {path.name for path in copy.folder.iterdir()} == {*PACKAGES, "theirs.py"}


def test_an_update_takes_what_is_new_and_removes_what_is_gone(written: Copy, other: Tree) -> None:
    (written.folder / "upsun_api" / "__pycache__").mkdir()
    (written.folder / "upsun_api" / "__pycache__" / "errors.pyc").touch()
    written.tree = other
    code, out, _ = written.vendor()
    assert (code, "99.0.0" in out) == (0, True)
    assert (written.folder / "upsun_api/models/new.py").read_text() == (
        "from ...upsun_api.client import Client\n"
    )
    assert not (written.folder / "upsun_api/errors.py").exists()
    assert written.check()[0] == 0
    assert snapshot(written.app)["__init__.py"] == b"# theirs"


def touch_up(copy: Copy) -> set[str]:
    """Do what people do to a copy; return what `vendor` has to name."""
    api, client = copy.folder / "upsun_api", copy.folder / "upsun_client"
    with (api / "client.py").open("a") as file:
        file.write("# ours\n")
    (client / "py.typed").write_text("partial\n")
    (client / "notes.txt").write_text("keep")
    (api / "models" / "mine").mkdir()
    (api / "models" / "mine" / "x.py").touch()
    (client / "_path.py").unlink()
    (client / "_path.py").symlink_to("_errors.py")
    (client / "linked").symlink_to(copy.app)
    (api / "types.py").unlink()
    return {
        "upsun_api/client.py edited",
        "upsun_client/py.typed edited",
        "upsun_client/notes.txt added",
        "upsun_api/models/mine/x.py added",
        "upsun_client/_path.py edited",
        "upsun_client/linked added",
    }


def test_what_was_edited_or_added_is_named_and_stops_an_update(written: Copy) -> None:
    named = touch_up(written)
    before = written.state()
    code, out, err = written.vendor()
    assert code == 1
    assert set(out.splitlines()) == {f"{written.folder}/{line}" for line in named}
    assert err.startswith("vendor: these files")
    assert err.count("\n") == 1
    assert "FORCE=1" in err
    assert written.state() == before


def test_force_overwrites(written: Copy) -> None:
    clean = written.state()
    touch_up(written)
    assert written.vendor(FORCE="1")[0] == 0
    assert written.state() == clean
    assert (written.app / "__init__.py").exists()


def test_a_lost_file_comes_back(written: Copy) -> None:
    clean = written.state()
    (written.folder / "upsun_api" / "types.py").unlink()
    assert written.vendor()[0] == 0
    assert written.state() == clean


def test_packages_of_the_same_names_that_are_no_copy_are_not_overwritten(copy: Copy) -> None:
    (copy.folder / "upsun_client").mkdir(parents=True)
    (copy.folder / "upsun_client" / "__init__.py").write_text("theirs")
    before = copy.state()
    code, out, _ = copy.vendor()
    assert (code, out) == (1, f"{copy.folder}/upsun_client/__init__.py added\n")
    assert copy.state() == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 1}', "<<<<<<< ours\n", "\xff", "null"]
)
def test_a_broken_manifest_is_one_line(written: Copy, content: str) -> None:
    (written.folder / MANIFEST).write_text(content, encoding="latin-1")
    for code, out, err in (written.vendor(), written.check()):
        assert (code, out) == (1, "")
        assert "_vendored.json is broken" in err
        assert err.count("\n") == 1
    assert written.vendor(FORCE="1")[0] == 0
    assert written.check()[0] == 0


def test_a_module_that_cannot_be_relative_changes_nothing(copy: Copy, other: Tree) -> None:
    (other.package / "models" / "new.py").write_text("import upsun_api.client\n")
    copy.tree = other
    before = copy.state()
    code, _, err = copy.vendor()
    assert code == 1
    assert err == (
        "vendor: upsun_api/models/new.py, line 1: write 'from upsun_api import client'\n"
    )
    assert copy.state() == before


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_on_disk_leaves_things_as_they_were(
    copy: Copy, other: Tree, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    if there:
        assert copy.vendor()[0] == 0
        copy.tree = other
    before = copy.state()
    wrote = Path.write_bytes
    count = iter(range(9))

    def fail(path: Path, data: bytes) -> int:
        if next(count, None) is None:
            raise OSError(28, "No space left on device", str(path))
        return wrote(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    code, _, err = copy.vendor()
    assert code == 1
    assert err.startswith("vendor: No space left on device")
    assert err.count("\n") == 1
    assert copy.state() == before


def test_a_folder_that_cannot_be_written_is_one_line(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = copy.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith(f"vendor: Permission denied ({copy.folder})")


KILLED = """
import os, pathlib, signal, sys
from scripts import swap, vendor
from scripts.tree import Tree

steps, last = 0, int(sys.argv[3])
def step(wrapped):
    def call(*args, **kwargs):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return wrapped(*args, **kwargs)
    return call
for name in ("mkdir", "touch", "write_bytes", "replace", "rename", "unlink"):
    setattr(pathlib.Path, name, step(getattr(pathlib.Path, name)))
swap._exchange = step(swap._exchange)
vendor.shutil.rmtree = step(vendor.shutil.rmtree)
sys.stdout, out = sys.stderr, sys.stdout
vendor.run(Tree(pathlib.Path(sys.argv[1])), {"DEST": sys.argv[2]})
print(steps, file=out)
"""


@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True])
def test_a_killed_run_leaves_the_old_or_the_new_copy(copy: Copy, other: Tree, there: bool) -> None:
    def start(step: int) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(copy.folder, ignore_errors=True)
        copy.tree = Tree()
        assert not there or copy.vendor()[0] == 0
        copy.tree = other
        command = [sys.executable, "-c", KILLED, str(other.root), str(copy.folder), str(step)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def shown() -> dict[str, bytes | None]:
        found = snapshot(copy.folder)
        return {name: found[name] for name in found if name.startswith(PACKAGES)}

    start(1)
    old = shown()
    steps = int(start(0).stdout)
    new, whole = shown(), snapshot(copy.folder)
    ends = set()
    # All of the swap, and a few of the many like steps before it.
    for step in (1, 2, 3, 5, steps // 2, *range(steps - 10, steps + 1)):
        assert start(step).returncode == -signal.SIGKILL
        if Folder(copy.folder).is_pending:
            ends.add("pending")
            assert "was killed" in copy.check()[2]
        else:
            assert shown() in (old, new)
            ends.add("old" if shown() == old else "new")
        assert copy.vendor()[0] == 0
        assert snapshot(copy.folder) == whole
        assert copy.check()[0] == 0
    assert ends == {"old", "pending", "new"}


def test_an_empty_folder_becomes_a_package(copy: Copy, other: Tree) -> None:
    copy.folder.mkdir()
    good, copy.tree = copy.tree, other
    (other.package / "models" / "new.py").write_text("no python")
    assert copy.vendor()[0] == 1
    assert list(copy.folder.iterdir()) == []
    copy.tree = good
    assert copy.vendor()[0] == 0
    assert (copy.folder / "__init__.py").read_bytes() == b""


def test_two_runs_at_once_do_not_mix(written: Copy, other: Tree) -> None:
    with Swap(Folder(written.folder)):
        written.tree = other
        code, _, err = written.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert "another run is at work" in err


# --- vendor-check


def test_an_untouched_copy_passes(written: Copy) -> None:
    (written.folder / "upsun_api" / "__pycache__").mkdir()
    (written.folder / "upsun_api" / "__pycache__" / "x.pyc").touch()
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
def test_the_age_of_a_copy_is_told(written: Copy, other: Tree, version: str, says: str) -> None:
    file = other.root / "wrapper/upsun_client/_version.py"
    file.write_text(f'__version__ = "{version}"\n')
    written.tree, checkout_ = other, written.tree
    assert written.vendor()[0] == 0
    written.tree = checkout_
    code, out, err = written.check()
    assert (code, out) == (1, "")
    assert says in err


def test_another_state_of_the_same_version_is_told(written: Copy, tmp_path: Path) -> None:
    tree = checkout(tmp_path / "checkout")
    contract = json.loads(tree.contract.read_text())
    contract["paths"]["/new"] = {"get": {"operationId": "get-new", "responses": {}}}
    tree.contract.write_text(json.dumps(contract))
    (tree.package / "types.py").write_text("x = 1\n")
    settings = tree.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("attrs>=22.2", "attrs>=30"))
    written.tree = tree
    code, _, err = written.check()
    assert code == 1
    assert "as is this checkout, but of another state: 1 files, the contract, " in err
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


# --- as make runs them (without its `setup`, which could rebuild what these tests run in)


@pytest.mark.parametrize("target", ["vendor", "vendor-check"])
def test_make_says_in_one_line_what_is_wrong(target: str, tmp_path: Path) -> None:
    for arguments in ([], [f"DEST={tmp_path}/no such/new"]):
        done = run("make", "-o", "setup", target, *arguments, cwd=ROOT, status=2)
        (line,) = (line for line in done.stderr.splitlines() if line.startswith(f"{target}: "))
        assert "Traceback" not in done.stderr
    assert "no such/new cannot be made" in line


def test_make_vendors(copy: Copy) -> None:
    folder = copy.app / "with_é"
    run("make", "-o", "setup", "vendor", f"DEST={folder}", cwd=ROOT)
    run("make", "-o", "setup", "vendor-check", f"DEST={folder}", cwd=ROOT)
    (folder / "upsun_api" / "types.py").unlink()
    run("make", "-o", "setup", "vendor-check", f"DEST={folder}", cwd=ROOT, status=2)
