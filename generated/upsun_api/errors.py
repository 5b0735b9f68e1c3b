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

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import httpx

    from .client import AuthenticatedClient, Client

T = TypeVar("T")


def parse(
    parser: "Callable[..., T]",
    *,
    client: "AuthenticatedClient | Client",
    response: "httpx.Response",
) -> T:
    """Parse a response. If it does not fit, and has a method `misfit`, that makes the error."""
    try:
        return parser(client=client, response=response)
    except (AttributeError, KeyError, TypeError, ValueError, UnexpectedStatus) as error:
        misfit = getattr(response, "misfit", None)
        if misfit is None:
            raise
        raise misfit(error) from None
