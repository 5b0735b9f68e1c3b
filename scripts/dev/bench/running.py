"""Measure once for each line on the standard input, and print the figure.

Arguments: what to measure, the side, the server's URL, and a number.
"""

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

WHAT, SIDE, URL, NUMBER = *sys.argv[1:4], int(sys.argv[4])
LIBRARY: Any = import_module("httpx2" if "httpx2" in SIDE else "httpx")
PARENT = "copied." if "httpx2" in SIDE else ""
IDS = ("project", "integration")
PATH = "/projects/project/integrations/integration"
BARE: dict[str, Any] = {
    "base_url": URL,
    "headers": {"Authorization": f"Bearer {'a' * 400}"},
    "timeout": 300,
}
CONNECTIONS, AT_A_TIME, STORMS, FIRST = 10, 50, 30, 1000


def ours(place: str = "token", **options: Any) -> tuple[Any, Any]:
    """Give the package and a client of it."""
    package = import_module(f"{PARENT}upsun_client")
    urls = {"base_url": URL, "token_url": f"{URL}/{place}"}
    return package, package.UpsunClient("api-token", timeout=300, **urls, **options)


def caller() -> Callable[[], object]:
    """Give what deletes once over a kept connection."""
    if SIDE.startswith("bare"):
        http = LIBRARY.Client(**BARE)
        return lambda: http.delete(PATH).json()
    package, client = ours()
    return lambda: package.delete_projects_integrations(*IDS, client=client)


@asynccontextmanager
async def tasks_caller(
    connections: int, place: str = "token"
) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Give what deletes once in a task, on a new pool of so many connections."""
    limits = LIBRARY.Limits(max_connections=connections, max_keepalive_connections=20)
    if SIDE.startswith("bare"):
        async with LIBRARY.AsyncClient(**BARE, limits=limits) as http:

            async def call() -> object:
                return (await http.delete(PATH)).json()

            yield call
    else:
        package, client = ours(place, httpx_args={"limits": limits})
        async with client:
            yield lambda: package.delete_projects_integrations_async(*IDS, client=client)


async def batch(at_a_time: int, number: int, place: str = "token") -> float:
    """Delete so many after a first one, in so many tasks."""
    async with tasks_caller(100, place) as call:
        if at_a_time == AT_A_TIME:
            await call()
        left = iter(range(number))

        async def work() -> None:
            for _ in left:
                await call()

        start = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_a_time):
                group.create_task(work())
        return perf_counter() - start


async def lost() -> float:
    """Cancel storms of tasks; count the connections of the pool that no longer serve."""
    async with tasks_caller(CONNECTIONS) as call:
        await call()
        for storm in range(STORMS):
            tasks = [asyncio.ensure_future(call()) for _ in range(AT_A_TIME)]
            await asyncio.sleep(0.001 * (storm % 10))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        ask("slow")
        calls = [asyncio.wait_for(call(), 3) for _ in range(2 * CONNECTIONS)]
        await asyncio.gather(*calls, return_exceptions=True)
        return float(CONNECTIONS - ask("peak"))


def ask(what: str) -> Any:
    """Ask the server for a count."""
    return LIBRARY.get(f"{URL}/{what}").json()


def exchanges(crowd: Callable[[], object]) -> float:
    """Count the exchanges that a crowd on a cold client makes."""
    before = ask("exchanges")
    crowd()
    return float(ask("exchanges") - before)


def threads() -> None:
    """Delete in each of many threads that start at once."""
    package, client = ours("slow-token")
    gate = threading.Barrier(NUMBER)

    def work(_: int) -> None:
        gate.wait()
        package.delete_projects_integrations(*IDS, client=client)

    with client, ThreadPoolExecutor(NUMBER) as pool:
        list(pool.map(work, range(NUMBER)))


def resident() -> int:
    """Count the resident bytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def repeat(call: Callable[[], object], number: int) -> float:
    """Call so many times."""
    start = perf_counter()
    for _ in range(number):
        call()
    return perf_counter() - start


def growth(call: Callable[[], object]) -> float:
    """Count the bytes that calls leave behind, after those that fill what is kept."""
    repeat(call, FIRST)
    before = resident()
    repeat(call, NUMBER)
    return float(resident() - before)


if __name__ == "__main__":
    call = caller() if WHAT in {"calls", "growth"} else lambda: None
    measures: dict[str, Callable[[], float]] = {
        "calls": lambda: repeat(call, NUMBER) / NUMBER,
        "batch": lambda: asyncio.run(batch(AT_A_TIME, NUMBER)),
        "crowd": lambda: asyncio.run(batch(NUMBER, NUMBER)),
        "lost": lambda: asyncio.run(lost()),
        "threads": lambda: exchanges(threads),
        "tasks": lambda: exchanges(lambda: asyncio.run(batch(NUMBER, NUMBER, "slow-token"))),
        "growth": lambda: growth(call),
    }
    for _ in sys.stdin:
        print(measures[WHAT](), flush=True)
