"""One request, its attempts, and what each means: wait and try again, or a typed error."""

import logging
from collections.abc import Callable
from http.client import responses
from typing import Any, NoReturn

from . import _errors, _retry  # pyright: ignore[reportPrivateUsage] - no names of __init__
from ._body import decode_body, server_message
from ._errors import one_line
from ._httpx import httpx

logger = logging.getLogger("upsun_client")

STREAM = "; to read a body without limits: client.get_httpx_client().stream(...)"
_CHECK = "check the URL, the network, the proxy, verify_ssl, and how many start at once (limits)"
_SHOWN = 200  # characters of what somebody else says
Redact = Callable[[str], str]


class Call:
    """One request and the attempts at it."""

    # What came of the present attempt; both, if the answer broke off.
    response: httpx.Response | None = None
    error: Exception | None = None  # of the HTTP library

    def __init__(
        self, request: httpx.Request, retries: int, redact: Redact, *, is_exchange: bool
    ) -> None:
        self.request = request
        self.method, self.path = request.method, path_of(request)
        self.is_repeatable = isinstance(request.stream, httpx.ByteStream)  # else it is read once
        self._attempts = 1
        self._retries = retries if self.is_repeatable else 0
        self.redact = redact
        self._is_exchange = is_exchange
        self._is_idempotent = is_exchange or request.method in _retry.IDEMPOTENT
        self._worked = "" if is_exchange else worked(request)  # what a 2xx means
        self._sent = False  # whether any attempt may have taken effect
        self._earlier = False  # whether one before the present attempt may have

    def __str__(self) -> str:
        what = f"{self.method} {one_line(self.path, _SHOWN)}"
        return f"the token exchange, {what}" if self._is_exchange else what

    @property
    def is_success(self) -> bool:
        """Whether the answer is a whole 2xx that HTTP, and so generated code, knows."""
        if (response := self.response) is None or self.error:
            return False
        return response.is_success and response.status_code in responses

    @property
    def needs_new_token(self) -> bool:
        """Whether a new access token may help; a stronger login (RFC 9470) is none."""
        if (response := self.response) is None or response.status_code != 401:
            return False
        asked = response.headers.get("WWW-Authenticate", "")
        return "insufficient_user_authentication" not in asked

    def note(self, error: _errors.UpsunError) -> _errors.UpsunError:
        if self._earlier:
            error.add_note(f"An earlier attempt of {self} may have taken effect.")
        if not self.is_repeatable:
            error.add_note("Its body can be sent only once: no retry, and no new access token.")
        return error

    def __enter__(self) -> None:
        """Note what is to be known beside an error of ours."""

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, _errors.UpsunError):
            self.note(error)

    def give_up(self, seconds: float) -> NoReturn:
        """Raise the error for a request that waited too long for an access token."""
        text = f"no access token within {seconds:g} s, so {self} was not sent"
        text += "; the token exchange goes on: repeat, or raise timeout"
        raise _errors.APITimeoutError(text, **self._known())

    def end_late(self, response: httpx.Response) -> NoReturn:
        """Raise the error for a success that does not end."""
        text = f"the body of the answer {response.status_code} to {self} did not end within"
        text += f" ten times the read timeout{self._worked}{STREAM}"
        raise self.note(_errors.APITimeoutError(text, **self._known(response)))

    def refuse(self, response: httpx.Response, problem: str) -> NoReturn:
        fate = self._worked if response.is_success else ""
        raise self.note(outside_contract(response, problem + fate, self.redact))

    def wait_after(self) -> float:
        """Return the seconds to wait before the next attempt."""
        response, error = self.response, self.error
        if response is not None and not response.is_success:
            return self._after_status(response)
        if error is None:
            assert response is not None  # noqa: S101 - as there is no error
            self.refuse(response, "no status that is known")
        is_sent = response is not None or not isinstance(error, _retry.NEVER_SENT)
        self._sent = self._sent or is_sent
        may_go_on = (self._is_idempotent or not is_sent) and not _retry.is_final(error)
        if may_go_on and (wait := self._next(type(error).__name__)) is not None:
            return wait
        raise self._broken(response, error) from self._bare(error)

    def _known(self, response: httpx.Response | None = None) -> dict[str, Any]:
        return {**known_of(self.request, response, self.redact), "attempts": self._attempts}

    def _after_status(self, response: httpx.Response) -> float:
        status = response.status_code
        if status < 400:
            place = self.redact(response.headers.get("location", "").partition("?")[0])
            where = one_line(place, _SHOWN)
            self.refuse(response, f"no success: redirects are not followed (to {where or '?'})")
        self._sent = self._sent or status != _retry.NOT_PROCESSED
        asked = _retry.retry_after_seconds(response.headers)
        may_go_on = _retry.is_passing(status, is_idempotent=self._is_idempotent)
        if may_go_on and (wait := self._next(str(status), asked or 0.0)) is not None:
            return wait
        body = decode_body(response.content, response.charset_encoding, self.redact)
        known = {**self._known(response), "body": body, "retry_after": asked}
        raise self.note(_errors.status_error_class(status)(server_message(status, body), **known))

    def _broken(self, response: httpx.Response | None, error: Exception) -> _errors.UpsunError:
        is_timeout = isinstance(error, httpx.TimeoutException)
        # The text of a timeout would tell of the event loop's inside.
        words = "" if is_timeout else one_line(self._words(error), _SHOWN)
        words = f"({words or type(error).__name__}; attempt {self._attempts})"
        if not self._sent:
            fate = f"nothing was sent: {_CHECK}"
        elif self._is_exchange:
            fate = "the request that needs the token was not sent: repeat it"
        elif response is not None:
            fate = f"so what it says is unknown{self._worked}: look"
        else:
            fate = "whether it took effect is unknown: look, then repeat"
        host = one_line(self.request.url.netloc.decode("ascii", "replace"), 80)
        came = f"no answer from {host} to {self}"
        if response is not None:
            came = f"{response.status_code} to {self}, but its body broke off"
        kind = _errors.APITimeoutError if is_timeout else _errors.APIConnectionError
        return self.note(kind(f"{came} {words}; {fate}", **self._known(response)))

    def _bare(self, error: Exception) -> Exception:
        """Copy an error of httpx without the request, and without all it was raised during."""
        kind: Any = type(error)
        bare: Exception = kind.__new__(kind, self._words(error))
        if isinstance(bare, httpx.RequestError):
            bare.request = httpx.Request(self.method, self.request.url.copy_with(query=None))
        return bare

    def _words(self, error: Exception) -> str:
        text = str(error)
        if isinstance(error, httpx.ProxyError) and text[:3].isdigit():
            return text[:3]  # what a proxy says beside its status may hold the password it got
        return self.redact(text)

    def _next(self, reason: str, asked: float = 0.0) -> float | None:
        """Return the seconds to wait before the next attempt; None if there is to be none."""
        if self._attempts > self._retries or asked > _retry.LONGEST_RETRY_AFTER:
            return None
        wait = _retry.pause(self._attempts, asked)
        told = (self.method, self.path, reason, self._attempts, self._retries + 1, wait)
        logger.info("%s %s: %s to attempt %d of %d; next in %.1f s", *told)
        self._attempts += 1
        self._earlier = self._sent
        return wait


def path_of(request: httpx.Request) -> str:
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


def outside_contract(
    response: httpx.Response, problem: str, redact: Redact
) -> _errors.APIResponseValidationError:
    """Make the error for an answer that the contract does not know."""
    body = decode_body(response.content, response.charset_encoding, redact)
    known = known_of(response.request, response, redact)
    return _errors.APIResponseValidationError(redact(problem), body=body, **known)


def known_of(
    request: httpx.Request, response: httpx.Response | None, redact: Redact
) -> dict[str, Any]:
    """Return what an error has of a request and its answer, without credentials that it echoes."""
    known: dict[str, Any] = {"method": request.method, "path": path_of(request)}
    if response is not None:
        headers = [(redact(key), redact(value)) for key, value in response.headers.multi_items()]
        known["status_code"] = response.status_code
        known["headers"] = httpx.Headers(headers, encoding=response.headers.encoding)
    return known


def worked(request: httpx.Request) -> str:
    """Say what a 2xx means, whatever came with it."""
    return "" if request.method in {"GET", "HEAD"} else "; the request has probably worked"
