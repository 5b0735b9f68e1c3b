"""Read the published document once: what the tree records of it, and what it says now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from scripts.pipeline import contract, document, select, validator
from scripts.pipeline.address import shown
from scripts.pipeline.compare import Change, compare, compare_names
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.fetch import fetch
from scripts.pipeline.normalize import normalize
from scripts.pipeline.overlay import read_overlay
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import PUBLISHED, Repo, is_set, read_text
from scripts.pipeline.report import Report
from scripts.pipeline.source import known_conditions, read_source, recorded_url
from scripts.pipeline.walk import Node


@dataclass(frozen=True)
class Upstream:
    """A freshly read document, and what it gives."""

    whole: Node  # without prose
    selected: Node
    source: Node  # as recorded
    report: Report
    conditions: Mapping[str, str]  # of the next fetch


def wanted_operations(env: Mapping[str, str], repo: Repo) -> list[str]:
    """Give the operations of this run: those asked for, else the recorded ones."""
    asked = select.read_operations(env.get("OPERATIONS") or "")
    if asked or not repo.operations.exists():
        return asked
    return select.read_operations(read_text(repo.operations, repo.name(repo.operations)))


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
    before, old = read_source(repo)["operations"], _committed(repo, prose=prose)
    with stage("fetch"):
        known = {} if is_set(env, "FORCE") else known_conditions(repo, state(env, repo, wanted))
        answer = fetch(url, known)
    if answer.body is None:
        return None
    with stage("select"):
        where = shown(url)
        whole = document.read(answer.body, where)
        plain = normalize(whole)
        paths, faults = select.paths_of(plain, where)
        there = contract.digests(plain, paths)
        paths |= dict.fromkeys(faults)
        found = {word: select.matches(word, there) for word in wanted}
        had, has = contract.names(old), set().union(*found.values())
        # Of which a word stood for, and stands for nothing now.
        gone = {name for word in wanted if not found[word] for name in select.matches(word, had)}
        left = [word for word in wanted if found[word] or not gone]
        selected = {**old, "paths": {}}
        if left or not gone:
            selected = select.select(whole, left, where, prose=prose)
        dropped, gained = (had - has) & there.keys(), (has - had) & (before or there).keys()
        new = normalize(selected)
        kept = _only(old, had - dropped), _only(new, has - gained)
    changes = _changes(repo, old, new, kept, paths) if had else []
    report = Report(before, there, len(has), changes, gained, dropped)
    if gone:
        report.write(env.get("REPORT") or "")
        print(report.text())
        told = {change.place: change.what.partition("; ")[2] for change in changes}
        fates = [f"'{name}' ({told.get(name, 'it cannot be compared')})" for name in sorted(gone)]
        words = ", ".join(word for word in wanted if not found[word])
        fault = f"upstream has no operation {', '.join(fates)}; correct {words} in OPERATIONS or"
        raise PipelineError(f"{fault} {repo.name(repo.operations)}")
    record = {"url": recorded_url(url), "sha256": document.sha256(whole), "operations": there}
    return Upstream(plain, selected, record, report, answer.conditions)


def state(env: Mapping[str, str], repo: Repo, wanted: list[str]) -> str:
    """Digest all that tells whether an unchanged document would change a repo."""
    parts = (repo.contract, repo.operations, repo.source, repo.overlay)
    held = [part.read_bytes().hex() if part.exists() else "" for part in parts]
    asked = (env.get("SPEC_URL") or PUBLISHED, wanted, is_set(env, "PROSE"))
    return document.sha256({"": [repo.package.exists(), *asked, *held]})


def _committed(repo: Repo, *, prose: bool) -> Node:
    """Give the committed contract without prose, one of nothing when there is none."""
    if not repo.contract.exists():
        return {}
    committed = document.parse(repo.contract.read_bytes(), repo.name(repo.contract))
    plain = normalize(committed)
    if plain != committed and not prose:
        print("spec/ has prose, and so have docstrings: without PROSE=1, both go")
    return plain


def _only(document: Node, wanted: Collection[str]) -> Node:
    """Reduce a document to some operations, or to none."""
    return select.select(document, wanted) if wanted else {"paths": {}}


def _changes(repo: Repo, old: Node, new: Node, kept: Sequence[Node], paths: Node) -> list[Change]:
    """Compare what callers know and keep with what takes its place; no contract is no silence."""
    if old == new:
        return []
    actions = read_overlay(repo.overlay)
    try:
        with stage("compare"):
            changes = compare(kept[0], kept[1], paths)
            changes += compare_names(old, new, actions, kept[0]) if kept[1]["paths"] else []
    except PipelineError as error:
        with validator.validated(new):
            pass  # its word goes before
        return [Change(repo.name(repo.contract), f"cannot be compared ({error})", breaking=True)]
    if not changes and {**kept[0], "info": 0} != {**kept[1], "info": 0}:
        changes = [Change(repo.name(repo.contract), "says the same in another way")]
    return sorted(changes, key=lambda change: not change.breaking)
