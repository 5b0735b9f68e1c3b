"""Writing a copy, updating and checking it, and never losing what somebody put there."""

import ast
import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from unittest import mock

import pytest
from packaging.requirements import Requirement

from scripts.pipeline import generate
from scripts.vendoring.copy import Folder
from scripts.vendoring.self_check import FILE, MODULE, MYSELF, PACKAGES
from tests.packaging.support import ROOT, Copy, checkout, run, snapshot
from tests.pipeline.oas import DELETE
from upsun_client import __version__

API, CLIENT = PACKAGES


@pytest.fixture
def newer(written: Copy, tmp_path: Path) -> Copy:
    """A copy, and this project in another state: a module more, one elsewhere, a new version."""
    written.repo = checkout(tmp_path / "checkout")
    wrapper, api = written.repo.wrapper, written.repo.package / "api"
    (wrapper / "_version.py").write_text('__version__ = "99.0.0"\n')
    (wrapper / "new.py").write_text("from upsun_api.client import Client\n")
    (api / "third_party_integrations").rename(api / "integrations")
    return written


def test_a_copy_holds_the_packages_the_licence_and_a_manifest(written: Copy) -> None:
    sources = snapshot(ROOT / "wrapper").keys() | snapshot(ROOT / "generated").keys()
    found = snapshot(written.folder)
    licences = {f"{package}/{name}" for package in PACKAGES for name in ("LICENSE", "_license.py")}
    assert found.keys() == {*sources, *licences, FILE, MODULE, MYSELF, "__init__.py"}
    manifest = json.loads(found[FILE])
    module = runpy.run_path(str(written.folder / MODULE))["MANIFEST"]
    files, more = manifest.pop("files"), module.pop("files")
    assert found.keys() == {*files, FILE, MODULE, "__init__.py"}
    assert more == files | {FILE: more[FILE]}
    assert module == manifest
    assert (manifest["version"], manifest["http"]) == (__version__, "httpx")
    assert len(manifest["spec_sha256"]) == 64
    assert DELETE in manifest["operations"]
    needed = [Requirement(text).name for text in manifest["requires"]]
    assert needed == ["python", "anyio", "attrs", "httpx"]
    for name in (name for name in found if name.endswith(".py")):
        for node in ast.walk(ast.parse(found[name])):
            if isinstance(node, ast.Import | ast.ImportFrom):  # not of what may be installed
                assert not re.search(r"(^from|^import.*) upsun_", ast.unparse(node)), name


def test_a_licence_is_a_module_and_all_is_the_same_elsewhere(written: Copy, tmp_path: Path) -> None:
    first = written.state()
    shutil.rmtree(written.folder)
    written.repo = checkout(tmp_path / "elsewhere")
    assert written.vendor()[0] == 0
    assert written.state() == first
    text = 'as "is"\n\n \\n {} {0} """\u00a9 "'
    (written.repo.root / "LICENSE").write_text(text)
    assert written.vendor()[0] == 0
    for package in PACKAGES:
        module = runpy.run_path(str(written.folder / package / "_license.py"))
        assert module["LICENSE"] == text


def test_no_example_is_run_by_the_other_project(copy: Copy, tmp_path: Path) -> None:
    copy.repo = checkout(tmp_path / "checkout", DELETE)
    contract = json.loads(copy.repo.contract.read_text())
    (item,) = contract["paths"].values()
    schema = contract["components"]["schemas"]["AcceptedResponse"]
    for each, key in ((contract["info"], "title"), (item["delete"], "description")):
        each[key] = schema["description"] = "Prose.\n\n    >>> print(1)\n    2\n>>>broken"
    copy.repo.contract.write_text(json.dumps(contract))
    generate.offline(copy.repo)
    assert copy.vendor()[0] == 0
    assert any(b">> > print(1)" in content for content in copy.state().values())
    tests = (sys.executable, "-m", "pytest", "--doctest-modules", "-q", "-p", "no:cacheprovider")
    (copy.root / "test_theirs.py").write_text("def test(): pass\n")
    done = run(*tests, ".", cwd=copy.root)
    assert done.stdout.splitlines()[-1].startswith("1 passed")


def test_what_to_write_and_to_install_is_told_and_a_second_run_touches_nothing(copy: Copy) -> None:
    copy.folder.mkdir()
    (copy.folder / "theirs.py").write_text("theirs")
    code, out, err = copy.vendor()
    assert (code, err) == (0, "")
    assert "from app.vendor.upsun_client import UpsunClient" in out
    assert "httpx>=" in out
    assert {path.name for path in copy.folder.iterdir()} == {*PACKAGES, "theirs.py"}
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in copy.app.rglob("*.py")]
    code, out, err = copy.vendor()
    assert (code, err) == (0, "")
    assert f"is current: upsun-client {__version__} on httpx\n" in out
    after = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in copy.app.rglob("*.py")]
    assert after == before


def test_an_update_takes_what_is_new_and_removes_what_is_gone(newer: Copy) -> None:
    gone = newer.folder / API / "api" / "third_party_integrations"
    (gone / "__pycache__").mkdir()
    (gone / "__pycache__" / "x.pyc").touch()
    code, out, err = newer.check()
    assert (code, out) == (1, "")
    assert f"is upsun-client {__version__} on httpx, and differs in " in err
    assert "would write (upsun-client 99.0.0 on httpx); `make vendor` updates it" in err
    assert newer.vendor()[0] == 0
    new = (newer.folder / CLIENT / "new.py").read_text()
    assert new == "from ..upsun_api.client import Client\n"
    assert (gone.with_name("integrations") / "__init__.py").exists()
    assert not gone.exists()
    assert newer.check()[0] == 0


def test_what_was_edited_or_added_is_named_and_stops_an_update(written: Copy) -> None:
    clean = written.state()
    api, client = written.folder / API, written.folder / CLIENT
    (api / "client.py").write_text("# ours\n")
    (client / "py.typed").write_text("partial\n")
    (client / "notes.txt").write_text("keep")
    for mine in ("mine", ".DS_Store", "x.pyc"):
        (api / "models" / mine).mkdir()
        (api / "models" / mine / "x.py").touch()
    (client / "_paths.py").unlink()
    (client / "_paths.py").symlink_to("_errors.py")
    (client / "linked").symlink_to(written.app)
    named = {
        *(f"{client}/py.typed edited", f"{client}/_paths.py edited", f"{api}/client.py edited"),
        *(f"{client}/notes.txt added", f"{client}/linked added", f"{api}/models/mine/x.py added"),
        *(f"{api}/models/.DS_Store/x.py added", f"{api}/models/x.pyc/x.py added"),
    }
    (api / "types.py").unlink()
    before = written.state()
    for name, (code, out, err), lost in (
        ("vendor", written.vendor(FORCE="0"), set()),
        ("vendor-check", written.check(), {f"{api}/types.py lost"}),
    ):
        assert (code, set(out.splitlines())) == (1, named | lost)
        assert err.startswith(f"{name}: these files in {written.folder} are not as `make vendor`")
        assert "FORCE=1" in err
    assert written.state() == before
    assert written.vendor(FORCE="1")[0] == 0
    assert written.state() == clean


@pytest.mark.parametrize("package", PACKAGES)
def test_other_packages_of_these_names_are_kept(copy: Copy, package: str) -> None:
    says = f"vendor-check: there is no vendored copy in {copy.folder}; `make vendor` writes one\n"
    (copy.folder / package / "__pycache__").mkdir(parents=True)
    (copy.folder / package / "__pycache__" / "x.pyc").touch()  # of a copy that was removed
    assert copy.check() == (1, "", says)
    (copy.folder / package / "__init__.py").write_text("theirs")
    before = copy.state()
    for code, _, err in (copy.vendor(), copy.check()):
        assert (code, err.count("\n")) == (1, 1)
        assert "_manifest.py is missing or broken" in err
    assert copy.state() == before


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", '{"files": []}', '{"files": {}}', "<<<< ours\n", "\xff"]
)
def test_a_missing_or_broken_manifest_is_one_line(written: Copy, content: str | None) -> None:
    manifest = written.folder / MODULE
    manifest.unlink() if content is None else manifest.write_text(content, encoding="latin-1")
    for code, out, err in (written.vendor(), written.check(), written.vendor(FORCE="1")):
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert f"{MODULE} is missing or broken" in err
        assert "FORCE=1 with HTTP=httpx or HTTP=httpx2" in err
    itself = run(sys.executable, written.folder / MYSELF, status=1)
    assert (itself.stdout, itself.stderr.count("\n")) == ("", 1)
    assert f"{MODULE} is missing or broken" in itself.stderr
    assert written.vendor(FORCE="1", HTTP="httpx")[0] == 0
    assert written.check()[0] == 0


def test_caches_litter_and_line_ends_are_no_edits(written: Copy) -> None:
    for file in written.folder.rglob("*.*"):
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


@pytest.mark.parametrize("killed", [False, True])
def test_a_tree_that_is_not_whole_is_not_copied(
    written: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.undo()  # of the fixture
    written.repo = checkout(tmp_path / "checkout")
    says = "a run was killed while it changed" if killed else "generated/ is out of step with spec/"
    if killed:
        written.repo.old.mkdir(parents=True)
    else:
        (written.repo.package / "client.py").write_text("")
    before = written.state()
    for code, _, err in (written.vendor(), written.check()):
        assert (code, err.count("\n")) == (1, 1)
        assert says in err
    assert written.state() == before


def test_a_failure_on_disk_leaves_no_folder(copy: Copy) -> None:
    """How the swap leaves a copy that was there has its own tests."""
    full = OSError(28, "No space left on device")
    with mock.patch.object(Path, "write_bytes", side_effect=full):
        code, _, err = copy.vendor()
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("vendor: No space left on device")
    assert not copy.folder.exists()


def test_a_killed_update_is_told_and_mended(newer: Copy) -> None:
    """How the swap is killed has its own tests."""
    killed = Folder(newer.folder)
    killed.old.mkdir(parents=True)
    (newer.folder / API).rename(killed.old / API)
    says = f"a run was killed while it changed {newer.folder}; `make vendor` mends it"
    assert newer.check() == (1, "", f"vendor-check: {says}\n")
    assert newer.vendor()[0] == 0
    assert newer.check()[0] == 0
    assert not killed.work.exists()


# --- on another HTTP library


def test_a_copy_on_httpx2_imports_no_httpx_and_stays_on_it(copy: Copy, tmp_path: Path) -> None:
    code, out, _ = copy.vendor(HTTP="httpx2")
    assert code == 0
    assert re.findall("httpx.*>=", out) == ["httpx2>="]
    for file in copy.folder.rglob("*.py"):
        text = re.sub(r"#.*", "", file.read_text())  # a comment may say how httpx does it
        assert not re.search(r"\bhttp(x|core)\b", text), file
    name = f"upsun-client {__version__} on httpx2"
    assert copy.check()[1].endswith(f"current: {name}\n")
    assert f"is current: {name}" in copy.vendor()[1]
    copy.repo = checkout(tmp_path / "checkout", DELETE)
    contract = json.loads(copy.repo.contract.read_text())
    ((place, item),) = contract["paths"].items()
    query = {"name": "httpx", "in": "query", "schema": {"type": "string", "enum": ["httpx.URL"]}}
    item["delete"]["parameters"].append(query)
    contract["paths"] = {f"{place}/httpx": item}
    copy.repo.contract.write_text(json.dumps(contract))
    for force in ("", "1"):
        (copy.repo.root / "LICENSE").write_text(f"another {force}")
        assert f"{name}, operations: 1" in copy.vendor(FORCE=force)[1]
    whole = b"".join(copy.state().values())
    for what in (b'"httpx"', b'/httpx"', b'"httpx.URL"'):  # of the API, and no library
        assert what in whole
    assert "httpx>=" in copy.vendor(HTTP="httpx")[1]
    assert "import httpx\n" in (copy.folder / API / "client.py").read_text()
    assert copy.check()[0] == 0


def test_another_library_is_refused_in_a_line(copy: Copy) -> None:
    says = "vendor: HTTP=httpx3 is no HTTP library of ours: httpx or httpx2\n"
    assert copy.vendor(HTTP="httpx3") == (1, "", says)
    assert not copy.folder.exists()


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
