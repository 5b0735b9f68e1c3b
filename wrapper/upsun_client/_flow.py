"""How a request is sent: path check, token, attempt, judgement, renewal, retry."""

import math
import time
from contextlib import suppress
from typing import Any, cast

from ._body import BROKEN, READ_LIMIT, Recorded, decompress, fill
from ._call import STREAM, Call, Redact, path_of
from ._connections import Pool, TaskVisit, ThreadVisit, Visit
from ._errors import ClientClosedError, ConfigurationError, UnsafePathError, UpsunError
from ._httpx import httpx
from ._io import Blocking, Io, raised_by_signal
from ._paths import check_path
from ._tokens import Token, Tokens

SUCCESS_LIMIT = 64 * 1024 * 1024  # bytes of a success's body, compressed or not
ERROR_BODY_TIMEOUT = 10.0  # seconds: the status has said what matters
_LIBRARIES = {"builtins", "h11._util"}  # whose errors say that a request cannot be sent as it is


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
        self._origins = [_origin(url) for url in bases]
        self.retries, self.redact, self.tokens = retries, redact, tokens

    async def send(self, io: Io, request: httpx.Request) -> httpx.Response:
        """Send a request, again where that is safe and may help."""
        self._check(request)
        call = Call(request, self.retries, self.redact, is_exchange=not self.tokens)
        renewed, since, patience = False, time.monotonic(), request.extensions["timeout"]["read"]
        while True:
            token = None
            with call:
                io.find_pool()  # raises what is unusable before a token is asked for
                if self.tokens:
                    token = await self.tokens.get(io, since, patience) or call.give_up(patience)
                    since = time.monotonic()
            sent = _copy(request, token)
            try:
                await self._attempt(io, call, sent, token.expires_at if token else math.inf)
            except BaseException:
                # Who holds on to it, such as an error, shall not hold the token.
                sent.headers.pop("Authorization", None)
                raise
            if call.response and call.is_success:
                return call.response
            if not (call.response or call.error):
                continue  # its token ended at the gate
            if token and not renewed and call.needs_new_token:
                token.refuse()
                if renewed := call.is_repeatable:
                    continue
            await io.sleep(call.wait_after())
            since = time.monotonic()

    def _check(self, request: httpx.Request) -> None:
        """Refuse what would arrive elsewhere than at a safe path of a server of ours."""
        url = request.url
        if "target" in request.extensions:
            raise UnsafePathError("the extension 'target' hides the path; nothing was sent")
        if url.userinfo or _origin(url) not in self._origins:
            where = f"{url.scheme}://{url.netloc.decode('ascii')[:80]}"
            wanted = "the server that this client is for, nor one of its trusted_origins"
            raise UnsafePathError(f"{where} is not {wanted}, without a user; nothing was sent")
        check_path(path_of(request))

    async def _attempt(self, io: Io, call: Call, sent: httpx.Request, until: float) -> None:
        """Send a request once, if the gate opens by then, and read what is to be read.

        Whether it was sent is known from the place that an exception comes from: a hook of the
        caller's, or his body, may raise whatever it likes, and that is his.
        """
        call.response = call.error = None
        for hook in io.hooks["request"]:
            await io.settle(hook(sent))
            with call:
                self._check(sent)
        with call:
            pool = io.find_pool()  # not before: a hook may fork
        times: Any = sent.extensions.get("timeout") or {}
        visit = (ThreadVisit if isinstance(io, Blocking) else TaskVisit)(io, pool)
        until = max(until, time.monotonic() + 1)  # no token is too short for a short wait
        try:
            if not await pool.enter(visit, io, times.get("pool")):
                call.error = httpx.PoolTimeout("")
            elif time.monotonic() < until:
                await _deliver(io, visit, pool, sent, call)
            if response := call.response:
                response.request, response.next_request = call.request, None
                is_left = io.is_streamed and call.is_success and not response.is_closed
                response.stream = Recorded(response.stream) if is_left else response.stream
                visit.stream = visit.own = response.stream
                if not is_left:
                    await self._read(io, call, response, visit, times)
                for hook in io.hooks["response"] if not call.error else ():
                    await io.settle(hook(response))
                if is_left and not response.is_closed:
                    visit.stream, response.stream = response.stream, visit  # which it may wrap
                    return
            await visit.aclose()
        except BaseException as error:
            if not isinstance(error, UpsunError):  # as a cancelled task, or a signal
                visit.abandon()
            with suppress(*BROKEN):  # which is no news
                await visit.aclose()
            raise

    async def _read(
        self, io: Io, call: Call, response: httpx.Response, visit: Visit, times: Any
    ) -> None:
        """Read a body within its limits, before hooks do."""
        if response.is_closed:  # a mock's, which is read
            await visit.aclose()
            return
        is_whole, patience = self.tokens and response.is_success, times.get("read") or math.inf
        limit, seconds = SUCCESS_LIMIT, 10 * patience
        if not is_whole:
            # No longer for a chunk either, of what was answered already.
            times["read"] = min(patience, ERROR_BODY_TIMEOUT)
            limit, seconds = READ_LIMIT, ERROR_BODY_TIMEOUT
        raw = bytearray()
        stopped = await fill(raw, io, visit, limit=limit, seconds=seconds)
        # The old stream holds on to the request as sent.
        body, problem, headers = bytes(raw)[: limit + 1], "", response.headers
        if encoding := headers.get("content-encoding"):
            body, problem = decompress(body, self.redact(encoding), limit)
            response.headers = httpx.Headers()  # nothing is left to decode
        response.stream = httpx.ByteStream(body)
        response.read()
        response.headers = headers
        if isinstance(stopped, Exception):
            call.error = stopped if response.is_success else None
        elif not is_whole:
            return  # what was cut is no token, whatever cut it
        elif stopped == "time":
            call.end_late(response)
        elif stopped == "size" or len(body) > limit:
            call.refuse(response, f"the body has more than {limit // 1024**2} MiB{STREAM}")
        elif problem:
            call.refuse(response, f"undecodable body: {problem}")


async def _deliver(io: Io, visit: Visit, pool: Pool, sent: httpx.Request, call: Call) -> None:
    """Get a response, or the error with which the HTTP library gave up."""
    with call:
        visit.client = pool.current()
        io.find_pool()  # raises if it was closed meanwhile; from now on, that closes this client
    body, is_unusable = cast("Any", sent.stream), False
    if isinstance(body, io.body) and not isinstance(body, httpx.ByteStream):
        sent.stream = Recorded(body)
    try:
        call.response = await io.settle(visit.client.send(sent, stream=True))
    except Exception as error:
        mine = getattr(sent.stream, "raised", None) or raised_by_signal(error)
        kind = cast("Any", type(error))
        if kind is httpx.LocalProtocolError and (cause := cast("Any", error.__cause__)):
            kind = [*cause.args, error][0].__class__  # of h11, for a header that cannot be sent
        if mine is not None and error is not mine:
            raise mine from mine.__cause__
        is_unusable = pool.is_ours and kind.__module__ in _LIBRARIES and kind is not Exception
        if mine is not None or not (is_unusable or isinstance(error, BROKEN)):
            raise  # of the caller's body, of his transport, or of a signal
        call.error = error
    if not is_unusable:
        return
    if visit.client.is_closed:
        raise call.note(ClientClosedError())
    what = "httpx cannot send with these httpx_args or this environment"
    fate = "; what was sent may have taken effect" * (type(call.error).__module__ == "h11._util")
    raise call.note(ConfigurationError(call.redact(f"{what}: {call.error!r}{fate}")))


def _origin(url: httpx.URL) -> tuple[bytes, bytes, int | None]:
    return url.raw_scheme, url.raw_host, url.port


def _copy(request: httpx.Request, token: Token | None) -> httpx.Request:
    """Copy a request, with the token: who holds on to the original shall not hold it."""
    sent = object.__new__(type(request))  # as copy.copy would, in a tenth of the time
    vars(sent).update(vars(request))
    sent.headers = httpx.Headers(request.headers)
    if token:
        sent.headers["Authorization"] = f"Bearer {token.reveal()}"
    sent.extensions = {**request.extensions, "timeout": {**request.extensions["timeout"]}}
    return sent
