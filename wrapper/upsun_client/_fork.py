"""What a forked child must not share with its parent: locks that are held, and connections."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from typing import Protocol

    class Forkable(Protocol):
        """Has something of its own for each process."""

        def after_fork(self) -> None:
            """Start over, in the child."""


_known: WeakSet[Forkable] = WeakSet()


def watch(thing: Forkable) -> None:
    """Call ``thing.after_fork()`` in every forked child, for as long as it lives."""
    _known.add(thing)


def _start_over() -> None:
    for thing in list(_known):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    os.register_at_fork(after_in_child=_start_over)
