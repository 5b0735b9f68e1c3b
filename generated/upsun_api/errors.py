# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""Contains shared errors types that can be raised from API functions"""


class UnexpectedStatus(Exception):
    """Raised by api functions when the response status an undocumented status and Client.raise_on_unexpected_status is True"""

    def __init__(self, status_code: int, content: bytes):
        self.status_code = status_code
        self.content = content

        super().__init__(
            f"Unexpected status code: {status_code}\n\nResponse content:\n{content.decode(errors='ignore')}"
        )


__all__ = ["UnexpectedStatus"]

from enum import Enum
from math import isfinite
from urllib.parse import quote


class Path(str):
    """The path of an operation, from the base URL; a link has the path of that, too."""

    __slots__ = ()


def segment(value: object) -> str:
    """Write a path parameter as one segment of the path.

    What is no scalar, such as None, is empty, no number, or has no encoding becomes a segment that no
    server takes (it starts with a null character), rather than one that reads as an id.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        try:
            return quote(str.__str__(value), safe="") or "%00empty%20segment"
        except UnicodeEncodeError:
            return "%00str%20without%20an%20encoding"
    is_number = isinstance(value, int) or (isinstance(value, float) and isfinite(value))
    scalar = is_number and not isinstance(value, bool)
    # A UUID, which not everybody has imported.
    if scalar or any(kind.__name__ == "UUID" for kind in type(value).__mro__):
        return quote(str(value), safe="")
    return f"%00{type(value).__name__}"
