"""`make propose`: what `make regenerate` changed, as a pull request whose text is the report.

There is one branch for it, so that each day replaces the proposal of the day before. Neither the
checkout nor its index changes. Needs git and gh, and nothing that is installed for this project:
in the workflow, this is what may write.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo

BRANCH = "regenerate"
# Every commit that this makes starts so; any other is somebody's work.
_OURS = "Regenerate: "
_PARTS = ("spec", "generated")
# The service takes 65,536 characters.
_LONGEST = 60_000
_FOOT = "\nIf no checks start here (a workflow opened this), close and reopen the pull request.\n"


def propose(env: Mapping[str, str], repo: Repo) -> int:
    """Push the change and open or update its pull request.

    Args:
        env: `REPORT` names the file that `make regenerate` wrote.
        repo: A checkout of a branch, with spec/ and generated/ regenerated.

    Returns:
        The exit code.

    Raises:
        PipelineError: When that cannot be done.
    """
    if not _git(repo, "status", "--porcelain", "--", *_PARTS):
        print("nothing to propose: spec/ and generated/ are as committed")
        return 0
    title, body = _read(env.get("REPORT") or "")
    base = _git(repo, "branch", "--show-current")
    if base in ("", BRANCH):
        raise PipelineError(f"this proposes a change to a branch; check one out, not {BRANCH}")
    _push(repo, title)
    text = {"title": title, "body": body, "base": base}
    there = f"repos/{{owner}}/{{repo}}/pulls?state=open&head={{owner}}:{BRANCH}"
    listed = _gh(repo, "GET", f"{there}&base={quote(base, safe='')}")
    if listed:
        pull = _gh(repo, "PATCH", f"repos/{{owner}}/{{repo}}/pulls/{listed[0]['number']}", text)
    else:
        pull = _gh(repo, "POST", "repos/{owner}/{repo}/pulls", {**text, "head": BRANCH})
    print(f"{'updated' if listed else 'opened'} {pull['html_url']}: {title}")
    return 0


def _read(file: str) -> tuple[str, str]:
    if not file or not Path(file).is_file():
        raise PipelineError(
            f"there is no report {file or '(REPORT is not set)'};"
            " `make regenerate REPORT=file FORCE=1` writes one"
        )
    first, _, rest = Path(file).read_text(encoding="utf-8").partition("\n")
    title = first.removeprefix("# ")
    if not title.startswith(_OURS):
        raise PipelineError(f"{file} is no report of `make regenerate`; its title is missing")
    return title, _fit(rest.lstrip("\n")) + _FOOT


def _fit(text: str) -> str:
    """Cut a text at the end of a line."""
    if len(text) <= _LONGEST:
        return text
    kept = text[:_LONGEST].rpartition("\n")[0]
    left = text.count("\n") - kept.count("\n")
    return f"{kept}\n\nand {left} more lines; `make regenerate REPORT=file` writes them all\n"


def _push(repo: Repo, title: str) -> None:
    """Bring the branch to the current commit with the change on top, unless it is there."""
    index = {"GIT_INDEX_FILE": str(repo.work / "propose-index")}
    repo.work.mkdir(exist_ok=True)
    _git(repo, "read-tree", "HEAD", **index)
    _git(repo, "add", "--all", "--", *_PARTS, **index)
    content = _git(repo, "write-tree", **index)
    commit = _git(repo, "commit-tree", content, "-p", "HEAD", "-m", title)
    ref = f"refs/heads/{BRANCH}"
    old = _git(repo, "ls-remote", "origin", ref).partition("\t")[0]
    if old:
        _git(repo, "fetch", "--quiet", "origin", ref)
        if not _git(repo, "log", "-1", "--format=%s", old).startswith(_OURS):
            raise PipelineError(
                f"somebody has worked on the branch {BRANCH}; merge or delete it first"
            )
        if _git(repo, "rev-parse", f"{old}^{{tree}}") == content:
            return
    _git(repo, "push", "--quiet", f"--force-with-lease={ref}:{old}", "origin", f"{commit}:{ref}")


def _git(repo: Repo, *args: str, **env: str) -> str:
    return _run(repo, ["git", *args], env).strip()


def _gh(repo: Repo, method: str, path: str, data: Mapping[str, str] | None = None) -> Any:
    command = ["gh", "api", "--method", method, path, *(["--input", "-"] if data else [])]
    return json.loads(_run(repo, command, {}, json.dumps(data) if data else ""))


def _run(repo: Repo, command: list[str], env: Mapping[str, str], sent: str = "") -> str:
    try:
        done = subprocess.run(
            command,
            cwd=repo.root,
            env={**os.environ, **env},
            input=sent,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise PipelineError(f"{command[0]} is not installed; `make propose` needs it") from error
    if done.returncode:
        told = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise PipelineError(f"`{' '.join(command[:3])}` failed: {told}")
    return done.stdout


def main() -> int:
    """Run with the environment of `make`."""
    return propose(os.environ, Repo())


if __name__ == "__main__":
    sys.exit(errors.run("propose", main))
