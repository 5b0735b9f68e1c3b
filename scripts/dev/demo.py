"""Delete an integration in the sandbox through the public API, and show each step."""

from __future__ import annotations

import json
import sys
from typing import Any

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, SPEC, Sandbox
from upsun_client import (
    NotFoundError,
    UnsafePathError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
)


def main() -> int:
    """Run the demo; return the exit status."""
    _say("1. the contract", *_contract())
    try:
        with Sandbox() as sandbox:
            _run(sandbox)
    except UpsunError as error:
        print(f"demo: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    _say("6. the sandbox has stopped")
    return 0


def _contract() -> list[str]:
    paths = json.loads(SPEC.read_text())["paths"]
    operations = [
        f"{operation['operationId']}: {method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
    ]
    more = [f"... and {len(operations) - 3} more"] if len(operations) > 3 else []
    return [f"spec/{SPEC.name}: operations selected: {len(operations)}", *operations[:3], *more]


def _run(sandbox: Sandbox) -> None:
    client = UpsunClient(
        API_TOKEN,
        base_url=sandbox.url,
        token_url=sandbox.token_url,
        httpx_args={"trust_env": False},  # a proxy of the environment does not know this loopback
    )
    with client:
        accepted = delete_projects_integrations(PROJECT, INTEGRATION, client=client)
        exchange, delete = sandbox.seen
        _say("2. the exchange", f"{_line(exchange)}: an access token for the API token")
        activity: dict[str, Any] = accepted["_embedded"]["activities"][0]
        _say(
            "3. the delete",
            f"{_line(delete)}: {accepted.code} {accepted.status}",
            f"activity {activity['id']} ({activity['type']}): {activity['state']}",
        )
        try:
            delete_projects_integrations(PROJECT, INTEGRATION, client=client)
        except NotFoundError as error:
            _say("4. once more", f"{type(error).__name__}: {error}")
        before = len(sandbox.seen)
        try:
            delete_projects_integrations(PROJECT, "..", client=client)
        except UnsafePathError as error:
            sent = len(sandbox.seen) - before
            _say("5. '..' as an id", f"{type(error).__name__}: {error}", f"requests sent: {sent}")


def _line(request: tuple[str, str]) -> str:
    return " ".join(request)


def _say(title: str, *lines: str) -> None:
    print(title, *lines, sep="\n   ")
