"""The snippets of README run."""

import re
from pathlib import Path

import pytest

import upsun_client
from scripts.dev.sandbox import API_TOKEN, Sandbox
from tests.client.conftest import delete_once
from tests.client.wire import ACCEPTED, Wire, answer

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
SNIPPETS = [each for each in BLOCKS if "found = " not in each]  # the job has its own tests


@pytest.mark.parametrize("number", range(3))
def test_snippet(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(SNIPPETS) == 3
    with Sandbox(projects=0) as sandbox:
        sandbox.add("/projects/project-id")
        sandbox.add("/projects/project-id/integrations/integration-id")

        class Client(upsun_client.UpsunClient):
            """The one of the snippet, pointed at the sandbox."""

            def __init__(self) -> None:
                super().__init__(base_url=sandbox.url, token_url=sandbox.token_url)

        monkeypatch.setenv("UPSUN_CLI_TOKEN", API_TOKEN)
        monkeypatch.setattr(upsun_client, "UpsunClient", Client)
        exec(SNIPPETS[number], {"UpsunClient": Client})
        assert not sandbox.integrations


def test_a_retry_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    shown = next(line for line in README.read_text().splitlines() if "to attempt" in line)
    with Wire([answer(503), ACCEPTED]) as server, caplog.at_level("DEBUG", logger="upsun_client"):
        with upsun_client.UpsunClient(**server.kwargs()) as client:
            delete_once(client)
    (record,) = (record for record in caplog.records if record.name == "upsun_client")
    assert record.levelname == "INFO"
    assert re.sub(r"[\d.]+ s$", "0.4 s", record.getMessage()) == shown
