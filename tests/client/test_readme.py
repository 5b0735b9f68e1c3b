"""The snippets of README run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import pytest

import upsun_client
from scripts.sandbox import API_TOKEN, Sandbox

README = Path(__file__).parents[2] / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_snippet(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        sandbox.integrations = {("project-id", "integration-id")}

        class Client(upsun_client.UpsunClient):
            """The one of the snippet, pointed at the sandbox."""

            def __init__(self) -> None:
                super().__init__(base_url=sandbox.url, token_url=sandbox.token_url)

        monkeypatch.setenv("UPSUN_CLI_TOKEN", API_TOKEN)
        monkeypatch.setattr(upsun_client, "UpsunClient", Client)
        names: dict[str, Any] = {"UpsunClient": Client}
        exec(SNIPPETS[number], names)
        if "main" in names:
            anyio.run(names["main"])
        assert not sandbox.integrations


def test_there_are_snippets() -> None:
    assert len(SNIPPETS) == 3
