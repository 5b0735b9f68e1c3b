"""A server on loopback that answers byte for byte what a test tells it to, faults included."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import parse_headers
from typing import Any, Self

TOKEN_PATH = "/oauth2/token"


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Reaction = bytes | Callable[[socket.socket], object]
Script = Sequence[Reaction] | Callable[[Request], Reaction]


def answer(status: int | str = 200, body: Any = b"", /, **headers: str) -> bytes:
    """One whole HTTP answer; a body that is no bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content_type": "application/json", "content_length": str(len(raw)), **headers}
    lines = [f"HTTP/1.1 {status} X" if isinstance(status, int) else f"HTTP/1.1 {status}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


ACCEPTED = answer(
    "202 Accepted",
    {"status": "Accepted", "code": 202, "_embedded": {"activities": [{"id": "act1"}]}},
)


def token(value: Any = "access-1", **more: Any) -> bytes:
    return answer(200, {"access_token": value, "expires_in": 900, "token_type": "bearer", **more})


def cut(raw: bytes) -> Callable[[socket.socket], None]:
    """Send this much, then close the connection, as after every reaction that is no answer."""
    return lambda connection: connection.sendall(raw)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


close = cut(b"")
garbage = cut(b"\x00\x01SSH-2.0-nonsense\r\n\r\n")


class Held:
    """A script whose first request is answered when it is let go, and each other at once."""

    def __init__(self, raw: bytes) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()
        self._raw = raw

    def __call__(self, _: Request) -> bytes:
        if not self.asked.is_set():
            self.asked.set()
            self.go_on.wait(30)
        return self._raw


@dataclass
class Wire:
    """Answers calls of the API from one script and exchanges from another.

    A script that runs out repeats its last line.
    """

    api: Script = field(default_factory=lambda: [ACCEPTED])
    exchange: Script = field(default_factory=lambda: [token()])
    tls: ssl.SSLContext | None = None
    hold: threading.Event | None = None  # exchanges wait for it

    def __post_init__(self) -> None:
        self.calls: list[Request] = []
        self.exchanges: list[Request] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        self.token_url = self.url + TOKEN_PATH
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self.take_no_more()
        self._acceptor.join()
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def take_no_more(self) -> None:
        """Refuse further connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def let_go(self) -> None:
        """Answer the exchanges that are held."""
        if self.hold:
            self.hold.set()

    def kwargs(self, **more: Any) -> dict[str, Any]:
        """Arguments of an UpsunClient for this server."""
        return {"api_token": "api-token", "base_url": self.url, "token_url": self.token_url} | more

    def _accept(self) -> None:
        with suppress(OSError):  # until it takes no more
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        wrap = partial(self.tls.wrap_socket, server_side=True) if self.tls else nullcontext
        with suppress(OSError, ValueError), plain, wrap(plain) as connection:
            self._sockets.append(connection)
            with connection.makefile("rb") as stream:
                while request := _read(stream):
                    reaction = self._react(request)
                    if not isinstance(reaction, bytes):
                        reaction(connection)
                        return
                    connection.sendall(reaction)

    def _react(self, request: Request) -> Reaction:
        is_exchange = request.target == TOKEN_PATH
        log, script = (self.exchanges, self.exchange) if is_exchange else (self.calls, self.api)
        with self._lock:
            log.append(request)
            count = len(log)
        if is_exchange and self.hold:
            self.hold.wait(30)
        return script(request) if callable(script) else script[min(count, len(script)) - 1]


def _read(stream: Any) -> Request | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    parsed = parse_headers(stream)
    headers = {name.lower(): ", ".join(parsed.get_all(name, [])) for name in parsed}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(_chunks(stream))
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(line[0], line[1], headers, body)


def _chunks(stream: Any) -> Iterator[bytes]:
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()
