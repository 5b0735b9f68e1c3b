"""A process of one side that calls in turn; prints a figure, unless the process itself is it.

Arguments: the side, the server's URL, what to do. All that is imported at the top, both sides
import too.
"""

import gc
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter


def caller(side: str, url: str) -> Callable[[], object]:
    """Exchange a token, or get ready to, and give what deletes once."""
    if side == "bare":
        http = import_module("httpx").Client(base_url=url, timeout=30)
        form = {"grant_type": "api_token", "api_token": "api-token"}
        token = http.post("/token", data=form, auth=("platform-api-user", "")).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        return lambda: http.delete("/projects/project/integrations/integration").json()
    package = import_module("upsun_client")
    client = package.UpsunClient("api-token", base_url=url, token_url=f"{url}/token")
    return lambda: package.delete_projects_integrations("project", "integration", client=client)


def seconds(call: Callable[[], object], number: int) -> float:
    """Call so many times; give the seconds of one call."""
    start = perf_counter()
    for _ in range(number):
        call()
    return (perf_counter() - start) / number


def main(side: str, url: str, what: str, number: str = "0") -> None:
    """Delete once, or many times: the first tenth fills what is kept, and does not count."""
    delete = caller(side, url)
    delete()
    if what != "cold":
        seconds(delete, int(number) // 10)
        before = resident()
        took = seconds(delete, int(number))
        print({"kept": took, "growth": resident() - before}[what])


def resident() -> int:
    """Count the resident bytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main(*sys.argv[1:])
