"""Delete over a kept connection, one call after the other, by each side in turn.

Arguments: the server's URL, pairs, calls a measurement. Prints the seconds of each side, and on
stderr how far it is.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter

import httpx

from scripts.dev.bench.pairs import in_turn
from upsun_api import AuthenticatedClient
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_client import UpsunClient, delete_projects_integrations

TOKEN = "a" * 400  # as the server gives it
PATH = "/projects/project/integrations/integration"
IDS = ("project", "integration")


def measure(call: Callable[[], object], calls: int) -> float:
    """Time some calls."""
    start = perf_counter()
    for _ in range(calls):
        call()
    return perf_counter() - start


def main(url: str, pairs: int, calls: int) -> None:
    """Measure each side and print."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        UpsunClient("api-token", base_url=url, token_url=f"{url}/token") as ours,
        httpx.Client(base_url=url, headers=headers, timeout=30) as bare,
        AuthenticatedClient(base_url=url, token=TOKEN) as alone,
    ):
        sides: dict[str, Callable[[], object]] = {
            "ours": lambda: delete_projects_integrations(*IDS, client=ours),
            "limit": lambda: bare.delete(PATH).json(),
            "generated": lambda: generated.sync(*IDS, client=alone),
        }
        timed = {name: partial(measure, call, calls) for name, call in sides.items()}
        print(json.dumps(in_turn(timed, pairs, partial(print, file=sys.stderr, flush=True))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
