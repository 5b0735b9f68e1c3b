"""`make demo`: delete an integration in the sandbox through the public API, and show each step."""

import sys

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline import errors
from upsun_client import NotFoundError, UnsafePathError, UpsunClient, delete_projects_integrations


def demo(sandbox: Sandbox) -> None:
    """Show the steps."""
    client = UpsunClient(
        API_TOKEN,
        base_url=sandbox.url,
        token_url=sandbox.token_url,
        httpx_args={"trust_env": False},  # a proxy of the environment does not know this loopback
    )
    with client:
        accepted = delete_projects_integrations(PROJECT, INTEGRATION, client=client)
        exchange, delete = (" ".join(request) for request in sandbox.seen)
        activity = accepted["_embedded"]["activities"][0]
        print("1. the exchange", f"{exchange}: an access token for the API token", sep="\n   ")
        print("2. the delete", f"{delete}: {accepted.code} {accepted.status}", sep="\n   ")
        print(f"   activity {activity['id']} ({activity['type']}): {activity['state']}")
        for step, own in (("3. once more", INTEGRATION), ("4. '..' as an id", "..")):
            before = len(sandbox.seen)
            try:
                delete_projects_integrations(PROJECT, own, client=client)
            except (NotFoundError, UnsafePathError) as error:
                print(step, f"{type(error).__name__}: {error}", sep="\n   ")
                print(f"   requests sent: {len(sandbox.seen) - before}")


def main() -> int:
    """Run the demo against a sandbox of its own."""
    with Sandbox() as sandbox:
        demo(sandbox)
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("demo", main))
