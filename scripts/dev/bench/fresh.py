"""What a fresh process of one side does once. Arguments: what, the side, the server's URL.

It prints the seconds that an import took, and the resident bytes afterwards.
"""

# Nothing else at the top: what is imported already would be free for who needs it.
import sys
from importlib import import_module
from time import perf_counter
from types import ModuleType

WHAT, SIDE, URL = sys.argv[1:]
IDS = ("project", "integration")


def module(name: str) -> ModuleType:
    """Import a module of this side."""
    if SIDE.startswith("bare"):
        return import_module(SIDE.removeprefix("bare "))
    return import_module(f"copied.{name}" if "httpx2" in SIDE else name)


def touch() -> None:
    """Import the operation."""
    name = "Client" if SIDE.startswith("bare") else "delete_projects_integrations"
    getattr(module("upsun_client"), name)


def call() -> None:
    """Import what a call needs."""
    name = {"generated": "upsun_api.AuthenticatedClient"}.get(SIDE, "upsun_client.UpsunClient")
    package, _, client = name.partition(".")
    if not SIDE.startswith("bare"):
        module("upsun_api.api.third_party_integrations.delete_projects_integrations")
    getattr(module(package), "Client" if SIDE.startswith("bare") else client)


def cold() -> None:
    """Exchange a token and delete once."""
    if not SIDE.startswith("bare"):
        package = module("upsun_client")
        with package.UpsunClient("api-token", base_url=URL, token_url=f"{URL}/token") as client:
            assert package.delete_projects_integrations(*IDS, client=client).code == 202
        return
    with module("").Client(timeout=30) as http:
        form = {"grant_type": "api_token", "api_token": "api-token"}
        answer = http.post(f"{URL}/token", data=form, auth=("platform-api-user", ""))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        answer = http.delete(f"{URL}/projects/project/integrations/integration", headers=headers)
        assert answer.json()["code"] == 202


start = perf_counter()
{"touch": touch, "call": call, "cold": cold}[WHAT]()
seconds = perf_counter() - start
with open("/proc/self/statm") as pages:  # noqa: PTH123 - pathlib would count
    print([seconds, int(pages.read().split()[1]) * 4096])
