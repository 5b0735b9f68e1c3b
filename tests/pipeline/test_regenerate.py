"""`make regenerate` and `make check-spec` from end to end, against servers on loopback."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
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
from tests.client.wire import Wire
from tests.pipeline import support
from tests.pipeline.conftest import Regenerated, Said
from tests.pipeline.oas import DELETE, NUMBER, TEXT, api, enum, operation, query, ref, thing
from tests.pipeline.support import JANUARY, JUNE, JUNE_YAML, refused, snapshot, unchanged, written

Env = dict[str, str]
Edit = Callable[[Repo], object]


def small(**items: Node) -> Node:
    """Make a document of two operations, or with other ones at `/a`, `/b` and so on."""
    paths = {"/a": {"delete": operation(DELETE, ref("Accepted"))}}
    paths |= {"/b": {"get": operation("other", TEXT)}}
    paths |= {f"/{name}": item for name, item in items.items()}
    found = {path: item for path, item in paths.items() if item}
    return api({"Accepted": thing(code=NUMBER)}, paths=found)


def reworded(old: str, new: str) -> Node:
    """Make the small document with another word in it."""
    found: Node = json.loads(json.dumps(small()).replace(old, new))
    return found


def serving(document: Node | None = None, **headers: str) -> Wire:
    """Serve a document that can be asked for conditionally."""
    return Wire(support.answering(json.dumps(document or small()).encode(), ETag='"a"', **headers))


def conditions(server: Wire) -> list[str | None]:
    """Tell which document each request said to have."""
    return [call.headers.get("if-none-match") for call in server.calls]


@pytest.fixture
def env(repo: Repo) -> Env:
    """The environment of a run that reads the small document from a file, and reports."""
    return written(repo, small())


@pytest.fixture
def repo(tmp_path: Path, regenerated: Regenerated) -> Repo:
    """A tree in which an operation of the small document was regenerated."""
    return regenerated(small(), DELETE, tmp_path / "tree")


def test_published_versions_in_turn_differ_in_the_record_of_the_source_only(tmp_path: Path) -> None:
    repo, made = support.small_repo(tmp_path), []
    for name in (JANUARY, JUNE, JUNE_YAML):
        env = {"SPEC_URL": str(support.published(name)), "OPERATIONS": DELETE}
        assert regenerate(env, repo) == 0
        made.append(snapshot(repo))
    january, june, yaml = made
    assert {file for file in june if june[file] != january.pop(file)} == {"spec/source.json"}
    assert (january, yaml) == ({}, june)
    published, ours = (json.loads(each.contract.read_text())["paths"] for each in (repo, Repo()))
    ((place, item),) = published.items()
    assert item["delete"] == ours[place]["delete"]


def test_an_unchanged_document_ends_the_run_at_once(repo: Repo, said: Said) -> None:
    with serving() as server, unchanged(repo):
        env = {"SPEC_URL": server.url}
        regenerate(env, repo)
        said()
        assert regenerate(env, repo) == 0
        told = said()
        assert "unchanged upstream (304)" in told
        assert "`make generate` rebuilds from spec/" in told  # the package may have been edited
        assert check_spec({**env, "FORCE": "0"}, repo) == 0
        regenerate({**env, "FORCE": "1"}, repo)
    assert conditions(server) == [None, '"a"', '"a"', None]


def test_a_setting_can_be_switched_off_in_words() -> None:
    assert not is_set({}, "FORCE")
    assert not any(is_set({"FORCE": off}, "FORCE") for off in ("", " ", "0", "No", "FALSE"))
    assert all(is_set({"FORCE": on}, "FORCE") for on in ("1", "yes", "x", "00"))


def note(text: str, **changed: object) -> Edit:
    """Replace what a tree remembers of a server, or add to it."""

    def edit(repo: Repo) -> None:
        file = repo.work / "fetched.json"
        file.write_text(text or json.dumps(json.loads(file.read_text()) | changed))

    return edit


# What was done to a tree, and so is not as the server's unchanged document makes it.
DONE: dict[str, Edit] = {
    "no contract": lambda repo: repo.contract.unlink(),
    "no package": lambda repo: shutil.rmtree(repo.package),
    "no operations": lambda repo: repo.operations.unlink(),
    "an edited contract": lambda repo: repo.contract.write_text(
        repo.contract.read_text().replace("integer", "string")
    ),
    "another document": lambda repo: regenerate(
        written(repo, small() | {"info": {"title": "T", "version": "2"}}), repo
    ),
    **{f"{text!r} as a note": note(text) for text in (" ", "[]", "1")},
    "a note of another state": note("", state=1),
}


@pytest.mark.parametrize("edit", DONE.values(), ids=DONE)
def test_the_document_is_fetched_when_the_tree_is_not_what_it_made(repo: Repo, edit: Edit) -> None:
    with serving() as server:
        env = {"SPEC_URL": server.url, "OPERATIONS": DELETE}
        regenerate(env, repo)
        with unchanged(repo):
            edit(repo)
            assert regenerate(env, repo) == 0
    assert conditions(server) == [None, None]


def test_operations_given_are_recorded_and_fetched_anew(repo: Repo, env: Env, said: Said) -> None:
    both, told = f"# ours\n{DELETE}  # it\n\nother\n", "from upsun_api.api.t import other"
    with serving() as server:
        env |= {"SPEC_URL": server.url}
        regenerate(env, repo)
        regenerate({**env, "OPERATIONS": f"other, {DELETE}"}, repo)
        assert f"\nselected: 2 operations; 1 newly selected\n  selected other: {told}\n" in said()
        assert f"## Selected\n\n- `other`: `{told}`\n" in support.report(repo)
        assert repo.operations.read_text() == f"{DELETE}\nother\n"
        repo.operations.write_text(both)
        regenerate({**env, "OPERATIONS": ""}, repo)
        assert repo.operations.read_text() == both
        assert set(json.loads(repo.contract.read_text())["paths"]) == {"/a", "/b"}
        assert check_spec({**env, "OPERATIONS": DELETE}, repo) == 1
        regenerate({**env, "OPERATIONS": "*"}, repo)
        regenerate(env, repo)
        said()
        regenerate({**env, "OPERATIONS": DELETE}, repo)
    assert conditions(server) == [None, None, None, None, None, '"a"', None]
    # Another selection is no change of upstream.
    out, report = said(), support.report(repo)
    told = "selected: 1 operation; 1 no longer selected\n  dropped  other: no longer selected\n"
    assert told in out
    assert "BREAKING" not in out
    assert report.startswith("# Regenerate: another selection\n")
    assert "## No longer selected\n\n- `other`: `no longer selected`\n" in report


def test_of_a_selection_only_names_that_pass_on_are_told(repo: Repo, said: Said) -> None:
    schemas, told = {"Item": thing(type=enum("a", "b")), "ItemType": thing(x=TEXT)}, []
    document = api(schemas, paths={f"/{it}": {"get": operation(it, ref(it))} for it in schemas})
    for words in ("Item", "Item ItemType", "ItemType", "Item"):
        regenerate(written(repo, document, OPERATIONS=words), repo)
        told.append([line for line in said().splitlines() if "BREAKING" in line or "fine" in line])
    passes = "ItemType: renamed to ItemTypeField; another class has its name"
    assert told[1:] == [[f"  BREAKING upsun_api.models.{passes}"], [], []]


def test_what_a_server_says_and_credentials_stay_out_of_the_record(repo: Repo) -> None:
    address = "https://user:s3cret@example.invalid/spec?token=s3cret"
    assert recorded_url(address) == "https://example.invalid/spec"
    with serving(Last_Modified="yesterday") as server:
        for _ in range(2):
            regenerate({"SPEC_URL": f"{server.url}/?token=s3cret"}, repo)
    assert conditions(server) == [None, '"a"']
    assert server.calls[1].headers["if-modified-since"] == "yesterday"
    source = read_source(repo)
    assert (source["url"], set(source["operations"])) == (PUBLISHED, {DELETE, "other"})
    assert "yesterday" not in repo.source.read_text()
    records = [file for file in repo.work.rglob("*") if file.is_file()]
    assert not [file for file in records if "s3cret" in file.read_text()]


def test_what_goes_wrong_after_the_swap_does_not_fail_the_run(repo: Repo) -> None:
    (repo.work / "fetched.json").mkdir(parents=True)
    with serving() as server:
        assert regenerate({"SPEC_URL": server.url, "OPERATIONS": f"{DELETE} other"}, repo) == 0
    assert repo.operations.read_text() == f"{DELETE}\nother\n"


def test_a_terminal_without_the_letters_of_a_name_is_no_obstacle(repo: Repo) -> None:
    env = written(repo, reworded("other", "zé"), OPERATIONS="*", PYTHONIOENCODING="ascii")
    done = support.python("-m", "scripts.regenerate", cwd=repo.root, env=env | {"FORCE": ""})
    assert done.stderr == ""
    assert "fine     z\\xe9: operation added" in done.stdout
    stages = "  fetch\n  select\n  compare\n  correct\n  generate\n  verify\n"
    assert done.stdout.startswith(stages)


def test_what_the_wrapper_imports_must_stay_selected(repo: Repo, env: Env) -> None:
    repo.wrapper.mkdir(parents=True)
    package, module = repo.wrapper / "__init__.py", repo.wrapper / "_delete.py"
    package.write_text("from upsun_api.models.accepted import Accepted\n")
    module.write_text(
        "from typing import TYPE_CHECKING\nimport upsun_api.errors\nfrom upsun_api import client\n"
        "if TYPE_CHECKING:\n    from upsun_api.types import Response\n"
        f"from upsun_api.api.t import {DELETE.replace('-', '_')} as generated\n"
    )
    other = {**env, "OPERATIONS": "other"}
    told = "; wrapper/upsun_client/_delete.py imports it: mend the import"
    with refused(f"upsun_api.api.t.{DELETE.replace('-', '_')} ", told), unchanged(repo):
        regenerate(other, repo)
    assert regenerate({**env, "OPERATIONS": f"{DELETE} other"}, repo) == 0
    module.write_text("def f(:")
    with refused("_delete.py is no Python"):
        regenerate(other, repo)
    module.unlink()
    with refused("upsun_api.models.accepted.Accepted ", "mend the import"):
        regenerate(other, repo)
    package.write_text("")
    assert regenerate(other, repo) == 0


# The selection, what is at the path of the operation now, and what became of it.
GONE: list[tuple[str, Node, str]] = [
    (DELETE, {"delete": operation("take-away", ref("Accepted"))}, "renamed to take-away"),
    (f"{DELETE} other", {"post": operation("x", ref("Accepted"))}, "/a has no DELETE any more"),
    ("delete-projects*", {}, "the path /a is gone too"),
]


@pytest.mark.parametrize("run", [regenerate, check_spec])
@pytest.mark.parametrize("gone", GONE)
def test_what_became_of_an_operation_that_is_gone_is_told_and_reported(
    tmp_path: Path, regenerated: Regenerated, run: Any, gone: tuple[str, Node, str]
) -> None:
    words, item, fate = gone
    repo = regenerated(small(), words, tmp_path / "tree")
    narrower = {"get": operation("other", TEXT, parameters=[query("q", required=True)])}
    env = written(repo, {**small(a=item, b=narrower), "tags": [{"name": "t"}]}, OPERATIONS=words)
    told = f"upstream has no operation '{DELETE}' ({fate}); correct delete-projects"
    with refused(told), unchanged(repo):
        run(env, repo)
    report = support.report(repo)
    assert f"- `{DELETE}`: `operation removed; {fate}`\n" in report
    assert "document" not in report
    beside = "- `other: parameter q (query)`: `added, required`\n"
    assert (beside in report) == ("models.Accepted" in report) == ("other" in words)


def test_what_cannot_be_compared_is_no_silence_and_has_its_word_later(
    repo: Repo, said: Said
) -> None:
    document = small()
    del document["paths"]["/a"]["delete"]["operationId"]
    env = written(repo, document, OPERATIONS="*")
    with refused("an operation without an operationId is not supported"), unchanged(repo):
        regenerate(env, repo)
    said()
    assert check_spec(env, repo) == 1
    assert "BREAKING spec/openapi.json: cannot be compared (the stage compare met" in said()
    document["paths"]["/a"]["delete"]["parameters"] = 5
    for run in (regenerate, check_spec):
        with refused("paths./a.delete.parameters: 5 is not of type 'array'"), unchanged(repo):
            run(written(repo, document, OPERATIONS="*"), repo)


def test_a_glob_is_kept_and_resolved_anew_each_time(repo: Repo, env: Env, said: Said) -> None:
    regenerate({**env, "OPERATIONS": f"o?h*, {DELETE}"}, repo)
    assert "  selected other: from upsun_api.api.t import other\n" in said()
    assert repo.operations.read_text() == f"{DELETE}\no?h*\n"
    assert check_generated.check(repo) == 0
    document = small(b={}, c={"get": operation("others"), "put": operation("Others")})
    env = written(repo, document)
    assert check_spec(env, repo) == 1
    assert regenerate(env, repo) == 0
    told = said()
    assert "  fine     others: operation added\n" in told
    assert "  BREAKING other: operation removed; the path /b is gone too\n" in told
    assert "`others`: `operation added`" in support.report(repo)
    assert (repo.package / "api" / "t" / "others.py").exists()
    assert generate.offline(repo) == check_spec(env, repo) == 0
    with serving(document) as server:
        for _ in range(2):
            regenerate({"SPEC_URL": server.url}, repo)
    assert conditions(server) == [None, '"a"']
    with refused("no operation 'nothing-*' (selected by"), unchanged(repo):
        regenerate({**env, "OPERATIONS": f"{DELETE} nothing-*"}, repo)


def test_prose_is_kept_when_asked_for_and_is_no_change_of_upstream(repo: Repo, said: Said) -> None:
    document = small()
    document["paths"]["/a"]["delete"] |= {"summary": "Take it away", "description": "For good."}
    document["components"]["schemas"]["Accepted"] |= {"description": "Will be done", "title": "T"}
    bare, env = snapshot(repo), written(repo, document)
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


def test_an_overlay_reaches_the_package_and_not_the_contract(repo: Repo) -> None:
    update = thing(extra=TEXT)
    actions = [
        {"target": "$.components.schemas.Accepted", "description": "why", "update": update},
        # Exists upstream, is not selected here: nothing to do, and no error.
        {"target": "$.paths['/b']", "description": "why", "update": {"summary": "x"}},
    ]
    contract = repo.contract.read_bytes()
    with serving() as server:
        regenerate({"SPEC_URL": server.url}, repo)
        repo.overlay.write_text(json.dumps({"overlay": "1.0.0", "actions": actions}))
        regenerate({"SPEC_URL": server.url}, repo)
    assert conditions(server) == [None, None]
    assert repo.contract.read_bytes() == contract
    assert "extra: str" in (repo.package / "models" / "accepted.py").read_text()


def test_what_moved_is_told_by_a_drift_check_which_changes_nothing(repo: Repo, said: Said) -> None:
    moved = small()
    moved["paths"]["/b"]["get"]["tags"] = ["elsewhere"]
    with unchanged(repo):
        assert check_spec(written(repo, moved), repo) == 0
        assert "operations; 1 changed" in said()
        env = written(repo, reworded("Accepted", "Taken"))
        assert check_spec(env, repo) == 1
    told = "selected: 1 operation; 1 breaking\n"
    told += "  BREAKING upsun_api.models.Accepted: renamed to Taken\n"
    assert said().endswith(told)
    assert "## Breaks a caller" in support.report(repo)
    assert regenerate(env, repo) == 0
    assert said().endswith(told)
    assert (repo.package / "models" / "taken.py").exists()


def test_nothing_is_told_of_a_tree_that_a_killed_run_left(repo: Repo, env: Env) -> None:
    repo.old.mkdir(parents=True)
    repo.contract.rename(repo.old / "spec%2Fopenapi.json")
    for run in (partial(check_spec, env), check_generated.check):
        with refused("was killed", "`make generate` mends it"):
            run(repo)
    assert regenerate(env, repo) == check_spec(env, repo) == check_generated.check(repo) == 0


NO_TEXT = (b"\xff\xfe", "is not UTF-8; restore it from git (")
BROKEN = {"operations.txt": NO_TEXT, "overlay.yaml": NO_TEXT, "source.json": (b"{", "is broken")}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_of_the_tree_is_told(repo: Repo, env: Env, name: str) -> None:
    content, told = BROKEN[name]
    (repo.root / "spec" / name).write_bytes(content)
    with refused(f"spec/{name} {told}"), unchanged(repo):
        regenerate(env, repo)
    if name != "source.json":
        with refused(f"spec/{name} {told}"), unchanged(repo):
            generate.offline(repo)


def test_a_report_that_cannot_be_written_leaves_the_tree(repo: Repo) -> None:
    (repo.root / "no").symlink_to("no")
    for file in (repo.root / "no" / "r.md", repo.root, support.ROOT / "spec" / "r.md"):
        env = written(repo, reworded("integer", "string"), REPORT=str(file))
        with refused(f"REPORT={file}", "name a file"), unchanged(repo):
            regenerate(env, repo)


def test_a_file_that_was_edited_added_or_lost_is_named_and_mended(repo: Repo, said: Said) -> None:
    assert check_generated.check(repo) == 0
    said()
    (repo.package / "types.py").write_text("# mine\n")
    (repo.package / "extra.py").touch()
    (repo.package / "client.py").unlink()
    assert check_generated.check(repo) == 1
    told = [line.partition(" ")[0] for line in said().splitlines() if "upsun_api/" in line]
    names = ["client.py", "extra.py", "types.py"]
    assert told == [f"generated/upsun_api/{each}" for each in names]
    for last in ("rebuilt", "unchanged"):
        assert generate.offline(repo) == 0
        assert said().splitlines()[-1] == f"generated/upsun_api: {last}"


def test_a_bad_answer_is_told_without_credentials_and_leaves_the_tree(
    repo: Repo, said: Said
) -> None:
    with serving(reworded('Accepted"}', 'No"}')) as server, unchanged(repo):
        address = server.url.replace("//", "//user:s3cret@") + "/s?token=s3cret"
        with refused("points at nothing") as error:
            regenerate({"SPEC_URL": address}, repo)
    assert "s3cret" not in said() + str(error.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("at", ["fetch", "select", "correct", "generate", "verify"])
def test_a_run_that_ends_in_any_stage_leaves_the_old_tree(
    repo: Repo, env: Env, monkeypatch: pytest.MonkeyPatch, at: str, error: BaseException
) -> None:
    def stage(name: str) -> AbstractContextManager[None]:
        if name == at:
            raise error
        return nullcontext()

    monkeypatch.setattr("scripts.pipeline.upstream.stage", stage)
    monkeypatch.setattr("scripts.pipeline.generate.stage", stage)
    with unchanged(repo):
        run = {**env, "OPERATIONS": "other"}
        assert errors.run("regenerate", lambda: regenerate(run, repo)) != 0
    assert not repo.work.exists()
