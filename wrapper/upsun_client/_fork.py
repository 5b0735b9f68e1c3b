"""What a forked child must not share with its parent: locks that are held, and connections."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_known: dict[int, tuple[weakref.ref[Any], Callable[[Any], None]]] = {}


def on_fork(thing: T, reset_after_fork: Callable[[T], None]) -> None:
    """Call ``reset_after_fork(thing)`` in every forked child, for as long as the thing lives."""
    key = id(thing)
    _known[key] = (weakref.ref(thing, lambda _: _known.pop(key, None)), reset_after_fork)


def _forked() -> None:
    for reference, reset_after_fork in list(_known.values()):
        if (thing := reference()) is not None:
            reset_after_fork(thing)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    os.register_at_fork(after_in_child=_forked)
