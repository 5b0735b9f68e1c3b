"""One request, the attempts at it, and what each means: wait and try again, or a typed error."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from . import _retry
from ._error_body import decode_error_body, phrase, server_message
from ._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    UpsunError,
    one_line,
    status_error_class,
)
from ._httpx import httpx
from ._paths import check_path

logger = logging.getLogger("upsun_client")

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NOT_RETRYABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, ssl.SSLCertVerificationError)
SUCCESS_LIMIT = 64 * 1024 * 1024  # bytes of a success's body, compressed or not
_PROXY_REFUSAL = re.compile(r"4\d\d\b")
_SHOWN = 200  # characters of what somebody else says
TOO_LARGE = f"the body has more than {SUCCESS_LIMIT // 1024**2} MiB"
_STREAM = ". To read a body without limits: client.get_httpx_client().stream(...)"

Redact = Callable[[str], str]
ErrorT = TypeVar("ErrorT", bound=UpsunError)


class Answer:
    """What came of an attempt."""

    response: httpx.Response | None = None
    body = b""  # what was read of it, decompressed
    problem = ""  # with that, if it is a success's
    is_late = False  # whether it did not end in time
    error: Exception | None = None  # of the HTTP library, if it broke off

    @property
    def is_success(self) -> bool:
        """Whether it is a whole 2xx that HTTP, and so generated code, knows."""
        response = self.response
        if response is None or self.error or self.problem or self.is_late:
            return False
        return response.is_success and phrase(response.status_code) != ""

    @property
    def calls_for_renewal(self) -> bool:
        """Whether a new access token may help; a stronger login (RFC 9470) is none."""
        if self.response is None or self.response.status_code != 401:
            return False
        asked = self.response.headers.get("WWW-Authenticate", "")
        return "insufficient_user_authentication" not in asked


class Call:
    """One request and the attempts at it.

    Raises:
        UnsafePathError: if its path could be read as another.
    """

    def __init__(
        self, request: httpx.Request, retries: int, redact: Redact, *, is_exchange: bool
    ) -> None:
        self.request = request
        self.method, self.path = request.method, path_of(request)
        check_path(self.path)
        self.is_repeatable = isinstance(request.stream, httpx.ByteStream)  # else it is read once
        self._attempts = 1
        self._retries = retries if self.is_repeatable else 0
        self._redact = redact
        self._is_exchange = is_exchange
        self._is_idempotent = is_exchange or request.method in _retry.IDEMPOTENT
        self._sent = False  # whether any attempt may have taken effect
        self._earlier = False  # whether one before the present attempt may have

    def note(self, error: ErrorT) -> ErrorT:
        """Say on an error of ours what came before."""
        if self._earlier:
            error.add_note(f"An earlier attempt of {self} may have taken effect.")
        if not self.is_repeatable:
            error.add_note("Its body can be sent only once: no retry, and no new access token.")
        return error

    def give_up(self, seconds: float) -> NoReturn:
        """Raise the error for a request that waited too long for an access token."""
        text = f"no access token within {seconds:g} s, so {self} was not sent"
        text += "; the token exchange goes on: repeat, or raise timeout"
        raise APITimeoutError(text, **self._known())

    def wait_after(self, answer: Answer) -> float:
        """Return the seconds to wait before the next attempt.

        Raises:
            UpsunError: if there is to be none; its class says why.
        """
        response, error = answer.response, answer.error
        if response is not None and not response.is_success:
            return self._after_status(response, answer)
        if error is not None:
            sent = response is not None or not isinstance(error, NEVER_SENT)
            self._sent = self._sent or sent
            if (self._is_idempotent or not sent) and not _is_final(error) and self._may_go_on():
                return self._go_on(type(error).__name__)
            raise self._broken(response, error) from self._bare(error)
        assert response is not None  # noqa: S101 - as there is no error
        if answer.is_late:
            text = f"the body of the answer {response.status_code} to {self} did not end within"
            text += f" ten times the read timeout{worked(self.request)}{_STREAM}"
            raise self.note(APITimeoutError(text, **self._known(response)))
        problem = answer.problem or "no status that is known"
        advice = _STREAM if problem == TOO_LARGE else ""
        raise self._refuse(response, f"{problem}{worked(self.request)}{advice}")

    def _refuse(
        self, response: httpx.Response, problem: str, body: Any = None
    ) -> APIResponseValidationError:
        return self.note(outside_contract(response, problem, body, self._redact))

    def __str__(self) -> str:
        what = f"{self.method} {one_line(self.path, _SHOWN)}"
        return f"the token exchange, {what}" if self._is_exchange else what

    def _known(self, response: httpx.Response | None = None) -> dict[str, Any]:
        known = {"method": self.method, "path": self.path, "attempts": self._attempts}
        if response is None:
            return known
        headers = redacted_headers(response, self._redact)
        return {**known, "status_code": response.status_code, "headers": headers}

    def _after_status(self, response: httpx.Response, answer: Answer) -> float:
        status, charset = response.status_code, response.charset_encoding
        body = decode_error_body(answer.body, charset, self._redact)
        if status < 400:
            where = self._say(response.headers.get("location", "").partition("?")[0])
            to = f" (to {where})" if where else ""
            advice = "" if self._is_exchange else "; check base_url"
            problem = f"no success: redirects are not followed{to}{advice}"
            raise self._refuse(response, problem, body)
        self._sent = self._sent or status != _retry.NOT_PROCESSED
        asked = _retry.retry_after_seconds(response.headers)
        passing = status in _retry.TRANSIENT and self._is_idempotent
        if (passing or status == _retry.NOT_PROCESSED) and self._may_go_on(asked):
            return self._go_on(str(status), asked or 0.0)
        message, known = server_message(status, body), self._known(response)
        error = status_error_class(status)(message, body=body, retry_after=asked, **known)
        raise self.note(error)

    def _broken(self, response: httpx.Response | None, error: Exception) -> APIConnectionError:
        is_timeout = isinstance(error, httpx.TimeoutException)
        # The text of a timeout would tell of the event loop's inside.
        words = "" if is_timeout else self._say(str(error))
        words = f"({words or type(error).__name__}; attempt {self._attempts})"
        fate = f"nothing was sent: {_advice(error)}"
        if self._sent:
            fate = "whether it took effect is unknown: look, then repeat"
        host = one_line(self.request.url.netloc.decode("ascii", "replace"), 80)
        text = f"no answer from {host} to {self} {words}; {fate}"
        if response is not None:
            text = f"{response.status_code} to {self}, but its body broke off {words}"
            text += f", so what it says is unknown{worked(self.request)}: look"
        kind = APITimeoutError if is_timeout else APIConnectionError
        return self.note(kind(text, **self._known(response)))

    def _bare(self, error: Exception) -> Exception:
        """Copy an error of httpx without the request, and without all it was raised during."""
        text = self._redact(str(error))
        bare = type(error).__new__(type(error), text)
        bare.args = (text,)
        if isinstance(bare, httpx.RequestError):
            bare.request = httpx.Request(self.method, self.request.url.copy_with(query=None))
        return bare

    def _say(self, text: str) -> str:
        return one_line(self._redact(text), _SHOWN)

    def _may_go_on(self, asked: float | None = None) -> bool:
        return self._attempts <= self._retries and (asked or 0) <= _retry.LONGEST_RETRY_AFTER

    def _go_on(self, reason: str, asked: float = 0.0) -> float:
        wait = _retry.pause(self._attempts, asked)
        told = (self.method, self.path, reason, self._attempts, self._retries + 1, wait)
        logger.info("%s %s: %s to attempt %d of %d; next in %.1f s", *told)
        self._attempts += 1
        self._earlier = self._sent
        return wait


def path_of(request: httpx.Request) -> str:
    """Return the path as sent, without the query."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def outside_contract(
    response: httpx.Response, problem: str, body: Any, redact: Redact
) -> APIResponseValidationError:
    """Make the error for an answer that the contract does not know."""
    known: dict[str, Any] = {"method": response.request.method, "path": path_of(response.request)}
    known |= {"status_code": response.status_code, "headers": redacted_headers(response, redact)}
    return APIResponseValidationError(problem, body=body, **known)


def redacted_headers(response: httpx.Response, redact: Redact) -> httpx.Headers:
    """Copy the headers of an answer without credentials that they echo."""
    redacted = [(redact(key), redact(value)) for key, value in response.headers.multi_items()]
    return httpx.Headers(redacted, encoding=response.headers.encoding)


def worked(request: httpx.Request) -> str:
    """Say what a 2xx means, whatever came with it."""
    return "" if request.method in {"GET", "HEAD"} else "; the request has probably worked"


def _advice(error: Exception) -> str:
    if isinstance(error, httpx.PoolTimeout):
        return "all connections are busy; start fewer at once, or raise timeout or limits"
    if "CERTIFICATE" in str(error):
        return "set verify_ssl or SSL_CERT_FILE to the authority's certificate, if you trust it"
    return "check the URL, the network, and the proxy if there is one"


def _is_final(error: Exception) -> bool:
    """Tell whether another attempt would fail the same way."""
    if isinstance(error, httpx.ProxyError) and _PROXY_REFUSAL.match(str(error)):
        return True
    # By what the library raised it from; never by what its caller was handling.
    cause = error.__cause__
    return any(isinstance(each, NOT_RETRYABLE) for each in (error, *(cause.args if cause else ())))
