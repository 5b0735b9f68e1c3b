"""Fixtures of the wrapper's tests: each call runs synchronously, on asyncio and on trio."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from upsun_client import (
    AcceptedResponse,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

BACKENDS = ["asyncio", "trio"]
Delete = Callable[..., AcceptedResponse]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("SSL_CERT", "UPSUN_")):
            monkeypatch.delenv(name)


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upsun_client._retry._FIRST_BACKOFF", 0.01)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def flavour(request: pytest.FixtureRequest) -> str:
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
