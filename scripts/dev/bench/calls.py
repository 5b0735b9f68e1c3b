"""What one side does in calls, once for each line on the standard input; prints the figure.

Arguments: the side, the server's URL, what, and how many. All that is imported at the top, both
sides import too: a whole process is measured from outside.
"""

import gc
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter

SIDE, URL, WHAT, NUMBER = *sys.argv[1:4], int(sys.argv[4])
FIRST = 1000  # calls that fill what is kept


def caller() -> Callable[[], object]:
    """Exchange a token, or get ready to, and give what deletes once."""
    if SIDE.startswith("bare"):
        http = import_module(SIDE.removeprefix("bare ")).Client(base_url=URL, timeout=30)
        form = {"grant_type": "api_token", "api_token": "api-token"}
        token = http.post("/token", data=form, auth=("platform-api-user", "")).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        return lambda: http.delete("/projects/project/integrations/integration").json()
    package = import_module(f"{'copied.' if 'httpx2' in SIDE else ''}upsun_client")
    client = package.UpsunClient("api-token", base_url=URL, token_url=f"{URL}/token")
    return lambda: package.delete_projects_integrations("project", "integration", client=client)


def repeat(call: Callable[[], object], number: int = NUMBER) -> float:
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
    """Count the bytes that calls leave behind."""
    repeat(call, FIRST)
    before = resident()
    repeat(call)
    return float(resident() - before)


if __name__ == "__main__":
    measure = {"cold": repeat, "kept": repeat, "growth": growth}[WHAT]
    delete = caller()
    for _ in sys.stdin:
        print(measure(delete), flush=True)
