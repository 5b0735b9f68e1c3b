"""Delete many, 50 at a time, with asyncio, by each side in turn.

Arguments: the server's URL, pairs, deletes a measurement. Prints the seconds of each side, and on
stderr how far it is.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

import httpx

from scripts.dev.bench.pairs import in_turn
from upsun_client import UpsunClient, delete_projects_integrations_async

AT_A_TIME = 50
TOKEN = "a" * 400  # as the server gives it
PATH = "/projects/project/integrations/integration"
IDS = ("project", "integration")


async def batch(call: Callable[[], Awaitable[object]], deletes: int) -> float:
    """Time one batch."""
    left = iter(range(deletes))

    async def work() -> None:
        for _ in left:
            await call()

    start = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(work())
    return perf_counter() - start


def main(url: str, pairs: int, deletes: int) -> None:
    """Measure each side and print."""
    tls = httpx.create_ssl_context()
    first = UpsunClient("api-token", base_url=url, token_url=f"{url}/token", verify_ssl=tls)

    # A pool keeps between 11 and 20 connections of such a crowd, as it happens, and then is slow
    # or fast for as long as it lives. So each batch begins with a new one, on either side.
    async def ours() -> float:
        async with first.with_headers({}) as client:  # with the access token of the first
            return await batch(
                lambda: delete_projects_integrations_async(*IDS, client=client), deletes
            )

    async def bare() -> float:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(
            base_url=url, headers=headers, timeout=30, verify=tls
        ) as client:

            async def call() -> object:
                response = await client.delete(PATH)
                return response.json()

            return await batch(call, deletes)

    with first, asyncio.Runner() as runner:
        sides = {"ours": lambda: runner.run(ours()), "limit": lambda: runner.run(bare())}
        times = in_turn(sides, pairs, partial(print, file=sys.stderr, flush=True))
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
