"""Authentication: an access token on each request, exchanged for the API token."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote_plus

import httpx

from ._connector import Connector
from ._errors import APIResponseValidationError, APIStatusError
from ._http import AsyncSession, Session
from ._rules import Rules, can_be_sent_again
from ._token import AccessToken, read_api_token, read_token_answer, refusal
from ._tokens import Tokens
from ._url import origin, read_url

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

BASE_URL = "https://api.upsun.com"
TOKEN_URL = "https://auth.upsun.com/oauth2/token"  # noqa: S105 - a URL, no secret
_CLIENT = ("platform-api-user", "")
_SHORTEST_SECRET = 8  # characters; what is shorter may well be a word of the server's


class ApiTokenAuth(httpx.Auth):
    """Authenticates requests with an access token, exchanged for the API token when needed.

    One access token serves all threads and tasks. It goes to the origin of ``base_url`` only.
    A 401 is answered once with a new token.

    It authenticates, no more: in a plain httpx client, an id of ``..`` still deletes the project.
    Use `UpsunClient` for all that is safe.

    Args:
        api_token: default: the environment variable UPSUN_CLI_TOKEN.
        base_url: whose origin gets the access token.
        token_url: where the exchange happens.
        connector: the way there, if it is not the usual one.

    Raises:
        ConfigurationError: if an argument is unusable.
    """

    # Rather than a __dict__ that shows the tokens.
    __slots__ = ("_api_token", "_base_url", "_origin", "_token_url", "_tokens", "connector")

    def __init__(
        self,
        api_token: str | None = None,
        *,
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        connector: Connector | None = None,
    ) -> None:
        self._api_token = read_api_token(api_token)
        self._base_url = read_url("base_url", base_url)
        self._origin = origin(self._base_url)
        self._token_url = read_url("token_url", token_url)
        self._tokens = Tokens(self._exchange, self._exchange_async)
        self.connector = connector or Connector()

    def __repr__(self) -> str:
        """Show where, never what."""
        return f"<ApiTokenAuth for {self._base_url} by {self._token_url}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to write credentials down."""
        raise TypeError("an ApiTokenAuth holds credentials and cannot be pickled or copied")

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Authenticate a request, and once more after a 401."""
        if origin(request.url) != self._origin:
            yield request
            return
        since = self._tokens.settled
        token = self._tokens.get(since)
        sent = _authorised(request, token)
        try:
            response = yield sent
            if self._calls_for_renewal(response, sent, token):
                token = self._tokens.get(since, refused=token)
                response.close()
                _empty(response)
                _give_back(response, sent, request)
                sent = _authorised(request, token)
                response = yield sent
        except GeneratorExit:
            _disarm(sent)
            raise
        _give_back(response, sent, request)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authenticate a request, and once more after a 401."""
        if origin(request.url) != self._origin:
            yield request
            return
        since = self._tokens.settled
        token = await self._tokens.get_async(since)
        sent = _authorised(request, token)
        try:
            response = yield sent
            if self._calls_for_renewal(response, sent, token):
                token = await self._tokens.get_async(since, refused=token)
                await response.aclose()
                _empty(response)
                _give_back(response, sent, request)
                sent = _authorised(request, token)
                response = yield sent
        except GeneratorExit:
            _disarm(sent)
            raise
        _give_back(response, sent, request)

    def redact(self, text: str) -> str:
        """Take the tokens out of a text that a server sent."""
        for secret in (self._api_token, quote_plus(self._api_token), *self._tokens.held()):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[redacted]")
        return text

    def _calls_for_renewal(
        self, response: httpx.Response, sent: httpx.Request, token: AccessToken
    ) -> bool:
        # In a client that follows redirects, it may answer another request.
        if response.status_code != 401 or response.request is not sent:
            return False
        # A stronger login (RFC 9470) is nothing that a new token can give.
        if "insufficient_user_authentication" in response.headers.get("WWW-Authenticate", ""):
            return False
        if can_be_sent_again(sent):
            return True
        self._tokens.forget(token)
        return False

    def _exchange(self) -> AccessToken:
        with self.connector.exchange_session(Session, self._rules()) as session:
            request = session.build_request("POST", str(self._token_url), data=self._form())
            try:
                response = session.send(request, auth=_CLIENT)
                return read_token_answer(response.status_code, response.content)
            except (APIStatusError, APIResponseValidationError) as error:
                refused = refusal(error)
        raise refused  # outside, so that it does not drag the answer along

    async def _exchange_async(self) -> AccessToken:
        async with self.connector.exchange_session(AsyncSession, self._rules()) as session:
            request = session.build_request("POST", str(self._token_url), data=self._form())
            try:
                response = await session.send(request, auth=_CLIENT)
                return read_token_answer(response.status_code, response.content)
            except (APIStatusError, APIResponseValidationError) as error:
                refused = refusal(error)
        raise refused

    def _form(self) -> dict[str, str]:
        return {"grant_type": "api_token", "api_token": self._api_token}

    def _rules(self) -> Rules:
        return Rules(self.connector.max_retries, self.redact, self._token_url, exchange=True)


def _authorised(request: httpx.Request, token: AccessToken) -> httpx.Request:
    """Copy a request with the token: who holds on to the original shall not hold the token."""
    sent = object.__new__(httpx.Request)  # as `copy` leaves out what httpx does not pickle
    vars(sent).update(vars(request), headers=httpx.Headers(request.headers))
    sent.headers["Authorization"] = f"Bearer {token.value}"
    return sent


def _disarm(sent: httpx.Request) -> None:
    """Take the token out of a copy that nobody answered: it lives on in an error."""
    sent.headers.pop("Authorization", None)  # which a hook may have done


def _give_back(response: httpx.Response, sent: httpx.Request, request: httpx.Request) -> None:
    if response.request is sent:
        response.request = request


def _empty(response: httpx.Response) -> None:
    """Let httpx, which reads a response before it sends the next request, read nothing."""
    response.stream = httpx.ByteStream(b"")
    response.is_closed = False
