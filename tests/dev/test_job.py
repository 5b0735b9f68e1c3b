"""The job of README, as a reader would paste it, against the sandbox."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.dev.sandbox import API_TOKEN, Sandbox
from upsun_client import UpsunClient

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
(JOB,) = (block for block in BLOCKS if "ThreadPoolExecutor" in block)


def deletes(sandbox: Sandbox) -> int:
    return sum(method == "DELETE" for method, _ in sandbox.seen)


def webhooks(sandbox: Sandbox) -> int:
    return sum(each["type"] == "webhook" for each in sandbox.integrations)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    (tmp_path / "job.py").write_text(JOB)

    def begin(sandbox: Sandbox, *words: str) -> subprocess.Popen[str]:
        projects = [each["id"] for path, each in sandbox.records.items() if path.count("/") == 2]
        environ = os.environ | {
            "UPSUN_CLI_TOKEN": API_TOKEN, "SANDBOX": sandbox.url, "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, tmp_path / "job.py", "webhook", *words, *projects],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return begin


def test_the_job_stays_short() -> None:
    assert len(JOB.splitlines()) <= 40


def test_a_dry_run_deletes_nothing(start: Callable[..., subprocess.Popen[str]]) -> None:
    with Sandbox(projects=2, integrations=8) as sandbox:
        output, errors = start(sandbox).communicate(timeout=60)
        assert output.splitlines()[-1] == "{'would be deleted': 4}", errors
        assert not deletes(sandbox)


@pytest.mark.slow
def test_all_are_deleted_when_the_rate_is_limited(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    with Sandbox(projects=20, integrations=40, work=0, rate=40) as sandbox:
        assert webhooks(sandbox) == 200
        with start(sandbox, "--delete") as job:
            output, errors = job.communicate(timeout=200)
        assert (job.returncode, output.splitlines()[-1]) == (0, "{'deleted': 200}"), errors
        assert not webhooks(sandbox)
        assert len(sandbox.integrations) == 600
        assert deletes(sandbox) > 200  # some were answered 429


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_job_is_resumed(
    how: signal.Signals, start: Callable[..., subprocess.Popen[str]]
) -> None:
    with Sandbox(projects=4, integrations=40, work=0, log=lambda _: time.sleep(0.05)) as sandbox:
        whole = webhooks(sandbox)
        with start(sandbox, "--delete") as job:
            assert job.stdout
            for _ in range(8):
                job.stdout.readline()
            job.send_signal(how)
            output, _ = job.communicate(timeout=60)
        left = webhooks(sandbox)
        if how == signal.SIGINT:  # what ended is counted, also what ended after the signal
            assert eval(output.splitlines()[-1]) == {"deleted": whole - left}
        assert 0 < left <= 32
        assert how == signal.SIGKILL or "{'deleted': " in output
        with start(sandbox, "--delete") as job:
            output, errors = job.communicate(timeout=60)
        assert (job.returncode, output.splitlines()[-1][:11]) == (0, "{'deleted':"), errors
        assert not webhooks(sandbox)
        assert len(sandbox.integrations) == 120


def test_it_waits_for_activities(start: Callable[..., subprocess.Popen[str]]) -> None:
    with Sandbox(projects=2, integrations=8, work=1) as sandbox:
        with start(sandbox, "nowhere", "--delete") as job:
            _, errors = job.communicate(timeout=60)
        assert job.returncode
        assert "NotFoundError: 404 to GET /projects/nowhere/integrations" in errors
        assert not deletes(sandbox)
        with start(sandbox, "--delete") as job:
            output, errors = job.communicate(timeout=60)
        assert (job.returncode, output.splitlines()[-1]) == (0, "{'deleted': 4}"), errors
        assert len({path for _, path in sandbox.seen if "/activities/" in path}) == 4


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([404], "already gone"),
        ([503, 404], "deleted"),
        ([409], "failed: ConflictError: 409"),
        (["success"], "deleted"),
        (["failure"], "failed: activity a: failure"),
    ],
)
def test_each_outcome_of_a_delete_is_told(answers: list[Any], says: str) -> None:
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method != "DELETE":
            return httpx.Response(200, json={"access_token": "x", "expires_in": 900})
        if isinstance(found := next(left), int):
            return httpx.Response(found)
        activity = {"id": "a", "state": "complete", "result": found}
        return httpx.Response(
            202, json={"status": "", "code": 202, "_embedded": {"activities": [activity]}}
        )

    names: dict[str, Any] = {}
    exec(JOB.partition("\nkind, ")[0], names)
    transport = httpx.MockTransport(answer)
    with UpsunClient("token", httpx_args={"transport": transport}) as client:
        names["client"] = client
        assert names["delete"]("p", "i").startswith(says)
