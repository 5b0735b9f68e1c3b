"""What a forked child must not share with its parent: locks that are held, and connections."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class _Resettable(Protocol):
    def reset_after_fork(self) -> None: ...


watched: weakref.WeakSet[_Resettable] = weakref.WeakSet()  # each is reset in every forked child


def _reset() -> None:
    for each in list(watched):
        each.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    os.register_at_fork(after_in_child=_reset)
