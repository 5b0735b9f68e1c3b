"""`make sandbox`: a server on loopback that a job can be rehearsed on, until Ctrl-C."""

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline import errors
from scripts.pipeline.errors import translate_errors

_USAGE = """\
The sandbox is at {url} until Ctrl-C; each request gets a line. In a shell:

export UPSUN_CLI_TOKEN={token} SANDBOX={url}
export SANDBOX_PROJECTS="{projects}"

In Python:

from upsun_client import UpsunClient, delete_projects_integrations
client = UpsunClient("{token}", base_url="{url}", token_url="{token_url}")
print(delete_projects_integrations("{project}", "{integration}", client=client))
"""


def start(env: Mapping[str, str]) -> Sandbox:
    """Make a sandbox as the environment says; empty is unset.

    Raises:
        PipelineError: When it cannot be as that says.
    """
    names = ("PORT", "PROJECTS", "INTEGRATIONS", "RATE")
    asked = {name: env[name] for name in names if env.get(name)}
    told = " ".join(f"{name}={text}" for name, text in asked.items())
    told = f"{told}: give whole numbers, and a port that is free"
    with translate_errors(told, OSError, OverflowError, ValueError):
        numbers = {name.lower(): int(text) for name, text in asked.items()}
        return Sandbox(log=partial(print, flush=True), **numbers)


def main() -> int:
    """Run until interrupted."""
    sandbox = start(os.environ)
    urls = {"url": sandbox.url, "token_url": sandbox.token_url}
    projects = " ".join(path.split("/")[2] for path in sandbox.records if path.count("/") == 2)
    names = {"token": API_TOKEN, "project": PROJECT, "integration": INTEGRATION}
    with suppress(KeyboardInterrupt), sandbox:
        print(_USAGE.format(projects=projects, **urls, **names), flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("sandbox", main))
