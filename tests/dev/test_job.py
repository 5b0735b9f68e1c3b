"""The job of README, as a reader would paste it, against the sandbox."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
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


def webhooks(sandbox: Sandbox) -> set[str]:
    return {
        own
        for project in sandbox.projects.by_id.values()
        for own, each in project.integrations.items()
        if each["type"] == "webhook"
    }


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    (tmp_path / "job.py").write_text(JOB)

    def begin(sandbox: Sandbox, *words: str) -> subprocess.Popen[str]:
        environ = os.environ | {
            "UPSUN_CLI_TOKEN": API_TOKEN, "SANDBOX": sandbox.url, "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, tmp_path / "job.py", "webhook", *words, *sandbox.projects.by_id],
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
        assert len(webhooks(sandbox)) == 200
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
    with Sandbox(projects=4, integrations=40, work=0, latency=0.05) as sandbox:
        whole = len(webhooks(sandbox))
        with start(sandbox, "--delete") as job:
            assert job.stdout
            for _ in range(8):
                job.stdout.readline()
            job.send_signal(how)
            output, _ = job.communicate(timeout=60)
        left = len(webhooks(sandbox))
        if how == signal.SIGINT:  # what ended is counted, also what ended after the signal
            assert eval(output.splitlines()[-1]) == {"deleted": whole - left}
        assert 0 < left <= 32
        assert how == signal.SIGKILL or "{'deleted': " in output
        with start(sandbox, "--delete") as job:
            output, errors = job.communicate(timeout=60)
        assert (job.returncode, output.splitlines()[-1][:11]) == (0, "{'deleted':"), errors
        assert not webhooks(sandbox)
        assert len(sandbox.integrations) == 120


def test_it_waits_for_activities_and_tells_what_failed(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """Each project takes one change at a time."""
    with Sandbox(projects=2, integrations=8, work=1, busy=True) as sandbox:
        with start(sandbox, "nowhere", "--delete") as job:
            _, errors = job.communicate(timeout=60)
        assert job.returncode
        assert "NotFoundError: 404 to GET /projects/nowhere/integrations" in errors
        assert not deletes(sandbox)
        with start(sandbox, "--delete") as job:
            output, errors = job.communicate(timeout=60)
        told = output.splitlines()
        assert job.returncode == 1, errors
        assert eval(told[-1]) == {"failed": 2, "deleted": 2}
        assert sum("An activity of the project is running" in line for line in told) == 2
        assert len({path for _, path in sandbox.seen if "/activities/" in path}) == 2
        ours = [each for each in sandbox.projects.by_id.values() if each.activities]
        assert not any(sandbox.projects.is_busy(each) for each in ours)


@pytest.mark.parametrize(("answers", "says"), [((404,), "already gone"), ((503, 404), "deleted")])
def test_a_delete_of_what_is_not_there(answers: tuple[int, ...], says: str) -> None:
    left = iter(answers)
    transport = httpx.MockTransport(
        lambda request: (
            httpx.Response(next(left))
            if request.method == "DELETE"
            else httpx.Response(200, json={"access_token": "x", "expires_in": 900})
        )
    )
    names: dict[str, Any] = {}
    exec(JOB.partition("\nkind, ")[0], names)
    with UpsunClient("token", httpx_args={"transport": transport}) as client:
        names["client"] = client
        assert names["delete"]("p", "i") == says
