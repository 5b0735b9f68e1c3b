"""A process of one side that calls in tasks; prints a figure.

Arguments: the side, the server's URL, what to do, with how many.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import httpx

from upsun_client import UpsunClient, delete_projects_integrations_async

STORMS, IN_ONE = 30, 50
PATIENCE = 1.7  # seconds: the server takes 1 to delete the integration `slow`
Call = Callable[[str], Coroutine[Any, Any, object]]


@asynccontextmanager
async def caller(side: str, url: str, connections: int) -> AsyncIterator[Call]:
    """Give what deletes an integration, on a new pool of so many connections."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=20)
    if side == "bare":
        headers = {"Authorization": f"Bearer {'a' * 400}"}
        async with httpx.AsyncClient(headers=headers, timeout=300, limits=limits) as http:
            yield lambda own: http.delete(f"{url}/projects/project/integrations/{own}")
    else:
        options: dict[str, Any] = {"timeout": 300, "httpx_args": {"limits": limits}}
        async with UpsunClient("t", base_url=url, token_url=f"{url}/token", **options) as client:
            yield lambda own: delete_projects_integrations_async("project", own, client=client)


async def crowd(call: Call, number: int) -> float:
    """Delete so many at once; give the seconds."""
    start = perf_counter()
    await asyncio.gather(*(call("i") for _ in range(number)))
    return perf_counter() - start


async def lost(call: Call, connections: int) -> int:
    """Cancel storms of tasks; count the connections of the pool that no longer serve."""
    await call("i")
    for storm in range(STORMS):
        tasks = [asyncio.ensure_future(call("i")) for _ in range(IN_ONE)]
        await asyncio.sleep(0.001 * (storm % 10))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    # As many at once as there should be connections: who finds one is answered in time.
    calls = [asyncio.wait_for(call("slow"), PATIENCE) for _ in range(connections)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return sum(isinstance(each, BaseException) for each in answers)


async def main(side: str, url: str, what: str, number: str) -> None:
    """Do it with so many tasks, or connections."""
    measure, connections = {"crowd": (crowd, 100), "lost": (lost, int(number))}[what]
    async with caller(side, url, connections) as call:
        print(await measure(call, int(number)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
