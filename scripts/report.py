"""The account of a regeneration or a drift check, for a terminal and for a pull request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.compare_schemas import Change

_SHOWN = 20


@dataclass(frozen=True)
class Report:
    """What upstream changed, and what of it is in the selected operations."""

    total: int
    selected: int
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    changed: Sequence[str] = ()
    changes: Sequence[Change] = field(default_factory=tuple)
    first: bool = False

    @property
    def breaking(self) -> int:
        """Count the changes that break a caller."""
        return sum(change.breaking for change in self.changes)

    def text(self) -> str:
        """Write it for a terminal; long lists are cut."""
        lines = [self._upstream()]
        for mark, names in (("+", self.added), ("-", self.removed), ("~", self.changed)):
            lines += [f"  {mark} {name}" for name in names[:_SHOWN]]
            if len(names) > _SHOWN:
                lines.append(f"  {mark} and {len(names) - _SHOWN} more")
        lines.append(self._selected())
        lines += [
            f"  {'BREAKING' if change.breaking else 'fine    '} {change.place}: {change.what}"
            for change in self.changes[:_SHOWN]
        ]
        if len(self.changes) > _SHOWN:
            lines.append(f"  and {len(self.changes) - _SHOWN} more; REPORT=file has them all")
        return "\n".join(lines)

    def markdown(self) -> str:
        """Write it for a pull request, in full."""
        lines = ["# Upstream contract", "", f"- {self._upstream()}", f"- {self._selected()}"]
        if self.changes:
            lines += ["", "## Selected operations", "", "| place | change | for a caller |"]
            lines.append("| --- | --- | --- |")
            lines += [
                f"| `{_cell(change.place)}` | {_cell(change.what)} |"
                f" {'**breaking**' if change.breaking else 'fine'} |"
                for change in self.changes
            ]
        for title, names in (
            ("Added upstream", self.added),
            ("Removed upstream", self.removed),
            ("Changed upstream", self.changed),
        ):
            if names:
                lines += ["", f"## {title}", "", *(f"- `{_cell(name)}`" for name in names)]
        return "\n".join(lines) + "\n"

    def write(self, file: str) -> None:
        """Write the Markdown to a file, if one is named."""
        if file:
            Path(file).write_text(self.markdown(), encoding="utf-8")

    def _upstream(self) -> str:
        if self.first:
            return f"upstream: {self.total} operations; no earlier record to compare with"
        counts = len(self.added), len(self.removed), len(self.changed)
        if not any(counts):
            return f"upstream: {self.total} operations, none changed"
        return (
            f"upstream: {self.total} operations; {counts[0]} added, {counts[1]} removed,"
            f" {counts[2]} changed"
        )

    def _selected(self) -> str:
        count = f"{self.selected} operation{'' if self.selected == 1 else 's'}"
        if not self.changes:
            return f"selected: {count}, contract unchanged"
        changes = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}"
        return f"selected: {count}; {changes}, {self.breaking} breaking"


def make_report(
    before: dict[str, str], after: dict[str, str], selected: int, changes: Sequence[Change]
) -> Report:
    """Compare the digests of all operations, and add the changes of the selected ones.

    Args:
        before: Digests by operation id as last recorded; empty when nothing is.
        after: The digests now.
        selected: How many operations are selected.
        changes: What changed in them.
    """
    if not before:
        return Report(len(after), selected, changes=changes, first=True)
    return Report(
        total=len(after),
        selected=selected,
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=sorted(
            name for name in before.keys() & after.keys() if before[name] != after[name]
        ),
        changes=changes,
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")
