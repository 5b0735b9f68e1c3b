"""What one side does in tasks, once for each line on the standard input; prints the figure.

Arguments: the side, the server's URL, what, and how many.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import httpx

from upsun_client import UpsunClient, delete_projects_integrations_async

SIDE, URL, WHAT, NUMBER = *sys.argv[1:4], int(sys.argv[4])
AT_A_TIME, STORMS = 50, 30
SLOW = 1.0  # seconds that the server takes to delete the integration `slow`


@asynccontextmanager
async def caller(connections: int) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
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


async def batch(at_a_time: int) -> float:
    """Delete `NUMBER` in so many tasks; a pool of less than all is warm."""
    async with caller(100) as call:
        if at_a_time < NUMBER:
            await call("i")
        left = iter(range(NUMBER))

        async def work() -> None:
            for _ in left:
                await call("i")

        start = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_a_time):
                group.create_task(work())
        return perf_counter() - start


async def lost() -> float:
    """Cancel storms of tasks; count the connections of the pool that no longer serve."""
    async with caller(NUMBER) as call:
        await call("i")
        for storm in range(STORMS):
            tasks = [asyncio.ensure_future(call("i")) for _ in range(AT_A_TIME)]
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
        measured = lost() if WHAT == "lost" else batch(AT_A_TIME if WHAT == "batch" else NUMBER)
        print(asyncio.run(measured), flush=True)
