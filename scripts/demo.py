"""`make demo`: delete an integration in the sandbox through the public API, and show each step."""

import sys

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline import errors
from upsun_client import NotFoundError, UnsafePathError, UpsunClient, delete_projects_integrations

STEPS = (
    ("1. exchange a token, and delete", INTEGRATION),
    ("2. once more", INTEGRATION),
    ("3. '..' as an id", ".."),
)


def main() -> int:
    """Run the demo against a sandbox of its own."""
    with (
        Sandbox() as sandbox,
        UpsunClient(API_TOKEN, base_url=sandbox.url, token_url=sandbox.token_url) as client,
    ):
        for step, own in STEPS:
            before = len(sandbox.seen)
            try:
                accepted = delete_projects_integrations(PROJECT, own, client=client)
                (activity,) = accepted["_embedded"]["activities"]
                told = f"{accepted.code} {accepted.status}; activity: {activity['state']}"
            except (NotFoundError, UnsafePathError) as error:
                told = f"{type(error).__name__}: {error}"
            sent = [" ".join(request) for request in sandbox.seen[before:]]
            print(step, f"sent: {', '.join(sent) or 'nothing'}", told, sep="\n   ")
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("demo", main))
