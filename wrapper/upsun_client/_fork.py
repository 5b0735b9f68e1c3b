"""What a forked child must not share with its parent: locks that are held, and connections."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_known: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def watch(thing: T, start_over: Callable[[T], None]) -> None:
    """Call ``start_over(thing)`` in every forked child, for as long as the thing lives."""
    _known[thing] = start_over


def _forked() -> None:
    for thing, start_over in list(_known.items()):
        start_over(thing)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    os.register_at_fork(after_in_child=_forked)
