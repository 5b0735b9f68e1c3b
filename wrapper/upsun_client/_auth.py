"""Authentication: an access token on each request, exchanged for the API token."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote_plus

import httpx

from ._connector import Connector, read_url, same_origin
from ._errors import APIResponseValidationError, APIStatusError, TokenExchangeError
from ._http import AsyncSession, Session
from ._rules import Rules
from ._token import (
    CREATE_TOKEN,
    TOKEN_VARIABLE,
    AccessToken,
    read_api_token,
    read_token_answer,
)
from ._tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

BASE_URL = "https://api.upsun.com"
TOKEN_URL = "https://auth.upsun.com/oauth2/token"  # noqa: S105 - a URL, no secret
_CLIENT = ("platform-api-user", "")


class ApiTokenAuth(httpx.Auth):
    """Authenticates requests with an access token, exchanged for the API token when needed.

    One access token serves all threads and tasks. It goes to the origin of ``base_url`` only.
    A 401 is answered once with a new token.

    Args:
        api_token: default: the environment variable UPSUN_CLI_TOKEN.
        base_url: whose origin gets the access token.
        token_url: where the exchange happens.
        connector: the way there, if it is not the usual one.

    Raises:
        ConfigurationError: if an argument is unusable.
    """

    # Rather than a __dict__ that shows the tokens.
    __slots__ = ("_api_token", "_origin", "_token_url", "_tokens", "connector")

    def __init__(
        self,
        api_token: str | None = None,
        *,
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        connector: Connector | None = None,
    ) -> None:
        self._api_token = read_api_token(api_token)
        self._origin = read_url("base_url", base_url)
        self._token_url = read_url("token_url", token_url)
        self._tokens = Tokens(self._exchange, self._exchange_async)
        self.connector = connector or Connector()

    def __repr__(self) -> str:
        """Show where, never what."""
        return f"<ApiTokenAuth for {self._origin} by {self._token_url}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to write credentials down."""
        raise TypeError("an ApiTokenAuth holds credentials and cannot be pickled or copied")

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Authenticate a request, and once more after a 401."""
        if not same_origin(request.url, self._origin):
            yield request
            return
        token = self._tokens.get()
        response = yield _authorised(request, token)
        response.request = request
        if _calls_for_renewal(response):
            token = self._tokens.get(refused=token)
            response.close()
            _replace_body(response)
            response = yield _authorised(request, token)
            response.request = request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authenticate a request, and once more after a 401."""
        if not same_origin(request.url, self._origin):
            yield request
            return
        token = await self._tokens.get_async()
        response = yield _authorised(request, token)
        response.request = request
        if _calls_for_renewal(response):
            token = await self._tokens.get_async(refused=token)
            await response.aclose()
            _replace_body(response)
            response = yield _authorised(request, token)
            response.request = request

    def redact(self, text: str) -> str:
        """Take both tokens out of a text that a server sent."""
        for secret in (self._api_token, quote_plus(self._api_token), self._tokens.held()):
            text = text.replace(secret, "[redacted]") if secret else text
        return text

    def _exchange(self) -> AccessToken:
        session = Session(self._rules(), **self.connector.exchange_options())
        with self.connector.closing(session):
            try:
                response = session.send(self._request(session), auth=_CLIENT)
                return read_token_answer(response.status_code, response.json())
            except (APIStatusError, APIResponseValidationError) as error:
                refusal = _refusal(error)
        raise refusal  # outside, so that it does not drag the answer along

    async def _exchange_async(self) -> AccessToken:
        session = AsyncSession(self._rules(), **self.connector.exchange_options())
        async with self.connector.closing(session):
            try:
                response = await session.send(self._request(session), auth=_CLIENT)
                return read_token_answer(response.status_code, response.json())
            except (APIStatusError, APIResponseValidationError) as error:
                refusal = _refusal(error)
        raise refusal  # outside, so that it does not drag the answer along

    def _rules(self) -> Rules:
        # To ask twice for a token does no harm.
        return Rules(self.connector.max_retries, self.redact, repeatable=True)

    def _request(self, session: Session | AsyncSession) -> httpx.Request:
        form = {"grant_type": "api_token", "api_token": self._api_token}
        return session.build_request("POST", str(self._token_url), data=form)


def _authorised(request: httpx.Request, token: str) -> httpx.Request:
    """Copy a request with the token: who holds on to the original shall not hold the token."""
    headers = request.headers.copy()
    headers["Authorization"] = f"Bearer {token}"
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _calls_for_renewal(response: httpx.Response) -> bool:
    """Tell whether a new token may help: a stronger login (RFC 9470) it cannot give."""
    challenge = response.headers.get("WWW-Authenticate", "")
    return (
        response.status_code == 401
        and "insufficient_user_authentication" not in challenge
        # A body that streams is gone, and cannot be sent again.
        and isinstance(response.request.stream, httpx.ByteStream)
    )


def _replace_body(response: httpx.Response) -> None:
    """Let httpx, which reads a response before it sends the next request, read nothing."""
    response.stream = httpx.ByteStream(b"")
    response.is_closed = False


def _refusal(error: APIStatusError | APIResponseValidationError) -> TokenExchangeError:
    status = error.status_code
    if isinstance(error, APIResponseValidationError):
        return TokenExchangeError(
            f"the auth server's answer {error}; "
            "is token_url right, and no proxy or login page in between?",
            status_code=status,
        )
    answer = error.body if isinstance(error.body, dict) else {}
    code, description, hint = (
        value if isinstance(value := answer.get(key), str) else None
        for key in ("error", "error_description", "error_hint")
    )
    if status in {400, 401, 403}:
        advice = f"the auth server refused the API token; check {TOKEN_VARIABLE}, or {CREATE_TOKEN}"
    else:
        advice = "the auth server did not exchange the API token; is token_url right, or try later"
    return TokenExchangeError(
        f"{advice} ({status}{f' {code}' if code else ''}: {error.message})",
        status_code=status,
        error=code,
        error_description=description or hint,
    )
