"""The sandbox, asked as anybody would, without this client."""

import os
import signal
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from subprocess import PIPE, Popen

import httpx
import pytest

from scripts import demo
from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline.errors import PipelineError
from scripts.sandbox import start
from tests.client.conftest import Clock

HERE = f"/projects/{PROJECT}/integrations"
FORM = {"grant_type": "api_token", "api_token": API_TOKEN}


def python(*arguments: str, **env: str) -> Popen[str]:
    """Start a program in this Python, and with more in its environment."""
    command, whole = [sys.executable, *arguments], os.environ | env
    return Popen(command, env=whole, stdout=PIPE, stderr=PIPE, text=True)


def exchange(sandbox: Sandbox, user: str = "platform-api-user", **form: str) -> httpx.Response:
    return httpx.post(sandbox.token_url, trust_env=False, auth=(user, ""), data=FORM | form)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("scripts.dev.sandbox.monotonic", clock)
    return clock


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(projects=2, integrations=8, work=3, rate=20) as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {exchange(sandbox).json()['access_token']}"}
    with httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False) as client:
        yield client


def test_integrations_are_listed_and_read_as_the_api_answers(api: httpx.Client) -> None:
    listed = api.get(HERE).json()
    assert len({each["id"] for each in listed}) == 8
    assert len({each["type"] for each in listed}) == 4
    for each in listed:
        assert api.get(each["_links"]["self"]["href"]).json() == each


def test_an_integration_is_created(api: httpx.Client) -> None:
    sent = {"type": "webhook", "url": "https://example.com", "id": "mine", "path": "/"}
    entity = api.post(HERE, json=sent).json()["_embedded"]["entity"]
    assert entity["url"] == "https://example.com"
    assert entity["id"] != "mine"
    assert api.get(entity["_links"]["self"]["href"]).json() == entity
    for body in (b"{", b"[]", b"{}", b'"x"', b"\xff"):
        assert api.post(HERE, content=body).status_code == 400


def test_a_delete_begins_an_activity_that_completes(api: httpx.Client, clock: Clock) -> None:
    answer = api.delete(f"{HERE}/{INTEGRATION}")
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (202, "Accepted", 202)
    (activity,) = body["_embedded"]["activities"]
    states = []
    for _ in range(4):
        seen = api.get(activity["_links"]["self"]["href"]).json()
        states.append((seen["state"], seen["result"], seen["completion_percent"]))
        assert api.get(f"/projects/{PROJECT}/activities").json() == [seen]
        clock.now += 1.1
    begun = [("pending", None, 0), ("in_progress", None, 36), ("in_progress", None, 73)]
    assert states == [*begun, ("complete", "success", 100)]
    assert api.delete(f"{HERE}/{INTEGRATION}").status_code == 404
    assert api.get(f"{HERE}/{INTEGRATION}").json()["status"] == 404


def test_dots_delete_the_project_and_are_seen(sandbox: Sandbox, api: httpx.Client) -> None:
    raw = HTTPConnection(sandbox.url.removeprefix("http://"))
    raw.request("DELETE", f"{HERE}/..", headers=dict(api.headers))
    assert raw.getresponse().status == 202
    raw.close()
    assert sandbox.seen[-1] == ("DELETE", f"{HERE}/..")
    assert not [path for path in sandbox.records if PROJECT in path]


def test_another_path_or_method_is_not_there(api: httpx.Client) -> None:
    elsewhere = ("/", "/projects", "/projects/nowhere/integrations", f"{HERE}/a/b")
    for path in (*elsewhere, f"{HERE}/a%2Fb", f"/projects/{PROJECT}%2Fintegrations"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert api.put(f"{HERE}/{INTEGRATION}").json()["status"] == 405


def test_who_asks_is_checked(sandbox: Sandbox, api: httpx.Client) -> None:
    for given in ({"api_token": "wrong"}, {"user": "somebody"}, {"grant_type": "password"}):
        answer = exchange(sandbox, **given)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    for header in ("", "Bearer", "Bearer x", "Basic x"):
        assert api.get(HERE, headers={"Authorization": header}).status_code == 401


def test_a_rate_is_limited(api: httpx.Client, clock: Clock) -> None:
    answers = [api.get(HERE) for _ in range(21)]
    assert [each.status_code for each in answers] == [200] * 20 + [429]
    assert answers[20].headers["Retry-After"] == "1"
    clock.now += 1
    assert api.get(HERE).status_code == 200


@pytest.mark.parametrize(("name", "text"), [("PORT", "x"), ("PORT", "65536"), ("RATE", "1.5")])
def test_a_setting_that_is_none_is_told(name: str, text: str) -> None:
    with pytest.raises(PipelineError, match=f"{name}={text}: give whole numbers, and a port"):
        start({name: text, "PROJECTS": ""})


def test_it_runs_until_interrupted_and_takes_no_port_of_another() -> None:
    with python("-m", "scripts.sandbox") as it:
        try:
            assert it.stdout
            lines = [it.stdout.readline() for _ in range(4)]
            assert 'SANDBOX_PROJECTS="sandboxproj01 sandboxproj02 ' in lines[3]
            url = lines[0].split()[4]
            port = url.rpartition(":")[2]
            with python("-m", "scripts.sandbox", PORT=port) as again:
                _, errors = again.communicate(timeout=60)
            assert (again.returncode, errors.count("\n")) == (1, 1)
            assert errors.startswith(f"sandbox: PORT={port}: ")
            assert httpx.get(f"{url}/openapi-spec", trust_env=False).json()["openapi"]
            it.send_signal(signal.SIGINT)
            told, errors = it.communicate(timeout=60)
        finally:
            it.kill()
    assert (it.returncode, errors) == (0, "")
    assert told.endswith("200 GET /openapi-spec\n")


def test_the_demo_shows_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main() == 0
    told = capsys.readouterr().out
    for step in ("202 Accepted", "NotFoundError: 404", "UnsafePathError", "sent: nothing"):
        assert step in told
