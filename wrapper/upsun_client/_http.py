"""The two HTTP clients that callers see: httpx clients whose requests follow the flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._body import AsyncStreamed, SyncStreamed
from ._connections import Connections, Pool, User
from ._errors import ClientClosedError, ConfigurationError, UnsafePathError
from ._flow import Flow
from ._httpx import httpx
from ._io import Blocking, Tasks, run
from ._options import NAME, Hooks, check_hooks, check_kind, read_hooks, read_timeout
from ._paths import check_path
from ._urls import parse_url, under

_HOW = httpx.USE_CLIENT_DEFAULT
_UNUSABLE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class _NoTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stands where httpx wants a transport: requests leave by the connections that are shared."""


class _Session:
    """What both HTTP clients are, beside one of httpx."""

    def __init__(self, flow: Flow, connections: Connections, user: User, **options: Any) -> None:
        super().__init__(transport=_NoTransport(), trust_env=False, **options)  # type: ignore[call-arg]
        self._hooks: Hooks = options["event_hooks"]
        self._flow, self._connections, self._user = flow, connections, user

    @property
    def is_closed(self) -> bool:
        """Whether it, or the client that it belongs to, is closed."""
        return self._user.is_closed or super().is_closed  # type: ignore[misc]

    @property
    def event_hooks(self) -> Hooks:
        """What is called with each request as sent, and each response before it is judged."""
        return self._hooks

    @event_hooks.setter
    def event_hooks(self, hooks: Any) -> None:
        self._hooks = read_hooks(hooks)

    def build_request(self, method: str, url: Any, **kwargs: Any) -> httpx.Request:
        """Build a request.

        Raises:
            UnsafePathError: if the URL could be read as another place than it names.
            ConfigurationError: if an argument is unusable.
        """
        target = self._target(url)
        try:
            if kwargs.get("timeout", _HOW) is not _HOW:
                kwargs["timeout"] = read_timeout(httpx.Timeout(kwargs["timeout"]))
            return super().build_request(method, target, **kwargs)  # type: ignore[misc, no-any-return]
        except (httpx.InvalidURL, *_UNUSABLE) as error:
            problem = str(error)
        raise ConfigurationError(f"no request can be made of these arguments: {problem}")

    def _target(self, url: Any) -> httpx.URL:
        """Return the URL to build a request for, if it is safe as the caller wrote it."""
        if not isinstance(url, str):
            # An httpx.URL has folded its dot segments already.
            raise UnsafePathError(f"a URL must be a string, not {type(url).__name__}")
        plain: str = str.__str__(url)
        check_path(plain)
        if "#" in plain:
            # It would be cut off, and so would what an id with a "#" in it leaves behind.
            raise UnsafePathError("a fragment ('#') is never sent; nothing was sent. Quote the ids")
        try:
            # What begins with one slash is a path; to parse a URL is a third of a short call.
            parsed = None if plain.startswith("/") else parse_url(plain)
            if parsed is None or not (parsed.scheme or parsed.host):
                base = httpx.URL(self.base_url)  # type: ignore[attr-defined]
                raw = under(base, plain if plain.startswith("/") else f"/{plain}")
                return httpx.URL(f"{base.scheme}://{base.netloc.decode('ascii')}{raw}")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsafePathError(f"no usable URL: {error}; nothing was sent") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise UnsafePathError(f"no URL that this client sends to: {plain[:80]!r}")
        return parsed

    def _prepare(self, request: httpx.Request, body: type, auth: Any) -> None:
        """Refuse what cannot be sent this way."""
        self._check_open()
        check_kind("method", request.method, str, "a string")
        if not NAME.fullmatch(request.method):
            raise ConfigurationError(f"{request.method[:80]!r} is no HTTP method; nothing was sent")
        if "target" in request.extensions:
            raise UnsafePathError("the extension 'target' hides the path; nothing was sent")
        if auth is not _HOW:
            raise ConfigurationError("auth cannot be set: the access token is this client's own")
        if not isinstance(request.stream, body):
            kind = type(request.stream).__name__
            problem = f"which this kind of call cannot send: it takes a {body.__name__}"
            raise ConfigurationError(f"the body is a {kind}, {problem}")
        fields = getattr(request.stream, "fields", None)  # of a multipart form
        files = [getattr(field, "file", "") for field in fields or ()]
        for file in files:
            if not isinstance(file, str | bytes) and not hasattr(file, "read"):
                raise ConfigurationError(f"a file of a form cannot be a {type(file).__name__}")
        if fields is not None and all(isinstance(file, str | bytes) for file in files):
            request.read()  # which makes bytes of it, that can be sent again
        own: dict[str, float | None] = self.timeout.as_dict()  # type: ignore[attr-defined]
        if (given := request.extensions.get("timeout", {})) != own:
            check_kind("the timeout of a request", given, Mapping, "a mapping of its parts")
            parts = {part: {**own, **given}[part] for part in ("connect", "read", "write", "pool")}
            timeout = read_timeout(httpx.Timeout(**parts)).as_dict()
            request.extensions = {**request.extensions, "timeout": timeout}

    def _check_open(self) -> None:
        if self.is_closed:
            raise ClientClosedError


class Session(_Session, httpx.Client):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An ``httpx.Client`` that follows the flow."""

    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = _HOW,
        follow_redirects: Any = _HOW,  # noqa: ARG002 - never
    ) -> httpx.Response:
        """Send a request, as `Flow.send` does; never follow a redirect."""
        self._prepare(request, httpx.SyncByteStream, auth)
        check_hooks(self._hooks)
        io = Blocking(self._pool, self._hooks, SyncStreamed if stream else None)
        return run(self._flow.send(io, request))

    def check(self) -> None:
        """Refuse what is unusable, before a token is asked for."""
        check_hooks(self._hooks)
        self._pool()

    def close(self) -> None:
        """Close it, and the connections if nobody else uses them."""
        super().close()
        self._connections.leave(self._user)

    def __exit__(self, *args: object) -> None:
        """Close it."""
        self.close()

    def _pool(self) -> Pool:
        self._check_open()
        return self._connections.for_threads()


class AsyncSession(_Session, httpx.AsyncClient):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An ``httpx.AsyncClient`` that follows the same flow."""

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = _HOW,
        follow_redirects: Any = _HOW,  # noqa: ARG002 - never
    ) -> httpx.Response:
        """Send a request, as `Flow.send` does; never follow a redirect."""
        self._prepare(request, httpx.AsyncByteStream, auth)
        io = Tasks(self._pool, self._hooks, AsyncStreamed if stream else None)
        return await self._flow.send(io, request)

    async def aclose(self) -> None:
        """Close it, and the connections of the running event loop if nobody else uses them."""
        await super().aclose()
        await self._connections.aleave(self._user)

    async def __aexit__(self, *args: object) -> None:
        """Close it."""
        await self.aclose()

    def _pool(self) -> Pool:
        self._check_open()
        return self._connections.for_tasks()
