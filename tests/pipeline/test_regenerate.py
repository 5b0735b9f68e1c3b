"""`make regenerate` and `make check-spec` from end to end, against servers on loopback."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts import check_generated
from scripts.check_spec import check_spec
from scripts.pipeline import errors, generate
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import PUBLISHED, Repo, is_set
from scripts.pipeline.source import read_source, recorded_url
from scripts.pipeline.walk import Node
from scripts.regenerate import regenerate
from tests.pipeline.conftest import Regenerated
from tests.pipeline.support import (
    DELETE,
    JANUARY,
    JUNE,
    JUNE_YAML,
    Server,
    answering,
    api,
    operation,
    published,
    ref,
    small_repo,
    snapshot,
)


def small() -> Node:
    accepted: Node = {"type": "object", "properties": {"code": {"type": "integer"}}}
    paths = {
        "/a": {"delete": operation(DELETE, schema=ref("Accepted"))},
        "/b": {"get": operation("other", schema={"type": "string"})},
    }
    return api({"Accepted": accepted}, paths=paths)


@pytest.fixture
def repo(tmp_path: Path, regenerated: Regenerated) -> Repo:
    """A tree in which an operation of the small document was regenerated."""
    (tmp_path / "small.json").write_text(json.dumps(small()))
    return regenerated(small(), DELETE, tmp_path / "tree")


@pytest.mark.parametrize("name", [JUNE, JUNE_YAML])
def test_the_published_document_gives_what_is_committed(tmp_path: Path, name: str) -> None:
    repo = small_repo(tmp_path)
    committed = snapshot(Repo())
    answer = answering(published(name).read_bytes(), ETag='"x"', Last_Modified="yesterday")
    with Server(answer) as server:
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


def test_an_unchanged_document_ends_the_run_at_once(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(repo)
    with Server(answering(json.dumps(small()).encode(), ETag='"a"')) as server:
        env = {"SPEC_URL": server.url}
        regenerate(env, repo)
        capsys.readouterr()
        assert regenerate(env, repo) == 0
        said = capsys.readouterr().out
        assert "unchanged upstream (304)" in said
        assert "`make generate` rebuilds from spec/" in said  # the overlay may have changed
        assert check_spec({**env, "FORCE": "0"}, repo) == 0
        regenerate({**env, "FORCE": "1"}, repo)
        sent = [request.get("If-None-Match") for request in server.requests]
    assert sent == [None, '"a"', '"a"', None]
    assert snapshot(repo) == before


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
    (repo.root / "moved.json").write_text(json.dumps(moved))
    regenerate({"SPEC_URL": str(repo.root / "moved.json")}, repo)


def edited_contract(repo: Repo) -> None:
    repo.contract.write_text(repo.contract.read_text().replace("integer", "string"))


# What was done to a tree, and so is not as the server's unchanged document makes it.
DONE: dict[str, Callable[[Repo], None]] = {
    **{f"no {part}": lose(part) for part in ("contract", "package", "operations")},
    "an edited contract": edited_contract,
    "another document": another_document,
    **{f"{text!r} as a note": note(text) for text in ("", "[]", "{", "1", "null", {"url": 1})},
    "a note that cannot be sent": note({"etag": 1, "last_modified": []}),
}


@pytest.mark.parametrize("edit", DONE.values(), ids=DONE)
def test_the_document_is_fetched_when_the_tree_is_not_what_it_made(
    repo: Repo, edit: Callable[[Repo], None]
) -> None:
    with Server(answering(json.dumps(small()).encode(), ETag='"a"')) as server:
        env = {"SPEC_URL": server.url, "OPERATIONS": DELETE}
        regenerate(env, repo)
        before = snapshot(repo)
        edit(repo)
        assert regenerate(env, repo) == 0
        assert "If-None-Match" not in server.requests[1]
    assert snapshot(repo) == before


def test_the_document_is_fetched_when_others_are_selected(repo: Repo) -> None:
    with Server(answering(json.dumps(small()).encode(), ETag='"a"')) as server:
        env = {"SPEC_URL": server.url}
        regenerate(env, repo)
        regenerate({**env, "OPERATIONS": "other"}, repo)
        assert repo.operations.read_text() == "other\n"
        assert set(json.loads(repo.contract.read_text())["paths"]) == {"/b"}
        repo.operations.write_text(f"{DELETE}\nother\n")
        regenerate(env, repo)
        assert not any("If-None-Match" in request for request in server.requests)
        regenerate({**env, "OPERATIONS": "*"}, repo)
        regenerate(env, repo)
        assert server.requests[-1]["If-None-Match"] == '"a"'
    assert set(json.loads(repo.contract.read_text())["paths"]) == {"/a", "/b"}


def test_a_server_that_answers_unchanged_unasked_is_told(repo: Repo) -> None:
    before = snapshot(repo)
    with Server(answering(b"", 304)) as server:
        for run in (regenerate, check_spec):
            with pytest.raises(PipelineError, match=r"answered 304 .*; check SPEC_URL"):
                run({"SPEC_URL": server.url, "FORCE": "1", "OPERATIONS": "*"}, repo)
    assert snapshot(repo) == before


def test_what_a_server_on_loopback_says_stays_out_of_the_record(repo: Repo) -> None:
    body = json.dumps(small()).encode()
    with Server(answering(body, ETag='"a"', Last_Modified="yesterday")) as server:
        regenerate({"SPEC_URL": server.url}, repo)
    source = read_source(repo)
    assert source.url == PUBLISHED
    assert "yesterday" not in repo.source.read_text()
    assert source.operations.keys() == {DELETE, "other"}


def test_credentials_and_queries_stay_out_of_the_record(repo: Repo) -> None:
    address = "https://user:s3cret@example.invalid/spec?token=s3cret"
    assert recorded_url(address) == "https://example.invalid/spec"
    with Server(answering(json.dumps(small()).encode(), ETag='"a"')) as server:
        env = {"SPEC_URL": f"{server.url}/?token=s3cret"}
        for _ in range(2):
            regenerate(env, repo)
        assert "If-None-Match" not in server.requests[1]
    records = [file for file in repo.work.rglob("*") if file.is_file()]
    assert not [file for file in records if "s3cret" in file.read_text()]


def test_credentials_are_not_repeated_when_the_answer_is_no_document(tmp_path: Path) -> None:
    with Server(answering(b"<html></html>")) as server:
        address = server.url.replace("//", "//user:s3cret@") + "/s?token=s3cret"
        done = run(small_repo(tmp_path), SPEC_URL=address)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{server.url}/s is HTML" in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("operations.txt", "spec/operations.txt is not UTF-8 (byte 0); save it as UTF-8"),
        ("overlay.yaml", "spec/overlay.yaml is not UTF-8 (byte 0); save it as UTF-8"),
    ],
)
def test_a_file_that_is_not_utf_8_is_told(repo: Repo, tmp_path: Path, file: str, told: str) -> None:
    (repo.root / "spec" / file).write_bytes(b"\xff\xfe")
    env = {"SPEC_URL": str(tmp_path / "small.json")}
    with pytest.raises(PipelineError) as error:
        regenerate(env, repo)
    assert told in str(error.value)
    with pytest.raises(PipelineError) as error:
        generate.offline(repo)
    assert told in str(error.value)


def test_what_goes_wrong_after_the_swap_does_not_fail_the_run(repo: Repo) -> None:
    (repo.work / "fetched.json").mkdir(parents=True)
    with Server(answering(json.dumps(small()).encode(), ETag='"a"')) as server:
        done = run(repo, SPEC_URL=server.url, OPERATIONS=f"{DELETE} other")
    assert (done.returncode, done.stderr) == (0, "")
    assert repo.operations.read_text() == f"{DELETE}\nother\n"


def test_a_terminal_without_the_letters_of_a_name_is_no_obstacle(
    repo: Repo, tmp_path: Path
) -> None:
    document = tmp_path / "small.json"
    document.write_text(json.dumps(small()).replace("other", "zé"))
    done = run(repo, SPEC_URL=str(document), OPERATIONS="*", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fine     z\\xe9: operation added" in done.stdout


def test_operations_given_are_recorded_and_used_again(repo: Repo, tmp_path: Path) -> None:
    document = str(tmp_path / "small.json")
    regenerate({"SPEC_URL": document, "OPERATIONS": f"other, {DELETE}"}, repo)
    assert repo.operations.read_text() == f"{DELETE}\nother\n"
    repo.operations.write_text(f"# ours\n{DELETE}\nother\n")
    regenerate({"SPEC_URL": document, "OPERATIONS": ""}, repo)
    assert repo.operations.read_text() == f"# ours\n{DELETE}\nother\n"
    assert check_generated.check(repo) == 0


def test_another_selection_is_no_change_of_upstream(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.md"
    env = {"SPEC_URL": str(tmp_path / "small.json"), "REPORT": str(report)}
    told = "from upsun_api.api.t import other"
    regenerate({**env, "OPERATIONS": f"{DELETE} other"}, repo)
    assert f"  selected other: {told}\n" in capsys.readouterr().out
    assert f"## Selected\n\n- `other`: `{told}`\n" in report.read_text()
    assert check_spec({**env, "OPERATIONS": DELETE}, repo) == 1
    capsys.readouterr()
    regenerate({**env, "OPERATIONS": DELETE}, repo)
    out = capsys.readouterr().out
    assert "  dropped  other: no longer selected\n" in out
    assert "BREAKING" not in out
    assert report.read_text().startswith("# Regenerate: contract unchanged\n")


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


def test_what_the_wrapper_imports_must_stay_selected(whole_repo: Repo, tmp_path: Path) -> None:
    env = {"SPEC_URL": str(tmp_path / "small.json")}
    before = snapshot(whole_repo)
    told = rf"^{DELETE} must stay selected: wrapper/upsun_client/_delete.py imports it; add it to"
    with pytest.raises(PipelineError, match=told):
        regenerate({**env, "OPERATIONS": "other"}, whole_repo)
    assert snapshot(whole_repo) == before
    assert regenerate({**env, "OPERATIONS": f"{DELETE} other"}, whole_repo) == 0
    (whole_repo.wrapper / "_delete.py").unlink()
    with pytest.raises(PipelineError, match=r"^upsun_api.models.accepted must stay selected"):
        regenerate({**env, "OPERATIONS": "other"}, whole_repo)
    (whole_repo.wrapper / "__init__.py").write_text("")
    assert regenerate({**env, "OPERATIONS": "other"}, whole_repo) == 0


def test_an_operation_that_upstream_removed_still_breaks(
    tmp_path: Path, regenerated: Regenerated, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"SPEC_URL": str(tmp_path / "small.json"), "OPERATIONS": "*"}
    repo = regenerated(small(), "*", tmp_path / "tree")
    moved = small()
    moved["paths"]["/c"] = {"get": operation("third")}
    del moved["paths"]["/b"]
    (tmp_path / "small.json").write_text(json.dumps(moved))
    capsys.readouterr()
    regenerate(env, repo)
    out = capsys.readouterr().out
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
    fate = GONE[edit]
    env = {"SPEC_URL": str(tmp_path / "small.json"), "OPERATIONS": words}
    repo = regenerated(small(), words, tmp_path / "tree")
    before = snapshot(repo)
    document, report = small(), tmp_path / "report.md"
    edit(document)
    (tmp_path / "small.json").write_text(json.dumps(document))
    told = rf"^upstream has no operation '{DELETE}' \({fate}\) any more; correct OPERATIONS or spec"
    with pytest.raises(PipelineError, match=told):
        run({**env, "REPORT": str(report)}, repo)
    assert f"- `{DELETE}`: `operation removed; {fate}`\n" in report.read_text()
    assert "servers" not in report.read_text()
    assert snapshot(repo) == before


def test_a_glob_is_kept_and_resolved_anew_each_time(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"SPEC_URL": str(tmp_path / "small.json"), "REPORT": str(tmp_path / "report.md")}
    regenerate({**env, "OPERATIONS": f"{DELETE}, o?h*"}, repo)
    told = "  selected other: from upsun_api.api.t import other, by o?h*\n"
    assert told in capsys.readouterr().out
    assert repo.operations.read_text() == f"{DELETE}\no?h*\n"
    assert check_generated.check(repo) == 0
    document = small()
    document["paths"]["/c"] = {"get": operation("others"), "put": operation("Others")}
    (tmp_path / "small.json").write_text(json.dumps(document))
    assert check_spec(env, repo) == 1
    assert regenerate(env, repo) == 0
    assert "  fine     others: operation added, by o?h*\n" in capsys.readouterr().out
    assert "`others`: `operation added, by o?h*`" in (tmp_path / "report.md").read_text()
    assert (repo.package / "api" / "t" / "others.py").exists()
    assert generate.offline(repo) == check_spec(env, repo) == 0
    with Server(answering(json.dumps(document).encode(), ETag='"a"')) as server:
        for _ in range(2):
            regenerate({"SPEC_URL": server.url}, repo)
        assert server.requests[1]["If-None-Match"] == '"a"'
    before = snapshot(repo)
    with pytest.raises(PipelineError, match=r"no operation 'nothing-\*' \(selected by"):
        regenerate({**env, "OPERATIONS": f"{DELETE} nothing-*"}, repo)
    assert snapshot(repo) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"{DELETE}\nx*\n", "'x*' is selected, and not in the contract"),
        ("o*\n", f"'{DELETE}' is in the contract, and not selected"),
    ],
)
def test_a_contract_that_is_not_what_a_glob_selects_is_told_offline(
    repo: Repo, words: str, told: str
) -> None:
    repo.operations.write_text(words)
    with pytest.raises(PipelineError) as error:
        generate.offline(repo)
    assert told in str(error.value)


def test_prose_is_kept_when_asked_for_and_is_no_change_of_the_contract(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small()
    document["paths"]["/a"]["delete"] |= {"summary": "Take it away", "description": "For good."}
    document["components"]["schemas"]["Accepted"] |= {"description": "Will be done", "title": "T"}
    (tmp_path / "small.json").write_text(json.dumps(document))
    bare, env = snapshot(repo), {"SPEC_URL": str(tmp_path / "small.json")}
    capsys.readouterr()
    with Server(answering(json.dumps(document).encode(), ETag='"a"')) as server:
        there = {"SPEC_URL": server.url}
        regenerate(there, repo)
        regenerate({**there, "PROSE": "1"}, repo)
        assert "If-None-Match" not in server.requests[1]
        regenerate({**there, "PROSE": "1"}, repo)
        assert server.requests[2]["If-None-Match"] == '"a"'
    assert "contract unchanged" in capsys.readouterr().out
    kept = json.loads(repo.contract.read_text())
    assert kept["paths"]["/a"]["delete"]["summary"] == "Take it away"
    assert kept["components"]["schemas"]["Accepted"]["description"] == "Will be done"
    assert "title" not in kept["components"]["schemas"]["Accepted"]
    assert check_spec(env, repo) == generate.offline(repo) == check_generated.check(repo) == 0
    assert json.loads(repo.contract.read_text()) == kept
    regenerate(env, repo)
    after = snapshot(repo)
    assert {name for name in bare if bare[name] != after[name]} == {"spec/source.json"}


def test_a_schema_that_is_renamed_breaks_who_imports_it(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"SPEC_URL": str(tmp_path / "small.json")}
    (tmp_path / "small.json").write_text(json.dumps(small()).replace("Accepted", "Taken"))
    told = "selected: 1 operation; 1 change, 1 breaking\n"
    told += "  BREAKING upsun_api.models.Accepted: renamed to Taken\n"
    capsys.readouterr()
    assert check_spec(env, repo) == 1
    assert capsys.readouterr().out.endswith(told)
    assert regenerate(env, repo) == 0
    assert capsys.readouterr().out.endswith(told)
    assert (repo.package / "models" / "taken.py").exists()


def test_an_overlay_action_that_went_stale_stops_the_run(repo: Repo, tmp_path: Path) -> None:
    action = {"target": "$.paths['/gone']", "description": "why", "remove": True}
    repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    before = snapshot(repo)
    with pytest.raises(PipelineError, match="matches nothing"):
        regenerate({"SPEC_URL": str(tmp_path / "small.json")}, repo)
    assert snapshot(repo) == before


def test_an_overlay_reaches_the_package_and_not_the_contract(repo: Repo, tmp_path: Path) -> None:
    update = {"properties": {"extra": {"type": "string"}}}
    actions = [
        {"target": "$.components.schemas.Accepted", "description": "why", "update": update},
        # Exists upstream, is not selected here: nothing to do, and no error.
        {"target": "$.paths['/b']", "description": "why", "update": {"summary": "x"}},
    ]
    contract = repo.contract.read_bytes()
    repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": actions}))
    regenerate({"SPEC_URL": str(tmp_path / "small.json")}, repo)
    assert repo.contract.read_bytes() == contract
    assert "extra: str" in (repo.package / "models" / "accepted.py").read_text()


def test_a_drift_check_names_what_moved_and_changes_nothing(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, report = tmp_path / "moved.json", tmp_path / "report.md"
    moved = small()
    moved["paths"]["/b"]["get"]["tags"] = ["elsewhere"]
    document.write_text(json.dumps(moved))
    before = snapshot(repo)
    env = {"SPEC_URL": str(document), "REPORT": str(report)}
    assert check_spec(env, repo) == 0
    assert "0 added, 0 removed, 1 changed" in capsys.readouterr().out
    moved["components"]["schemas"]["Accepted"]["properties"]["code"]["type"] = "string"
    document.write_text(json.dumps(moved))
    assert check_spec(env, repo) == 1
    change = "Accepted.code: type changed from integer to string"
    assert f"BREAKING {change}" in capsys.readouterr().out
    assert "## Breaks a caller" in report.read_text()
    assert snapshot(repo) == before


def test_a_drift_check_needs_a_contract(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="run `make regenerate` first"):
        check_spec({}, Repo(tmp_path))


def test_nothing_is_told_of_a_tree_that_a_killed_run_left(repo: Repo, tmp_path: Path) -> None:
    repo.old.mkdir(parents=True)
    env = {"SPEC_URL": str(tmp_path / "small.json")}
    refused = pytest.raises(PipelineError, match=r"was killed.*`make generate` mends it")
    with refused:
        check_spec(env, repo)
    with refused:
        check_generated.check(repo)
    assert regenerate(env, repo) == check_spec(env, repo) == check_generated.check(repo) == 0


def test_a_report_that_cannot_be_written_leaves_the_tree(repo: Repo, tmp_path: Path) -> None:
    before = snapshot(repo)
    document = tmp_path / "moved.json"
    document.write_text(json.dumps(small()).replace("integer", "string"))
    with pytest.raises(OSError, match="No such file"):
        regenerate({"SPEC_URL": str(document), "REPORT": str(tmp_path / "no" / "r.md")}, repo)
    assert snapshot(repo) == before


def test_a_hand_edit_of_the_package_is_found(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_generated.check(repo) == 0
    (repo.package / "types.py").write_text("# mine\n")
    assert check_generated.check(repo) == 1
    assert "generated/upsun_api/types.py was edited" in capsys.readouterr().out


def run(repo: Repo, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the program of a tree, as `make` does."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.regenerate"],
        cwd=repo.root,
        env={**os.environ, "SPEC_URL": "", "OPERATIONS": "", "FORCE": "", "REPORT": "", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A copy of this repo that no test may change."""
    return small_repo(tmp_path_factory.mktemp("committed"))


BOMB = "a0: &a0 [x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)
)
BAD_ANSWERS: dict[str, tuple[bytes, int, str]] = {
    "not found": (b'{"error": "Spec file not found"}', 404, "404"),
    "html": (b"<html></html>", 200, "is HTML"),
    "dangling": (json.dumps(small()).replace('Accepted"}', 'No"}').encode(), 200, "at nothing"),
    "id unknown": (json.dumps(small()).replace(DELETE, "renamed").encode(), 200, "no operation"),
    "bomb": (BOMB.encode(), 200, "do its aliases explode"),
}


@pytest.mark.parametrize(("body", "status", "told"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_is_one_line_and_leaves_the_tree(
    committed: Repo, capsys: pytest.CaptureFixture[str], body: bytes, status: int, told: str
) -> None:
    before = snapshot(committed)
    with Server(answering(body, status)) as server:
        env = {"SPEC_URL": f"{server.url}/openapi-spec"}
        assert errors.run("regenerate", lambda: regenerate(env, committed)) == 1
    said = capsys.readouterr().err
    assert said.startswith("regenerate: ")
    assert said.count("\n") == 1
    assert told in said
    assert snapshot(committed) == before


def test_no_network_and_no_file_are_one_line(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    before = snapshot(repo)
    for url, told in (("http://127.0.0.1:9/", "cannot reach"), ("none.json", "no file none.json")):
        done = run(repo, SPEC_URL=url)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert told in done.stderr
    assert snapshot(repo) == before


def test_the_stages_and_their_times_are_told(tmp_path: Path) -> None:
    document = tmp_path / "small.json"
    document.write_text(json.dumps(small()))
    done = run(small_repo(tmp_path / "tree"), SPEC_URL=str(document), OPERATIONS="*")
    assert done.returncode == 0, done.stderr
    stages = [line.split()[0] for line in done.stdout.splitlines() if line.endswith(" s")]
    assert stages == ["fetch", "select", "correct", "generate", "verify"]


def test_a_broken_record_says_what_to_do(repo: Repo, tmp_path: Path) -> None:
    repo.source.write_text("{")
    with pytest.raises(PipelineError, match=r"spec/source.json is broken.*restore it from git"):
        regenerate({"SPEC_URL": str(tmp_path / "small.json")}, repo)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("at", ["fetch", "select", "correct", "generate", "verify"])
def test_a_run_that_ends_in_any_stage_leaves_the_old_tree(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, error: BaseException
) -> None:
    @contextmanager
    def stage(name: str) -> Iterator[None]:
        if name == at:
            raise error
        yield

    monkeypatch.setattr("scripts.pipeline.upstream.stage", stage)
    monkeypatch.setattr("scripts.pipeline.generate.stage", stage)
    before, env = snapshot(repo), {"SPEC_URL": str(tmp_path / "small.json"), "OPERATIONS": "other"}
    assert errors.run("regenerate", lambda: regenerate(env, repo)) != 0
    assert snapshot(repo) == before
    assert not repo.work.exists()
