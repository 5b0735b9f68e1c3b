"""A server on loopback that does as little as it can, so that what is measured is the client.

It prints its port, and ends when its standard input does.
"""

import asyncio
import json
import sys

_SLOWNESS = 0.2  # seconds, of deleting the integration `slow`; GET /peak says how many at once
_ACTIVITY = {
    "id": "bq3lykuepnoqc",
    "type": "integration.remove",
    "state": "pending",
    "result": None,
    "completion_percent": 0,
    "created_at": "2026-01-01T00:00:00+00:00",
    "parameters": {"user": "0" * 36, "integration": {"id": "integration", "type": "webhook"}},
    "_links": {"self": {"href": "/api/projects/project/activities/bq3lykuepnoqc"}},
}


def _answer(status: bytes, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(content)) + content


_TOKEN = _answer(b"200 OK", {"access_token": "a" * 400, "expires_in": 900, "token_type": "bearer"})
_ACCEPTED = _answer(
    b"202 Accepted",
    {"status": "Accepted", "code": 202, "_embedded": {"activities": [_ACTIVITY]}},
)
_slow = {"now": 0, "peak": 0}  # on all connections


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length: ")
            size = int(length.split(b"\r\n")[0]) if length else 0
            if len(rest) < size:
                return
            self._received = rest[size:]
            path = head.split(b" ", 2)[1]
            if path.endswith(b"/slow"):
                _slow["now"] += 1
                _slow["peak"] = max(_slow.values())
                asyncio.get_running_loop().call_later(_SLOWNESS, self._end)
            elif path == b"/token":
                self._transport.write(_TOKEN)
            elif path == b"/peak":
                self._transport.write(_answer(b"200 OK", _slow["peak"]))
                _slow["peak"] = 0
            else:
                self._transport.write(_ACCEPTED)

    def _end(self) -> None:
        _slow["now"] -= 1
        self._transport.write(_ACCEPTED)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
