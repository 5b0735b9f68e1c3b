"""The sandbox, asked as anybody would, without this client."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scripts import demo
from scripts.dev.sandbox import API_TOKEN, INTEGRATION, PROJECT, Sandbox
from scripts.pipeline.errors import PipelineError
from scripts.sandbox import settings

HERE = f"/projects/{PROJECT}/integrations"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def exchange(sandbox: Sandbox, token: str = API_TOKEN, **kwargs: Any) -> httpx.Response:
    data = {"grant_type": "api_token", "api_token": token}
    settings: dict[str, Any] = {"auth": ("platform-api-user", ""), "data": data, **kwargs}
    return httpx.post(sandbox.token_url, trust_env=False, **settings)


def session(sandbox: Sandbox) -> httpx.Client:
    bearer = exchange(sandbox).json()["access_token"]
    return httpx.Client(
        base_url=sandbox.url, headers={"Authorization": f"Bearer {bearer}"}, trust_env=False
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(projects=2, integrations=8, work=3, clock=clock) as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with session(sandbox) as client:
        yield client


def test_integrations_are_listed_and_read_as_the_api_answers(api: httpx.Client) -> None:
    listed = api.get(HERE).json()
    assert len(listed) == 8
    assert len({each["type"] for each in listed}) == 4
    for each in listed:
        assert re.fullmatch("[a-z0-9]{13}", each["id"])
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
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["code"]) == ("Accepted", 202)
    (activity,) = body["_embedded"]["activities"]
    link = activity["_links"]["self"]["href"]
    states = []
    for _ in range(4):
        seen = api.get(link).json()
        states.append((seen["state"], seen["result"], seen["completion_percent"]))
        assert api.get(f"/projects/{PROJECT}/activities").json() == [seen]
        clock.now += 1.1
    assert states == [
        ("pending", None, 0),
        ("in_progress", None, 36),
        ("in_progress", None, 73),
        ("complete", "success", 100),
    ]
    assert api.delete(f"{HERE}/{INTEGRATION}").status_code == 404
    assert api.get(f"{HERE}/{INTEGRATION}").json()["status"] == 404


def test_dots_delete_the_project_and_are_seen(sandbox: Sandbox) -> None:
    bearer = exchange(sandbox).json()["access_token"]
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(
            f"DELETE {HERE}/.. HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n"
            f"Authorization: Bearer {bearer}\r\n\r\n".encode()
        )
        with raw.makefile("rb") as stream:
            assert stream.readline().split()[1] == b"202"
            stream.read()
    assert sandbox.seen[-1] == ("DELETE", f"{HERE}/..")
    assert f"/projects/{PROJECT}" not in sandbox.records


@pytest.mark.parametrize(
    "path",
    ["/", "/projects", f"{HERE}/a%2Fb", f"/projects/{PROJECT}%2Fintegrations", f"{HERE}/a/b"],
)
def test_another_path_is_not_there(path: str, api: httpx.Client) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert not answer.history


def test_another_method_is_not_allowed(api: httpx.Client) -> None:
    assert api.put(f"{HERE}/{INTEGRATION}").json()["status"] == 405


def test_who_asks_is_checked(sandbox: Sandbox, api: httpx.Client, clock: Clock) -> None:
    assert exchange(sandbox, "wrong").json()["error"] == "invalid_grant"
    assert exchange(sandbox, auth=("somebody", "")).status_code == 401
    assert exchange(sandbox, data={"grant_type": "password"}).status_code == 400
    assert api.get(HERE).status_code == 200
    for header in ("", "Bearer", "Bearer x", "Basic x"):
        assert api.get(HERE, headers={"Authorization": header}).status_code == 401
    clock.now += 901
    assert api.get(HERE).json()["error"] == "invalid_token"


def test_a_rate_is_limited_if_asked(clock: Clock) -> None:
    with Sandbox(rate=2, clock=clock) as sandbox, session(sandbox) as api:
        answers = [api.get(HERE) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "1"
        clock.now += 1
        assert api.get(HERE).status_code == 200


@pytest.mark.parametrize(
    "setting", [("PORT", "x"), ("PORT", "65536"), ("RATE", "-1"), ("PROJECTS", "0")]
)
def test_a_setting_that_is_none_is_told(setting: tuple[str, str]) -> None:
    assert settings({"PORT": "8080", "RATE": "20", "PROJECTS": ""}) == {"port": 8080, "rate": 20}
    least = 1 if setting[0] == "PROJECTS" else 0
    says = f"{setting[0]} has to be a whole number from {least} to 65535, not {setting[1]!r}"
    with pytest.raises(PipelineError, match=says):
        settings(dict([setting]))


def test_it_runs_until_interrupted_and_takes_no_port_of_another() -> None:
    command = [sys.executable, "-m", "scripts.sandbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        try:
            assert it.stdout
            url = it.stdout.readline().split()[4]
            port = url.rpartition(":")[2]
            again = subprocess.run(
                command, check=False, env=os.environ | {"PORT": port},
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert again.returncode == 1
            assert again.stderr.startswith(f"sandbox: PORT={port}: ")
            assert again.stderr.count("\n") == 1
            assert httpx.get(f"{url}/openapi-spec", trust_env=False).status_code == 200
            it.send_signal(signal.SIGINT)
            told, errors = it.communicate(timeout=60)
        finally:
            it.kill()
    assert (it.returncode, errors) == (0, "")
    assert told.endswith("200 GET /openapi-spec\nstopped\n")


def test_the_demo_shows_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main() == 0
    told = capsys.readouterr().out
    for step in ("202 Accepted", "NotFoundError: 404", "UnsafePathError", "requests sent: 0"):
        assert step in told
