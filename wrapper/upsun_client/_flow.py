"""How a request is sent: path check, token, attempt, judgement, renewal, retry."""

from __future__ import annotations

import copy
import math
import time
from typing import Any

from ._body import RequestBody, Streamed, fill
from ._call import SUCCESS_LIMIT, TOO_LARGE, Answer, Call, Redact
from ._connections import Pool, Visit
from ._error_body import READ_LIMIT, decompress
from ._errors import ClientClosedError, ConfigurationError, UnsafePathError, UpsunError
from ._httpx import httpx
from ._io import Io
from ._tokens import AccessToken, Tokens
from ._urls import origin

ERROR_BODY_TIMEOUT = 10.0  # seconds: the status has said what matters


class Flow:
    """The policy of a client's requests.

    Args:
        bases: of the servers that requests go to, and no others.
        retries: how often to try again.
        redact: takes credentials out of what a server echoed.
        tokens: None for the exchange, whose answer is small.
    """

    def __init__(
        self, bases: list[httpx.URL], retries: int, redact: Redact, tokens: Tokens | None = None
    ) -> None:
        self.bases, self.retries, self.redact, self.tokens = bases, retries, redact, tokens

    async def send(self, io: Io, request: httpx.Request) -> httpx.Response:
        """Send a request, again where that is safe and may help.

        Raises:
            UpsunError: unless the answer is a success; its class says why.
        """
        self._check_origin(request.url)
        call = Call(request, self.retries, self.redact, is_exchange=not self.tokens)
        began, patience = time.monotonic(), request.extensions["timeout"]["read"]
        refused: AccessToken | None = None
        while True:
            try:
                pool, token = io.pool(), None
                if self.tokens:
                    token = await self.tokens.get(io, began, refused, patience)
                    token = token or call.give_up(patience)
                    pool = io.pool()  # another client may have closed the one from before the wait
            except UpsunError as error:
                call.note(error)
                raise
            sent = _copy(request, token)
            try:
                answer = await self._attempt(io, pool, sent, request)
            except BaseException:
                # Who holds on to it, such as an error, shall not hold the token.
                sent.headers.pop("Authorization", None)
                raise
            if answer.is_success:
                return _accept(answer)
            if self.tokens and token and not refused and answer.calls_for_renewal:
                self.tokens.forget(token)
                if call.is_repeatable:
                    refused = token
                    continue
            await io.sleep(call.wait_after(answer))

    def _check_origin(self, url: httpx.URL) -> None:
        if url.userinfo:
            raise UnsafePathError("a URL must hold no user or password; nothing was sent")
        if origin(url) not in map(origin, self.bases):
            where = f"{url.scheme}://{url.netloc.decode('ascii')[:80]} is not the server that this"
            what = "client is for, nor one of its trusted_origins; nothing was sent"
            raise UnsafePathError(f"{where} {what}")

    async def _attempt(
        self, io: Io, pool: Pool, sent: httpx.Request, request: httpx.Request
    ) -> Answer:
        """Send a request once, and read what is to be read of the answer.

        Whether it was sent is known from the place that an exception comes from: a hook of the
        caller's, or his body, may raise whatever it likes, and that is his.
        """
        answer = Answer()
        for hook in io.hooks["request"]:
            await io.call(hook, sent)
        if pool.gate and not await io.enter(pool.gate, sent.extensions["timeout"]["pool"]):
            answer.error = httpx.PoolTimeout("")
            return answer
        visit, stream = Visit(io, pool), None
        try:
            await _deliver(io, pool, visit.client, sent, answer)
            if response := answer.response:
                stream = response.stream
                response.request = request
                for hook in io.hooks["response"]:
                    await io.call(hook, response)
                if io.streamed and answer.is_success and not response.is_closed:
                    response.stream = io.streamed(response.stream, visit)
                    return answer
                await self._read(io, sent.extensions["timeout"], response, answer)
        except BaseException as error:
            if not isinstance(error, Exception):  # the task was cancelled
                visit.abandon()
            await visit.leave(stream)
            raise
        await visit.leave()
        return answer

    async def _read(
        self, io: Io, times: dict[str, Any], response: httpx.Response, answer: Answer
    ) -> None:
        """Read a body within its limits, unless a mock or a hook has read it."""
        if response.is_stream_consumed:
            try:
                answer.body = response.content
            except httpx.ResponseNotRead:
                what = f"the body of the answer {response.status_code}"
                problem = f"an event hook has taken {what}; let it call response.read()"
                raise ConfigurationError(problem) from None
            return
        limit, seconds = SUCCESS_LIMIT, times["read"] and 10 * times["read"]
        if not (self.tokens and response.is_success):
            # No longer for a chunk either, of what was answered already.
            times["read"] = min(times["read"] or math.inf, ERROR_BODY_TIMEOUT)
            limit, seconds = READ_LIMIT, ERROR_BODY_TIMEOUT
        raw, stopped = bytearray(), ""
        try:
            stopped = await fill(raw, io, response.stream, limit=limit, seconds=seconds)
        except (httpx.HTTPError, httpx.StreamError) as error:
            answer.error = error if response.is_success else None
        encoding = response.headers.get("content-encoding", "")
        answer.body, undecodable = decompress(bytes(raw), encoding, limit)
        if not self.tokens:
            return  # what was cut is no token, whatever cut it
        answer.is_late = stopped == "time"
        if stopped == "size" or len(answer.body) > limit:
            answer.problem = TOO_LARGE
        elif undecodable:
            answer.problem = f"undecodable body: {undecodable}"


async def _deliver(io: Io, pool: Pool, client: Any, sent: httpx.Request, answer: Answer) -> None:
    """Get a response, or the error with which the HTTP library gave up."""
    try:
        answer.response = await io.send(client, sent)
    except Exception as error:
        mine = sent.stream.raised if isinstance(sent.stream, RequestBody) else None
        if mine and error is not mine:
            raise mine from None
        if mine or not (pool.is_ours or isinstance(error, httpx.RequestError)):
            raise  # of the caller's body, or of his transport
        answer.error = error
    if answer.error is None or isinstance(answer.error, httpx.RequestError):
        return
    if client.is_closed:
        raise ClientClosedError
    what = "httpx cannot send with these httpx_args or this environment"
    raise ConfigurationError(f"{what}: {answer.error!r:.300}")


def _copy(request: httpx.Request, token: AccessToken | None) -> httpx.Request:
    """Copy a request, with the token: who holds on to the original shall not hold it."""
    sent = copy.copy(request)  # which leaves out what httpx does not pickle
    is_plain = isinstance(request.stream, httpx.ByteStream)
    sent.stream = request.stream if is_plain else RequestBody(request.stream)
    sent.headers = httpx.Headers(request.headers)
    if token:
        sent.headers["Authorization"] = f"Bearer {token.reveal()}"
    sent.extensions = {**request.extensions, "timeout": {**request.extensions["timeout"]}}
    return sent


def _accept(answer: Answer) -> httpx.Response:
    """Return a success, with the body that was read."""
    response = answer.response
    assert response is not None  # noqa: S101 - as it is a success
    if not (response.is_stream_consumed or isinstance(response.stream, Streamed)):
        response.stream = httpx.ByteStream(
            answer.body
        )  # the old one holds on to the request as sent
        headers, response.headers = response.headers, httpx.Headers()  # nothing is left to decode
        response.read()
        response.headers = headers
    return response
