"""What one side does again and again, once for each line on the standard input; prints the figure.

Arguments: what, the side, the server's URL, and a number.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

WHAT, SIDE, URL, NUMBER = *sys.argv[1:4], int(sys.argv[4])
LIBRARY: Any = import_module("httpx2" if "httpx2" in SIDE else "httpx")
BARE: dict[str, Any] = {
    "base_url": URL,
    "headers": {"Authorization": f"Bearer {'a' * 400}"},
    "timeout": 300,
}
CONNECTIONS, AT_A_TIME, STORMS, FIRST = 10, 50, 30, 1000


def path(integration: str) -> str:
    """Give what bare libraries delete."""
    return f"/projects/project/integrations/{integration}"


def ours(**options: Any) -> tuple[Any, Any]:
    """Give the package and a client of it."""
    package = import_module(f"{'copied.' if 'httpx2' in SIDE else ''}upsun_client")
    urls = {"base_url": URL, "token_url": f"{URL}/token"}
    return package, package.UpsunClient("api-token", timeout=300, **urls, **options)


def caller() -> Callable[[], object]:
    """Give what deletes once over a kept connection."""
    if SIDE.startswith("bare"):
        http = LIBRARY.Client(**BARE)
        return lambda: http.delete(path("i")).json()
    package, client = ours()
    return lambda: package.delete_projects_integrations("project", "i", client=client)


@asynccontextmanager
async def tasks_caller(connections: int) -> AsyncIterator[Callable[[str], Awaitable[object]]]:
    """Give what deletes an integration in a task, on a new pool of so many connections."""
    limits = LIBRARY.Limits(max_connections=connections, max_keepalive_connections=20)
    if SIDE.startswith("bare"):
        async with LIBRARY.AsyncClient(**BARE, limits=limits) as http:

            async def call(integration: str) -> object:
                return (await http.delete(path(integration))).json()

            yield call
    else:
        package, client = ours(httpx_args={"limits": limits})
        async with client:
            delete = package.delete_projects_integrations_async
            yield lambda integration: delete("project", integration, client=client)


async def batch(at_a_time: int) -> float:
    """Delete `NUMBER` in so many tasks; a pool of less than all is warm."""
    async with tasks_caller(100) as call:
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
    async with tasks_caller(CONNECTIONS) as call:
        await call("i")
        for storm in range(STORMS):
            tasks = [asyncio.ensure_future(call("i")) for _ in range(AT_A_TIME)]
            await asyncio.sleep(0.001 * (storm % 10))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        calls = [asyncio.wait_for(call("slow"), 3) for _ in range(2 * CONNECTIONS)]
        await asyncio.gather(*calls, return_exceptions=True)
        return float(CONNECTIONS - LIBRARY.get(f"{URL}/peak").json())


def repeat(call: Callable[[], object], number: int) -> float:
    """Call so many times; give the seconds of one call."""
    start = perf_counter()
    for _ in range(number):
        call()
    return (perf_counter() - start) / number


def resident() -> int:
    """Count the resident bytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def growth(call: Callable[[], object]) -> float:
    """Count the bytes that calls leave behind, after those that fill what is kept."""
    repeat(call, FIRST)
    before = resident()
    repeat(call, NUMBER)
    return float(resident() - before)


if __name__ == "__main__":
    call = caller()
    measures: dict[str, Callable[[], float]] = {
        "calls": lambda: repeat(call, NUMBER),
        "batch": lambda: asyncio.run(batch(AT_A_TIME)),
        "crowd": lambda: asyncio.run(batch(NUMBER)),
        "lost": lambda: asyncio.run(lost()),
        "growth": lambda: growth(call),
    }
    for _ in sys.stdin:
        print(measures[WHAT](), flush=True)
