"""Exchange a token and delete once with a bare httpx client. Argument: the server's URL."""

import sys

import httpx

url = sys.argv[1]
with httpx.Client(timeout=30) as client:
    token = client.post(
        f"{url}/token",
        data={"grant_type": "api_token", "api_token": "api-token"},
        auth=("platform-api-user", ""),
    ).json()["access_token"]
    accepted = client.delete(
        f"{url}/projects/project/integrations/integration",
        headers={"Authorization": f"Bearer {token}"},
    ).json()
assert accepted["code"] == 202
