"""Writing a copy, updating and checking it, and never losing what somebody put there."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.pipeline import generate
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap
from scripts.vendoring.contents import describe
from scripts.vendoring.copy import Folder
from scripts.vendoring.self_check import FILE, MODULE, MYSELF, PACKAGES
from tests.packaging.support import ROOT, Copy, checkout, run, snapshot
from upsun_client import __version__


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
        f"{copy.folder}/upsun_api/client.py edited",
        f"{copy.folder}/upsun_client/py.typed edited",
        f"{copy.folder}/upsun_client/notes.txt added",
        f"{copy.folder}/upsun_api/models/mine/x.py added",
        f"{copy.folder}/upsun_client/_paths.py edited",
        f"{copy.folder}/upsun_client/linked added",
    }


def test_a_copy_holds_the_packages_the_licence_and_a_manifest(written: Copy) -> None:
    sources = {
        f"{package.name}/{file.relative_to(package).as_posix()}"
        for package in (ROOT / "wrapper/upsun_client", ROOT / "generated/upsun_api")
        for file in package.rglob("*")
        if file.suffix == ".py" or file.name == "py.typed"
    }
    found = {name for name, content in snapshot(written.folder).items() if content is not None}
    licences = {f"{package}/{name}" for package in PACKAGES for name in ("LICENSE", "_license.py")}
    assert found == sources | licences | {FILE, MODULE, MYSELF, "__init__.py"}
    manifest = json.loads((written.folder / FILE).read_text())
    module = runpy.run_path(str(written.folder / MODULE))["MANIFEST"]
    files, more = manifest.pop("files"), module.pop("files")
    assert found == {*files, FILE, MODULE, "__init__.py"}
    assert more == files | {FILE: more[FILE]}
    assert module == manifest
    assert (manifest["version"], manifest["http"]) == (__version__, "httpx")
    assert len(manifest["spec_sha256"]) == 64
    assert manifest["operations"] == ["delete-projects-integrations"]
    needed = [Requirement(text).name for text in manifest["requires"]]
    assert needed == ["python", "anyio", "attrs", "httpx"]


def test_a_licence_of_any_text_is_a_module(copy: Copy, tmp_path: Path) -> None:
    copy.repo = checkout(tmp_path / "checkout")
    text = 'as "is"\n\n \\n {} {0} """\u00a9 "'
    (copy.repo.root / "LICENSE").write_text(text)
    assert copy.vendor()[0] == 0
    for package in PACKAGES:
        module = runpy.run_path(str(copy.folder / package / "_license.py"))
        assert module["LICENSE"] == text


@pytest.mark.parametrize("lost", [[FILE], [MODULE], [MODULE, "upsun_client/_license.py"]])
def test_one_form_of_the_manifest_is_enough(written: Copy, lost: list[str]) -> None:
    clean = written.state()
    for name in lost:
        (written.folder / name).unlink()
    if len(lost) > 1:  # as copies were before there were modules
        file = written.folder / FILE
        old = json.loads(file.read_text())
        files = {name: digest for name, digest in old["files"].items() if name not in lost}
        file.write_text(json.dumps({"version": "0.0.1", "files": files}))
    assert written.check()[0] == 1
    assert written.vendor()[0] == 0
    assert written.state() == clean


def test_no_example_of_ours_is_run_by_the_other_project(copy: Copy, other: Repo) -> None:
    copy.repo = other
    contract = json.loads(other.contract.read_text())
    example = "Prose.\n\n    >>> print(1)\n    2\n>>>broken"
    (item,) = contract["paths"].values()
    contract["info"]["title"] = example
    item["delete"]["description"] = example
    contract["components"]["schemas"]["AcceptedResponse"]["description"] = example
    other.contract.write_text(json.dumps(contract))
    generate.offline(other)
    assert copy.vendor()[0] == 0
    assert any(">> > print(1)" in file.read_text() for file in copy.folder.rglob("*.py"))
    tests = (sys.executable, "-m", "pytest", "--doctest-modules", "-q", "-p", "no:cacheprovider")
    (copy.root / "test_theirs.py").write_text("def test(): pass\n")
    done = run(*tests, ".", cwd=copy.root)
    assert done.stdout.splitlines()[-1].startswith("1 passed")
    (other.wrapper / "new.py").write_text('"""Prose.\n\n>>> print(1)\n2\n"""\n')
    assert "upsun_client/new.py has an example" in copy.vendor()[2]


def test_the_same_checkout_gives_the_same_bytes(written: Copy, tmp_path: Path) -> None:
    first = written.state()
    written.repo = checkout(tmp_path / "checkout")
    shutil.rmtree(written.folder)
    assert written.vendor()[0] == 0
    assert written.state() == first


def test_a_second_run_touches_nothing(written: Copy) -> None:
    def touched() -> dict[object, tuple[int, int]]:
        stats = {path: path.stat() for path in written.root.rglob("*") if path.is_file()}
        return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}

    before = touched()
    code, out, err = written.vendor()
    assert (code, err) == (0, "")
    assert "is current" in out
    assert touched() == before


def test_what_to_write_and_to_install_is_told(copy: Copy) -> None:
    assert "note" not in copy.vendor()[1]
    shutil.rmtree(copy.folder)
    copy.folder.mkdir()
    (copy.folder / "theirs.py").write_text("theirs")
    code, out, err = copy.vendor()
    assert (code, err) == (0, "")
    assert "from app.vendor.upsun_client import UpsunClient" in out
    assert "python -m app.vendor.upsun_client._vendored" in out
    assert "httpx>=" in out
    assert "note: the folder has no __init__.py" in out
    assert {path.name for path in copy.folder.iterdir()} == {*PACKAGES, "theirs.py"}


def test_an_update_takes_what_is_new_and_removes_what_is_gone(written: Copy, other: Repo) -> None:
    gone = written.folder / "upsun_api" / "api" / "third_party_integrations"
    (gone / "__pycache__").mkdir()
    (gone / "__pycache__" / "x.pyc").touch()
    written.repo = other
    code, out, err = written.check()
    assert (code, out) == (1, "")
    assert f"is upsun-client {__version__}, and differs in " in err
    assert "would write (upsun-client 99.0.0); `make vendor` updates it" in err
    assert written.vendor()[0] == 0
    new = (written.folder / "upsun_client/new.py").read_text()
    assert new.startswith("from ..upsun_api.client import Client\n")
    assert (gone.with_name("integrations") / "__init__.py").exists()
    assert not gone.exists()
    assert written.check()[0] == 0
    assert snapshot(written.app)["__init__.py"] == b"# theirs"


def test_what_was_edited_or_added_is_named_and_stops_an_update(written: Copy) -> None:
    clean = written.state()
    named = touch_up(written)
    before = written.state()
    code, out, err = written.vendor(FORCE="0")
    assert (code, set(out.splitlines())) == (1, named)
    assert err.startswith("vendor: these files")
    assert "FORCE=1" in err
    code, out, err = written.check()
    assert (code, set(out.splitlines())) == (
        1,
        named | {f"{written.folder}/upsun_api/types.py lost"},
    )
    says = f"the copy in {written.folder} is not as it was written (7 files); save what you want"
    assert err.startswith(f"vendor-check: {says}")
    assert written.state() == before
    assert written.vendor(FORCE="1")[0] == 0
    assert written.state() == clean


def test_packages_of_the_same_names_that_are_no_copy_are_not_overwritten(copy: Copy) -> None:
    (copy.folder / "upsun_client").mkdir(parents=True)
    (copy.folder / "upsun_client" / "__init__.py").write_text("theirs")
    before = copy.state()
    code, out, _ = copy.vendor()
    assert (code, out) == (1, f"{copy.folder}/upsun_client/__init__.py added\n")
    says = f"vendor-check: there is no vendored copy in {copy.folder}; `make vendor` writes one\n"
    assert copy.check() == (1, "", says)
    assert copy.state() == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"files": []}', "<<<<<<< ours\n", "\xff", "null"]
)
def test_a_broken_manifest_is_one_line(written: Copy, content: str) -> None:
    (written.folder / FILE).unlink()
    for name in (MODULE, FILE):
        (written.folder / name).write_text(content, encoding="latin-1")
        for code, out, err in (written.vendor(), written.check(), written.vendor(FORCE="1")):
            assert (code, out, err.count("\n")) == (1, "", 1)
            assert f"{name} is broken" in err
            assert "FORCE=1" in err
            assert "HTTP=httpx or HTTP=httpx2" in err
        (written.folder / MODULE).unlink(missing_ok=True)
    assert written.vendor(FORCE="1", HTTP="httpx")[0] == 0
    assert written.check()[0] == 0


def test_caches_litter_and_line_ends_are_no_edits(written: Copy) -> None:
    for file in written.folder.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for name in (
        *("upsun_api/__pycache__/x.pyc", "upsun_client/.mypy_cache/3.11/x.json", "theirs.py"),
        *("upsun_api/.DS_Store", "upsun_api/models/desktop.ini", "upsun_client/client.pyc"),
    ):
        (written.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (written.folder / name).touch()
    before = written.state()
    code, out, err = written.check()
    assert (code, err) == (0, "")
    assert "is untouched and current: upsun-client" in out
    assert written.state() == before


# --- what cannot be copied, or written


@pytest.mark.parametrize("spoilt", ["edited", "stale", "missing", "killed", "unfit"])
def test_a_tree_that_is_not_whole_is_not_copied(written: Copy, other: Repo, spoilt: str) -> None:
    says = "generated/ is out of step with spec/"
    (module,) = other.package.glob("api/*/delete_*.py")
    if spoilt == "edited":
        module.write_text(module.read_text().replace('"delete"', '"get"'))
    elif spoilt == "stale":
        contract = other.contract.read_text()
        other.contract.write_text(contract.replace('"type": "integer"', '"type": "string"'))
    elif spoilt == "missing":
        shutil.rmtree(other.package)
    elif spoilt == "killed":
        other.old.mkdir(parents=True)
        says = "a run was killed while it changed"
    else:
        (other.wrapper / "new.py").write_text("import upsun_api.client\n")
        says = "upsun_client/new.py, line 1: say 'from ... import ...'"
    written.repo = other
    before = written.state()
    for code, _, err in (written.vendor(), written.check()):
        assert (code, err.count("\n")) == (1, 1)
        assert says in err
    assert written.state() == before


def test_an_operation_without_an_id_is_named_by_its_place(other: Repo) -> None:
    text = other.contract.read_text()
    other.contract.write_text(re.sub(r'\s*"operationId": "[^"]+",', "", text))
    assert describe(other, "httpx")["operations"] == [
        "DELETE /projects/{projectId}/integrations/{integrationId}"
    ]


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_on_disk_leaves_things_as_they_were(
    copy: Copy, other: Repo, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    if there:
        assert copy.vendor()[0] == 0
        copy.repo = other
    before = copy.state()
    wrote = Path.write_bytes
    count = iter(range(9))

    def fail(path: Path, data: bytes) -> int:
        if next(count, None) is None:
            raise OSError(28, "No space left on device", str(path))
        return wrote(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    code, _, err = copy.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("vendor: No space left on device")
    assert copy.state() == before


def test_an_empty_folder_becomes_a_package(copy: Copy, other: Repo) -> None:
    copy.folder.mkdir()
    good, copy.repo = copy.repo, other
    (other.wrapper / "new.py").write_text("no python")
    assert copy.vendor()[0] == 1
    assert list(copy.folder.iterdir()) == []
    copy.repo = good
    assert copy.vendor()[0] == 0
    assert (copy.folder / "__init__.py").read_bytes() == b""


# --- whatever ends a run; how the swap itself is interrupted has its own tests


KILLED = """
import os, pathlib, signal, sys
from scripts import vendor
from scripts.pipeline import generate
from scripts.pipeline.repo import Repo

generate.drift = lambda _: []  # it takes a second
rename, left = pathlib.Path.rename, [None] * int(sys.argv[3])
def step(*args):
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left.pop()
    return rename(*args)
pathlib.Path.rename = step
vendor.run({"DEST": sys.argv[2]}, Repo(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.parametrize("renames", range(5))
def test_a_killed_update_is_told_and_mended(written: Copy, other: Repo, renames: int) -> None:
    command = (sys.executable, "-c", KILLED, other.root, written.folder, str(renames))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert "was killed" in written.check()[2]
    assert written.vendor()[0] == 0
    assert written.check()[0] == 0


def test_two_runs_at_once_do_not_mix(copy: Copy) -> None:
    with Swap(Folder(copy.folder)):
        code, _, err = copy.vendor()
        assert (code, err.count("\n")) == (1, 1)
        assert "another run is at work" in err
        assert Folder(copy.folder).work.exists()


# --- on another HTTP library


def test_a_copy_on_httpx2_says_so_and_never_imports_httpx(copy: Copy) -> None:
    code, out, _ = copy.vendor(HTTP="httpx2")
    assert code == 0
    assert re.findall("httpx.*>=", out) == ["httpx2>="]
    for file in copy.folder.rglob("*.py"):
        text = re.sub(r"#.*", "", file.read_text())  # a comment may say how httpx does it
        assert not re.search(r"\bhttp(x|core)\b", text), file
    assert json.loads((copy.folder / FILE).read_text())["http"] == "httpx2"
    assert copy.check()[1].endswith(f"current: upsun-client {__version__} on httpx2\n")
    check = (sys.executable, "-m", "app.vendor.upsun_client._vendored")
    assert " on httpx2 in " in run(*check, cwd=copy.root).stdout


def test_an_update_keeps_the_library_of_the_copy_unless_told(copy: Copy, other: Repo) -> None:
    assert copy.vendor(HTTP="httpx2")[0] == 0
    assert "is current" in copy.vendor(HTTP="httpx2")[1]
    copy.repo = other
    for force in ("", "1"):
        assert copy.vendor(FORCE=force)[0] == 0
        assert "import httpx2" in (copy.folder / "upsun_api" / "client.py").read_text()
    assert "httpx>=" in copy.vendor(HTTP="httpx")[1]
    assert "import httpx\n" in (copy.folder / "upsun_api" / "client.py").read_text()
    assert copy.check()[0] == 0


@pytest.mark.parametrize("name", ["requests", "httpx3", "HTTPX2", "httpx httpx2"])
def test_another_library_is_refused_in_a_line(copy: Copy, name: str) -> None:
    before = copy.state()
    says = f"vendor: HTTP={name} is no HTTP library of ours: httpx or httpx2\n"
    assert copy.vendor(HTTP=name) == (1, "", says)
    assert copy.state() == before


# --- as make runs them (without its `setup`, which could rebuild what these tests run in)


def test_make_vendors(copy: Copy) -> None:
    def make(target: str, folder: Path, status: int = 0) -> str:
        return run("make", "-o", "setup", target, f"DEST={folder}", cwd=ROOT, status=status).stderr

    folder = copy.app / "with_\u00e9"
    make("vendor", folder)
    make("vendor-check", folder)
    (folder / "upsun_api" / "types.py").unlink()
    make("vendor-check", folder, status=2)
    for target in ("vendor", "vendor-check"):
        told = make(target, copy.root / "no such" / "new", status=2).splitlines()
        assert [line.startswith(f"{target}: ") for line in told] == [True, False]  # and make's own
