"""Read the published document once: what the tree records of it, and what it says now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import NoReturn

from scripts.pipeline import contract, document, select
from scripts.pipeline.address import shown
from scripts.pipeline.compare import compare, compare_names, compare_rest
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.fetch import Validators, fetch
from scripts.pipeline.normalize import normalize
from scripts.pipeline.overlay import read_overlay
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import PUBLISHED, Repo, is_set, read_text
from scripts.pipeline.report import Report
from scripts.pipeline.source import Source, known_validators, read_source, recorded_url
from scripts.pipeline.walk import Node


@dataclass(frozen=True)
class Upstream:
    """A freshly read document; `everything` is all of it that can be read."""

    url: str
    validators: Validators
    source: Source
    everything: Node
    selected: Node
    report: Report


# The digest of an operation that upstream has, and that nobody can read.
UNREADABLE = "unreadable"


def read_upstream(env: Mapping[str, str], repo: Repo, wanted: list[str]) -> Upstream | None:
    """Fetch the document and reduce it.

    Args:
        env: `SPEC_URL` says where it is, `FORCE` asks for it even when it is unchanged, `PROSE`
            keeps summaries and descriptions, `REPORT` names a file for the case that it is refused.
        repo: Where the last one is recorded.
        wanted: The operations to select.

    Returns:
        What there is, or None when the server says that the recorded document is current.

    Raises:
        PipelineError: When there is no such document, or it does not have the operations; if it
            had them once, the report of that has been written.
    """
    url, prose = env.get("SPEC_URL") or PUBLISHED, is_set(env, "PROSE")
    Report.check(env.get("REPORT") or "")
    old, committed = read_source(repo), _committed(repo)
    if committed and not prose and normalize(committed) != committed:
        print("spec/ has prose, and so have docstrings: without PROSE=1, both go")
    with stage("fetch"):
        known = known_validators(repo, url, state(repo, wanted, prose=prose))
        asked = None if is_set(env, "FORCE") else known
        answer = fetch(url, asked, user_agent=f"upsun-client/{version('upsun-client')}")
    if answer.body is None:
        return None
    with stage("select"):
        name = shown(url)
        whole = document.read(answer.body, name)
        everything, faults = select.readable(whole, wanted, name)
        digests = dict.fromkeys(faults, UNREADABLE) | contract.digests(everything)
        source = Source(recorded_url(url), document.sha256(whole), digests)
        account = _Account(repo, old.operations, digests, committed, whole, faults, wanted)
        gone = account.gone()
        if not gone:
            selected = select.select(whole, wanted, name, prose=prose)
            report = account.report(normalize(selected))
    if gone:
        account.report_gone(gone, env.get("REPORT") or "")
    return Upstream(url, answer.validators, source, everything, selected, report)


def wanted_operations(env: Mapping[str, str], repo: Repo) -> list[str]:
    """Give the operations of this run: those asked for, else the recorded ones."""
    asked = select.read_operations(env.get("OPERATIONS") or "")
    if asked or not repo.operations.exists():
        return asked
    return select.read_operations(read_text(repo.operations, repo.name(repo.operations)))


def state(repo: Repo, wanted: list[str], *, prose: bool) -> str:
    """Digest all that tells whether an unchanged document would change a repo."""
    parts = (repo.contract, repo.operations, repo.source)
    held = [part.read_text(encoding="utf-8") if part.exists() else "" for part in parts]
    return document.sha256({"": [repo.package.exists(), wanted, prose, *held]})


@dataclass(frozen=True)
class _Account:
    """What is known before and after, to tell what upstream did from what was chosen anew."""

    repo: Repo
    before: dict[str, str]
    after: dict[str, str]
    committed: Node | None
    whole: Node
    faults: dict[str, str]
    wanted: list[str]

    def gone(self) -> set[str]:
        """Name the operations of which a word of the selection stood for nothing else."""
        had = contract.names(self.committed) if self.committed else set()
        lost = (word for word in self.wanted if not select.matches(word, self.after))
        return {name for word in lost for name in select.matches(word, had)}

    def report_gone(self, gone: set[str], file: str) -> NoReturn:
        """Report what became of operations that nothing can be made of."""
        left = [word for word in self.wanted if select.matches(word, self.after)]
        report = self.report(_only(self.whole, left))
        report.write(file)
        print(report.text())
        fates = [
            f"'{change.place}' ({change.what.partition('; ')[2]})"
            for change in report.changes
            if change.place in gone and change.what.startswith("operation removed")
        ]
        raise PipelineError(
            f"upstream has no operation {', '.join(fates)} any more; correct OPERATIONS or"
            f" {self.repo.name(self.repo.operations)}"
        )

    def report(self, selected: Node) -> Report:
        """Compare a selection without prose with the committed one."""
        old = normalize(self.committed) if self.committed else None
        had, has = contract.names(old) if old else set(), contract.names(selected)
        dropped = {name for name in had - has if name in self.after}
        gained = {name for name in has - had if name in self.before or not self.before}
        changes = []
        if old and old != selected:
            pair = _only(old, had - dropped), _only(selected, has - gained)
            overlay = read_overlay(self.repo.overlay)
            paths, faults = select.paths_of(self.whole, "the document")
            there = {"paths": dict.fromkeys(faults) | paths}
            changes = [*compare(*pair, there), *compare_names(*pair, overlay)]
            changes = changes or compare_rest(*pair)
        changes.sort(key=lambda change: not change.breaking)
        known = self.before, self.after
        return Report(*known, len(has), changes, gained, dropped, unreadable=self.faults)


def _only(document: Node, wanted: Collection[str]) -> Node:
    """Reduce a document to some operations, or to none."""
    return select.select(document, wanted) if wanted else {**document, "paths": {}}


def _committed(repo: Repo) -> Node | None:
    if not repo.contract.exists():
        return None
    return document.parse(repo.contract.read_bytes(), repo.name(repo.contract))
