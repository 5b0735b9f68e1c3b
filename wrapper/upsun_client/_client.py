"""The client: the generated one, with everything at its HTTP layer that makes it safe."""

import copy
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn, Self, TypeVar, cast

from upsun_api.client import Client

from . import _options, _success
from ._auth import exchange
from ._connections import Connections
from ._errors import ClientClosedError, ConfigurationError
from ._flow import Flow
from ._http import AsyncSession, Session
from ._httpx import httpx
from ._io import Blocking, PerLoop, Tasks, run
from ._tokens import Tokens, read_api_token

T = TypeVar("T")
SessionT = TypeVar("SessionT", Session, AsyncSession)
BASE_URL = "https://api.upsun.com"
TOKEN_URL = "https://auth.upsun.com/oauth2/token"  # noqa: S105 - a URL, no secret


class UpsunClient(Client):
    """A client for the Upsun REST API, for any operation in ``upsun_api.api``.

    It authenticates, refuses unsafe paths, retries passing failures and raises typed errors.
    Threads and tasks may share it. Use it with ``with`` or ``async with``, or ``close`` it.

    Args:
        api_token: default: the environment variable UPSUN_CLI_TOKEN.
        base_url: of the API; https, or http to loopback.
        token_url: where the API token is exchanged for an access token.
        timeout: seconds for each of connecting, sending, receiving and waiting for a
            connection or a token; None waits for ever.
        max_retries: how often to repeat a request, or an exchange, that may be repeated.
        verify_ssl: True for the usual authorities, a path to a file or folder of them, an
            ``ssl.SSLContext``, or False for none.
        headers: sent with every request; Authorization is the client's own.
        cookies: sent with every request. What servers set is not kept.
        httpx_args: further arguments of ``httpx.Client`` and ``httpx.AsyncClient``. The exchange
            takes the same way, but for a transport that is asynchronous only.
        trusted_origins: other servers, such as ``https://eu-2.platform.sh``, that links may lead
            to, and that get the access token. To all others, nothing is sent.
        raise_on_unexpected_status: whether a generated operation raises on a 2xx that it does
            not document, rather than return None.

    Raises:
        ConfigurationError: if there is no API token, or an argument is unusable.
    """

    __slots__ = ("_connections", "_flow", "_sessions", "_tokens", "_user")

    def __init__(
        self,
        api_token: str | None = None,
        *,
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        timeout: _options.Timeout = 30.0,
        max_retries: int = 2,
        verify_ssl: _options.Verify = True,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        httpx_args: dict[str, Any] | None = None,
        trusted_origins: Iterable[str] = (),
        raise_on_unexpected_status: bool = False,
    ) -> None:
        """Take the arguments that the class tells of."""
        secret = read_api_token(api_token)
        token_from = _options.read_url("token_url", token_url)
        trusted = [_options.read_url("base_url", base_url), *_options.read_origins(trusted_origins)]
        _options.check_number("max_retries", max_retries, int, 0)
        args, times = _options.read_httpx_args(httpx_args), _options.read_timeout(timeout)
        super().__init__(
            base_url=base_url.rstrip("/"),
            headers=_options.read_headers("headers", headers),
            cookies=_options.read_headers("cookies", cookies),
            timeout=cast("httpx.Timeout", timeout),
            raise_on_unexpected_status=raise_on_unexpected_status,
        )
        plain = [url.netloc.decode() for url in (*trusted, token_from) if url.scheme == "http"]
        self._connections = Connections(args, verify_ssl, plain)
        ask = partial(exchange, self._connections, token_from, times, max_retries)
        self._tokens = Tokens(secret, ask)
        self._flow = Flow(trusted, max_retries, self._tokens.redact, self._tokens)
        self._open(is_first=True)

    def _open(self, *, is_first: bool) -> None:
        self._user = self._connections.join(is_first=is_first)
        # That of threads opens nothing itself, and so is the same in a forked process.
        self._sessions = {Session: PerLoop(lambda: (0, None)), AsyncSession: PerLoop()}

    def __repr__(self) -> str:
        """Show where, never what."""
        return f"<{type(self).__name__} of {self._base_url}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to write credentials down."""
        raise TypeError("an UpsunClient holds credentials and cannot be pickled or copied")

    @property
    def base_url(self) -> str:
        """URL of the API, without a slash at its end."""
        return self._base_url

    @property
    def timeout(self) -> _options.Timeout:
        """Seconds, as given."""
        return self._timeout

    @property
    def max_retries(self) -> int:
        """How often a request is repeated that may be."""
        return self._flow.retries

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return a client with further headers that shares access token and connections.

        This one stays as it is, and each is closed on its own.
        """
        return self._derive(_headers={**self._headers, **_options.read_headers("headers", headers)})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Return a client with further cookies that shares access token and connections."""
        return self._derive(_cookies={**self._cookies, **_options.read_headers("cookies", cookies)})

    def with_timeout(self, timeout: _options.Timeout) -> Self:
        """Return a client with another timeout, in seconds; the exchange keeps its own."""
        _options.read_timeout(timeout)
        return self._derive(_timeout=timeout)

    def with_max_retries(self, max_retries: int) -> Self:
        """Return a client that repeats a request as often; the exchange keeps its own number."""
        _options.check_number("max_retries", max_retries, int, 0)
        flow = copy.copy(self._flow)
        flow.retries = max_retries
        return self._derive(_flow=flow)

    def _derive(self, **changes: Any) -> Self:
        self._check_open()
        derived = object.__new__(type(self))
        own, slots = cast("tuple[dict[str, Any] | None, dict[str, Any]]", object.__getstate__(self))
        for name, value in {**(own or {}), **slots, **changes}.items():
            object.__setattr__(derived, name, value)
        derived._open(is_first=False)
        return derived

    def get_httpx_client(self) -> httpx.Client:
        """Return the HTTP client below, for requests that no operation covers, such as HAL links.

        It is as safe as this one; a URL is relative, or on the origin of the API or a trusted one.
        An id in a URL of your own has to be quoted, as by ``urllib.parse.quote(id, safe="")``. What
        breaks off while you stream it raises an error of httpx.

        Raises:
            ClientClosedError: if this client is closed.
        """
        return self._session(Session)

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the asynchronous HTTP client below; see `get_httpx_client`.

        Connections belong to an event loop, so each loop gets a client of its own.
        """
        return self._session(AsyncSession)

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:  # noqa: ARG002
        """Raise ConfigurationError: a client from elsewhere would have none of the safety."""
        raise ConfigurationError("an UpsunClient makes its own HTTP client; pass httpx_args to it")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:  # noqa: ARG002
        """Raise ConfigurationError, as `set_httpx_client` does."""
        raise ConfigurationError("an UpsunClient makes its own HTTP client; pass httpx_args to it")

    def parse(self, parser: Callable[..., T], response: httpx.Response) -> T:
        """Let a generated parser read a success.

        Raises:
            APIResponseValidationError: if it does not fit the contract.
        """
        return _success.parse(parser, response, self, self._tokens.redact)

    def close(self) -> None:
        """Close the client, not those derived from it. Connections of event loops take `aclose`."""
        self._user.is_closed = True
        run(self._connections.leave(Blocking, self._user))

    async def aclose(self) -> None:
        """Close the client and its connections, those of the running event loop among them."""
        self.close()
        await self._connections.leave(Tasks, self._user)

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        self._check_open()
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        """Close the client."""
        self.close()

    async def __aenter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        self._check_open()
        return self

    async def __aexit__(self, *args: object, **kwargs: object) -> None:
        """Close the client."""
        await self.aclose()

    def _session(self, kind: type[SessionT]) -> SessionT:
        self._check_open()
        return cast("SessionT", self._sessions[kind].get(lambda: self._make_session(kind)))

    def _make_session(self, kind: type[SessionT]) -> SessionT:
        headers = {**_options.HEADERS, **self._headers}
        plain = {"base_url": self._base_url, "cookies": self._cookies, "timeout": self._timeout}
        options = {**plain, **self._connections.for_sessions, "headers": headers}
        with _options.translated("httpx_args (params, event_hooks)"):
            return kind(self._flow, self._connections, self._user, **options)

    def _check_open(self) -> None:
        if self._user.is_closed:
            raise ClientClosedError
