"""How a request is sent: path check, token, attempt, judgement, renewal, retry."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from ._body import (
    ERROR_BODY_TIMEOUT,
    AsyncStreamed,
    RequestBody,
    Streamed,
    SyncStreamed,
    fill,
    hurry,
)
from ._call import SUCCESS_LIMIT, Answer, Call
from ._connections import Pool, Visit
from ._error_body import ERROR_BODY_LIMIT, decompress
from ._errors import ClientClosedError, ConfigurationError, UnsafePathError, UpsunError
from ._httpx import httpx
from ._io import Io
from ._options import Hooks
from ._tokens import AccessToken, Tokens
from ._urls import origin

_READ_AHEAD = 4096  # bytes beyond the limit, so that no token is cut in two


class Flow:
    """The policy of a client's requests.

    Args:
        bases: URLs of the servers that requests go to, and no others.
        retries: how often to try again.
        redact: takes credentials out of what a server echoed.
        tokens: where access tokens come from; None for the exchange itself, whose answer is small,
            and which may be repeated.
    """

    def __init__(
        self,
        bases: list[httpx.URL],
        retries: int,
        redact: Callable[[str], str],
        tokens: Tokens | None = None,
    ) -> None:
        self._origins = {origin(base) for base in bases}
        self._retries = retries
        self._redact = redact
        self._tokens = tokens

    async def send(
        self,
        io: Io,
        pool: Callable[[], Pool],
        request: httpx.Request,
        hooks: Hooks,
        streamed: type[SyncStreamed | AsyncStreamed] | None = None,
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help.

        Args:
            io: who drives.
            pool: gives the connections, or raises the error for a client that is closed.
            request: without credentials, and stays so.
            hooks: of the caller, called at each attempt; what they raise reaches him as it is.
            streamed: what the body is that the caller reads; None to read it here.

        Raises:
            UpsunError: unless the answer is a success; its class says why.
        """
        self._check_origin(request.url)
        call = Call(request, self._retries, self._redact, is_exchange=not self._tokens)
        began = time.monotonic()
        refused: AccessToken | None = None
        while True:
            call.begin()
            try:
                connections = pool()
                token = await self._token(io, call, began, refused)
            except UpsunError as error:
                call.note(error)
                raise
            sent = _copy(request, token)
            try:
                answer = await self._attempt(io, connections, sent, request, hooks, streamed)
            except BaseException:
                # Who holds on to it, such as an error, shall not hold the token.
                sent.headers.pop("Authorization", None)
                raise
            if answer.is_success:
                return _accept(answer, call)
            if self._tokens and token and not refused and answer.calls_for_renewal:
                self._tokens.forget(token)
                if call.is_repeatable:
                    refused = token
                    call.attempts -= 1
                    continue
            await io.sleep(call.wait_after(answer))

    def _check_origin(self, url: httpx.URL) -> None:
        if url.userinfo:
            raise UnsafePathError("a URL must hold no user or password; nothing was sent")
        if origin(url) not in self._origins:
            raise UnsafePathError(
                f"{url.scheme}://{url.netloc.decode('ascii')[:80]} is not the server that this "
                "client is for, nor one of its trusted_origins; nothing was sent"
            )

    async def _token(
        self, io: Io, call: Call, began: float, refused: AccessToken | None
    ) -> AccessToken | None:
        if not self._tokens:
            return None
        patience = call.request.extensions["timeout"]["read"]
        token = await self._tokens.get(io, began, refused, patience)
        if token is None:
            raise call.late(patience)
        return token

    async def _attempt(  # noqa: PLR0917
        self,
        io: Io,
        pool: Pool,
        sent: httpx.Request,
        request: httpx.Request,
        hooks: Hooks,
        streamed: type[SyncStreamed | AsyncStreamed] | None,
    ) -> Answer:
        """Send a request once, and read what is to be read of the answer.

        Whether it was sent is known from the place that an exception comes from: a hook of the
        caller's, or his body, may raise whatever it likes, and that is his.
        """
        answer = Answer()
        for hook in hooks["request"]:
            await io.call(hook, sent)
        if pool.gate and not await io.enter(pool.gate, sent.extensions["timeout"]["pool"]):
            answer.error = httpx.PoolTimeout("")
            return answer
        visit = Visit(io, pool)
        try:
            await _deliver(io, pool, visit.client, sent, answer)
            if (response := answer.response) is None:
                await visit.leave()
                return answer
            response.request = request
            for hook in hooks["response"]:
                await io.call(hook, response)
            if streamed and answer.is_success and not response.is_closed:
                response.stream = streamed(response.stream, visit)
                return answer
            await self._read(io, sent, response, answer)
        except BaseException as error:
            if not isinstance(error, Exception):  # the task was cancelled
                pool.replace(visit.client)
            if answer.response is not None:
                await io.close(answer.response.stream)
            await visit.leave()
            raise
        await visit.leave()
        return answer

    async def _read(
        self, io: Io, sent: httpx.Request, response: httpx.Response, answer: Answer
    ) -> None:
        """Read a body within its limits, unless a mock or a hook has read it."""
        if response.is_stream_consumed:
            try:
                answer.body += response.content
            except httpx.ResponseNotRead:
                raise ConfigurationError(
                    f"an event hook has taken the body of the answer {response.status_code}; "
                    "let it call response.read()"
                ) from None
            return
        answer.encoding = response.headers.get("content-encoding", "")
        read = sent.extensions["timeout"]["read"]
        limit, seconds = SUCCESS_LIMIT, None if read is None else 10 * read
        if not (self._tokens and response.is_success):
            hurry(sent)
            limit, seconds = ERROR_BODY_LIMIT + _READ_AHEAD, ERROR_BODY_TIMEOUT
        try:
            stopped = await fill(answer.body, io, response.stream, limit=limit, seconds=seconds)
            answer.stopped = stopped if self._tokens else ""  # a token is short, or none
        except (httpx.HTTPError, httpx.StreamError) as error:
            if response.is_success:
                answer.error = error


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
    raise ConfigurationError(
        f"httpx cannot send with these httpx_args or this environment: {answer.error!r:.300}"
    )


def _copy(request: httpx.Request, token: AccessToken | None) -> httpx.Request:
    """Copy a request, with the token: who holds on to the original shall not hold it."""
    sent = copy.copy(request)  # which leaves out what httpx does not pickle
    sent.stream = request.stream
    if not isinstance(request.stream, httpx.ByteStream):
        sent.stream = RequestBody(request.stream)
    sent.headers = httpx.Headers(request.headers)
    if token:
        sent.headers["Authorization"] = f"Bearer {token.reveal()}"
    sent.extensions = {**request.extensions, "timeout": {**request.extensions["timeout"]}}
    return sent


def _accept(answer: Answer, call: Call) -> httpx.Response:
    """Return a success, with the body that was read.

    Raises:
        APIResponseValidationError: if its body is too large or cannot be decompressed.
    """
    response = answer.response
    assert response is not None  # noqa: S101 - as it is a success
    if response.is_stream_consumed or isinstance(response.stream, Streamed):
        return response
    headers = response.headers
    try:
        body = decompress(bytes(answer.body), answer.encoding, SUCCESS_LIMIT)
    except ValueError as error:
        raise call.refuse(response, f"undecodable body: {error.args[0]}") from None
    if len(body) > SUCCESS_LIMIT:
        raise call.too_large(response)
    response.stream = httpx.ByteStream(body)  # the old one holds on to the request as sent
    if answer.encoding:
        response.headers = httpx.Headers(headers.raw)
        del response.headers["content-encoding"]
    response.read()
    response.headers = headers
    return response
