"""The job of README, as a reader would paste it, against the sandbox."""

import re
import signal
import time
from subprocess import Popen
from typing import Any

import httpx
import pytest

from scripts.dev.sandbox import API_TOKEN, Sandbox
from tests.client.conftest import mocked
from tests.client.test_readme import BLOCKS
from tests.dev.test_sandbox import python
from upsun_client import UpsunClient

(JOB,) = (block for block in BLOCKS if "ThreadPoolExecutor" in block)


def deletes(sandbox: Sandbox) -> int:
    return sum(method == "DELETE" for method, _ in sandbox.seen)


def webhooks(sandbox: Sandbox) -> int:
    return sum(each["type"] == "webhook" for each in sandbox.integrations)


def start(sandbox: Sandbox, *words: str) -> Popen[str]:
    projects = [each["id"] for path, each in sandbox.records.items() if path.count("/") == 2]
    own = {"UPSUN_CLI_TOKEN": API_TOKEN, "SANDBOX": sandbox.url, "PYTHONUNBUFFERED": "1"}
    return python("-c", JOB, "webhook", *words, *projects, **own)


def run(sandbox: Sandbox, *words: str) -> tuple[int, str, str]:
    """Exit code, the last line of the output, and the errors."""
    with start(sandbox, *words) as process:
        output, errors = process.communicate(timeout=200)
    return process.returncode, output.splitlines()[-1], errors


def test_all_are_deleted_when_the_rate_is_limited_but_none_in_a_dry_run() -> None:
    with Sandbox(projects=10, integrations=40, work=0, rate=40) as sandbox:
        assert run(sandbox) == (0, "{'would be deleted': 100}", "")
        assert not deletes(sandbox)
        assert run(sandbox, "--delete") == (0, "{'deleted': 100}", "")
        assert not webhooks(sandbox)
        assert len(sandbox.integrations) == 300
        assert deletes(sandbox) > 100  # some were answered 429


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_job_is_resumed(how: signal.Signals) -> None:
    with Sandbox(projects=4, integrations=40, work=0, log=lambda _: time.sleep(0.05)) as sandbox:
        whole = webhooks(sandbox)
        with start(sandbox, "--delete") as process:
            assert process.stdout
            output = "".join(process.stdout.readline() for _ in range(8))
            process.send_signal(how)
            output += process.stdout.read()  # with what is buffered already
        left = webhooks(sandbox)
        if how == signal.SIGINT:  # what ended is told and counted, also what did after the signal
            assert len({*re.findall(r"(\w+) deleted", output)}) == whole - left
            assert output.endswith(f"{{'deleted': {whole - left}}}\n")
        assert 0 < left <= 32
        code, told, errors = run(sandbox, "--delete")
        assert (code, told[:11], errors) == (0, "{'deleted':", "")
        assert not webhooks(sandbox)
        assert len(sandbox.integrations) == 120


def test_it_waits_for_activities() -> None:
    with Sandbox(projects=2, integrations=8, work=1) as sandbox:
        code, _, errors = run(sandbox, "nowhere", "--delete")
        assert code
        assert "NotFoundError: 404 to GET /projects/nowhere/integrations" in errors
        assert not deletes(sandbox)
        assert run(sandbox, "--delete") == (0, "{'deleted': 4}", "")
        assert len({path for _, path in sandbox.seen if "/activities/" in path}) == 4


DELETED = [([404], "already gone"), ([503, 404], "deleted"), (["success"], "deleted")]
FAILED = [([409], "failed: ConflictError: 409"), (["failure"], "failed: activity a: failure")]


@pytest.mark.parametrize(("answers", "says"), [*DELETED, *FAILED])
def test_each_outcome_of_a_delete_is_told(answers: list[Any], says: str) -> None:
    left = iter(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(found := next(left), int):
            return httpx.Response(found)
        activity = {"id": "a", "state": "complete", "result": found}
        accepted = {"status": "", "code": 202, "_embedded": {"activities": [activity]}}
        return httpx.Response(202, json=accepted)

    names: dict[str, Any] = {}
    exec(JOB.partition("\nkind, ")[0], names)
    with UpsunClient(**mocked(answer)) as names["client"]:
        assert names["delete"]("p", "i").startswith(says)
