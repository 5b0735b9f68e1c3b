"""Read the published document once: what the tree records of it, and what it says now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from scripts.pipeline import contract, document, select
from scripts.pipeline.address import shown
from scripts.pipeline.compare import compare
from scripts.pipeline.fetch import Validators, fetch
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import PUBLISHED, Repo, read_text
from scripts.pipeline.report import Report, make_report
from scripts.pipeline.settings import is_set
from scripts.pipeline.shape import METHODS, Node
from scripts.pipeline.source import Source, known_validators, new_source, read_source


@dataclass(frozen=True)
class Upstream:
    """A freshly read document."""

    url: str
    validators: Validators
    source: Source
    everything: Node
    selected: Node
    report: Report


def read_upstream(env: Mapping[str, str], repo: Repo, wanted: list[str]) -> Upstream | None:
    """Fetch the document and reduce it.

    Args:
        env: `SPEC_URL` says where it is, `FORCE` asks for it even when it is unchanged.
        repo: Where the last one is recorded.
        wanted: The operations to select.

    Returns:
        What there is, or None when the server says that the recorded document is current.

    Raises:
        PipelineError: When there is no such document, or it does not have the operations.
    """
    url = env.get("SPEC_URL") or PUBLISHED
    old, committed = read_source(repo), _committed(repo)
    with stage("fetch"):
        known = Validators()
        if committed and not is_set(env, "FORCE") and _is_done(repo, old, committed, wanted):
            known = known_validators(repo, old, url)
        answer = fetch(url, known, user_agent=f"upsun-client/{version('upsun-client')}")
    if answer.body is None:
        return None
    with stage("select"):
        name = shown(url)
        whole = document.parse(answer.body, name)
        selected = select.select(whole, wanted, name)
        everything = selected
        if select.EVERYTHING not in wanted:
            everything = select.select(whole, [select.EVERYTHING], name)
        digests = contract.digests(everything)
        report = _report(dict(old.operations), digests, committed, selected)
    source = new_source(old, url, whole, answer.validators, digests)
    return Upstream(url, answer.validators, source, everything, selected, report)


def wanted_operations(env: Mapping[str, str], repo: Repo) -> list[str]:
    """Give the operations of this run: those asked for, else the recorded ones."""
    asked = select.read_operations(env.get("OPERATIONS") or "")
    if asked or not repo.operations.exists():
        return asked
    return select.read_operations(read_text(repo.operations, repo.name(repo.operations)))


def _is_done(repo: Repo, old: Source, committed: Node, wanted: list[str]) -> bool:
    """Say whether the tree holds what an unchanged document would give, as far as is recorded."""
    recorded = dict(old.operations)
    names = recorded if select.EVERYTHING in wanted else wanted
    return (
        repo.package.exists()
        and wanted == wanted_operations({}, repo)
        and contract.digests(committed) == {name: recorded.get(name) for name in names}
    )


def _report(
    before: dict[str, str], after: dict[str, str], committed: Node | None, selected: Node
) -> Report:
    """Tell what upstream did to the selected operations apart from what was chosen anew."""
    had = contract.names(committed) if committed else set()
    has = contract.names(selected)
    dropped = {name for name in had - has if name in after}
    gained = {name for name in has - had if name in before or not before}
    changes = []
    if committed and committed != selected:
        changes = compare(_only(committed, had - dropped), _only(selected, has - gained))
    return make_report(before, after, len(has), changes, gained=gained, dropped=dropped)


def _only(document: Node, names: Collection[str]) -> Node:
    """Reduce a selected document once more."""
    paths = {
        path: {
            key: part
            for key, part in item.items()
            if key not in METHODS or contract.name_of(path, key, part) in names
        }
        for path, item in document["paths"].items()
    }
    return select.select({**document, "paths": paths}, [select.EVERYTHING])


def _committed(repo: Repo) -> Node | None:
    if not repo.contract.exists():
        return None
    name = repo.name(repo.contract)
    return document.parse(repo.contract.read_bytes(), name)
