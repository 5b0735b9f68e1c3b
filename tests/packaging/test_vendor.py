"""Writing a copy, updating it, and never losing what somebody put there."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from scripts.pipeline import generate
from scripts.pipeline.repo import Repo
from scripts.vendoring.manifest import Manifest
from scripts.vendoring.self_check import FILE, MODULE, MYSELF, PACKAGES
from tests.packaging.copies import Copy, touch_up
from tests.packaging.support import ROOT, checkout, run, snapshot
from upsun_client import __version__


def test_a_copy_holds_the_packages_the_licence_and_a_manifest(written: Copy) -> None:
    sources = {
        f"{package.name}/{file.relative_to(package).as_posix()}"
        for package in (ROOT / "wrapper/upsun_client", ROOT / "generated/upsun_api")
        for file in package.rglob("*")
        if file.suffix == ".py" or file.name == "py.typed"
    }
    assert {f"{package}/py.typed" for package in PACKAGES} < sources
    found = {name for name, content in snapshot(written.folder).items() if content is not None}
    licences = {f"{package}/{name}" for package in PACKAGES for name in ("LICENSE", "_license.py")}
    assert found == sources | licences | {FILE, MODULE, MYSELF, "__init__.py"}
    licence = (ROOT / "LICENSE").read_text()
    for package in PACKAGES:
        assert (written.folder / package / "LICENSE").read_text() == licence
        module = runpy.run_path(str(written.folder / package / "_license.py"))
        assert module["LICENSE"] == licence


def test_a_licence_of_any_text_is_a_module(copy: Copy, tmp_path: Path) -> None:
    copy.repo = checkout(tmp_path / "checkout")
    text = 'as "is"\n\n\\n {} {0} """\u00a9 "'
    (copy.repo.root / "LICENSE").write_text(text)
    assert copy.vendor()[0] == 0
    made = runpy.run_path(str(copy.folder / "upsun_api" / "_license.py"))
    assert made["LICENSE"] == text


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
            copied = copied.replace("from ..upsun_api", "from upsun_api")
            copied = copied.replace("from .. import upsun_client", "import upsun_client")
            assert copied == file.read_text()


def test_the_manifest_says_what_the_copy_is(written: Copy) -> None:
    manifest = json.loads((written.folder / FILE).read_text())
    module = runpy.run_path(str(written.folder / MODULE))["MANIFEST"]
    assert module["files"].keys() - manifest["files"].keys() == {FILE}
    for key in module.keys() - {"files"}:
        assert module[key] == manifest[key]
    contract = json.loads((ROOT / "spec" / "openapi.json").read_text())
    assert manifest["version"] == __version__
    assert len(manifest["spec_sha256"]) == 64
    assert manifest["operations"] == sorted(
        operation["operationId"] for item in contract["paths"].values()
        for operation in item.values() if isinstance(operation, dict) and "operationId" in operation
    )  # fmt: skip
    assert manifest["requires"][0] == "python>=3.11"
    assert any(text.startswith("httpx") for text in manifest["requires"])
    assert {*manifest["files"], FILE, MODULE} == {
        f"{package}/{name}"
        for package in PACKAGES
        for name, content in snapshot(written.folder / package).items()
        if content is not None
    }


@pytest.mark.parametrize("name", [FILE, MODULE])
def test_one_form_of_the_manifest_is_enough(written: Copy, name: str) -> None:
    clean = written.state()
    (written.folder / name).unlink()
    assert written.vendor()[0] == 0
    assert written.state() == clean


def test_a_copy_from_before_there_were_two_forms_can_be_updated(written: Copy) -> None:
    clean = written.state()
    file = written.folder / FILE
    manifest = json.loads(file.read_text())
    for name in ("upsun_api/_license.py", "upsun_client/_license.py", MODULE):
        (written.folder / name).unlink()
        manifest["files"].pop(name, None)
    file.write_text(json.dumps({k: v for k, v in manifest.items() if k not in {"http", "name"}}))
    assert "of another state: 3 files" in written.check()[2]
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
    assert written.vendor(FORCE="1")[0] == 0
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


def test_an_update_takes_what_is_new_and_removes_what_is_gone(written: Copy, other: Repo) -> None:
    gone = written.folder / "upsun_api" / "api" / "third_party_integrations"
    (gone / "__pycache__").mkdir()
    (gone / "__pycache__" / "x.pyc").touch()
    written.repo = other
    code, out, _ = written.vendor()
    assert (code, "99.0.0" in out) == (0, True)
    new = (written.folder / "upsun_client/new.py").read_text()
    assert new.startswith("from ..upsun_api.client import Client\n")
    assert (gone.with_name("integrations") / "__init__.py").exists()
    assert not gone.exists()
    assert written.check()[0] == 0
    assert snapshot(written.app)["__init__.py"] == b"# theirs"


def test_what_was_edited_or_added_is_named_and_stops_an_update(written: Copy) -> None:
    named = touch_up(written)
    before = written.state()
    code, out, err = written.vendor(FORCE="0")
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
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 1}',
        "MANIFEST: dict[str, object] = {}",
        "<<<<<<< ours\n",
        "\xff",
        "null",
    ],
)
def test_a_broken_manifest_is_one_line(written: Copy, content: str) -> None:
    (written.folder / FILE).unlink()
    for name in (MODULE, FILE):
        (written.folder / name).write_text(content, encoding="latin-1")
        for code, out, err in (written.vendor(), written.check()):
            assert (code, out) == (1, "")
            assert f"{name} is broken" in err
            assert err.count("\n") == 1
        assert "HTTP=httpx or HTTP=httpx2" in written.vendor(FORCE="1")[2]
        (written.folder / MODULE).unlink(missing_ok=True)
    assert written.vendor(FORCE="1", HTTP="httpx")[0] == 0
    assert written.check()[0] == 0


def test_a_module_that_cannot_be_relative_changes_nothing(copy: Copy, other: Repo) -> None:
    (other.wrapper / "new.py").write_text("import upsun_api.client\n")
    copy.repo = other
    before = copy.state()
    code, _, err = copy.vendor()
    assert code == 1
    assert err == ("vendor: upsun_client/new.py, line 1: say 'from ... import ...'\n")
    assert copy.state() == before


def test_a_tree_that_a_killed_run_left_is_not_copied(written: Copy, other: Repo) -> None:
    written.repo = other
    other.old.mkdir(parents=True)
    before = written.state()
    for code, _, err in (written.vendor(), written.check()):
        assert (code, err.count("\n")) == (1, 1)
        assert "was killed" in err
    assert written.state() == before


@pytest.mark.parametrize("spoilt", ["edited", "stale", "missing"])
def test_what_is_not_made_from_the_contract_is_not_copied(
    written: Copy, other: Repo, spoilt: str
) -> None:
    (module,) = other.package.glob("api/*/delete_*.py")
    if spoilt == "edited":
        module.write_text(module.read_text().replace('"delete"', '"get"'))
    elif spoilt == "stale":
        other.contract.write_text(
            other.contract.read_text().replace('"type": "integer"', '"type": "string"')
        )
    else:
        shutil.rmtree(other.package)
    written.repo = other
    before = written.state()
    for code, _, err in (written.vendor(), written.check()):
        assert (code, err.count("\n")) == (1, 1)
        assert "generated/ is out of step with spec/" in err
        assert err.endswith("; run `make generate`\n")
    assert written.state() == before


def test_an_operation_without_an_id_is_named_by_its_place(other: Repo) -> None:
    text = other.contract.read_text()
    other.contract.write_text(re.sub(r'\s*"operationId": "[^"]+",', "", text))
    assert Manifest.describe(other, {}, "httpx").operations == [
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
    assert code == 1
    assert err.startswith("vendor: No space left on device")
    assert err.count("\n") == 1
    assert copy.state() == before


def test_a_package_that_cannot_be_replaced_leaves_the_copy(
    written: Copy, other: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.state()
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == written.folder / "upsun_client" and path.parent.name == "new":
            raise PermissionError(1, "Operation not permitted", str(target))
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        written.repo = other
        code, _, err = written.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert f"cannot replace {written.folder / 'upsun_client'} in" in err
    assert "(Operation not permitted), so all is as it was" in err
    assert written.state() == before


def test_a_folder_that_cannot_be_written_is_one_line(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def refuse(path: Path, *args: Any, **options: Any) -> None:
        if path == copy.folder:
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *args, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = copy.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith(f"vendor: Permission denied ({copy.folder})")


def test_an_empty_folder_becomes_a_package(copy: Copy, other: Repo) -> None:
    copy.folder.mkdir()
    good, copy.repo = copy.repo, other
    (other.wrapper / "new.py").write_text("no python")
    assert copy.vendor()[0] == 1
    assert list(copy.folder.iterdir()) == []
    copy.repo = good
    assert copy.vendor()[0] == 0
    assert (copy.folder / "__init__.py").read_bytes() == b""


# --- on another HTTP library


def test_a_copy_on_httpx2_says_so_and_never_imports_httpx(copy: Copy) -> None:
    code, out, _ = copy.vendor(HTTP="httpx2")
    assert (code, "httpx2>=" in out, "httpx>=" in out) == (0, True, False)
    for file in copy.folder.rglob("*.py"):
        text = re.sub(r"#.*", "", file.read_text())  # a comment may say how httpx does it
        assert not re.search(r"\bhttp(x|core)\b", text), file
    manifest = json.loads((copy.folder / FILE).read_text())
    assert manifest["http"] == "httpx2"
    names = {Requirement(text).name for text in manifest["requires"]}
    assert names == {"python", "anyio", "attrs", "httpx2"}
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
