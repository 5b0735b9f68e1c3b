"""The snippets of README run."""

import re
from pathlib import Path
from typing import Any

import pytest

from scripts.dev.sandbox import API_TOKEN, Sandbox
from tests.client.conftest import delete_once
from tests.client.wire import ACCEPTED, Wire, answer
from upsun_client import UpsunClient

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
SNIPPETS = [each for each in BLOCKS if "found = " not in each]  # the job has its own tests


@pytest.mark.parametrize("number", range(3))
def test_snippet(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(SNIPPETS) == 3
    with Sandbox(projects=0) as sandbox:
        sandbox.add("/projects/project-id")
        sandbox.add("/projects/project-id/integrations/integration-id")
        defaults: Any = UpsunClient.__init__.__kwdefaults__
        here = {"base_url": sandbox.url, "token_url": sandbox.token_url}
        monkeypatch.setattr(UpsunClient.__init__, "__kwdefaults__", defaults | here)
        monkeypatch.setenv("UPSUN_CLI_TOKEN", API_TOKEN)
        exec(SNIPPETS[number], {"UpsunClient": UpsunClient})
        assert not sandbox.integrations


def test_a_retry_is_one_line_in_the_log(
    client: UpsunClient, server: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    shown = next(line for line in README.read_text().splitlines() if "to attempt" in line)
    server.api = [answer(503), ACCEPTED]
    with caplog.at_level("DEBUG", logger="upsun_client"):
        delete_once(client)
    (record,) = (record for record in caplog.records if record.name == "upsun_client")
    assert record.levelname == "INFO"
    assert re.sub(r"[\d.]+ s$", "0.4 s", record.getMessage()) == shown
