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

from scripts.bench.pairs import in_turn
from upsun_api import AuthenticatedClient
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_client import UpsunClient, delete_projects_integrations_async

AT_A_TIME = 50
TOKEN = "a" * 400  # as the server gives it
PATH = "/projects/project/integrations/integration"
IDS = ("project", "integration")
Call = Callable[[], Awaitable[object]]


async def batch(call: Call, deletes: int) -> float:
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
    headers = {"Authorization": f"Bearer {TOKEN}"}
    ours = UpsunClient("api-token", base_url=url, token_url=f"{url}/token")
    bare = httpx.AsyncClient(base_url=url, headers=headers, timeout=30)
    alone = AuthenticatedClient(base_url=url, token=TOKEN)

    async def with_httpx() -> object:
        response = await bare.delete(PATH)
        return response.json()

    async def close() -> None:
        await ours.aclose()
        await bare.aclose()
        await alone.get_async_httpx_client().aclose()

    sides: dict[str, Call] = {
        "ours": lambda: delete_projects_integrations_async(*IDS, client=ours),
        "limit": with_httpx,
        "generated": lambda: generated.asyncio(*IDS, client=alone),
    }
    with asyncio.Runner() as runner:
        timed = {
            name: lambda call=call: runner.run(batch(call, deletes)) for name, call in sides.items()
        }
        times = in_turn(timed, pairs, partial(print, file=sys.stderr, flush=True))
        runner.run(close())
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
