"""The account of a regeneration or a drift check, for a terminal and for a pull request."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.pipeline import repo
from scripts.pipeline.compare_schemas import Change
from scripts.pipeline.errors import PipelineError

_SHOWN = 20
_LONGEST = 300
_List = tuple[str, str, Sequence[tuple[str, ...]]]  # title, mark, and items in parts


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
    gained: Collection[str] = ()
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
        told = f"{_count(len(self.changes), 'change')} in the contract, {self.breaking} breaking"
        return f"Regenerate: {told if self.changes else 'contract unchanged'}"

    def naming(self, imports: Mapping[str, str]) -> "Report":
        """Say of operations that are newly selected how to import them."""
        return replace(self, imports=imports)

    def text(self) -> str:
        """Write it for a terminal; long lists are cut."""
        lines = []
        for summary, lists in self._parts():
            lines.append(summary)
            for _, mark, items in lists:
                lines += [f"  {mark} {': '.join(map(_plain, parts))}" for parts in items[:_SHOWN]]
                if len(items) > _SHOWN:
                    more = f"and {len(items) - _SHOWN} more; REPORT=file has them all"
                    lines.append(f"  {mark} {more}")
        return "\n".join(lines)

    def markdown(self) -> str:
        """Write it for a pull request, in full; the first line is its title."""
        parts = list(self._parts())
        lines = [f"# {self.title}", "", *(f"- {summary}" for summary, _ in parts)]
        for _, lists in reversed(parts):
            for title, _, items in lists:
                if items:
                    lines += ["", f"## {title}", ""]
                    lines += [f"- {': '.join(map(_code, parts))}" for parts in items]
        return "\n".join(lines) + "\n"

    @staticmethod
    def check(file: str) -> None:
        """Refuse a file that cannot be written, before the work that it is to tell of."""
        if file and (Path(file).is_dir() or not Path(file).parent.is_dir()):
            raise PipelineError(f"REPORT={file}: name a file, in a folder that there is")

    def write(self, file: str) -> None:
        """Write the Markdown to a file, if one is named."""
        if file:
            repo.replace(Path(file), self.markdown().encode())

    def _parts(self) -> Iterator[tuple[str, list[_List]]]:
        """Give a summary, and what it sums up, of the whole document and of what is selected."""
        old, new = self.before, self.after
        added = [(name,) for name in sorted(new.keys() - old.keys()) if old]
        removed = [(name,) for name in sorted(old.keys() - new.keys())]
        changed = [(name,) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
        unreadable = sorted(self.unreadable.items())
        told = "; no earlier record to compare with" if not old else ", none changed"
        if added or removed or changed:
            told = f"; {len(added)} added, {len(removed)} removed, {len(changed)} changed"
        some = f", {len(unreadable)} of which cannot be read" if unreadable else ""
        yield (
            f"upstream: {_count(len(new), 'operation')}{some}{told}",
            [
                ("Added upstream", "+", added),
                ("Removed upstream", "-", removed),
                ("Changed upstream", "~", changed),
                ("Cannot be read upstream", "!", unreadable),
            ],
        )
        breaking, fine = (
            [(change.place, change.what) for change in self.changes if change.breaking is wanted]
            for wanted in (True, False)
        )
        gained = [(name, self.imports.get(name, "newly selected")) for name in sorted(self.gained)]
        dropped = [(name, "no longer selected") for name in sorted(self.dropped)]
        counts = [f"{len(gained)} newly selected"] if gained else []
        counts += [f"{len(dropped)} no longer selected"] if dropped else []
        if self.changes:
            counts.append(f"{_count(len(self.changes), 'change')}, {self.breaking} breaking")
        told = f"; {', '.join(counts)}" if counts else ", contract unchanged"
        yield (
            f"selected: {_count(self.selected, 'operation')}{told}",
            [
                ("Breaks a caller", "BREAKING", breaking),
                ("Does not break a caller", "fine    ", fine),
                ("Selected", "selected", gained),
                ("No longer selected", "dropped ", dropped),
            ],
        )


def _code(text: str) -> str:
    return "`" + _plain(text).replace("`", "'") + "`"


def _plain(text: str) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text[:_LONGEST])
    return " ".join(shown.split()) + ("..." if len(text) > _LONGEST else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
