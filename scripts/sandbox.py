"""`make sandbox`: a server on loopback that a job can be rehearsed on, until Ctrl-C."""

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline import errors
from scripts.pipeline.errors import PipelineError, translate_errors

_USAGE = """\
The sandbox is at {url} until Ctrl-C; each request gets a line. In a shell:

export UPSUN_CLI_TOKEN={token} SANDBOX={url}
export SANDBOX_PROJECTS="{projects}"

In Python:

from upsun_client import UpsunClient, delete_projects_integrations
client = UpsunClient("{token}", base_url="{url}", token_url="{token_url}")
print(delete_projects_integrations("{project}", "{integration}", client=client))
"""


def settings(env: Mapping[str, str]) -> dict[str, int]:
    """Read the arguments of a sandbox; empty is unset.

    Raises:
        PipelineError: When one is no such number.
    """
    found = {}
    for name in ("port", "projects", "integrations", "rate"):
        if text := env.get(name.upper()):
            if not text.isdecimal() or int(text) > 65535:
                raise PipelineError(f"{name.upper()}={text}: give a whole number up to 65535")
            found[name] = int(text)
    return found


def main() -> int:
    """Run until interrupted."""
    chosen = settings(os.environ)
    with translate_errors(f"PORT={chosen.get('port', 0)}: choose another", OSError):
        sandbox = Sandbox(log=partial(print, flush=True), **chosen)
    urls = {"url": sandbox.url, "token_url": sandbox.token_url}
    projects = " ".join(path.split("/")[2] for path in sandbox.records if path.count("/") == 2)
    names = {"token": API_TOKEN, "project": PROJECT, "integration": INTEGRATION}
    with suppress(KeyboardInterrupt), sandbox:
        print(_USAGE.format(projects=projects, **urls, **names), flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(errors.run("sandbox", main))
