"""Every error that this client raises.

UpsunError
├── ConfigurationError(ValueError)     fix the arguments or the environment
├── ClientClosedError(RuntimeError)    make a new client
├── UnsafePathError(ValueError)        fix the id; nothing was sent
├── TokenExchangeError                 the auth server refused the API token, or answered nonsense
├── APIConnectionError                 no answer; __cause__ is the error of the HTTP library
│   └── APITimeoutError
├── APIStatusError                     the API answered 4xx or 5xx
│   ├── BadRequestError 400 · AuthenticationError 401 · PermissionDeniedError 403
│   ├── NotFoundError 404 · ConflictError 409 · RateLimitError 429
│   └── ServerError 5xx
└── APIResponseValidationError         the API answered something outside its contract
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class UpsunError(Exception):
    """The root of every error of this client. All of them pickle and copy."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Restore without calling the constructor, whose arguments are keywords."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: type[UpsunError], args: tuple[Any, ...], state: dict[str, Any]) -> UpsunError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(UpsunError, ValueError):
    """The client cannot be made or used as asked: fix the argument or variable it names."""


class ClientClosedError(UpsunError, RuntimeError):
    """The client was closed: make a new one."""


class UnsafePathError(UpsunError, ValueError):
    """A path parameter would have left its place in the path. Nothing was sent: fix the id."""


class TokenExchangeError(UpsunError):
    """The auth server refused the API token, or answered what is no token.

    Attributes:
        status_code: HTTP status of the auth server's answer.
        error: the OAuth 2 error code, such as ``invalid_grant``; None if it gave none.
        error_description: the auth server's own words; None if it gave none.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        error: str | None = None,
        error_description: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.error = error
        self.error_description = error_description


class APIConnectionError(UpsunError):
    """No answer came. ``__cause__`` is the error of the HTTP library.

    Whether the request took effect is unknown, unless the cause is that no connection was made.

    Attributes:
        method: HTTP method of the request.
        path: path of the request, as sent.
        attempts: how often it was tried.
    """

    def __init__(self, message: str, *, method: str, path: str, attempts: int) -> None:
        super().__init__(message)
        self.method = method
        self.path = path
        self.attempts = attempts


class APITimeoutError(APIConnectionError):
    """No answer came in time: raise ``timeout``, or look whether the request took effect."""


class APIStatusError(UpsunError):
    """The API answered with an error status.

    Attributes:
        status_code: HTTP status.
        message: the server's own words, or the standard phrase of the status if it had none.
        body: the decoded JSON of the answer; its text (at most 64 KiB) if it is no JSON; None
            if it is empty.
        method: HTTP method of the request.
        path: path of the request, as sent.
        headers: headers of the answer; names are case-insensitive.
        retry_after: seconds that the server asked to wait; None if it did not.
        attempts: how often the request was tried. A 404 to the second attempt of a DELETE may
            mean that the first one took effect.
    """

    _advice = ""  # the next step, at the end of the text

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        body: Any,
        method: str,
        path: str,
        headers: Mapping[str, str],
        retry_after: float | None,
        attempts: int,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.body = body
        self.method = method
        self.path = path
        self.headers = headers
        self.retry_after = retry_after
        self.attempts = attempts

    def __str__(self) -> str:
        tries = f" (attempt {self.attempts})" if self.attempts > 1 else ""
        advice = self._advice and f" ({self._advice})"
        return f"{self.status_code} to {self.method} {self.path}{tries}: {self.message}{advice}"


class BadRequestError(APIStatusError):
    """400: the request is malformed. ``body`` says which part."""


class AuthenticationError(APIStatusError):
    """401: the access token is refused, a fresh one too, or a stronger login is asked for."""

    _advice = "check base_url; WWW-Authenticate may ask for a stronger login"


class PermissionDeniedError(APIStatusError):
    """403: the user whose API token this is may not do this. Ask for access to the project."""

    _advice = "the API token's user needs more access; for integrations, the project's admin role"


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the user may not see it."""

    _advice = "check the ids; who may not see a thing is told the same"


class ConflictError(APIStatusError):
    """409: something else is in the way, such as an activity that still runs."""

    _advice = "wait for what is in the way, such as a running activity"


class RateLimitError(APIStatusError):
    """429: too many requests, the retries included. Wait ``retry_after`` seconds."""

    _advice = "wait for retry_after, then repeat"


class ServerError(APIStatusError):
    """5xx: the server failed; whether the request took effect is unknown."""

    _advice = "look whether it took effect, then repeat"


class APIResponseValidationError(UpsunError):
    """The API answered outside its contract: a redirect, or a 2xx that does not parse.

    After a 2xx the request has probably taken effect.

    Attributes:
        status_code: HTTP status.
        method: HTTP method of the request.
        path: path of the request, as sent.
    """

    def __init__(self, message: str, *, status_code: int, method: str, path: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.method = method
        self.path = path

    def __str__(self) -> str:
        return f"{self.status_code} to {self.method} {self.path}: {super().__str__()}"


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}


def status_error_class(status_code: int) -> type[APIStatusError]:
    """Return the class of error for a status of 400 or more."""
    return _BY_STATUS.get(status_code, ServerError if status_code >= 500 else APIStatusError)
