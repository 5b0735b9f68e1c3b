"""What the errors say, whole: one line of texts.txt for each."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.client.conftest import delete_once
from tests.client.http_library import httpx
from tests.client.test_arguments import UNUSABLE, argument
from tests.client.test_path_safety import UNSAFE_LINKS
from upsun_api.client import Client
from upsun_client import UpsunClient, UpsunError, delete_projects_integrations

TEXTS = Path(__file__).with_name("texts.txt")
TOKEN = {"json": {"access_token": "access-token"}}
ACCEPTED = {"json": {"status": "Accepted", "code": 202}}
Answer = dict[str, Any] | Exception
Do = Callable[[UpsunClient], object]


def said(api: Answer = ACCEPTED, auth: Answer = TOKEN, do: Do = delete_once, **args: Any) -> str:
    """Return what the error says that a client ends with whose answers these are."""

    def handle(request: httpx.Request) -> httpx.Response:
        given = auth if request.url.path == "/oauth2/token" else api
        if isinstance(given, Exception):
            raise given
        return httpx.Response(**{"status_code": 200, **given})

    httpx_args = {"transport": httpx.MockTransport(handle)}
    args = {"api_token": "token", "httpx_args": httpx_args, "max_retries": 0, **args}
    try:
        with UpsunClient(**args) as client:
            do(client)
    except UpsunError as error:
        return f"{type(error).__name__}: {error}".replace("httpx2", "httpx")
    return "nothing"


def answered() -> Iterator[Answer]:
    """Give what an API and an auth server answer."""
    for status in (302, 400, 401, 403, 404, 409, 418, 500):
        yield {"status_code": status}
    yield {"status_code": 429, "headers": {"Retry-After": "90"}}
    yield {"status_code": 302, "headers": {"Location": "https://login.example/?next=1"}}
    yield {"status_code": 299}
    yield {"json": []}
    yield {"json": {"status": "Accepted", "code": 404}}
    yield {"content": b"\x00" * 2, "headers": {"Content-Encoding": "gzip"}}
    yield {"content": b"x", "headers": {"Content-Encoding": "br"}}
    yield {"status_code": 400, "json": {"error": "invalid", "message": "x" * 700}}
    for kind in ("ConnectError", "ReadError", "ReadTimeout", "PoolTimeout"):
        yield getattr(httpx, kind)("the reason")


def configured() -> Iterator[dict[str, Any]]:
    """Give arguments of a client that are unusable, but for what other libraries say of them."""
    others = {"cert", "http2", "params"}
    for name, _, values in UNUSABLE:
        if not name.isupper() and name.rpartition(".")[2] not in others:
            yield argument(name, values[0])


def request(client: UpsunClient, method: str = "GET", url: str = "/x", **more: Any) -> None:
    client.get_httpx_client().request(method, url, **more)


def used() -> Iterator[Do]:
    """Give what a client does not do."""
    yield lambda client: delete_projects_integrations(3, "i", client=client)  # type: ignore[arg-type]
    yield lambda client: delete_projects_integrations("p", "..", client=client)
    yield lambda _: delete_projects_integrations("p", "i", client=Client("x"))  # type: ignore[arg-type]
    yield lambda client: client.set_httpx_client(httpx.Client())
    yield lambda client: client.set_async_httpx_client(httpx.AsyncClient())
    yield lambda client: setattr(client.get_httpx_client(), "event_hooks", 3)
    yield lambda client: client.close() or client.with_headers({})  # type: ignore[func-returns-value]
    requests: list[dict[str, Any]] = [{"url": links[0]} for links in UNSAFE_LINKS.values()]
    requests += [{"method": "A B"}, {"auth": None}, {"extensions": {"target": b"/y"}}]
    requests += [{"timeout": -1}]
    yield from (partial(request, **each) for each in requests)


def test_the_errors_say_what_happened_where_and_what_to_do() -> None:
    texts = [*map(said, answered()), *(said(auth=each) for each in answered())]
    texts += [*(said(**each) for each in configured()), *(said(do=each) for each in used())]
    assert texts == TEXTS.read_text().splitlines()
