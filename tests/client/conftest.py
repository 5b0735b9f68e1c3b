"""Fixtures of the wrapper's tests: each call runs synchronously, on asyncio and on trio."""

import asyncio
import inspect
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import pytest

from tests.client.http_library import httpx
from upsun_client import (
    AcceptedResponse,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

Delete = Callable[..., AcceptedResponse]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("SSL_CERT", "UPSUN_")):
            monkeypatch.delenv(name)


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.uniform
    monkeypatch.setattr(random, "uniform", lambda low, high: draw(low, high) / 50)


class Clock:
    """Stands for time.monotonic: no two readings are the same, and the rest is up to the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1e-6
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, real = Clock(), time.monotonic
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: real())
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture(params=["sync", "asyncio", "trio"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def delete(flavour: str) -> Delete:
    """Delete an integration with a client made for it and closed after."""

    def sync(project: Any = "p1", integration: Any = "i1", /, **kwargs: Any) -> AcceptedResponse:
        with UpsunClient(**kwargs) as client:
            return delete_projects_integrations(project, integration, client=client)

    def asynchronous(
        project: Any = "p1", integration: Any = "i1", /, **kwargs: Any
    ) -> AcceptedResponse:
        async def run() -> AcceptedResponse:
            async with UpsunClient(**kwargs) as client:
                return await delete_projects_integrations_async(project, integration, client=client)

        return anyio.run(run, backend=flavour)

    return sync if flavour == "sync" else asynchronous


def send(
    flavour: str, client: UpsunClient, method: str = "GET", url: str = "/x", **more: Any
) -> httpx.Response:
    """Send a request of the caller's own, of an event loop or of none."""

    async def run() -> httpx.Response:
        async with client.get_async_httpx_client() as http:
            return await http.request(method, url, **more)

    if flavour == "sync":
        return client.get_httpx_client().request(method, url, **more)
    return anyio.run(run, backend=flavour)


def mocked(handle: Callable[[httpx.Request], httpx.Response], **more: Any) -> dict[str, Any]:
    """Arguments of an UpsunClient whose requests a function answers, but for the exchange."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "access"})
        return handle(request)

    return {"api_token": "t", "httpx_args": {"transport": httpx.MockTransport(answer)}, **more}


class Calls:
    """One test for each flavour: what it awaits is done by an event loop, or at once."""

    def __init__(self, flavour: str) -> None:
        self.is_sync, self._backend = flavour == "sync", flavour

    def run(self, main: Callable[[], Coroutine[Any, Any, object]]) -> None:
        if not self.is_sync:
            anyio.run(main, backend=self._backend)
            return
        with suppress(StopIteration):
            main().send(None)

    def use(self, main: Callable[[UpsunClient], Coroutine[Any, Any, object]], **args: Any) -> None:
        """Run with a client that is closed after."""

        async def run() -> None:
            client = UpsunClient(**args)
            await main(client)
            await self.close(client)

        self.run(run)

    async def delete(self, client: UpsunClient) -> None:
        delete_once(client) if self.is_sync else await delete_once_async(client)

    def session(self, client: UpsunClient) -> Any:
        return client.get_httpx_client() if self.is_sync else client.get_async_httpx_client()

    @asynccontextmanager
    async def entered(self, thing: Any) -> AsyncIterator[None]:
        """Enter a session or client, and leave it."""
        await self.do(thing.__enter__() if self.is_sync else thing.__aenter__())
        yield
        await self.do(
            thing.__exit__(None, None, None) if self.is_sync else thing.__aexit__(None, None, None)
        )

    async def do(self, result: Any) -> Any:
        """Finish what a method of a session or client gave."""
        return await result if inspect.isawaitable(result) else result

    async def close(self, thing: Any) -> None:
        thing.close() if self.is_sync else await thing.aclose()


@pytest.fixture
def calls(flavour: str) -> Calls:
    return Calls(flavour)


def delete_once(client: UpsunClient) -> None:
    delete_projects_integrations("p", "i", client=client)


async def delete_once_async(client: UpsunClient) -> None:
    await delete_projects_integrations_async("p", "i", client=client)


def outcome(call: Callable[[], Any]) -> str:
    """The name of the error that a call ends with, or ok."""
    try:
        call()
    except UpsunError as error:
        return type(error).__name__
    return "ok"
