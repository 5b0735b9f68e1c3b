"""The account of a regeneration or a drift check, for a terminal and for a pull request."""

from collections.abc import Collection, Mapping, Sequence
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

    before: Mapping[str, str]  # digests by operation, as last recorded; empty when nothing is
    after: Mapping[str, str]
    selected: int
    changes: Sequence[Change] = ()
    gained: Mapping[str, str] = field(default_factory=dict)  # with the glob that matched
    dropped: Collection[str] = ()
    imports: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)  # with the reason

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
        lines = [self._told_upstream()]
        for _, mark, names in self._upstream():
            lines += [f"  {mark} {_plain(name)}" for name in names[:_SHOWN]]
            if len(names) > _SHOWN:
                lines.append(f"  {mark} and {len(names) - _SHOWN} more")
        lines.append(self._told_selected())
        told = [
            f"  {mark:<8} {_plain(place)}: {_plain(what)}"
            for _, mark, items in self._selected()
            for place, what in items
        ]
        lines += told[:_SHOWN]
        if len(told) > _SHOWN:
            lines.append(f"  and {len(told) - _SHOWN} more; REPORT=file has them all")
        return "\n".join(lines)

    def markdown(self) -> str:
        """Write it for a pull request, in full; the first line is its title."""
        lines = [f"# {self.title}", "", f"- {self._told_upstream()}", f"- {self._told_selected()}"]
        for title, _, items in self._selected():
            lines += _section(title, [f"{_code(place)}: {_code(what)}" for place, what in items])
        for title, _, names in self._upstream():
            lines += _section(title, [_code(name) for name in names])
        return "\n".join(lines) + "\n"

    def write(self, file: str) -> None:
        """Write the Markdown to a file, if one is named."""
        if file:
            repo.replace(Path(file), self.markdown().encode())

    def _upstream(self) -> list[tuple[str, str, list[str]]]:
        """Give title, mark and operations of each list of what changed in the whole document."""
        old, new = self.before, self.after
        changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
        return [
            ("Added upstream", "+", sorted(new.keys() - old.keys()) if old else []),
            ("Removed upstream", "-", sorted(old.keys() - new.keys())),
            ("Changed upstream", "~", changed),
            (
                "Cannot be read upstream",
                "!",
                [f"{name}: {self.unreadable[name]}" for name in sorted(self.unreadable)],
            ),
        ]

    def _selected(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Give title, mark and items of each list of what changed in the selected operations."""
        changes: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
        for change in self.changes:
            changes[change.breaking].append((change.place, change.what))
        gained = [
            (name, f"{self.imports.get(name, 'newly selected')}{glob}")
            for name, glob in sorted(self.gained.items())
        ]
        return [
            ("Breaks a caller", "BREAKING", changes[True]),
            ("Does not break a caller", "fine", changes[False]),
            ("Selected", "selected", gained),
            (
                "No longer selected",
                "dropped",
                [(name, "no longer selected") for name in sorted(self.dropped)],
            ),
        ]

    def _told_upstream(self) -> str:
        total = f"upstream: {_count(self.after, 'operation')}"
        if self.unreadable:
            total += f", {len(self.unreadable)} of which cannot be read"
        if not self.before:
            return f"{total}; no earlier record to compare with"
        added, removed, changed, _ = (len(names) for _, _, names in self._upstream())
        if not added + removed + changed:
            return f"{total}, none changed"
        return f"{total}; {added} added, {removed} removed, {changed} changed"

    def _told_selected(self) -> str:
        count = f"selected: {self.selected} operation{'' if self.selected == 1 else 's'}"
        counts = (
            (len(self.gained), f"{len(self.gained)} newly selected"),
            (len(self.dropped), f"{len(self.dropped)} no longer selected"),
            (len(self.changes), f"{_count(self.changes, 'change')}, {self.breaking} breaking"),
        )
        parts = [told for number, told in counts if number]
        return f"{count}; {', '.join(parts)}" if parts else f"{count}, contract unchanged"


def _section(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)] if items else []


def _code(text: str) -> str:
    return "`" + _plain(text).replace("`", "'") + "`"


def _plain(text: str) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text[:_LONGEST])
    return " ".join(shown.split()) + ("..." if len(text) > _LONGEST else "")


def _count(items: Collection[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
