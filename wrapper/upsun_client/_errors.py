"""Every error that this client raises.

UpsunError
├── ConfigurationError(ValueError)     fix the arguments or the environment
├── ClientClosedError(RuntimeError)    make a new client
├── UnsafePathError(ValueError)        fix the id or the URL; nothing was sent
├── TokenExchangeError                 the auth server refused the API token, or answered nonsense
├── APIConnectionError                 no whole answer; __cause__ is the error of the HTTP library
│   └── APITimeoutError
├── APIStatusError                     the API answered 4xx or 5xx
│   ├── BadRequestError 400 · AuthenticationError 401 · PermissionDeniedError 403
│   ├── NotFoundError 404 · ConflictError 409 · RateLimitError 429
│   └── ServerError 5xx
└── APIResponseValidationError         the API answered something outside its contract
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_NONE: Mapping[str, str] = MappingProxyType({})
_LONGEST = 600  # characters of a message
_SHOWN = 200  # characters of a path that is told beside it


def one_line(text: str, limit: int) -> str:
    """Make a text of somebody else's fit for a log or a terminal: one printable, short line."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


class UpsunError(Exception):
    """The root of every error of this client. All of them pickle and copy.

    Args:
        message: one line; what makes more of it, or is too long, is left out.
        known: what the class says under Attributes.
    """

    __module__ = str(__package__)  # where people find it, also in tracebacks

    def __init_subclass__(cls) -> None:
        if cls.__module__ == __name__:
            cls.__module__ = str(__package__)

    def __init__(self, message: str = "", **known: Any) -> None:
        super().__init__(one_line(str(message), _LONGEST))
        self.__dict__.update(known)

    def __reduce__(self) -> tuple[Any, ...]:
        """Restore the attributes, and the notes: a list that no copy shares."""
        notes = {"__notes__": [*self.__notes__]} if hasattr(self, "__notes__") else {}
        return type(self), self.args, {**self.__dict__, **notes}


class ConfigurationError(UpsunError, ValueError):
    """The client cannot be made or used as asked: fix the argument or variable it names."""


class ClientClosedError(UpsunError, RuntimeError):
    """The client was closed: make a new one."""

    def __init__(self, message: str = "this client is closed; make a new one") -> None:
        super().__init__(message)


class UnsafePathError(UpsunError, ValueError):
    """A URL or path parameter would lead elsewhere. Nothing was sent: fix what it names."""


class TokenExchangeError(UpsunError):
    """The auth server refused the API token, or answered what is no token.

    Attributes:
        status_code: HTTP status of the auth server's answer.
        error: the OAuth 2 error code, such as ``invalid_grant``; None if it gave none.
        error_description: the auth server's own words; None if it gave none.
        headers: headers of the answer; none of a 2xx, which may hold a token.
    """

    status_code: int = 0
    error: str | None = None
    error_description: str | None = None
    headers: Mapping[str, str] = _NONE


class APIConnectionError(UpsunError):
    """No answer came, or only a part of one. ``__cause__`` is the error of the HTTP library.

    Its text says whether anything was sent, and what is known of its effect.

    Attributes:
        method: HTTP method of the request.
        path: path of the request, as sent.
        attempts: how often it was tried.
        status_code: HTTP status of an answer that broke off; None if none had begun.
        headers: headers of that answer.
    """

    method: str = ""
    path: str = ""
    attempts: int = 1
    status_code: int | None = None
    headers: Mapping[str, str] = _NONE


class APITimeoutError(APIConnectionError):
    """No whole answer came in time: raise ``timeout``, or look whether the request took effect."""


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
        attempts: how often the request was tried, the repeat after a 401 aside. A 404 to the second
            attempt of a DELETE may mean that the first one took effect.
    """

    status_code: int = 0
    body: Any = None
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = _NONE
    retry_after: float | None = None
    attempts: int = 1
    _advice = ""  # the next step, at the end of the text

    @property
    def message(self) -> str:
        """The server's own words."""
        return str(self.args[0])

    def __str__(self) -> str:
        tries = f" (attempt {self.attempts})" if self.attempts > 1 else ""
        wait = f"wait {self.retry_after:g} s, " if self.retry_after else ""
        advice = f" ({wait}{self._advice})" if self._advice else ""
        where = f"{self.status_code} to {self.method} {self.path[:_SHOWN]}{tries}"
        return f"{where}: {self.message}{advice}"


class BadRequestError(APIStatusError):
    """400: the request is malformed. ``body`` says which part."""


class AuthenticationError(APIStatusError):
    """401: the access token is refused, a fresh one too, or a stronger login is asked for."""

    _advice = "check base_url, and WWW-Authenticate in headers: is a stronger login asked for?"


class PermissionDeniedError(APIStatusError):
    """403: the user whose API token this is may not do this. Ask for access."""

    _advice = "the API token's user needs more access; for integrations, the project's admin role"


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the user may not see it."""

    _advice = "check the ids and base_url; who may not see a thing is told the same"


class ConflictError(APIStatusError):
    """409: something else is in the way, such as an activity that still runs."""

    _advice = "wait for what is in the way, such as a running activity"


class RateLimitError(APIStatusError):
    """429: too many requests, the retries included. Wait ``retry_after`` seconds."""

    _advice = "send fewer at once"


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
        body: the decoded JSON of the answer; its text (at most 64 KiB) if it is no JSON; None
            if it is empty, or was not read.
        headers: headers of the answer; names are case-insensitive.
    """

    status_code: int = 0
    method: str = ""
    path: str = ""
    body: Any = None
    headers: Mapping[str, str] = _NONE

    def __str__(self) -> str:
        return f"{self.status_code} to {self.method} {self.path[:_SHOWN]}: {self.args[0]}"


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
