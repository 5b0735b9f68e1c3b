"""`make regenerate` and `make check-spec` from end to end, against servers on loopback."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scripts import check_generated
from scripts.check_spec import check_spec
from scripts.pipeline import errors, generate
from scripts.pipeline.repo import PUBLISHED, Repo, is_set
from scripts.pipeline.source import read_source, recorded_url
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.client.wire import Wire, answer
from tests.pipeline.conftest import Regenerated
from tests.pipeline.support import (
    DELETE,
    JANUARY,
    JUNE,
    JUNE_YAML,
    NUMBER,
    TEXT,
    answering,
    api,
    operation,
    published,
    python,
    ref,
    refused,
    small_repo,
    snapshot,
    thing,
    unchanged,
    written,
)

Env = dict[str, str]
Said = Callable[[], str]


def small() -> Node:
    paths = {
        "/a": {"delete": operation(DELETE, ref("Accepted"))},
        "/b": {"get": operation("other", TEXT)},
    }
    return api({"Accepted": thing(code=NUMBER)}, paths=paths)


def serving(document: Node | None = None, **headers: str) -> Wire:
    """Serve a document that can be asked for conditionally."""
    return Wire(answering(json.dumps(document or small()).encode(), ETag='"a"', **headers))


def conditions(server: Wire) -> list[str | None]:
    """Tell which document each request said to have."""
    return [call.headers.get("if-none-match") for call in server.calls]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    """The environment of a run that reads the small document from a file."""
    return written(tmp_path, small())


@pytest.fixture
def repo(tmp_path: Path, regenerated: Regenerated) -> Repo:
    """A tree in which an operation of the small document was regenerated."""
    return regenerated(small(), DELETE, tmp_path / "tree")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Tell what was printed since the last time."""
    capsys.readouterr()
    return lambda: capsys.readouterr().out


@pytest.mark.parametrize("name", [JUNE, JUNE_YAML])
def test_the_published_document_gives_what_is_committed(tmp_path: Path, name: str) -> None:
    repo = small_repo(tmp_path)
    committed = snapshot(Repo())
    body = published(name).read_bytes()
    with Wire(answering(body, ETag='"x"', Last_Modified="yesterday")) as server:
        for _ in range(2):
            assert regenerate({"SPEC_URL": f"{server.url}/openapi-spec", "FORCE": "1"}, repo) == 0
            assert snapshot(repo) == committed


def test_versions_in_turn_differ_in_the_record_of_the_source_only(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    before = snapshot(repo)
    for name in (JANUARY, JUNE):
        regenerate({"SPEC_URL": str(published(name))}, repo)
        after = snapshot(repo)
        changed = {key for key in before if before[key] != after.get(key)}
        assert changed == ({"spec/source.json"} if name == JANUARY else set())
        assert before.keys() == after.keys()


def test_an_unchanged_document_ends_the_run_at_once(repo: Repo, said: Said) -> None:
    with serving() as server, unchanged(repo):
        env = {"SPEC_URL": server.url}
        regenerate(env, repo)
        said()
        assert regenerate(env, repo) == 0
        told = said()
        assert "unchanged upstream (304)" in told
        assert "`make generate` rebuilds from spec/" in told  # the overlay may have changed
        assert check_spec({**env, "FORCE": "0"}, repo) == 0
        regenerate({**env, "FORCE": "1"}, repo)
    assert conditions(server) == [None, '"a"', '"a"', None]


def test_a_setting_can_be_switched_off_in_words() -> None:
    assert not is_set({}, "FORCE")
    assert not any(is_set({"FORCE": off}, "FORCE") for off in ("", " ", "0", "No", "FALSE"))
    assert all(is_set({"FORCE": on}, "FORCE") for on in ("1", "yes", "x", "00"))


def lose(part: str) -> Callable[[Repo], None]:
    def edit(repo: Repo) -> None:
        lost: Path = getattr(repo, part)
        shutil.rmtree(lost) if lost.is_dir() else lost.unlink()

    return edit


def note(content: object) -> Callable[[Repo], None]:
    def edit(repo: Repo) -> None:
        found = json.loads((repo.work / "fetched.json").read_text())
        text = json.dumps({**found, **content}) if isinstance(content, dict) else str(content)
        (repo.work / "fetched.json").write_text(text)

    return edit


def another_document(repo: Repo) -> None:
    moved = small()
    moved["info"]["version"] = "2"
    regenerate(written(repo.root, moved), repo)


def edited_contract(repo: Repo) -> None:
    repo.contract.write_text(repo.contract.read_text().replace("integer", "string"))


# What was done to a tree, and so is not as the server's unchanged document makes it.
DONE: dict[str, Callable[[Repo], None]] = {
    **{f"no {part}": lose(part) for part in ("contract", "package", "operations")},
    "an edited contract": edited_contract,
    "another document": another_document,
    **{f"{text!r} as a note": note(text) for text in ("", "[]", "{", "1", "null", {"state": 1})},
    "a note that cannot be sent": note({"conditions": {"If-None-Match": 1}}),
}


@pytest.mark.parametrize("edit", DONE.values(), ids=DONE)
def test_the_document_is_fetched_when_the_tree_is_not_what_it_made(
    repo: Repo, edit: Callable[[Repo], None]
) -> None:
    with serving() as server:
        env = {"SPEC_URL": server.url, "OPERATIONS": DELETE}
        regenerate(env, repo)
        with unchanged(repo):
            edit(repo)
            assert regenerate(env, repo) == 0
    assert conditions(server) == [None, None]


def test_the_document_is_fetched_when_others_are_selected(repo: Repo) -> None:
    with serving() as server:
        env = {"SPEC_URL": server.url}
        regenerate(env, repo)
        regenerate({**env, "OPERATIONS": "other"}, repo)
        assert repo.operations.read_text() == "other\n"
        assert set(json.loads(repo.contract.read_text())["paths"]) == {"/b"}
        repo.operations.write_text(f"{DELETE}\nother\n")
        regenerate(env, repo)
        regenerate({**env, "OPERATIONS": "*"}, repo)
        regenerate(env, repo)
    assert conditions(server) == [None, None, None, None, '"a"']
    assert set(json.loads(repo.contract.read_text())["paths"]) == {"/a", "/b"}


def test_what_a_server_says_and_credentials_stay_out_of_the_record(repo: Repo) -> None:
    address = "https://user:s3cret@example.invalid/spec?token=s3cret"
    assert recorded_url(address) == "https://example.invalid/spec"
    with serving(Last_Modified="yesterday") as server:
        for _ in range(2):
            regenerate({"SPEC_URL": f"{server.url}/?token=s3cret"}, repo)
    assert conditions(server) == [None, '"a"']
    source = read_source(repo)
    assert (source["url"], set(source["operations"])) == (PUBLISHED, {DELETE, "other"})
    assert "yesterday" not in repo.source.read_text()
    records = [file for file in repo.work.rglob("*") if file.is_file()]
    assert not [file for file in records if "s3cret" in file.read_text()]


def test_credentials_are_not_repeated_when_the_answer_is_no_document(tmp_path: Path) -> None:
    with Wire([answer(200, b"<html></html>")]) as server:
        address = server.url.replace("//", "//user:s3cret@") + "/s?token=s3cret"
        done = run(small_repo(tmp_path), SPEC_URL=address)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{server.url}/s is HTML" in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


@pytest.mark.parametrize("file", ["spec/operations.txt", "spec/overlay.yaml"])
def test_a_file_that_is_not_utf_8_is_told(repo: Repo, env: Env, file: str) -> None:
    (repo.root / file).write_bytes(b"\xff\xfe")
    for run in (partial(regenerate, env, repo), partial(generate.offline, repo)):
        with refused(f"{file} is not UTF-8 (byte 0); save it as UTF-8"):
            run()


def test_what_goes_wrong_after_the_swap_does_not_fail_the_run(repo: Repo) -> None:
    (repo.work / "fetched.json").mkdir(parents=True)
    with serving() as server:
        done = run(repo, SPEC_URL=server.url, OPERATIONS=f"{DELETE} other")
    assert (done.returncode, done.stderr) == (0, "")
    assert repo.operations.read_text() == f"{DELETE}\nother\n"


def test_a_terminal_without_the_letters_of_a_name_is_no_obstacle(
    repo: Repo, tmp_path: Path
) -> None:
    document = json.loads(json.dumps(small()).replace("other", "zé"))
    env = written(tmp_path, document, OPERATIONS="*", PYTHONIOENCODING="ascii")
    done = run(repo, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "fine     z\\xe9: operation added" in done.stdout
    stages = "  fetch\n  select\n  correct\n  generate\n  verify\n"
    assert done.stdout.startswith(stages)


def test_operations_given_are_recorded_and_used_again(repo: Repo, env: Env) -> None:
    regenerate({**env, "OPERATIONS": f"other, {DELETE}"}, repo)
    assert repo.operations.read_text() == f"{DELETE}\nother\n"
    repo.operations.write_text(f"# ours\n{DELETE}\nother\n")
    regenerate({**env, "OPERATIONS": ""}, repo)
    assert repo.operations.read_text() == f"# ours\n{DELETE}\nother\n"
    assert check_generated.check(repo) == 0


def test_another_selection_is_no_change_of_upstream(
    repo: Repo, env: Env, tmp_path: Path, said: Said
) -> None:
    report = tmp_path / "report.md"
    env |= {"REPORT": str(report)}
    told = "from upsun_api.api.t import other"
    regenerate({**env, "OPERATIONS": f"{DELETE} other"}, repo)
    out = said()
    assert f"\nselected: 2 operations; 1 newly selected\n  selected other: {told}\n" in out
    assert f"## Selected\n\n- `other`: `{told}`\n" in report.read_text()
    assert check_spec({**env, "OPERATIONS": DELETE}, repo) == 1
    said()
    regenerate({**env, "OPERATIONS": DELETE}, repo)
    out = said()
    told = "selected: 1 operation; 1 no longer selected\n  dropped  other: no longer selected\n"
    assert told in out
    assert "BREAKING" not in out
    assert report.read_text().startswith("# Regenerate: contract unchanged\n")
    assert "## No longer selected\n\n- `other`: `no longer selected`\n" in report.read_text()


@pytest.fixture
def whole_repo(repo: Repo) -> Repo:
    """A tree that has a wrapper too."""
    repo.wrapper.mkdir(parents=True)
    (repo.wrapper / "__init__.py").write_text("from upsun_api.models.accepted import Accepted\n")
    (repo.wrapper / "_delete.py").write_text(
        "from typing import TYPE_CHECKING\nimport upsun_api.errors\nfrom upsun_api import client\n"
        "if TYPE_CHECKING:\n    from upsun_api.types import Response\n"
        f"from upsun_api.api.t import {DELETE.replace('-', '_')} as generated\n"
    )
    return repo


def test_what_the_wrapper_imports_must_stay_selected(whole_repo: Repo, env: Env) -> None:
    other = {**env, "OPERATIONS": "other"}
    told = "; wrapper/upsun_client/_delete.py imports it, so it must stay selected: add"
    with refused(f"upsun_api.api.t.{DELETE.replace('-', '_')} ", told), unchanged(whole_repo):
        regenerate(other, whole_repo)
    assert regenerate({**env, "OPERATIONS": f"{DELETE} other"}, whole_repo) == 0
    (whole_repo.wrapper / "_delete.py").unlink()
    with refused("upsun_api.models.accepted.Accepted ", "must stay selected"):
        regenerate(other, whole_repo)
    (whole_repo.wrapper / "__init__.py").write_text("")
    assert regenerate(other, whole_repo) == 0


def test_an_operation_that_upstream_removed_still_breaks(
    tmp_path: Path, regenerated: Regenerated, said: Said
) -> None:
    repo = regenerated(small(), "*", tmp_path / "tree")
    moved = small()
    moved["paths"]["/c"] = {"get": operation("third")}
    del moved["paths"]["/b"]
    said()
    regenerate(written(tmp_path, moved, OPERATIONS="*"), repo)
    out = said()
    assert "  BREAKING other: operation removed; the path /b is gone too\n" in out
    assert "  fine     third: operation added\n" in out


def renamed(document: Node) -> None:
    document["paths"]["/a"]["delete"]["operationId"] = "delete-integration"


def another_method(document: Node) -> None:
    document["paths"]["/a"]["post"] = document["paths"]["/a"].pop("delete")
    document["paths"]["/a"]["post"]["operationId"] = "x"


def no_path(document: Node) -> None:
    del document["paths"]["/a"]


GONE = {
    renamed: "renamed to delete-integration",
    another_method: "/a has no DELETE any more",
    no_path: "the path /a is gone too",
}


@pytest.mark.parametrize("run", [regenerate, check_spec])
@pytest.mark.parametrize(
    ("edit", "words"), [*zip(GONE, [DELETE, f"{DELETE} other", "delete-projects*"], strict=True)]
)
def test_what_became_of_an_operation_that_is_gone_is_told_and_reported(
    tmp_path: Path, regenerated: Regenerated, run: Any, words: str, edit: Any
) -> None:
    repo = regenerated(small(), words, tmp_path / "tree")
    document, report, fate = small(), tmp_path / "report.md", GONE[edit]
    edit(document)
    env = written(tmp_path, document, OPERATIONS=words, REPORT=str(report))
    told = f"upstream has no operation '{DELETE}' ({fate}) any more; correct OPERATIONS or spec"
    with refused(told), unchanged(repo):
        run(env, repo)
    assert f"- `{DELETE}`: `operation removed; {fate}`\n" in report.read_text()
    assert "servers" not in report.read_text()


def test_a_glob_is_kept_and_resolved_anew_each_time(
    repo: Repo, env: Env, tmp_path: Path, said: Said
) -> None:
    regenerate({**env, "OPERATIONS": f"{DELETE}, o?h*"}, repo)
    assert "  selected other: from upsun_api.api.t import other\n" in said()
    assert repo.operations.read_text() == f"{DELETE}\no?h*\n"
    assert check_generated.check(repo) == 0
    document = small()
    document["paths"]["/c"] = {"get": operation("others"), "put": operation("Others")}
    env = written(tmp_path, document, REPORT=str(tmp_path / "report.md"))
    assert check_spec(env, repo) == 1
    assert regenerate(env, repo) == 0
    assert "  fine     others: operation added\n" in said()
    assert "`others`: `operation added`" in (tmp_path / "report.md").read_text()
    assert (repo.package / "api" / "t" / "others.py").exists()
    assert generate.offline(repo) == check_spec(env, repo) == 0
    with serving(document) as server:
        for _ in range(2):
            regenerate({"SPEC_URL": server.url}, repo)
    assert conditions(server) == [None, '"a"']
    with refused("no operation 'nothing-*' (selected by"), unchanged(repo):
        regenerate({**env, "OPERATIONS": f"{DELETE} nothing-*"}, repo)


def test_prose_is_kept_when_asked_for_and_is_no_change_of_the_contract(
    repo: Repo, tmp_path: Path, said: Said
) -> None:
    document = small()
    document["paths"]["/a"]["delete"] |= {"summary": "Take it away", "description": "For good."}
    document["components"]["schemas"]["Accepted"] |= {"description": "Will be done", "title": "T"}
    bare, env = snapshot(repo), written(tmp_path, document)
    said()
    with serving(document) as server:
        there = {"SPEC_URL": server.url}
        regenerate(there, repo)
        for _ in range(2):
            regenerate({**there, "PROSE": "1"}, repo)
    assert conditions(server) == [None, None, '"a"']
    assert "contract unchanged" in said()
    kept = json.loads(repo.contract.read_text())
    assert kept["paths"]["/a"]["delete"]["summary"] == "Take it away"
    accepted = kept["components"]["schemas"]["Accepted"]
    assert (accepted["description"], "title" in accepted) == ("Will be done", False)
    assert check_spec(env, repo) == generate.offline(repo) == check_generated.check(repo) == 0
    assert json.loads(repo.contract.read_text()) == kept
    said()
    regenerate(env, repo)
    assert "without PROSE=1, both go" in said()
    after = snapshot(repo)
    assert {name for name in bare if bare[name] != after[name]} == {"spec/source.json"}


def test_a_schema_that_is_renamed_breaks_who_imports_it(
    repo: Repo, tmp_path: Path, said: Said
) -> None:
    env = written(tmp_path, json.loads(json.dumps(small()).replace("Accepted", "Taken")))
    told = "selected: 1 operation; 1 breaking\n"
    told += "  BREAKING upsun_api.models.Accepted: renamed to Taken\n"
    said()
    assert check_spec(env, repo) == 1
    assert said().endswith(told)
    assert regenerate(env, repo) == 0
    assert said().endswith(told)
    assert (repo.package / "models" / "taken.py").exists()


def test_an_overlay_reaches_the_package_and_not_the_contract(repo: Repo, env: Env) -> None:
    update = thing(extra=TEXT)
    actions = [
        {"target": "$.components.schemas.Accepted", "description": "why", "update": update},
        # Exists upstream, is not selected here: nothing to do, and no error.
        {"target": "$.paths['/b']", "description": "why", "update": {"summary": "x"}},
    ]
    contract = repo.contract.read_bytes()
    repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": actions}))
    regenerate(env, repo)
    assert repo.contract.read_bytes() == contract
    assert "extra: str" in (repo.package / "models" / "accepted.py").read_text()


def test_a_drift_check_names_what_moved_and_changes_nothing(
    repo: Repo, tmp_path: Path, said: Said
) -> None:
    report, moved = tmp_path / "report.md", small()
    moved["paths"]["/b"]["get"]["tags"] = ["elsewhere"]
    with unchanged(repo):
        assert check_spec(written(tmp_path, moved), repo) == 0
        assert "operations; 1 changed" in said()
        moved["components"]["schemas"]["Accepted"] = thing(code=TEXT)
        assert check_spec(written(tmp_path, moved, REPORT=str(report)), repo) == 1
    assert "BREAKING Accepted.code: type changed from integer to string" in said()
    assert "## Breaks a caller" in report.read_text()


def test_a_drift_check_needs_a_contract(tmp_path: Path) -> None:
    with refused("run `make regenerate` first"):
        check_spec({}, Repo(tmp_path))


def test_nothing_is_told_of_a_tree_that_a_killed_run_left(repo: Repo, env: Env) -> None:
    repo.old.mkdir(parents=True)
    for run in (partial(check_spec, env, repo), partial(check_generated.check, repo)):
        with refused("was killed", "`make generate` mends it"):
            run()
    assert regenerate(env, repo) == check_spec(env, repo) == check_generated.check(repo) == 0


def test_a_report_that_cannot_be_written_leaves_the_tree(repo: Repo, tmp_path: Path) -> None:
    document = json.loads(json.dumps(small()).replace("integer", "string"))
    for file in (tmp_path / "no" / "r.md", tmp_path):
        env = written(tmp_path, document, REPORT=str(file))
        with refused(f"REPORT={file}", "name a file"), unchanged(repo):
            regenerate(env, repo)


def test_a_file_that_was_edited_added_or_lost_is_named(repo: Repo, said: Said) -> None:
    assert check_generated.check(repo) == 0
    said()
    (repo.package / "types.py").write_text("# mine\n")
    (repo.package / "extra.py").touch()
    (repo.package / "client.py").unlink()
    assert check_generated.check(repo) == 1
    told = [line.partition(",")[0] for line in said().splitlines() if "upsun_api/" in line]
    words = ["client.py is missing", "extra.py is extra", "types.py was edited"]
    assert told == [f"generated/upsun_api/{each}" for each in words]


def run(repo: Repo, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the program of a tree, as `make` does."""
    unset = dict.fromkeys(("SPEC_URL", "OPERATIONS", "FORCE", "REPORT"), "")
    return python("-m", "scripts.regenerate", cwd=repo.root, **unset | env)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A copy of this repo that no test may change."""
    return small_repo(tmp_path_factory.mktemp("committed"))


BOMB = "a0: &a0 [x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)
)
SMALL = json.dumps(small())
# What the server answers, or what is asked instead of it.
BAD_ANSWERS: dict[str, tuple[bytes | str, str]] = {
    "not found": (answer("404 Not Found", {"error": "Spec file not found"}), "404 Not Found"),
    "html": (answer(200, b"<html></html>"), "is HTML"),
    "dangling": (answer(200, SMALL.replace('Accepted"}', 'No"}').encode()), "at nothing"),
    "id unknown": (answer(200, SMALL.replace(DELETE, "renamed").encode()), "no operation"),
    "bomb": (answer(200, BOMB.encode()), "do its aliases explode"),
    "no network": ("http://127.0.0.1:9/", "cannot fetch"),
    "no file": ("none.json", "no file none.json"),
}


@pytest.mark.parametrize(("given", "told"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_is_one_line_and_leaves_the_tree(
    committed: Repo, capsys: pytest.CaptureFixture[str], given: bytes | str, told: str
) -> None:
    with Wire([given if isinstance(given, bytes) else b""]) as server, unchanged(committed):
        env = {"SPEC_URL": given if isinstance(given, str) else server.url}
        assert errors.run("regenerate", lambda: regenerate(env, committed)) == 1
    said = capsys.readouterr().err
    assert said.startswith("regenerate: ")
    assert said.count("\n") == 1
    assert told in said


def test_a_broken_record_says_what_to_do(repo: Repo, env: Env) -> None:
    repo.source.write_text("{")
    with refused("spec/source.json is broken", "restore it from git"):
        regenerate(env, repo)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("at", ["fetch", "select", "correct", "generate", "verify"])
def test_a_run_that_ends_in_any_stage_leaves_the_old_tree(
    repo: Repo, env: Env, monkeypatch: pytest.MonkeyPatch, at: str, error: BaseException
) -> None:
    @contextmanager
    def stage(name: str) -> Iterator[None]:
        if name == at:
            raise error
        yield

    monkeypatch.setattr("scripts.pipeline.upstream.stage", stage)
    monkeypatch.setattr("scripts.pipeline.generate.stage", stage)
    with unchanged(repo):
        run = {**env, "OPERATIONS": "other"}
        assert errors.run("regenerate", lambda: regenerate(run, repo)) != 0
    assert not repo.work.exists()
