"""The account of a regeneration or a drift check, for a terminal and for a pull request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.pipeline import repo
from scripts.pipeline.compare_schemas import Change

_SHOWN = 20
_LONGEST = 300


@dataclass(frozen=True)
class Report:
    """What upstream changed, what of it is in the selected operations, and which were chosen anew.

    What upstream says is somebody else's text: on a terminal it stays on its line, in Markdown it
    is code, which mentions nobody and shows no picture.
    """

    total: int
    selected: int
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    changed: Sequence[str] = ()
    changes: Sequence[Change] = field(default_factory=tuple)
    gained: Mapping[str, str] = field(default_factory=dict)  # what matched it, by operation id
    imports: Mapping[str, str] = field(default_factory=dict)
    dropped: Sequence[str] = ()
    first: bool = False

    @property
    def breaking(self) -> int:
        """Count the changes that break a caller."""
        return sum(change.breaking for change in self.changes)

    @property
    def moved(self) -> bool:
        """Say whether the contract of the selected operations is another one."""
        return bool(self.changes or self.gained or self.dropped)

    @property
    def title(self) -> str:
        """Say in a line whether the contract changed."""
        told = f"{_count(self.changes, 'change')} in the contract, {self.breaking} breaking"
        return f"Regenerate: {told if self.changes else 'contract unchanged'}"

    def naming(self, imports: Mapping[str, str]) -> "Report":
        """Say of operations that are newly selected how to import them."""
        return replace(self, imports=imports)

    def text(self) -> str:
        """Write it for a terminal; long lists are cut."""
        lines = [self._upstream()]
        for mark, names in (("+", self.added), ("-", self.removed), ("~", self.changed)):
            lines += [f"  {mark} {_plain(name)}" for name in names[:_SHOWN]]
            if len(names) > _SHOWN:
                lines.append(f"  {mark} and {len(names) - _SHOWN} more")
        lines.append(self._selected())
        told = [
            *(f"BREAKING {_describe(change)}" for change in self.changes if change.breaking),
            *(f"fine     {_describe(change)}" for change in self.changes if not change.breaking),
            *(f"selected {_plain(name)}: {self._gained(name)}" for name in sorted(self.gained)),
            *(f"dropped  {_plain(name)}: no longer selected" for name in self.dropped),
        ]
        lines += [f"  {line}" for line in told[:_SHOWN]]
        if len(told) > _SHOWN:
            lines.append(f"  and {len(told) - _SHOWN} more; REPORT=file has them all")
        return "\n".join(lines)

    def markdown(self) -> str:
        """Write it for a pull request, in full; the first line is its title."""
        lines = [f"# {self.title}", "", f"- {self._upstream()}", f"- {self._selected()}"]
        breaking = (_change(change) for change in self.changes if change.breaking)
        fine = (_change(change) for change in self.changes if not change.breaking)
        for title, items in (
            ("Breaks a caller", breaking),
            ("Does not break a caller", fine),
            ("Selected", (f"{_code(name)}: {_code(self._gained(name))}" for name in self.gained)),
            ("No longer selected", map(_code, self.dropped)),
            ("Added upstream", map(_code, self.added)),
            ("Removed upstream", map(_code, self.removed)),
            ("Changed upstream", map(_code, self.changed)),
        ):
            lines += _section(title, items)
        return "\n".join(lines) + "\n"

    def write(self, file: str) -> None:
        """Write the Markdown to a file, if one is named."""
        if file:
            repo.replace(Path(file), self.markdown().encode())

    def _gained(self, name: str) -> str:
        return f"{self.imports.get(name, 'newly selected')}{self.gained[name]}"

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
        count = f"selected: {self.selected} operation{'' if self.selected == 1 else 's'}"
        parts = [
            *([f"{len(self.gained)} newly selected"] if self.gained else []),
            *([f"{len(self.dropped)} no longer selected"] if self.dropped else []),
        ]
        if self.changes:
            parts += [_count(self.changes, "change"), f"{self.breaking} breaking"]
        elif not parts:
            return f"{count}, contract unchanged"
        return f"{count}; {', '.join(parts)}"


def make_report(
    before: dict[str, str],
    after: dict[str, str],
    selected: int,
    changes: Sequence[Change],
    *,
    gained: Mapping[str, str] | None = None,
    dropped: Iterable[str] = (),
) -> Report:
    """Compare the digests of all operations, and add what is known of the selected ones.

    Args:
        before: Digests by operation id as last recorded; empty when nothing is.
        after: The digests now.
        selected: How many operations are selected.
        changes: What changed in them.
        gained: Those that were not selected before, with what matched them.
        dropped: Those that were, and still are upstream.
    """
    return Report(
        total=len(after),
        selected=selected,
        added=sorted(after.keys() - before.keys()) if before else (),
        removed=sorted(before.keys() - after.keys()),
        changed=sorted(
            name for name in before.keys() & after.keys() if before[name] != after[name]
        ),
        changes=changes,
        gained=dict(sorted((gained or {}).items())),
        dropped=sorted(dropped),
        first=not before,
    )


def _section(title: str, items: Iterable[str]) -> list[str]:
    listed = [f"- {item}" for item in items]
    return ["", f"## {title}", "", *listed] if listed else []


def _describe(change: Change) -> str:
    return f"{_plain(change.place)}: {_plain(change.what)}"


def _change(change: Change) -> str:
    return f"{_code(change.place)}: {_code(change.what)}"


def _code(text: str) -> str:
    return "`" + _plain(text).replace("`", "'") + "`"


def _plain(text: str) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text[:_LONGEST])
    return " ".join(shown.split()) + ("..." if len(text) > _LONGEST else "")


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
