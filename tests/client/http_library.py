"""The HTTP library that the client under test uses, by the name of the one that is its default.

`from tests.client.http_library import httpx` is httpx2 in `make test-httpx2`.
"""

from typing import TYPE_CHECKING

__all__ = ["httpx"]

if TYPE_CHECKING:
    import httpx
else:
    from upsun_api import client

    httpx = getattr(client, "httpx2", None) or client.httpx
