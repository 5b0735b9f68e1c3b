"""Fixtures of the wrapper's tests: each call runs synchronously, on asyncio and on trio."""

import asyncio
import inspect
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest

import upsun_client as u
from tests.client.http_library import httpx
from tests.client.wire import Wire

Delete = Callable[..., u.AcceptedResponse]


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


@pytest.fixture
def server() -> Iterator[Wire]:
    with Wire() as server:
        yield server


@pytest.fixture
def client(server: Wire) -> Iterator[u.UpsunClient]:
    with u.UpsunClient(**server.kwargs()) as client:
        yield client


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
        self.flavour, self.is_sync = flavour, flavour == "sync"

    def run(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if not self.is_sync:
            return anyio.run(main, backend=self.flavour)
        try:
            main().send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("what is synchronous was suspended")

    async def delete(
        self, client: u.UpsunClient, project: Any = "p", integration: Any = "i"
    ) -> u.AcceptedResponse:
        if self.is_sync:
            return u.delete_projects_integrations(project, integration, client=client)
        return await u.delete_projects_integrations_async(project, integration, client=client)

    def send(self, client: u.UpsunClient, method: str = "GET", url: str = "/x", **more: Any) -> Any:
        """Send a request of the caller's own."""

        async def run() -> Any:
            async with self.entered(self.session(client)) as http:
                return await self.do(http.request(method, url, **more))

        return self.run(run)

    def session(self, client: u.UpsunClient) -> Any:
        return client.get_httpx_client() if self.is_sync else client.get_async_httpx_client()

    @asynccontextmanager
    async def entered(self, thing: Any) -> AsyncIterator[Any]:
        """Enter a session or client, and leave it."""
        if self.is_sync:
            with thing:
                yield thing
        else:
            async with thing:
                yield thing

    def client(self, **args: Any) -> AbstractAsyncContextManager[u.UpsunClient]:
        return self.entered(u.UpsunClient(**args))

    async def do(self, result: Any) -> Any:
        """Finish what a method of a session or client gave."""
        return await result if inspect.isawaitable(result) else result

    async def read(self, response: httpx.Response) -> bytes:
        return response.read() if self.is_sync else await response.aread()

    async def close(self, thing: Any) -> None:
        thing.close() if self.is_sync else await thing.aclose()

    async def block(self, function: Callable[[float], object], seconds: float) -> None:
        """Do what blocks where no other task waits for it."""
        function(seconds) if self.is_sync else await anyio.to_thread.run_sync(function, seconds)

    async def together(self, *mains: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run all at once, in threads or in tasks."""
        if self.is_sync:
            with ThreadPoolExecutor(len(mains)) as pool:
                list(pool.map(self.run, mains))
        else:
            async with anyio.create_task_group() as group:
                for main in mains:
                    group.start_soon(main)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def calls(request: pytest.FixtureRequest) -> Calls:
    return Calls(request.param)


@pytest.fixture(params=["asyncio", "trio"])
def tasks(request: pytest.FixtureRequest) -> Calls:
    return Calls(request.param)


@pytest.fixture
def delete(calls: Calls) -> Delete:
    """Delete an integration with a client made for it and closed after."""

    def call(project: Any = "p1", integration: Any = "i1", /, **kwargs: Any) -> Any:
        async def run() -> u.AcceptedResponse:
            async with calls.client(**kwargs) as client:
                return await calls.delete(client, project, integration)

        return calls.run(run)

    return call


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine as its `calls` are run, or its `tasks`."""
    if not inspect.iscoroutinefunction(test := pyfuncitem.obj):
        return None
    given: Any = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}
    (given.get("calls") or given["tasks"]).run(partial(test, **given))
    return True


def delete_once(client: u.UpsunClient) -> None:
    u.delete_projects_integrations("p", "i", client=client)


async def delete_once_async(client: u.UpsunClient) -> None:
    await u.delete_projects_integrations_async("p", "i", client=client)
