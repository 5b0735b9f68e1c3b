"""What both sessions follow: every decision about a request that takes no I/O."""

from __future__ import annotations

import ssl
import typing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from ._answer import decode_body, server_message
from ._errors import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    UnsafePathError,
    status_error_class,
)
from ._path import check_path
from ._retry import IDEMPOTENT, Trial, retry_after_seconds
from ._success import Answer, path_of
from ._url import is_guarded, origin, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._http import AsyncSession, Session

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_HOPELESS = (ssl.SSLCertVerificationError, httpx.LocalProtocolError, httpx.UnsupportedProtocol)
_KNOWN_STATUSES = frozenset(int(status) for status in HTTPStatus)
# What httpx itself, or this client for every server, sets.
_PLAIN_HEADERS = frozenset({"accept", "accept-encoding", "connection", "host", "user-agent"})


def can_be_sent_again(request: httpx.Request) -> bool:
    """Tell whether the body is still there after it was sent; an iterator's is not."""
    body = request.stream
    if not (isinstance(body, httpx.SyncByteStream) and isinstance(body, httpx.AsyncByteStream)):
        return False
    # A file of a form that cannot be wound back would be sent as an empty one.
    files = [getattr(field, "file", "") for field in getattr(body, "fields", ())]
    return all(isinstance(file, str | bytes) or _can_be_wound_back(file) for file in files)


def _can_be_wound_back(file: object) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable and seekable())


class Rules:
    """How to treat the requests of one session.

    Args:
        retries: how often to try again.
        redact: takes credentials out of what a server echoed.
        base: URL of the server that the client is for.
        exchange: whether the session is for the exchange: to ask twice for a token does no harm,
            and the answer is small.
    """

    def __init__(
        self,
        retries: int,
        redact: Callable[[str], str],
        base: httpx.URL,
        *,
        exchange: bool = False,
    ) -> None:
        self._retries = retries
        self._redact = redact
        self._base = base
        self._origin = origin(base)
        self._prefix = base.path.rstrip("/") and f"{base.path.rstrip('/')}/"
        self.exchange = exchange

    def target(self, url: Any) -> httpx.URL:
        """Return the URL to build a request for, if it is safe as the caller wrote it.

        Raises:
            UnsafePathError: if it is not.
        """
        if not isinstance(url, str):
            # An httpx.URL has folded its dot segments already.
            raise UnsafePathError(f"a URL must be a string, not {type(url).__name__}")
        plain: str = str.__str__(url)
        check_path(plain)
        if "#" in plain:
            # It would be cut off, and so would what an id with a "#" in it leaves behind.
            raise UnsafePathError("a fragment ('#') is never sent; nothing was sent. Quote the ids")
        try:
            parsed = parse_url(plain)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsafePathError(f"no usable URL: {error}; nothing was sent") from None
        if parsed.scheme and not (parsed.scheme in {"http", "https"} and parsed.host):
            raise UnsafePathError(f"no URL that this client sends to: {plain[:80]!r}")
        if self._prefix and plain.startswith(self._prefix):
            # A HAL link starts at the root; httpx would add the prefix of the base URL to it.
            return httpx.URL(f"{self._base.scheme}://{self._base.netloc.decode('ascii')}{plain}")
        return parsed

    def check_origin(self, request: httpx.Request, own_headers: httpx.Headers) -> None:
        """Keep what is meant for the API from other servers."""
        if origin(request.url) == self._origin:
            return
        if not is_guarded(request.url):
            raise UnsafePathError(f"http is for loopback only: {request.url.host}")
        for name in own_headers:
            if name not in _PLAIN_HEADERS:
                request.headers.pop(name, None)
        request.headers.pop("cookie", None)

    def trial(self, request: httpx.Request) -> Trial:
        """Start counting the attempts at a request."""
        path = path_of(request)
        check_path(path)
        retries = self._retries if can_be_sent_again(request) else 0
        idempotent = self.exchange or request.method in IDEMPOTENT
        return Trial(request.method, path, retries=retries, idempotent=idempotent)

    def accept(self, response: httpx.Response) -> Answer:
        """Return a 2xx as an answer; refuse one that HTTP, and so generated code, does not know."""
        # In place, as the response belongs to the connection that it came by.
        response.__class__ = Answer
        answer = typing.cast("Answer", response)
        if response.status_code not in _KNOWN_STATUSES:
            raise answer.outside_contract(
                "no status that this client knows; the request has probably worked"
            )
        return answer

    def after_error(self, trial: Trial, request: httpx.Request, error: httpx.RequestError) -> float:
        """Return the seconds to wait before the next attempt, or raise the typed error."""
        bare(error, request, self._redact)
        causes = list(_chain(error))
        never_sent = isinstance(error, _NEVER_SENT)
        if not any(isinstance(cause, _HOPELESS) for cause in causes):
            wait = trial.wait_after_error(sent=not never_sent, reason=type(error).__name__)
            if wait is not None:
                return wait
        trial.sent = trial.sent or not never_sent
        words = next((str(cause) for cause in causes if str(cause)), "")
        kind = APIConnectionError
        if isinstance(error, httpx.TimeoutException):
            kind, words = APITimeoutError, ""  # which would tell of the event loop's inside
        fate = "nothing was sent: check the URL and the network"
        if trial.sent:
            fate = "whether it took effect is unknown: look, then repeat"
        what = "the token exchange, " if self.exchange else ""
        raise kind(
            f"no answer from {request.url.netloc.decode()} to {what}{trial.method} {trial.path} "
            f"({words or type(error).__name__}; attempt {trial.attempts}); {fate}",
            method=trial.method,
            path=trial.path,
            attempts=trial.attempts,
        ) from error

    def after_status(self, trial: Trial, response: httpx.Response, body: bytes) -> float:
        """Return the seconds to wait before the next attempt, or raise the typed error."""
        status = response.status_code
        earlier = trial.sent
        if status < 400:
            response.__class__ = Answer
            where = self._redact(response.headers.get("location", "")).partition("?")[0]
            to = f" (to {where[:200]})" if where else ""
            odd = typing.cast("Answer", response).outside_contract(
                f"no success: redirects are not followed{to}; check base_url"
            )
            raise trial.note(odd) if earlier else odd
        wait = trial.wait_after_status(status, response.headers)
        if wait is not None:
            return wait
        decoded = decode_body(body, response.charset_encoding, self._redact)
        error = status_error_class(status)(
            server_message(status, decoded),
            status_code=status,
            body=decoded,
            method=trial.method,
            path=trial.path,
            headers=httpx.Headers(
                [(name, self._redact(value)) for name, value in response.headers.multi_items()]
            ),
            retry_after=retry_after_seconds(response.headers),
            attempts=trial.attempts,
        )
        if status == 401 and not can_be_sent_again(response.request):
            error.add_note("Its body could be sent only once, so no new access token was tried.")
        raise trial.note(error) if earlier else error


def bare(error: httpx.HTTPError, request: httpx.Request, redact: Callable[[str], str]) -> None:
    """Take the credentials out of an error of httpx: who gets it needs none of them."""
    error.request = httpx.Request(request.method, request.url.copy_with(query=None))
    for cause in _chain(error):
        cause.args = tuple(redact(str(arg)) for arg in cause.args)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def check_open(session: Session | AsyncSession, trial: Trial) -> None:
    """Raise the error for the use of a closed client, if it is closed."""
    if session.is_closed or session.retired:
        raise trial.note(ClientClosedError("this client is closed; make a new one"))
