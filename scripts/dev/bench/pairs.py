"""Sides measured in turn, and the ratio between two of them. Needs nothing but Python."""

from collections.abc import Callable, Mapping
from statistics import quantiles
from typing import NamedTuple

Times = list[float]


class Ratio(NamedTuple):
    """How many times as much one side took as the other did: the quartiles over the pairs."""

    low: float
    median: float
    high: float


def ratio(ours: Times, limit: Times) -> Ratio:
    """Compare each measurement with the one that was made next to it."""
    found = [mine / theirs for mine, theirs in zip(ours, limit, strict=True)]
    return Ratio(*(quantiles(found, n=4, method="inclusive") if len(found) > 1 else found * 3))


def in_turn(
    sides: Mapping[str, Callable[[], float]], pairs: int, progress: Callable[[str], None]
) -> dict[str, Times]:
    """Measure each side so many times, in turn, after once that does not count.

    Always in the same order: then each waits as long for its turn, and no side's idle connections
    expire while those of another are kept.
    """
    times: dict[str, Times] = {name: [] for name in sides}
    for number in range(pairs + 1):
        progress(f"{number}/{pairs}")
        for name, measure in sides.items():
            taken = measure()
            if number:
                times[name].append(taken)
    return times
