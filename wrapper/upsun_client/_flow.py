"""How a request is sent: path check, token, attempt, judgement, renewal, retry."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import httpx

from ._body import ERROR_BODY_TIMEOUT, SUCCESS_LIMIT, RequestBody, Streamed, fill, hurry
from ._connections import Pool
from ._error_body import ERROR_BODY_LIMIT, decompress
from ._errors import (
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    UnsafePathError,
    UpsunError,
)
from ._io import Io
from ._judgement import Answer, Judgement, path_of
from ._options import Hooks
from ._paths import check_path
from ._retry import IDEMPOTENT, Attempts
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
        streamed: Callable[[Any, Any], Any] | None = None,
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help.

        Args:
            io: who drives.
            pool: gives the connections, or raises the error for a client that is closed.
            request: without credentials, and stays so.
            hooks: of the caller, called at each attempt; what they raise reaches him as it is.
            streamed: makes a body that the caller is to read; None to read it here.

        Raises:
            UpsunError: unless the answer is a success; its class says why.
        """
        path = path_of(request)
        self._check_origin(request.url)
        check_path(path)
        repeatable = isinstance(request.stream, httpx.ByteStream)  # all else can be read once
        attempts = Attempts(
            request.method,
            path,
            retries=self._retries,
            idempotent=not self._tokens or request.method in IDEMPOTENT,
            repeatable=repeatable,
        )
        judgement = Judgement(attempts, request, self._redact, exchange=not self._tokens)
        began = time.monotonic()
        refused: AccessToken | None = None
        while True:
            attempts.begin()
            try:
                connections = pool()
                token = await self._token(io, request, attempts, began, refused)
            except UpsunError as error:
                attempts.note(error)
                raise
            answer = await self._attempt(io, connections, request, token, hooks, streamed)
            if answer.is_success:
                return _accept(answer, judgement)
            if self._tokens and token and not refused and answer.calls_for_renewal:
                self._tokens.forget(token)
                if repeatable:
                    refused = token
                    attempts.count -= 1
                    continue
            await io.sleep(judgement.wait_after(answer))

    def _check_origin(self, url: httpx.URL) -> None:
        if url.userinfo:
            raise UnsafePathError("a URL must hold no user or password; nothing was sent")
        if origin(url) not in self._origins:
            raise UnsafePathError(
                f"{url.scheme}://{url.netloc.decode('ascii')[:80]} is not the server that this "
                "client is for, nor one of its trusted_origins; nothing was sent"
            )

    async def _token(
        self,
        io: Io,
        request: httpx.Request,
        attempts: Attempts,
        began: float,
        refused: AccessToken | None,
    ) -> AccessToken | None:
        if not self._tokens:
            return None
        patience = request.extensions["timeout"]["read"]
        if token := await self._tokens.get(io, began, refused, patience):
            return token
        raise APITimeoutError(
            f"no access token within {patience:g} s, so {attempts.method} {attempts.path[:200]} was "
            "not sent; the token exchange goes on: repeat, or raise timeout",
            method=attempts.method,
            path=attempts.path,
            attempts=attempts.count,
        )

    async def _attempt(
        self,
        io: Io,
        pool: Pool,
        request: httpx.Request,
        token: AccessToken | None,
        hooks: Hooks,
        streamed: Callable[[Any, Any], Any] | None,
    ) -> Answer:
        """Send a request once, and read what is to be read of the answer.

        Whether it was sent is known from the place that an exception comes from: a hook of the
        caller's, or his body, may raise whatever it likes, and that is his.
        """
        answer = Answer()
        sent = _copy(request)
        if token:
            sent.headers["Authorization"] = f"Bearer {token.reveal()}"
        try:
            for hook in hooks["request"]:
                await io.call(hook, sent)
            if pool.gate and not await io.enter(pool.gate, sent.extensions["timeout"]["pool"]):
                answer.fail(httpx.PoolTimeout(""))
                return answer
            pool.inside.add(ticket := object())
            try:
                await self._deliver(io, pool, sent, answer)
                if (response := answer.response) is None:
                    return answer
                response.request = request
                for hook in hooks["response"]:
                    await io.call(hook, response)
                if streamed and answer.is_success and not response.is_closed:
                    response.stream = streamed(response.stream, lambda: pool.leave(ticket))
                    return answer
                await self._read(io, sent, response, answer)
            except BaseException:
                if answer.response is not None:
                    await io.close(answer.response.stream)
                raise
            finally:
                if not (answer.response and isinstance(answer.response.stream, Streamed)):
                    pool.leave(ticket)
        except BaseException:
            # Who holds on to it, such as an error, shall not hold the token.
            sent.headers.pop("Authorization", None)
            raise
        return answer

    async def _deliver(self, io: Io, pool: Pool, sent: httpx.Request, answer: Answer) -> None:
        problem = ""
        try:
            answer.response = await io.send(pool.client, sent)
        except Exception as error:
            mine = sent.stream.raised if isinstance(sent.stream, RequestBody) else None
            if mine and error is not mine:
                raise mine from None
            if mine or not (pool.is_ours or isinstance(error, httpx.RequestError)):
                raise  # of the caller's body, or of his transport
            if isinstance(error, httpx.RequestError):
                answer.fail(error)
            else:
                problem = repr(error)
        if problem and pool.client.is_closed:
            raise ClientClosedError("this client is closed; make a new one")
        if problem:
            raise ConfigurationError(
                f"httpx cannot send with these httpx_args or this environment: {problem[:300]}"
            )

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
        limit, times = SUCCESS_LIMIT, sent.extensions["timeout"]
        seconds = None if times["read"] is None else 10 * times["read"]
        if not (self._tokens and response.is_success):
            hurry(sent)
            limit, seconds = ERROR_BODY_LIMIT + _READ_AHEAD, ERROR_BODY_TIMEOUT
        try:
            stopped = await fill(answer.body, io, response.stream, limit=limit, seconds=seconds)
            answer.stopped = stopped if self._tokens else ""  # a token is short, or none
        except (httpx.HTTPError, httpx.StreamError) as error:
            if response.is_success:
                answer.fail(error)


def _copy(request: httpx.Request) -> httpx.Request:
    """Copy a request: who holds on to the original shall not hold the token."""
    sent = copy.copy(request)  # which leaves out what httpx does not pickle
    sent.stream = request.stream
    if not isinstance(request.stream, httpx.ByteStream):
        sent.stream = RequestBody(request.stream)
    sent.headers = httpx.Headers(request.headers)
    sent.extensions = {**request.extensions, "timeout": {**request.extensions["timeout"]}}
    return sent


def _accept(answer: Answer, judgement: Judgement) -> httpx.Response:
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
        raise judgement.outside_contract(response, f"undecodable body: {error.args[0]}") from None
    if len(body) > SUCCESS_LIMIT:
        raise judgement.too_large(response)
    response.stream = httpx.ByteStream(body)  # the old one holds on to the request as sent
    if answer.encoding:
        response.headers = httpx.Headers(headers.raw)
        del response.headers["content-encoding"]
    response.read()
    response.headers = headers
    return response
