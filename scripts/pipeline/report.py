"""The account of a regeneration or a drift check, for a terminal and for a pull request."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.pipeline import repo
from scripts.pipeline.compare import Change
from scripts.pipeline.errors import translate_errors

_LONGEST = 300
# What a report lists, by title: the mark on a terminal, and the word when it is counted.
_LISTS = {
    "Added upstream": ("+", "added"),
    "Removed upstream": ("-", "removed"),
    "Changed upstream": ("~", "changed"),
    "Breaks a caller": ("BREAKING", "breaking"),
    "Does not break a caller": ("fine    ", "not breaking"),
    "Selected": ("selected", "newly selected"),
    "No longer selected": ("dropped ", "no longer selected"),
}
_Lists = Mapping[str, Sequence[tuple[str, ...]]]  # items in parts, by title


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
    imports: dict[str, str] = field(default_factory=dict)  # of what is newly selected

    @property
    def moved(self) -> bool:
        """Say whether the contract of the selected operations is another one."""
        return bool(self.changes or self.gained or self.dropped)

    def text(self) -> str:
        """Write it for a terminal."""
        lines = []
        for summary, lists in self._parts():
            lines.append(summary)
            for title, items in lists.items():
                mark = _LISTS[title][0]
                lines += [f"  {mark} {': '.join(map(_plain, parts))}" for parts in items]
        return "\n".join(lines)

    def markdown(self) -> str:
        """Write it for a pull request; the first line is its title."""
        parts = list(self._parts())
        breaking = sum(change.breaking for change in self.changes)
        told = "another selection" if self.moved else "contract unchanged"
        if self.changes:
            told = f"{_count(len(self.changes), 'change')} in the contract, {breaking} breaking"
        lines = [f"# Regenerate: {told}", ""]
        lines += [f"- {summary}" for summary, _ in parts]
        for _, lists in reversed(parts):
            for title, items in lists.items():
                if items:
                    lines += ["", f"## {title}", ""]
                    lines += [f"- {': '.join(map(_code, parts))}" for parts in items]
        return "\n".join(lines) + "\n"

    def write(self, file: str) -> None:
        """Write the Markdown to a file, if one is named."""
        if file:
            told = f"REPORT={file}: name a file, in a folder that there is"
            with translate_errors(told, OSError):
                repo.replace(Path(file), self.markdown().encode())

    def _parts(self) -> Iterator[tuple[str, _Lists]]:
        """Give a summary, and what it sums up, of the whole document and of what is selected."""
        old, new = self.before, self.after
        both = sorted(old.keys() & new.keys())
        upstream = {
            "Added upstream": [(name,) for name in sorted(new.keys() - old.keys()) if old],
            "Removed upstream": [(name,) for name in sorted(old.keys() - new.keys())],
            "Changed upstream": [(name,) for name in both if old[name] != new[name]],
        }
        nothing = "none changed" if old else "no earlier record to compare with"
        yield _summary(f"upstream: {_count(len(new), 'operation')}", upstream, nothing), upstream
        told = [(change.breaking, (change.place, change.what)) for change in self.changes]
        imports = {name: self.imports.get(name, "newly selected") for name in sorted(self.gained)}
        selected: _Lists = {
            "Breaks a caller": [parts for is_breaking, parts in told if is_breaking],
            "Does not break a caller": [parts for is_breaking, parts in told if not is_breaking],
            "Selected": [*imports.items()],
            "No longer selected": [(name, "no longer selected") for name in sorted(self.dropped)],
        }
        head = f"selected: {_count(self.selected, 'operation')}"
        yield _summary(head, selected, "contract unchanged"), selected


def _summary(head: str, lists: _Lists, nothing: str) -> str:
    counts = [f"{len(items)} {_LISTS[title][1]}" for title, items in lists.items() if items]
    return f"{head}; {', '.join(counts) or nothing}"


def _code(text: str) -> str:
    return "`" + _plain(text).replace("`", "'") + "`"


def _plain(text: str) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text[:_LONGEST])
    return " ".join(shown.split()) + ("..." if len(text) > _LONGEST else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
