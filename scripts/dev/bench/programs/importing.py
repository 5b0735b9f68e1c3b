"""Import one side and print the seconds it took, and the resident bytes afterwards.

Argument: `ours` touches the operation, `loaded` imports what a call of it needs, `generated` the
same of the generated code alone, `limit` imports httpx.
"""

# Nothing else before the clock starts: what is here already would be free for who needs it.
import sys
from time import perf_counter

side = sys.argv[1]
start = perf_counter()
if side == "ours":
    import upsun_client

    upsun_client.delete_projects_integrations  # noqa: B018 - which loads it
elif side == "loaded":
    from upsun_api.api.third_party_integrations import delete_projects_integrations
    from upsun_client import UpsunClient

    delete_projects_integrations, UpsunClient.get_httpx_client  # noqa: B018
elif side == "generated":
    from upsun_api import AuthenticatedClient
    from upsun_api.api.third_party_integrations import delete_projects_integrations

    delete_projects_integrations, AuthenticatedClient.get_httpx_client  # noqa: B018
else:
    import httpx

    httpx.Client  # noqa: B018
seconds = perf_counter() - start

import json  # noqa: E402
from pathlib import Path  # noqa: E402

pages = Path("/proc/self/statm")
resident = int(pages.read_text().split()[1]) * 4096 if pages.exists() else None
print(json.dumps([seconds, resident]))
