"""Exchange a token and delete once, by one side. Arguments: the side, the server's URL."""

import sys
from importlib import import_module

side, url = sys.argv[1:]
if side.startswith("bare"):
    with import_module(side.removeprefix("bare ")).Client(timeout=30) as http:
        token = http.post(
            f"{url}/token",
            data={"grant_type": "api_token", "api_token": "api-token"},
            auth=("platform-api-user", ""),
        ).json()["access_token"]
        answer = http.delete(
            f"{url}/projects/project/integrations/integration",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.json()["code"] == 202
else:
    package = import_module("copied.upsun_client" if "httpx2" in side else "upsun_client")
    with package.UpsunClient("api-token", base_url=url, token_url=f"{url}/token") as client:
        accepted = package.delete_projects_integrations("project", "integration", client=client)
    assert accepted.code == 202
