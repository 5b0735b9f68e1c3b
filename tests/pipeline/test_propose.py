"""`make propose`, against a repository beside the tree and a stand-in for gh."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.propose import BRANCH, propose
from scripts.pipeline.repo import Repo
from scripts.pipeline.report import make_report

# Keeps the pull requests in a file, and every request that it got in another.
GH = """#!{python}
import json, pathlib, sys
home = pathlib.Path({home!r})
_, api, _, method, path, *more = sys.argv
sent = json.load(sys.stdin) if more else None
with (home / "asked").open("a") as file:
    file.write(json.dumps([api, method, path, sent]) + "\\n")
pulls = home / "pulls.json"
known = json.loads(pulls.read_text()) if pulls.exists() else []
if method == "GET":
    print(json.dumps(known))
elif (home / "refused").exists():
    sys.exit("not permitted\\nto create pull requests")
else:
    pull = {{"number": 7, "html_url": "https://example.test/pull/7", **sent}}
    pulls.write_text(json.dumps([pull]))
    print(json.dumps(pull))
"""


def git(folder: Path, *args: str) -> str:
    command = ["git", "-C", str(folder), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Checkout:
    """A clone with one change in spec/, its origin, a report, and what gh was asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.origin, self.folder = root / "origin.git", root / "clone"
        git(root, "init", "--quiet", "--bare", "--initial-branch=trunk", str(self.origin))
        git(root, "clone", "--quiet", str(self.origin), str(self.folder))
        git(self.folder, "switch", "--quiet", "--create", "trunk")
        for name in ("spec/openapi.json", "generated/a.py", "README.md"):
            self.write(name, "old\n")
        self.write(".gitignore", ".work/\n")
        self.commit("Start")
        git(self.folder, "push", "--quiet", "origin", "trunk")
        self.write("spec/openapi.json", "new\n")
        self.write("README.md", "somebody is writing\n")
        self.report = root / "report.md"
        make_report({"a": "1"}, {"b": "1"}, 1, []).write(str(self.report))
        self.env = {"REPORT": str(self.report)}

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def commit(self, title: str) -> None:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "-m", title)

    def propose(self) -> int:
        return propose(self.env, Repo(self.folder))

    def asked(self) -> list[Any]:
        file = self.root / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def tip(self) -> str:
        return git(self.origin, "rev-parse", BRANCH)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.test")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "gh").write_text(GH.format(python=sys.executable, home=str(tmp_path)))
    (tools / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return Checkout(tmp_path)


def test_a_change_becomes_a_pull_request_and_the_checkout_stays(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    before = git(checkout.folder, "status", "--porcelain", "--branch")
    assert checkout.propose() == 0
    listed, opened = checkout.asked()
    assert listed[:3] == [
        *("api", "GET"),
        f"repos/{{owner}}/{{repo}}/pulls?state=open&head={{owner}}:{BRANCH}&base=trunk",
    ]
    assert opened[:3] == ["api", "POST", "repos/{owner}/{repo}/pulls"]
    sent = opened[3]
    assert (sent["title"], sent["head"], sent["base"]) == (
        "Regenerate: contract unchanged",
        BRANCH,
        "trunk",
    )
    assert sent["body"].startswith("- upstream: 1 operations; 1 added, 1 removed, 0 changed\n")
    assert git(checkout.origin, "show", f"{BRANCH}:spec/openapi.json") == "new"
    changed = git(checkout.origin, "diff", "--name-only", "trunk", BRANCH)
    assert changed == "spec/openapi.json"
    assert git(checkout.folder, "status", "--porcelain", "--branch") == before
    told = "opened https://example.test/pull/7: Regenerate: contract unchanged\n"
    assert capsys.readouterr().out == told


def test_the_next_day_updates_what_is_open_and_pushes_only_what_is_new(checkout: Checkout) -> None:
    checkout.propose()
    first = checkout.tip()
    checkout.propose()
    assert checkout.tip() == first
    assert checkout.asked()[-1][1:3] == ["PATCH", "repos/{owner}/{repo}/pulls/7"]
    checkout.write("generated/b.py", "new\n")
    checkout.propose()
    assert git(checkout.origin, "rev-list", "--count", f"trunk..{BRANCH}") == "1"
    assert git(checkout.origin, "show", f"{BRANCH}:generated/b.py") == "new"


def test_nothing_changed_is_nothing_to_do(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.write("spec/openapi.json", "old\n")
    assert propose({}, Repo(checkout.folder)) == 0
    assert "nothing to propose" in capsys.readouterr().out
    assert checkout.asked() == []


def test_the_work_of_somebody_else_on_the_branch_is_not_overwritten(checkout: Checkout) -> None:
    checkout.commit("Mend what the new contract broke")
    git(checkout.folder, "push", "--quiet", "origin", f"trunk:{BRANCH}")
    checkout.write("spec/openapi.json", "newer\n")
    before = checkout.tip()
    with pytest.raises(PipelineError, match="somebody has worked on the branch"):
        checkout.propose()
    assert checkout.tip() == before
    assert checkout.asked() == []


def test_no_report_no_branch_and_no_gh_are_told(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PipelineError, match="there is no report none.md; `make regenerate"):
        propose({"REPORT": "none.md"}, Repo(checkout.folder))
    with pytest.raises(PipelineError, match="REPORT is not set"):
        propose({}, Repo(checkout.folder))
    with pytest.raises(PipelineError, match="README.md is no report"):
        propose({"REPORT": str(checkout.folder / "README.md")}, Repo(checkout.folder))
    git(checkout.folder, "switch", "--quiet", "--detach")
    with pytest.raises(PipelineError, match="check one out"):
        checkout.propose()
    git(checkout.folder, "switch", "--quiet", "trunk")
    (checkout.root / "bin" / "gh").unlink()
    (checkout.root / "bin" / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(checkout.root / "bin"))
    with pytest.raises(PipelineError, match="gh is not installed"):
        checkout.propose()


def test_a_refusal_is_told_and_the_next_run_goes_on(checkout: Checkout) -> None:
    (checkout.root / "refused").touch()
    with pytest.raises(PipelineError, match="`gh api --method` failed: not permitted"):
        checkout.propose()
    (checkout.root / "refused").unlink()
    assert checkout.propose() == 0


def test_a_long_report_fits(checkout: Checkout) -> None:
    after = {f"operation-{number:06}": "1" for number in range(10_000)}
    make_report({"a": "1"}, after, 1, []).write(str(checkout.report))
    checkout.propose()
    body = checkout.asked()[-1][3]["body"]
    assert len(body) < 65_536
    assert "`operation-000000`\n" in body
    assert "more lines; `make regenerate REPORT=file` writes them all" in body
