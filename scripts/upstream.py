"""Read the published document once: what the tree records of it, and what it says now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from scripts import contract, document, select
from scripts.compare import compare
from scripts.fetch import Validators, fetch
from scripts.progress import stage
from scripts.report import Report, make_report
from scripts.settings import is_set
from scripts.shape import METHODS, Node
from scripts.source import Source, known_validators, new_source, read_source
from scripts.tree import PUBLISHED, Tree


@dataclass(frozen=True)
class Upstream:
    """A freshly read document."""

    url: str
    validators: Validators
    source: Source
    everything: Node
    selected: Node
    report: Report


def read_upstream(env: Mapping[str, str], tree: Tree, wanted: list[str]) -> Upstream | None:
    """Fetch the document and reduce it.

    Args:
        env: `SPEC_URL` says where it is, `FORCE` asks for it even when it is unchanged.
        tree: Where the last one is recorded.
        wanted: The operations to select.

    Returns:
        What there is, or None when the server says that the recorded document is current.

    Raises:
        PipelineError: When there is no such document, or it does not have the operations.
    """
    url = env.get("SPEC_URL") or PUBLISHED
    old = read_source(tree)
    with stage("fetch"):
        known = Validators() if is_set(env, "FORCE") else _validators(tree, old, url, wanted)
        answer = fetch(url, known, user_agent=f"upsun-client/{version('upsun-client')}")
    if answer.body is None:
        return None
    with stage("select"):
        whole = document.parse(answer.body, url)
        selected = select.select(whole, wanted, url)
        everything = selected
        if select.EVERYTHING not in wanted:
            everything = select.select(whole, [select.EVERYTHING], url)
        digests = contract.digests(everything)
        report = _report(dict(old.operations), digests, _committed(tree), selected)
    source = new_source(old, url, whole, answer.validators, digests)
    return Upstream(url, answer.validators, source, everything, selected, report)


def wanted_operations(env: Mapping[str, str], tree: Tree) -> list[str]:
    """Give the operations of this run: those asked for, else the recorded ones."""
    asked = select.read_operations(env.get("OPERATIONS") or "")
    if asked or not tree.operations.exists():
        return asked
    return select.read_operations(tree.operations.read_text(encoding="utf-8"))


def _validators(tree: Tree, old: Source, url: str, wanted: list[str]) -> Validators:
    """Be conditional only when "unchanged" would leave nothing to do."""
    made = tree.contract.exists() and tree.package.exists()
    same = tree.operations.exists() and wanted == wanted_operations({}, tree)
    return known_validators(tree, old, url) if made and same else Validators()


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


def _committed(tree: Tree) -> Node | None:
    if not tree.contract.exists():
        return None
    name = tree.name(tree.contract)
    return document.parse(tree.contract.read_bytes(), name)
