"""The two tokens: what the caller gives, and what the auth server answers for it."""

from __future__ import annotations

import math
import os

from ._answer import decode_body
from ._errors import (
    APIResponseValidationError,
    APIStatusError,
    ConfigurationError,
    TokenExchangeError,
)

TOKEN_VARIABLE = "UPSUN_CLI_TOKEN"  # noqa: S105 - a name, no secret
_CREATE = "create one in the Upsun console, account settings, API tokens"
_CHECK = "is token_url right, and no proxy or login page in between?"
_DOCUMENTED_LIFETIME = 900.0  # seconds, where the answer gives none that makes sense


class AccessToken:
    """A bearer token and how long it may be used, in seconds after it was asked for.

    Attributes:
        renew_at: when to ask for another, in seconds on the monotonic clock; set by who asked.
    """

    __slots__ = ("lifetime", "renew_at", "value")

    def __init__(self, value: str, lifetime: float) -> None:
        self.value = value
        self.lifetime = lifetime
        self.renew_at = math.inf

    def __repr__(self) -> str:
        """Keep the token out of logs."""
        return f"<AccessToken for {self.lifetime:g} s>"

    @property
    def renew_after(self) -> float:
        """Seconds after which to ask for a new one, ahead of expiry."""
        return self.lifetime - min(60.0, 0.1 * self.lifetime)


def read_api_token(given: str | None) -> str:
    """Return the API token to use, without surrounding whitespace.

    Raises:
        ConfigurationError: if there is none, or it cannot be one. The token is not quoted.
    """
    source = "api_token" if given is not None else TOKEN_VARIABLE
    token = os.environ.get(TOKEN_VARIABLE, "") if given is None else given
    if not isinstance(token, str):
        raise ConfigurationError(f"api_token must be a string, not {type(token).__name__}")
    token = token.strip()
    if not token:
        raise ConfigurationError(
            f"no API token: {source} is empty or not set. Set {TOKEN_VARIABLE} or pass api_token; "
            f"{_CREATE}"
        )
    if not _is_visible(token):
        raise ConfigurationError(
            f"{source} holds whitespace, control or non-ASCII characters, which no API token has; "
            "copy it again"
        )
    return token


def read_token_answer(status_code: int, body: bytes) -> AccessToken:
    """Return the access token in a successful answer of the auth server.

    Raises:
        TokenExchangeError: if the answer is no token that can be used. It is not quoted.
    """
    answer = decode_body(body)
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not _is_visible(value):
        raise TokenExchangeError(
            f"the auth server answered {status_code} without a usable access token; {_CHECK}",
            status_code=status_code,
        )
    kind = answer.get("token_type") or "bearer"
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenExchangeError(
            "the auth server answered with a token that is no bearer token",
            status_code=status_code,
        )
    return AccessToken(value, _lifetime(answer.get("expires_in")))


def _is_visible(text: str) -> bool:
    """Tell whether a text is visible ASCII, and some."""
    return text != "" and text.isascii() and text.isprintable() and " " not in text


def _lifetime(expires_in: object) -> float:
    """Read seconds; nonsense counts as the documented lifetime, as a 401 renews in any case."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return _DOCUMENTED_LIFETIME
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return _DOCUMENTED_LIFETIME
    return seconds if seconds > 0 and math.isfinite(seconds) else _DOCUMENTED_LIFETIME


def refusal(error: APIStatusError | APIResponseValidationError) -> TokenExchangeError:
    """Say what the auth server's answer means for the caller."""
    status = error.status_code
    if isinstance(error, APIResponseValidationError):
        return TokenExchangeError(
            f"the auth server did not exchange the API token ({error}); {_CHECK}",
            status_code=status,
        )
    answer = error.body if isinstance(error.body, dict) else {}
    code, description, hint = (
        value if isinstance(value := answer.get(key), str) else None
        for key in ("error", "error_description", "error_hint")
    )
    if status in {400, 401, 403}:
        advice = f"the auth server refused the API token; check {TOKEN_VARIABLE}, or {_CREATE}"
    elif status == 429 or status >= 500:
        advice = "the auth server is busy or failing; try again later"
    else:
        advice = "the auth server did not exchange the API token; check token_url"
    return TokenExchangeError(
        f"{advice} ({status}{f' {code}' if code else ''}: {error.message})",
        status_code=status,
        error=code,
        error_description=description or hint,
    )
