"""What one side does in tasks, once for each line on the standard input; prints the figure.

Arguments: the side, the server's URL, what, and how many.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import httpx

from upsun_client import UpsunClient, delete_projects_integrations_async

SIDE, URL, WHAT, NUMBER = *sys.argv[1:4], int(sys.argv[4])
STORMS, IN_ONE = 30, 50
SLOW = 1.0  # seconds that the server takes to delete the integration `slow`


@asynccontextmanager
async def caller(connections: int) -> AsyncIterator[Callable[[str], Coroutine[Any, Any, object]]]:
    """Give what deletes an integration, on a new pool of so many connections."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=20)
    if SIDE.startswith("bare"):
        headers = {"Authorization": f"Bearer {'a' * 400}"}
        async with httpx.AsyncClient(headers=headers, timeout=300, limits=limits) as http:
            yield lambda own: http.delete(f"{URL}/projects/project/integrations/{own}")
    else:
        options: dict[str, Any] = {"timeout": 300, "httpx_args": {"limits": limits}}
        async with UpsunClient("t", base_url=URL, token_url=f"{URL}/token", **options) as client:
            yield lambda own: delete_projects_integrations_async("project", own, client=client)


async def crowd() -> float:
    """Delete `NUMBER` at once on a cold pool."""
    async with caller(100) as call:
        start = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(NUMBER):
                group.create_task(call("i"))
        return perf_counter() - start


async def lost() -> float:
    """Cancel storms of tasks; count the connections of the pool that no longer serve."""
    async with caller(NUMBER) as call:
        await call("i")
        for storm in range(STORMS):
            tasks = [asyncio.ensure_future(call("i")) for _ in range(IN_ONE)]
            await asyncio.sleep(0.001 * (storm % 10))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        # As many at once as there should be connections: who finds one is answered in time.
        calls = [asyncio.wait_for(call("slow"), 1.7 * SLOW) for _ in range(NUMBER)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return float(sum(isinstance(each, BaseException) for each in answers))


if __name__ == "__main__":
    for _ in sys.stdin:
        print(asyncio.run({"crowd": crowd, "lost": lost}[WHAT]()), flush=True)
