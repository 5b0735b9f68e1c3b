"""Event loops, of asyncio and of trio."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
_PATIENCE = 1.0  # seconds in which a loop calls back, unless it is blocked


def running_loop() -> Any:
    """Return what stands for the running event loop; None if there is none."""
    # Who has not imported them runs neither; who runs neither shall not pay for their import.
    if asyncio := sys.modules.get("asyncio"):
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            pass
    if trio := sys.modules.get("trio"):
        try:
            return trio.lowlevel.current_trio_token()
        except RuntimeError:
            pass
    return None


def has_stopped(loop: Any) -> bool:
    """Tell whether the tasks of a loop stand still. A trio loop ends with all its tasks."""
    return hasattr(loop, "is_running") and not loop.is_running()


def answers(loop: Any) -> bool:
    """Tell whether a loop still turns: it is not blocked, perhaps by who waits for this thread."""
    heard = threading.Event()
    return _call(loop, heard.set) and heard.wait(_PATIENCE)


def _nothing() -> None:
    pass


def _call(loop: Any, function: Callable[[], None]) -> bool:
    """Have a loop call a function soon; tell whether it is there to do so."""
    soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
    try:
        soon(function)
    except RuntimeError:  # of both libraries, when the loop has ended
        return False
    return True


class PerLoop(Generic[T]):
    """Makes a value on first use in an event loop, and gives it back in the same one."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[Any, T] = {}

    def __iter__(self) -> Iterator[T]:
        """Iterate over all values."""
        return iter(list(self._values.values()))

    def held(self) -> T | None:
        """Return the value of the running loop, if it has one."""
        return self._values.get(running_loop()) or self._values.get(None)

    def get(self) -> T:
        """Return the value of the running loop; without one, that of the next that runs."""
        loop = running_loop()
        if loop not in self._values:
            for other in list(self._values):
                if other and not _call(other, _nothing):
                    self._values.pop(other, None)  # which another thread may have done
            self._values[loop] = self._values.pop(None, None) or self._make()
        return self._values[loop]
