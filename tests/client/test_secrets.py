"""Neither token is ever shown, written down, or sent where it does not belong."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from tests.client import wire
from tests.client.conftest import Delete
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token
from upsun_client import (
    ApiTokenAuth,
    ConfigurationError,
    UpsunClient,
    UpsunError,
    delete_projects_integrations,
)

API_TOKEN = "api+secret/token"
ACCESS = "access-secret"
# As raw text, and as a form carries it.
SECRETS = (API_TOKEN, "api%2Bsecret%2Ftoken", ACCESS)

ECHO = {"message": f"you sent {ACCESS} for {API_TOKEN}", "nested": [f"Bearer {ACCESS}"]}
FAULTS: dict[str, tuple[list[Reaction], list[Reaction]]] = {
    "status": ([answer(404, ECHO, X_Echo=f"Bearer {ACCESS}")], [token(ACCESS)]),
    "text": ([answer(500, f"<p>{ACCESS}".encode())], [token(ACCESS)]),
    "redirect": ([answer(302, b"", Location=f"http://x.example/{ACCESS}")], [token(ACCESS)]),
    "401": ([answer(401, ECHO)], [token(ACCESS)]),
    "not json": ([answer(200, ACCESS.encode())], [token(ACCESS)]),
    "not the contract": ([answer(200, ECHO)], [token(ACCESS)]),
    "reset": ([wire.reset], [token(ACCESS)]),
    "garbage": ([wire.garbage], [token(ACCESS)]),
    "refused": ([], [answer(400, {"error": "invalid_grant", "error_description": API_TOKEN})]),
    "refused form": ([], [answer(400, b"api_token=api%2Bsecret%2Ftoken")]),
    "exchange reset": ([], [wire.reset]),
    "exchange garbage": ([], [wire.garbage]),
    "exchange redirect": ([], [answer(302, b"", Location=f"/?t={API_TOKEN}")]),
    "exchange odd token": ([], [token(ACCESS + "\n")]),
    "exchange not json": ([], [answer(200, ACCESS.encode())]),
    "exchange mac token": ([], [token(ACCESS, token_type="mac")]),
}
ECHOED_IN_HEADERS = {"status", "redirect", "exchange redirect"}


def everything(value: object, seen: set[int]) -> Iterator[str]:
    """All text that can be reached from an object by attributes and containers."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes | bytearray):
        yield value.decode("latin-1")
    elif isinstance(value, dict):
        for pair in value.items():
            yield from everything(pair, seen)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from everything(item, seen)
    elif not isinstance(value, type) and not callable(value):
        yield from everything(getattr(value, "__dict__", {}), seen)
        if isinstance(value, BaseException):
            yield from everything([value.args, value.__cause__, value.__context__], seen)


def assert_clean(*texts: str) -> None:
    for text in texts:
        assert not [secret for secret in SECRETS if secret in text], text


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_shows_a_secret(
    fault: str, delete: Delete, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api, exchange = FAULTS[fault]
    with Wire(api or [ACCEPTED], exchange) as server, pytest.raises(UpsunError) as caught:
        delete(**server.kwargs(api_token=API_TOKEN, max_retries=1))
    error = caught.value
    assert_clean(
        repr(error),
        str(error),
        "".join(traceback.format_exception(error)),
        pickle.dumps(error).decode("latin-1"),
        *everything(error, set()),
        *(
            str(record.__dict__) + record.getMessage()
            for record in caplog.records
            # At DEBUG, httpcore logs the headers that a server sent, whatever it put there.
            if fault not in ECHOED_IN_HEADERS or record.name == "upsun_client"
        ),
    )
    if not fault.startswith(("exchange", "refused")):
        assert server.calls[0].headers["authorization"] == f"Bearer {ACCESS}"


def test_success_shows_no_secret_either(
    delete: Delete, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with Wire(exchange=[token(ACCESS)]) as server:
        delete(**server.kwargs(api_token=API_TOKEN))
    assert_clean(*(str(record.__dict__) for record in caplog.records))
    assert capsys.readouterr() == ("", "")


def test_a_client_shows_none() -> None:
    with (
        Wire([answer(401), ACCEPTED], [token(ACCESS)]) as server,
        UpsunClient(**server.kwargs(api_token=API_TOKEN)) as client,
    ):
        response = client.get_httpx_client().get("/x")
        auth = client._auth
        for thing in (client, auth, auth._tokens, client.get_httpx_client(), response):
            assert_clean(repr(thing), str(thing), *everything(thing, set()))
        assert_clean(*(str(past.request.headers.multi_items()) for past in response.history))
        assert response.history


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_holds_credentials_is_not_written_down(write: Any) -> None:
    for thing in (UpsunClient(API_TOKEN), ApiTokenAuth(API_TOKEN)):
        with pytest.raises(TypeError, match="holds credentials"):
            write(thing)


@pytest.mark.parametrize(
    "bad", ["a b", "a\tb", "a\nb", "a\x00b", "a\x7f", "“smart”", "tök", "a\r\nX: y"]
)
def test_a_malformed_token_is_refused_without_an_echo(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="copy it again") as caught:
        UpsunClient(bad)
    assert bad not in "".join(traceback.format_exception(caught.value))
    if "\x00" not in bad:
        monkeypatch.setenv("UPSUN_CLI_TOKEN", bad)
        with pytest.raises(ConfigurationError, match="UPSUN_CLI_TOKEN holds"):
            UpsunClient()


@pytest.mark.parametrize("empty", [None, "", " \n"])
def test_a_missing_token_names_the_variable(
    empty: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="UPSUN_CLI_TOKEN"):
        UpsunClient(empty)
    monkeypatch.setenv("UPSUN_CLI_TOKEN", " ")
    with pytest.raises(ConfigurationError, match="UPSUN_CLI_TOKEN"):
        UpsunClient(empty)


def test_the_token_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSUN_CLI_TOKEN", " from-environment\n")
    with Wire() as server:
        with UpsunClient(base_url=server.url, token_url=server.token_url) as client:
            delete_projects_integrations("p", "i", client=client)
    assert server.exchanges[0].body.endswith(b"api_token=from-environment")


def test_bytes_are_no_token() -> None:
    with pytest.raises(ConfigurationError, match="must be a string"):
        UpsunClient(b"token")  # type: ignore[arg-type]


def test_only_the_origin_of_the_api_gets_the_bearer() -> None:
    with (
        Wire() as other,
        Wire(exchange=[token(ACCESS)]) as server,
        UpsunClient(**server.kwargs(api_token=API_TOKEN)) as client,
    ):
        http = client.get_httpx_client()
        http.get("/relative")
        http.get(f"{server.url}/absolute")
        assert [call.headers["authorization"] for call in server.calls] == [f"Bearer {ACCESS}"] * 2
        for foreign in (f"{other.url}/x", f"http://localhost:{server.port}/x"):
            http.get(foreign)
        assert "authorization" not in other.calls[0].headers
        assert "authorization" not in server.calls[2].headers
