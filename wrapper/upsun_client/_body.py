"""The body of an answer: read within limits of size and time, and bound to its process."""

from __future__ import annotations

import math
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ._connections import Visit
from ._errors import ClientClosedError
from ._httpx import httpx
from ._io import Io, run


class RequestBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of the caller's that can be read once, such as a file; remembers what he raised."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.raised: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except Exception as error:
            self.raised = error
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except Exception as error:
            self.raised = error
            raise


class Streamed:
    """A body that the caller reads; the visit ends when it is closed."""

    def __init__(self, stream: Any, visit: Visit) -> None:
        self._stream, self._visit = stream, visit
        self._process = os.getpid()

    def _open(self) -> Any:
        if self._process != os.getpid():
            raise ClientClosedError("this answer belongs to the process that this one forked from")
        return self._stream

    async def aclose(self) -> None:
        # The old one holds on to the request as sent.
        stream, self._stream = self._stream, httpx.ByteStream(b"")
        await self._visit.leave(stream)


class SyncStreamed(Streamed, httpx.SyncByteStream):
    """A body that is streamed to a thread."""

    def __iter__(self) -> Iterator[bytes]:
        yield from self._open()

    def close(self) -> None:
        run(self.aclose())


class AsyncStreamed(Streamed, httpx.AsyncByteStream):
    """A body that is streamed to a task."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._open():
            yield chunk


async def fill(body: bytearray, io: Io, stream: Any, *, limit: int, seconds: float | None) -> str:
    """Read a body; say what stopped it before its end ('size', 'time'), '' for nothing.

    The limit is in bytes. What came before an error is in the body, too; the stream is closed.
    """
    stopped = ""
    until = math.inf if seconds is None else time.monotonic() + seconds
    try:
        async for chunk in io.chunks(stream):
            if stopped:
                break  # a body of the caller's transport, which goes on when it is closed
            body += chunk
            stopped = "size" if len(body) > limit else "time" * (time.monotonic() > until)
            if stopped:
                await io.close(stream)  # which ends the iteration, down to its last generator
    except (httpx.HTTPError, httpx.StreamError):
        if not stopped:
            raise
    finally:
        await io.close(stream)
    return stopped
