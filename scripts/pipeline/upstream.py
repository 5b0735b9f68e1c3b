"""Read the published document once: what the tree records of it, and what it says now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
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
from scripts.pipeline.walk import Node, by_method, with_operations


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
    old, committed = read_source(repo), _committed(repo)
    with stage("fetch"):
        is_done = not is_set(env, "FORCE") and _is_done(repo, old, committed, wanted, prose=prose)
        known = known_validators(repo, old, url) if is_done else None
        answer = fetch(url, known, user_agent=f"upsun-client/{version('upsun-client')}")
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


def _is_done(
    repo: Repo, old: Source, committed: Node | None, wanted: list[str], *, prose: bool
) -> bool:
    """Say whether the repo holds what an unchanged document would give, as far as is recorded."""
    if not committed or not repo.package.exists() or wanted != wanted_operations({}, repo):
        return False
    bare, recorded = normalize(committed), old.operations
    matched = [select.matches(word, recorded) for word in wanted]
    return (
        all(matched)
        and (bare != committed) is prose
        and contract.digests(bare) == {name: recorded[name] for name in set().union(*matched)}
    )


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
        nothing = {**(self.committed or {}), "paths": {}}
        report = self.report(select.select(self.whole, left) if left else nothing)
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
        chosen = {name: self._by_glob(name) for name in has - had}
        told = [
            replace(change, what=change.what + chosen.get(change.place, ""))
            for change in sorted(changes, key=lambda change: not change.breaking)
        ]
        new = {name: chosen[name] for name in gained}
        return Report(self.before, self.after, len(has), told, new, dropped, unreadable=self.faults)

    def _by_glob(self, name: str) -> str:
        globs = [word for word in self.wanted if word not in (name, select.EVERYTHING)]
        found = [word for word in globs if select.matches(word, [name])]
        return f", by {found[0]}" if found and name not in self.wanted else ""


def _only(document: Node, names: Collection[str]) -> Node:
    """Reduce a selected document once more."""
    paths = {
        path: with_operations(
            item,
            {
                method
                for method, operation in by_method(item).items()
                if contract.name_of(path, method, operation) in names
            },
        )
        for path, item in document["paths"].items()
    }
    return select.select({**document, "paths": paths}, [select.EVERYTHING])


def _committed(repo: Repo) -> Node | None:
    if not repo.contract.exists():
        return None
    return document.parse(repo.contract.read_bytes(), repo.name(repo.contract))
