"""A server on loopback that does as little as it can, so that what is measured is the client.

It prints its port, and ends when its standard input does.
"""

import asyncio
import json
import re
import sys
from contextlib import suppress

_SLOW = 1.0  # seconds of deleting the integration `slow`


def _answer(status: bytes, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(content)) + content


_TOKEN = _answer(b"200 OK", {"access_token": "a" * 400, "expires_in": 900, "token_type": "bearer"})
_EMBEDDED = {"activities": [{"id": "activity", "state": "pending", "result": None}]}
_ACCEPTED = _answer(b"202 Accepted", {"status": "Accepted", "code": 202, "_embedded": _EMBEDDED})


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


async def _serve() -> None:
    server = await asyncio.start_server(_connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
