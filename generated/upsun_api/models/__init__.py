# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""Contains all the data models used in inputs/outputs, each imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .accepted_response import AcceptedResponse as AcceptedResponse
else:
    _MODULES = {
        "AcceptedResponse": "accepted_response",
    }

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

    def _never_called() -> None:  # programs that freeze an application find here what is loaded
        from . import (
            accepted_response,
        )


__all__: tuple[str, ...] = ("AcceptedResponse",)
