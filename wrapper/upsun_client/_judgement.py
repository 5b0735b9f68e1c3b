"""What an attempt means: wait and try again, or the error that says what happened."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from typing import Any

import httpx

from ._body import SUCCESS_LIMIT
from ._error_body import decode_error_body, one_line, phrase, server_message
from ._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    UpsunError,
    status_error_class,
)
from ._retry import Attempts, retry_after_seconds

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NOT_RETRYABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, ssl.SSLCertVerificationError)
_PROXY_REFUSAL = re.compile(r"4\d\d\b")
_SHOWN = 200  # characters of what somebody else says
_WORKED = "the request has probably worked"
_STREAM = "To read a body without limits: client.get_httpx_client().stream(...)"

Redact = Callable[[str], str]


class Answer:
    """What came of an attempt.

    Attributes:
        response: None if none came.
        body: what was read of its body.
        encoding: how that is compressed.
        stopped: what stopped the reading before the end: 'size', 'time', or '' for nothing.
        error: of the HTTP library, if it broke off.
        sent: whether the request may have arrived.
    """

    def __init__(self) -> None:
        self.response: httpx.Response | None = None
        self.body = bytearray()
        self.encoding = ""
        self.stopped = ""
        self.error: httpx.HTTPError | httpx.StreamError | None = None
        self.sent = False

    def fail(self, error: httpx.HTTPError | httpx.StreamError) -> None:
        """Note that the HTTP library gave up."""
        self.error = error
        self.sent = self.response is not None or not isinstance(error, NEVER_SENT)

    @property
    def is_success(self) -> bool:
        """Whether it is a whole 2xx that HTTP, and so generated code, knows."""
        response = self.response
        if response is None or self.error or self.stopped:
            return False
        return response.is_success and phrase(response.status_code) != ""

    @property
    def calls_for_renewal(self) -> bool:
        """Whether a new access token may help."""
        if self.response is None or self.response.status_code != 401:
            return False
        # A stronger login (RFC 9470) is nothing that a new token can give.
        asked = self.response.headers.get("WWW-Authenticate", "")
        return "insufficient_user_authentication" not in asked


class Judgement:
    """Judges the attempts at one request.

    Args:
        attempts: so far.
        request: as built, without credentials.
        redact: takes credentials out of what a server says.
        exchange: whether it is for an access token.
    """

    def __init__(
        self, attempts: Attempts, request: httpx.Request, redact: Redact, *, exchange: bool
    ) -> None:
        self._attempts = attempts
        self._request = request
        self._redact = redact
        self._exchange = exchange

    def wait_after(self, answer: Answer) -> float:
        """Return the seconds to wait before the next attempt.

        Raises:
            UpsunError: if there is to be none; its class says why.
        """
        response, error = answer.response, answer.error
        if response is not None and not response.is_success:
            return self._after_status(response, answer)
        if error is not None:
            wait = None
            if not _is_final(error):
                reason = type(error).__name__
                wait = self._attempts.wait_after_error(reason, sent=answer.sent)
            if wait is not None:
                return wait
            self._attempts.sent = self._attempts.sent or answer.sent
            raise self._unanswered(answer, error) from self._bare(error)
        assert response is not None  # noqa: S101 - as there is no error
        raise self._outside_limits(response, answer.stopped)

    def outside_contract(
        self, response: httpx.Response, problem: str, body: Any = None
    ) -> APIResponseValidationError:
        """Make the error for an answer that the contract does not know."""
        made = outside_contract(response, problem, body, self._redact)
        return self._attempts.note(made)

    def too_large(self, response: httpx.Response) -> APIResponseValidationError:
        """Make the error for a success whose body is beyond the limit."""
        limit = SUCCESS_LIMIT // 1024**2
        problem = f"the body has more than {limit} MiB, so it was not read; {_WORKED}. {_STREAM}"
        return self.outside_contract(response, problem)

    def _after_status(self, response: httpx.Response, answer: Answer) -> float:
        status, attempts = response.status_code, self._attempts
        charset = response.charset_encoding
        body = decode_error_body(bytes(answer.body), answer.encoding, charset, self._redact)
        if status < 400:
            where = self._say(response.headers.get("location", "").partition("?")[0])
            to = f" (to {where})" if where else ""
            problem = f"no success: redirects are not followed{to}; check base_url"
            raise self.outside_contract(response, problem, body)
        retry_after = retry_after_seconds(response.headers)
        wait = attempts.wait_after_status(status, retry_after)
        if wait is not None:
            return wait
        error = status_error_class(status)(
            server_message(status, body),
            status_code=status,
            body=body,
            method=attempts.method,
            path=attempts.path,
            headers=redacted_headers(response, self._redact),
            retry_after=retry_after,
            attempts=attempts.count,
        )
        raise attempts.note(error)

    def _outside_limits(self, response: httpx.Response, stopped: str) -> UpsunError:
        status, attempts = response.status_code, self._attempts
        if stopped == "size":
            return self.too_large(response)
        if not stopped:
            return self.outside_contract(response, f"no status that this client knows; {_WORKED}")
        made = APITimeoutError(
            f"{status} to {attempts.method} {one_line(attempts.path, _SHOWN)}, whose body did not "
            f"end within ten times the read timeout; {_WORKED}. {_STREAM}",
            method=attempts.method,
            path=attempts.path,
            attempts=attempts.count,
            status_code=status,
            headers=redacted_headers(response, self._redact),
        )
        return attempts.note(made)

    def _unanswered(self, answer: Answer, error: Exception) -> APIConnectionError:
        attempts, response = self._attempts, answer.response
        is_timeout = isinstance(error, httpx.TimeoutException)
        # The text of a timeout would tell of the event loop's inside.
        words = "" if is_timeout else self._say(str(error))
        words = f"{words or type(error).__name__}; attempt {attempts.count}"
        what = f"{attempts.method} {one_line(attempts.path, _SHOWN)}"
        what = f"the token exchange, {what}" if self._exchange else what
        if response is not None:
            text = (
                f"{response.status_code} to {what}, but its body broke off ({words}), so what it "
                f"says is unknown; {_WORKED}: look"
            )
        else:
            fate = "nothing was sent: check the URL and the network"
            if attempts.sent:
                fate = "whether it took effect is unknown: look, then repeat"
            host = one_line(self._request.url.netloc.decode("ascii", "replace"), 80)
            text = f"no answer from {host} to {what} ({words}); {fate}"
        kind = APITimeoutError if is_timeout else APIConnectionError
        made = kind(
            text,
            method=attempts.method,
            path=attempts.path,
            attempts=attempts.count,
            status_code=None if response is None else response.status_code,
            headers=None if response is None else redacted_headers(response, self._redact),
        )
        return attempts.note(made)

    def _bare(self, error: Exception) -> Exception:
        """Copy an error of httpx without the request, and without all it was raised during."""
        kind, text = type(error), self._redact(str(error))
        bare = kind.__new__(kind, text)
        bare.args = (text,)
        if isinstance(bare, httpx.RequestError):
            request = self._request
            bare.request = httpx.Request(request.method, request.url.copy_with(query=None))
        return bare

    def _say(self, text: str) -> str:
        return one_line(self._redact(text), _SHOWN)


def path_of(request: httpx.Request) -> str:
    """Return the path as sent, without the query."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def outside_contract(
    response: httpx.Response, problem: str, body: Any, redact: Redact
) -> APIResponseValidationError:
    """Make the error for an answer that the contract does not know."""
    return APIResponseValidationError(
        problem,
        status_code=response.status_code,
        method=response.request.method,
        path=path_of(response.request),
        body=body,
        headers=redacted_headers(response, redact),
    )


def redacted_headers(response: httpx.Response, redact: Redact) -> httpx.Headers:
    """Copy the headers of an answer without credentials that they echo."""
    items = response.headers.multi_items()
    redacted = [(redact(name), redact(value)) for name, value in items]
    return httpx.Headers(redacted, encoding=response.headers.encoding)


def _is_final(error: BaseException) -> bool:
    """Tell whether another attempt would fail the same way."""
    if isinstance(error, httpx.ProxyError) and _PROXY_REFUSAL.match(str(error)):
        return True
    # By what the library raised it from; never by what its caller was handling.
    cause = error.__cause__
    return any(isinstance(each, NOT_RETRYABLE) for each in (error, *(cause.args if cause else ())))
