"""Start 64 threads, then 1,000 tasks, on a cold client each; print how many exchanges that took.

Argument: the server's URL.
"""

import asyncio
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from upsun_client import (
    UpsunClient,
    delete_projects_integrations,
    delete_projects_integrations_async,
)

THREADS, TASKS = 64, 1000


def client(url: str) -> UpsunClient:
    """Make a cold client whose exchange takes its time."""
    # The crowd waits for one another's connections, which is not what is counted here.
    timeout = httpx.Timeout(30, pool=None)
    return UpsunClient("api-token", base_url=url, token_url=f"{url}/slow-token", timeout=timeout)


def threads(url: str) -> None:
    """Delete in each of many threads that start at once."""
    with client(url) as one:
        gate = threading.Barrier(THREADS)

        def work() -> None:
            gate.wait()
            delete_projects_integrations("project", "integration", client=one)

        with ThreadPoolExecutor(THREADS) as crowd:
            for call in [crowd.submit(work) for _ in range(THREADS)]:
                call.result()


async def tasks(url: str) -> None:
    """Delete in each of many tasks that start at once."""
    async with client(url) as one, asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(
                delete_projects_integrations_async("project", "integration", client=one)
            )


def exchanges(url: str) -> int:
    """Ask the server how many exchanges it has seen."""
    seen: int = httpx.get(f"{url}/exchanges").json()
    return seen


if __name__ == "__main__":
    base = sys.argv[1]
    counts = [exchanges(base)]
    threads(base)
    counts.append(exchanges(base))
    asyncio.run(tasks(base))
    counts.append(exchanges(base))
    print(json.dumps([counts[1] - counts[0], counts[2] - counts[1]]))
