"""A server on loopback that does as little as it can, so that what is measured is the client."""

import asyncio
import json
import re
import threading
from contextlib import suppress

_SLOW = 1.0  # seconds that it takes to delete the integration `slow`
_HEAD = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ACTIVITY = {"id": "activity", "state": "pending", "result": None}


def _answer(status: bytes, body: object) -> bytes:
    content = json.dumps(body).encode()
    return _HEAD % (status, len(content)) + content


_TOKEN = _answer(b"200 OK", {"access_token": "a" * 400, "expires_in": 900, "token_type": "bearer"})
_ACCEPTED = _answer(
    b"202 Accepted",
    {"status": "Accepted", "code": 202, "_embedded": {"activities": [_ACTIVITY]}},
)


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client has gone
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := re.search(rb"(?i)\ncontent-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            path = head.split(b" ", 2)[1]
            if path.endswith(b"/slow"):
                await asyncio.sleep(_SLOW)
            writer.write(_TOKEN if path == b"/token" else _ACCEPTED)
    writer.close()


def serve() -> str:
    """Serve for as long as this process lives, which else only waits; give the URL."""
    loop = asyncio.new_event_loop()
    starting = asyncio.start_server(_connection, "127.0.0.1", 0, backlog=1024)
    server = loop.run_until_complete(starting)
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
