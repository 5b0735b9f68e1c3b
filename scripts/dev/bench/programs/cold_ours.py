"""Exchange a token and delete once with this client. Argument: the server's URL."""

import sys

from upsun_client import UpsunClient, delete_projects_integrations

url = sys.argv[1]
with UpsunClient("api-token", base_url=url, token_url=f"{url}/token") as client:
    accepted = delete_projects_integrations("project", "integration", client=client)
assert accepted.code == 202
