"""One line of the table: a figure of ours, that of its limit, and what is to be reached."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from scripts.dev.bench.pairs import Ratio, Times, ratio

UNPUBLISHED = "skipped: no published document in ../shared/upstream"
HEAD = ("what", "ours", "limit", "ratio (quartiles)", "reach", "", "generated alone")


@dataclass(frozen=True)
class Row:
    """A measurement. Without `ours` it was not made, and `note` says why."""

    what: str
    reach: float | None  # None where there is no target
    unit: str = ""
    ours: float | None = None
    limit: float | None = None
    ratio: Ratio | None = None
    generated: float | None = None  # its ratio to the limit
    pairs: int = 0
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Tell whether the target is; None if it was not measured."""
        figure = self.ratio.median if self.ratio else self.ours
        return None if figure is None or self.reach is None else figure <= self.reach

    def cells(self) -> tuple[str, ...]:
        """Write the figures for people."""
        what = f"{self.what} ({self.note})" if self.note else self.what
        if self.ours is None:
            return (what, *("-",) * (len(HEAD) - 1))
        ratio, reach = self.ratio, self.reach
        target = "" if reach is None else f"{reach:.2f}" if ratio else self._figure(reach)
        return (
            what,
            self._figure(self.ours),
            "" if self.limit is None else self._figure(self.limit),
            f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})" if ratio else "",
            target,
            {True: "yes", False: "NO", None: ""}[self.reached],
            f"{self.generated:.2f}" if self.generated else "",
        )

    def _figure(self, value: float) -> str:
        return f"{value:.4g} {self.unit}".rstrip()

    def dump(self) -> dict[str, Any]:
        """Write the figures for programs."""
        ratio = self.ratio and self.ratio._asdict()
        return {**asdict(self), "ratio": ratio, "reached": self.reached}


def compare(
    what: str, reach: float | None, unit: str, scale: float, times: dict[str, Times]
) -> Row:
    """Make a row of the sides `ours`, `limit` and perhaps `generated`, as measured in turn.

    Args:
        what: Is measured.
        reach: The ratio that is good enough; None where there is no target.
        unit: Of the figures in the table.
        scale: How many of them are one of those measured.
        times: By side.
    """
    limit = times["limit"]
    return Row(
        what,
        reach,
        unit,
        ours=median(times["ours"]) * scale,
        limit=median(limit) * scale,
        ratio=ratio(times["ours"], limit),
        generated=ratio(times["generated"], limit).median if "generated" in times else None,
        pairs=len(limit),
    )


def table(rows: list[Row]) -> str:
    """Lay out rows as text."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
