"""One value for each event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.lowlevel import RunVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes a value on first use in an event loop, and gives it back in the same one.

    Nothing of anyio is imported before: a synchronous caller never pays for it.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: RunVar[T] | None = None

    def get(self) -> T:
        """Return the value of the running loop. Raises RuntimeError if there is none."""
        if self._values is None:
            from anyio.lowlevel import RunVar  # noqa: PLC0415

            self._values = RunVar(f"upsun_client.{id(self)}")
        try:
            return self._values.get()
        except LookupError:
            value = self._make()
            self._values.set(value)
            return value
