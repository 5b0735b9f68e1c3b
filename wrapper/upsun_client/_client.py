"""The client: the generated one, with everything at its HTTP layer that makes it safe."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, cast

import httpx

from upsun_api.client import Client

from ._auth import BASE_URL, TOKEN_URL, ApiTokenAuth
from ._connector import Connector, read_timeout
from ._errors import ClientClosedError, ConfigurationError
from ._fields import merge_headers, read_fields
from ._fork import watch
from ._http import AsyncSession, Session
from ._loops import PerLoop
from ._rules import Rules
from ._success import Answer
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._connector import SessionT, Timeout, Verify

T = TypeVar("T")
_USER_AGENT = "upsun-client/{} Python/{}.{}.{} {}".format(
    __version__, *sys.version_info[:3], sys.platform
)


class UpsunClient(Client):
    """A client for the Upsun REST API, for any operation in ``upsun_api.api``.

    It authenticates, refuses unsafe paths, retries passing failures and raises typed errors.
    Threads and tasks may share it. Use it with ``with`` or ``async with``, or ``close`` it.

    Args:
        api_token: default: the environment variable UPSUN_CLI_TOKEN.
        base_url: of the API; https, or http to loopback.
        token_url: where the API token is exchanged for an access token.
        timeout: seconds for each of connecting, sending, receiving and waiting for a
            connection; None waits for ever.
        max_retries: how often to repeat a request, or an exchange, that may be repeated.
        verify_ssl: True for the usual authorities, a path to a file or folder of them, an
            ``ssl.SSLContext``, or False for none.
        headers: sent with every request; Authorization is the client's own.
        cookies: sent with every request.
        httpx_args: further arguments of ``httpx.Client`` and ``httpx.AsyncClient``.
        raise_on_unexpected_status: whether a generated operation raises on a 2xx that it does
            not document, rather than return None.

    Raises:
        ConfigurationError: if there is no API token, or an argument is unusable.
    """

    __slots__ = ("_async_sessions", "_auth", "_closed", "_derived", "_lock")

    def __init__(
        self,
        api_token: str | None = None,
        *,
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        timeout: Timeout = 30.0,
        max_retries: int = 2,
        verify_ssl: Verify = True,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        httpx_args: dict[str, Any] | None = None,
        raise_on_unexpected_status: bool = False,
    ) -> None:
        connector = Connector(
            timeout=timeout,
            verify_ssl=verify_ssl,
            max_retries=max_retries,
            httpx_args=httpx_args,
            user_agent=_USER_AGENT,
        )
        self._set_up(
            ApiTokenAuth(api_token, base_url=base_url, token_url=token_url, connector=connector),
            base_url=base_url.rstrip("/"),
            headers=read_fields("headers", headers),
            cookies=read_fields("cookies", cookies),
            timeout=connector.timeout,
            raise_on_unexpected_status=raise_on_unexpected_status,
        )

    def _set_up(self, auth: ApiTokenAuth, *, derived: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self._auth = auth
        self._derived = derived
        self._closed = False
        self._async_sessions = PerLoop(lambda: self._session(AsyncSession))
        self._start_over()
        watch(self, UpsunClient._start_over)

    def _start_over(self) -> None:
        # Forget, in a forked child, a lock that a thread of the parent held.
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Show where, never what."""
        return f"<{type(self).__name__} of {self._base_url}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to write credentials down."""
        raise TypeError("an UpsunClient holds credentials and cannot be pickled or copied")

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return a client with further headers that shares the access token; this one stays."""
        return self._derive(headers=merge_headers(self._headers, read_fields("headers", headers)))

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Return a client with further cookies that shares the access token; this one stays."""
        return self._derive(cookies={**self._cookies, **read_fields("cookies", cookies)})

    def with_timeout(self, timeout: Timeout) -> Self:
        """Return a client with another timeout, in seconds; the exchange keeps its own."""
        return self._derive(timeout=read_timeout(timeout))

    def _derive(self, **changes: Any) -> Self:
        self._check_open()
        settings = {
            "base_url": self._base_url,
            "headers": self._headers,
            "cookies": self._cookies,
            "timeout": self._timeout,
            "raise_on_unexpected_status": self.raise_on_unexpected_status,
        }
        derived = object.__new__(type(self))
        if hasattr(self, "__dict__"):
            vars(derived).update(vars(self))  # what a subclass has of its own
        derived._set_up(self._auth, derived=True, **{**settings, **changes})
        return derived

    def get_httpx_client(self) -> httpx.Client:
        """Return the HTTP client below, for requests that no operation covers, such as HAL links.

        It is as safe as this one; URLs that are relative or on the API's origin are authenticated.
        An id in a URL of your own has to be quoted, as by ``urllib.parse.quote(id, safe="")``. What
        breaks off while you stream it raises an error of httpx.

        Raises:
            ClientClosedError: if this client is closed.
        """
        self._check_open()
        if self._client is None:
            with self._lock:
                self._client = self._client or self._session(Session)
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the asynchronous HTTP client below; see `get_httpx_client`.

        Connections belong to an event loop, so each loop gets a client of its own.
        """
        self._check_open()
        with self._lock:
            return self._async_sessions.get()

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:  # noqa: ARG002
        """Raise ConfigurationError: a client from elsewhere would have none of the safety."""
        raise ConfigurationError("an UpsunClient makes its own HTTP client; pass httpx_args to it")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:  # noqa: ARG002
        """Raise ConfigurationError, as `set_httpx_client` does."""
        raise ConfigurationError("an UpsunClient makes its own HTTP client; pass httpx_args to it")

    def parse(self, parser: Callable[..., T], response: httpx.Response) -> T:
        """Let a generated parser read an answer of this client; see `Answer.parse`."""
        if isinstance(response, Answer):
            return cast("T", response.parse(parser, self))
        return super().parse(parser, response)

    def close(self) -> None:
        """Close the client, not those derived from it. Connections of event loops take `aclose`."""
        self._closed = True
        if self._client is not None:
            self._client.close()
        for session in self._async_sessions:
            session.retired = True

    async def aclose(self) -> None:
        """Close the client and its connections, those of the running event loop among them."""
        self.close()
        if session := self._async_sessions.held():
            await session.aclose()

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
        connector = self._auth.connector
        rules = Rules(connector.max_retries, self._auth.redact, httpx.URL(self._base_url))
        return connector.session(
            kind,
            rules,
            auth=self._auth,
            base_url=self._base_url,
            cookies=self._cookies,
            headers=merge_headers(connector.headers, self._headers),
            lent=self._derived,
            timeout=self._timeout,
        )

    def _check_open(self) -> None:
        if self._closed:
            raise ClientClosedError("this client is closed; make a new one")
