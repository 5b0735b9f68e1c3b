"""`make sandbox`: a server on loopback that a job can be rehearsed on, until Ctrl-C."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError

_SETTINGS = ("port", "projects", "integrations", "rate")
_HIGHEST = 65535


def settings(env: Mapping[str, str]) -> dict[str, Any]:
    """Read the arguments of a sandbox; empty is unset.

    Raises:
        PipelineError: When one is no such number.
    """
    given = {name: env[name.upper()] for name in _SETTINGS if env.get(name.upper())}
    for name, text in given.items():
        least = 1 if name.endswith("s") else 0
        if not text.isdecimal() or not least <= int(text) <= _HIGHEST:
            raise PipelineError(
                f"{name.upper()} has to be a whole number from {least} to {_HIGHEST}, not {text!r}"
            )
    return {name: int(text) for name, text in given.items()}


def usage(sandbox: Sandbox) -> str:
    """Say what to paste to use it."""
    projects = [path.split("/")[2] for path in sandbox.records if path.count("/") == 2]
    first = f"/projects/{PROJECT}/integrations/"
    integrations = [path.removeprefix(first) for path in sandbox.records if path.startswith(first)]
    return f"""\
The sandbox is at {sandbox.url} until Ctrl-C; each request gets a line. In a shell:

export UPSUN_CLI_TOKEN={API_TOKEN} SANDBOX={sandbox.url}
export SANDBOX_PROJECTS="{" ".join(projects)}"

In Python (integrations of {PROJECT}: {" ".join(integrations)}):

from upsun_client import UpsunClient, delete_projects_integrations
client = UpsunClient("{API_TOKEN}", base_url="{sandbox.url}", token_url="{sandbox.token_url}")
print(delete_projects_integrations("{PROJECT}", "{INTEGRATION}", client=client))
"""


def main() -> int:
    """Run until interrupted."""
    # The system gives a shell's background jobs no SIGINT; whoever sends one means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sandbox = Sandbox(log=partial(print, flush=True), **settings(os.environ))
    except OSError as error:
        port = os.environ.get("PORT") or 0
        raise PipelineError(f"PORT={port}: {error.strerror}; choose another") from error
    try:
        with sandbox:
            print(usage(sandbox), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("sandbox", main))
