"""The two HTTP clients that callers see: httpx clients whose requests follow the flow."""

from collections.abc import Coroutine
from typing import Any, ClassVar, cast

from upsun_api.errors import Path

from ._connections import Connections, Pool, User
from ._errors import ClientClosedError, ConfigurationError, UnsafePathError
from ._flow import Flow
from ._httpx import httpx
from ._io import Blocking, Io, Tasks, run
from ._options import NAME, Hooks, check_hooks, check_kind, read_hooks, read_timeout, translated
from ._paths import check_path

_HOW = httpx.USE_CLIENT_DEFAULT
_API_ROOT = "/projects"


class _Shared(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stands where httpx wants a transport: requests leave by the connections that are shared.

    It is closed with its client, and those with the last of their users.
    """

    def __init__(self, connections: Connections, user: User) -> None:
        self._connections, self._user = connections, user

    def close(self) -> None:
        run(self._connections.leave(Blocking, self._user))

    async def aclose(self) -> None:
        await self._connections.leave(Tasks, self._user)


class _Session:
    """What both HTTP clients are, beside one of httpx."""

    driver: ClassVar[type[Io]]

    def __init__(self, flow: Flow, connections: Connections, user: User, **options: Any) -> None:
        shared = _Shared(connections, user)
        super().__init__(transport=shared, trust_env=False, **options)  # type: ignore[call-arg]
        self._flow, self._connections, self._user = flow, connections, user
        self._hooks: Hooks = options["event_hooks"]  # which derived clients share
        self._own_times = httpx.Timeout(options["timeout"]).as_dict()  # read already

    @property
    def event_hooks(self) -> Hooks:
        """What is called with each request as sent, and each response, read unless streamed."""
        return self._hooks

    @event_hooks.setter
    def event_hooks(self, hooks: Any) -> None:
        self._hooks = read_hooks(hooks)

    @property
    def is_closed(self) -> bool:
        """Whether it, or the client that it belongs to, is closed."""
        return self._user.is_closed or super().is_closed  # type: ignore[misc]

    def build_request(self, method: str, url: Any, **kwargs: Any) -> httpx.Request:
        """Build a request.

        Raises:
            UnsafePathError: if the URL could be read as another place than it names.
            ConfigurationError: if an argument is unusable.
        """
        target = self._target(url)
        with translated("an argument of the request"):
            made = super().build_request(method, target, **kwargs)  # type: ignore[misc]
            request = cast("httpx.Request", made)
            fields = getattr(request.stream, "fields", None)  # of a multipart form
            files = [getattr(field, "file", "") for field in fields or ()]
            streams = [file for file in files if not isinstance(file, str | bytes)]
            if not all(hasattr(each, "read") for each in streams):
                raise ConfigurationError("a file of a form must be text, bytes or a file")
            if fields is not None and not streams:
                request.read()  # which makes bytes of it, that can be sent again
        return request

    def _target(self, url: Any) -> httpx.URL:
        """Return the URL to build a request for, if it is safe as the caller wrote it."""
        if not isinstance(url, str):
            # An httpx.URL has folded its dot segments already.
            raise UnsafePathError(f"a URL must be a string, not {type(url).__name__}")
        check_path(plain := str.__str__(url))
        try:
            # What begins with one slash is a path; to parse a URL is a third of a short call.
            parsed = None if plain.startswith("/") else httpx.URL(plain)
            if parsed is None or not (parsed.host or parsed.scheme):  # a host may be unreadable
                base = cast("httpx.URL", self.base_url)  # type: ignore[attr-defined]
                path = plain if plain.startswith("/") else f"/{plain}"
                raw = _under(base, path, is_operation=isinstance(url, Path))
                return httpx.URL(f"{base.scheme}://{base.netloc.decode('ascii')}{raw}")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnsafePathError(f"no usable URL: {error}; nothing was sent") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise UnsafePathError(f"no URL that this client sends to: {plain[:80]!r}")
        return parsed

    def _send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = _HOW,
        follow_redirects: Any = _HOW,  # noqa: ARG002 - never
    ) -> Coroutine[Any, Any, httpx.Response]:
        """Refuse what cannot be sent this way; let the rest follow the flow."""
        check_kind("the method", request.method, str, "a string")
        if not NAME.fullmatch(request.method):
            raise ConfigurationError(f"{request.method[:80]!r} is no HTTP method; nothing was sent")
        if "trace" in request.extensions:
            raise ConfigurationError("the extension 'trace' cannot be used here; take event_hooks")
        if auth is not _HOW or self.auth:  # type: ignore[attr-defined]
            raise ConfigurationError("auth cannot be set: the access token is this client's own")
        body = self.driver.body
        check_kind("the body", request.stream, body, f"a {body.__name__} in this kind of call")
        own: dict[str, float | None] = self.timeout.as_dict()  # type: ignore[attr-defined]
        if own != self._own_times or request.extensions.get("timeout", {}) != own:
            with translated("the timeout of a request"):
                times = httpx.Timeout(**{**own, **request.extensions.get("timeout", {})})
            request.extensions = {**request.extensions, "timeout": read_timeout(times).as_dict()}
        check_hooks(self._hooks, is_blocking=self.driver is Blocking)
        return self._flow.send(self.driver(self._pool, self._hooks, is_streamed=stream), request)

    def _pool(self) -> Pool:
        if self.is_closed:
            raise ClientClosedError
        return self._connections.pool(self.driver)


class Session(_Session, httpx.Client):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An ``httpx.Client`` that follows the flow."""

    driver = Blocking

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, as `Flow.send` does; never follow a redirect."""
        return run(self._send(request, **options))


class AsyncSession(_Session, httpx.AsyncClient):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An ``httpx.AsyncClient`` that follows the same flow."""

    driver = Tasks

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, as `Flow.send` does; never follow a redirect."""
        return await self._send(request, **options)


def _under(base: httpx.URL, path: str, *, is_operation: bool) -> str:
    """Return a path from the root of the server, for one that an operation or a link gives.

    An operation leaves out the prefix of the base URL, a link (HAL) has it. Who writes a path of
    his own leaves it out; under "/projects", that is what "/projects/p" does.
    """
    prefix = base.raw_path.decode("ascii").rstrip("/")
    in_links = prefix + _API_ROOT if prefix == _API_ROOT else prefix
    is_link = not is_operation and f"{path.partition('?')[0]}/".startswith(f"{in_links}/")
    return path if is_link else f"{prefix}{path}"
