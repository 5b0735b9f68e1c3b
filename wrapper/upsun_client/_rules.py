"""What both sessions follow: every decision about a request that takes no I/O."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from ._answer import BODY_LIMIT, Redact, status_error
from ._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ClientClosedError,
    UnsafePathError,
)
from ._path import check_path
from ._retry import IDEMPOTENT, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_KNOWN_STATUSES = frozenset(int(status) for status in HTTPStatus)


class Answer(httpx.Response):
    """A successful answer, whose JSON is what a parser of the contract may expect."""

    def json(self, **kwargs: Any) -> Any:
        """Decode the body; an empty one is the status line, as AcceptedResponse is by definition.

        Raises:
            APIResponseValidationError: if the body is no JSON.
        """
        if not self.content.strip():
            return {"status": self.reason_phrase, "code": self.status_code}
        try:
            return super().json(**kwargs)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "no content type")
            problem = f"the body is no JSON ({kind}, {len(self.content)} bytes)"
        raise outside_contract(self, problem)

    def misfit(self, error: Exception) -> APIResponseValidationError:
        """Make the error for what a generated parser says of this answer."""
        return outside_contract(self, f"the body does not fit the contract ({error!r})")


def outside_contract(response: httpx.Response, problem: str) -> APIResponseValidationError:
    """Build the error for an answer that the contract does not know."""
    return APIResponseValidationError(
        problem,
        status_code=response.status_code,
        method=response.request.method,
        path=path_of(response.request),
    )


def path_of(request: httpx.Request) -> str:
    """Return the path as sent, without the query."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def decompress(response: httpx.Response, raw: bytearray) -> bytes:
    """Return what the server said, as far as it can be made out."""
    encoding = {"Content-Encoding": response.headers.get("Content-Encoding", "identity")}
    try:
        text = httpx.Response(response.status_code, headers=encoding, content=bytes(raw)).content
    except httpx.DecodingError:
        text = b""
    return text[:BODY_LIMIT]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Rules:
    """How to treat the requests of one session.

    Args:
        retries: how often to try again.
        redact: takes credentials out of what a server echoed.
        repeatable: whether a request may be sent again whatever its method.
    """

    def __init__(self, retries: int, redact: Redact, *, repeatable: bool = False) -> None:
        self._retries = retries
        self._redact = redact
        self._repeatable = repeatable

    def build(
        self, build: Callable[..., httpx.Request], method: str, url: Any, options: dict[str, Any]
    ) -> httpx.Request:
        """Build a request, if its path is safe as the caller wrote it."""
        check_path(str(url))
        try:
            return build(method, url, **options)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsafePathError(f"no usable URL: {error}; nothing was sent") from None

    def trial(self, request: httpx.Request, *, closed: bool) -> Trial:
        """Start counting the attempts at a request."""
        if closed:
            raise ClientClosedError("this client is closed; make a new one")
        # A body that streams is gone after the first attempt.
        retries = self._retries if isinstance(request.stream, httpx.ByteStream) else 0
        idempotent = self._repeatable or request.method in IDEMPOTENT
        return Trial(request.method, path_of(request), retries=retries, idempotent=idempotent)

    def check_success(self, response: httpx.Response) -> None:
        """Refuse a 2xx that HTTP does not know; generated code would fail on it."""
        if response.status_code not in _KNOWN_STATUSES:
            raise outside_contract(response, "HTTP has no such status")

    def after_error(self, trial: Trial, error: httpx.RequestError) -> float:
        """Return the seconds to wait before the next attempt, or raise the typed error."""
        # The request carries credentials; who gets the error needs none of them.
        host = error.request.url.host
        error.request = httpx.Request(trial.method, error.request.url.copy_with(query=None))
        sent = not isinstance(error, _NEVER_SENT)
        reasons = list(_chain(error))
        if not any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
            wait = trial.wait_after_error(sent=sent, reason=type(error).__name__)
            if wait is not None:
                return wait
        words = next((str(reason) for reason in reasons if str(reason)), type(error).__name__)
        kind = APITimeoutError if isinstance(error, httpx.TimeoutException) else APIConnectionError
        fate = "whether it took effect is unknown" if sent else "nothing was sent"
        raise kind(
            f"no answer from {host} to {trial.method} {trial.path} "
            f"({words}; attempt {trial.attempts}); {fate}",
            method=trial.method,
            path=trial.path,
            attempts=trial.attempts,
        ) from error

    def after_status(self, trial: Trial, response: httpx.Response, body: bytes) -> float:
        """Return the seconds to wait before the next attempt, or raise the typed error."""
        status = response.status_code
        if status < 400:
            where = self._redact(response.headers.get("location", "nowhere")).partition("?")[0]
            raise outside_contract(response, f"redirects are not followed (to {where})")
        wait = trial.wait_after_status(status, response.headers)
        if wait is not None:
            return wait
        raise status_error(
            status,
            self._redact(body.decode(errors="replace")),
            httpx.Headers([(k, self._redact(v)) for k, v in response.headers.multi_items()]),
            method=trial.method,
            path=trial.path,
            attempts=trial.attempts,
        )
