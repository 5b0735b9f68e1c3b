"""Delete many times on one client; print by how many bytes the process has grown after the first.

Arguments: the server's URL, calls. Says on stderr how far it is.
"""

import gc
import json
import sys
from pathlib import Path

from upsun_client import UpsunClient, delete_projects_integrations

FIRST = 1000  # calls, after which everything that is kept is there


def resident() -> int:
    """Return the resident bytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


url, calls = sys.argv[1], int(sys.argv[2])
with UpsunClient("api-token", base_url=url, token_url=f"{url}/token") as client:
    before = 0
    for number in range(calls):
        if number == FIRST:
            before = resident()
        if number % 1000 == 0:
            print(f"{number:,} of {calls:,} calls", file=sys.stderr, flush=True)
        delete_projects_integrations("project", "integration", client=client)
    print(json.dumps(resident() - before))
