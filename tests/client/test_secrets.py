"""Neither token is ever shown, written down, or sent where it does not belong."""

import base64
import copy
import gc
import html
import logging
import pickle
import traceback
import urllib.parse
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any

import pytest

import upsun_client as u
from tests.client import wire
from tests.client.conftest import Calls, Delete, delete_once
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token

API_TOKEN = "api+secret/token"
ACCESS = "access-secret"
# As raw text, and as a form carries it.
SECRETS = (API_TOKEN, "api%2Bsecret%2Ftoken", ACCESS)

GIVEN = token(ACCESS)


def echo(status: int, said: str = f"{ACCESS}/{API_TOKEN}") -> bytes:
    body = {"message": f"you sent {said}", "nested": [f"Bearer {said}"], "error": said}
    return answer(status, body, X_Echo=f"Bearer {said}", Location=f"http://x.example/{said}")


# What the API and the auth server do.
FAULTS: dict[str, tuple[Reaction, Reaction]] = {
    "none": (ACCEPTED, GIVEN),
    **{str(code): (echo(code), GIVEN) for code in (302, 401, 404)},
    "500 text": (answer(500, f"<p>{ACCESS}".encode()), GIVEN),
    "not json": (answer(200, ACCESS.encode()), GIVEN),
    "not the contract": (echo(200), GIVEN),
    "reset": (wire.reset, GIVEN),
    "garbage": (wire.garbage, GIVEN),
    **{f"exchange {code}": (ACCEPTED, echo(code, API_TOKEN)) for code in (200, 302, 400, 500)},
    "exchange form": (ACCEPTED, answer(400, b"api_token=api%2Bsecret%2Ftoken")),
    "exchange not json": (ACCEPTED, answer(200, ACCESS.encode())),
    "exchange odd token": (ACCEPTED, token(ACCESS + "\n")),
    "exchange mac token": (ACCEPTED, token(ACCESS, token_type="mac")),
    "exchange reset": (ACCEPTED, wire.reset),
    "exchange garbage": (ACCEPTED, wire.garbage),
}


# What runs holds what it works with.
RUNNING = (type, ModuleType, FunctionType, MethodType, FrameType, TracebackType)


def everything(value: object) -> Iterator[str]:
    """All text that can be reached from an object, but for what runs."""
    seen, left = dict[int, object](), [value]
    while left:
        if id(value := left.pop()) in seen or isinstance(value, RUNNING):
            continue
        seen[id(value)] = value  # and so its id is not used again
        if isinstance(value, str):
            yield value
        elif isinstance(value, bytes | bytearray):
            yield value.decode("latin-1")
        elif isinstance(value, dict):
            left += value  # its keys, which the next line leaves out if they are text
        left += gc.get_referents(value)


def locals_of_ours(error: BaseException) -> list[str]:
    """What a reporter of errors shows: how the variables of each frame look."""
    chain = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = str(Path(u.__file__).parent)
    frames = [frame for frame in chain.stack if frame.filename.startswith(ours)]
    assert frames
    return [f"{name}: {value}" for frame in frames for name, value in (frame.locals or {}).items()]


def assert_clean(*texts: str) -> None:
    for text in texts:
        assert not [secret for secret in SECRETS if secret in text], text


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_shows_a_secret(fault: str, delete: Delete, caplog: Any, capsys: Any) -> None:
    caplog.set_level(logging.DEBUG)
    api, exchange = FAULTS[fault]
    fails = nullcontext() if fault == "none" else pytest.raises(u.UpsunError)
    with Wire([api], [exchange]) as server, fails as caught:
        delete(**server.kwargs(api_token=API_TOKEN, max_retries=1))
    for record in caplog.records:
        # At DEBUG, httpcore logs the headers that a server sent, whatever it put there.
        if not record.getMessage().startswith("receive_response_headers"):
            assert_clean(str(record.__dict__), record.getMessage())
    assert capsys.readouterr() == ("", "")
    if caught:
        error = caught.value
        assert_clean(
            repr(error),
            "".join(traceback.format_exception(error)),
            # What parses an answer has to hold it, whatever it says.
            *(locals_of_ours(error) if not fault.startswith("not ") else ()),
            pickle.dumps(error).decode("latin-1"),
            *everything(error),
        )
    if not fault.startswith("exchange"):
        assert server.calls[0].headers["authorization"] == f"Bearer {ACCESS}"


def test_a_client_shows_none() -> None:
    with Wire([answer(401), ACCEPTED], [GIVEN]) as server:
        with u.UpsunClient(**server.kwargs(api_token=API_TOKEN)) as client:
            response = client.get_httpx_client().get("/x")
            for thing in (client, client.get_httpx_client(), response):
                assert_clean(repr(thing), str(thing), *everything(thing))
            assert not response.history  # which the exchange and the renewal stay out of


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_holds_credentials_is_not_written_down(write: Any) -> None:
    with pytest.raises(TypeError, match="holds credentials"):
        write(u.UpsunClient(API_TOKEN))


@pytest.mark.parametrize(
    "bad", ["a b", "a\tb", "a\nb", "a\x01b", "a\x7f", "“smart”", "tök", "a\r\nX: y", "", " \n"]
)
def test_an_unusable_token_is_not_quoted(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(u.ConfigurationError, match="UPSUN_CLI_TOKEN is empty, unset"):
        u.UpsunClient()
    for given, variable, says in ((bad, "fine", "api_token"), (None, bad, "UPSUN_CLI_TOKEN")):
        monkeypatch.setenv("UPSUN_CLI_TOKEN", variable)
        fails = pytest.raises(u.ConfigurationError, match=f"{says} is empty, unset.*copy it")
        with fails as caught:
            u.UpsunClient(given)
        assert not bad.strip() or bad not in "".join(traceback.format_exception(caught.value))


class Listed(httpx.MockTransport, list[object]):
    """One that is false."""


class OddError(Exception):
    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize("breaks", ["POST", "DELETE"])
def test_what_a_transport_of_the_callers_raises_is_his(breaks: str, delete: Delete) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == breaks:
            raise (error := OddError("mine")) from ValueError(error)  # in a circle
        return httpx.Response(200, json={"access_token": ACCESS})

    with pytest.raises(OddError, match="mine") as caught:
        delete(api_token=API_TOKEN, httpx_args={"transport": Listed(handle)})
    assert_clean(*locals_of_ours(caught.value))


def test_only_the_api_and_trusted_origins_are_asked(calls: Calls) -> None:
    with Wire() as other, Wire() as friend, Wire(exchange=[GIVEN]) as server:
        kwargs = server.kwargs(trusted_origins=[friend.url], cookies={"c": "1"})
        with u.UpsunClient(**kwargs) as client:
            for url in ("/relative", f"{server.url}/absolute", f"{friend.url}/x"):
                calls.send(client, url=url)
            for foreign in (f"{other.url}/x", f"http://localhost:{server.port}/x", "https://a.b/"):
                with pytest.raises(u.UnsafePathError, match="trusted_origins.*nothing was sent"):
                    calls.send(client, url=foreign)
            with pytest.raises(u.UnsafePathError, match="without a user; nothing was sent"):
                calls.send(client, url=f"http://user:pass@127.0.0.1:{server.port}/x")
    for call in (*server.calls, *friend.calls):
        assert call.headers["authorization"] == f"Bearer {ACCESS}"
        assert call.headers["cookie"] == "c=1"
    assert (len(server.calls), len(friend.calls), other.connections) == (2, 1, 0)


def base64ed(start: str, secret: str) -> str:
    return base64.urlsafe_b64encode(f"{start}{secret}!".encode()).decode()


@pytest.mark.parametrize(
    "spell",
    [
        lambda secret: "".join(f"%{ord(c):02X}" for c in secret),
        lambda secret: "".join(f"\\u{ord(c):04x}" for c in secret),
        lambda secret: "".join(f"&#{ord(c)};" for c in secret),
        *(partial(base64ed, start) for start in ("", "a", "Bearer ", "api_token=")),
        lambda secret: "".join(f"\\u0026#37;{ord(c):02x}" for c in secret),  # escapes of escapes
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: secret.encode().hex(),
        lambda secret: html.escape("".join(f"&#{ord(c)};" for c in secret)),
        lambda secret: urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        lambda secret: secret.replace("/", "\\/").replace("a", "\\u0061"),
        str.upper,
    ],
)
def test_a_token_is_redacted_however_it_is_spelled(spell: Any, delete: Delete) -> None:
    odd = "tok\\u0041%41&#65;en~?~?~?~?"
    for secret, held in ((API_TOKEN, API_TOKEN), (ACCESS, API_TOKEN), (odd, odd)):
        spelled = spell(secret)
        page = f"<p>{spelled} is what you sent</p>"
        with Wire([answer(404, page.encode(), X_Echo=spelled)], [GIVEN]) as server:
            with pytest.raises(u.UpsunError) as caught:
                delete(**server.kwargs(api_token=held))
        assert spelled not in "".join(everything(caught.value))
        assert "[redacted]" in str(caught.value)


def test_a_token_is_redacted_in_utf_16_that_nobody_announces(delete: Delete) -> None:
    said = f"<p>You sent {API_TOKEN}".encode("utf-16-le")
    with Wire([answer(404, said)], [GIVEN]) as server, pytest.raises(u.UpsunError) as caught:
        delete(**server.kwargs(api_token=API_TOKEN))
    assert "redacted" in str(caught.value)
    assert_clean(*(text.replace("\0", "") for text in everything(caught.value)))


def test_a_token_is_redacted_before_what_holds_it_is_cut(delete: Delete) -> None:
    long = "".join(map(str, range(100, 200)))  # in which nothing comes twice
    page = b"x" * (64 * 1024 - len(ACCESS) // 2) + ACCESS.encode()
    answers = [(ACCESS, answer(404, page)), (long, answer(202, b"<p>", content_type=long))]
    # What is redacted makes room for what was cut.
    pages = [f"{'x' * shift}{long * 900}" for shift in range(0, 300, 25)]
    answers += [(long, answer(404, page.encode())) for page in pages]
    for secret, raw in answers:
        with Wire([raw], [token(secret)]) as server, pytest.raises(u.UpsunError) as caught:
            delete(**server.kwargs())
        assert secret[:6] not in "".join(everything(caught.value))


@pytest.mark.timeout(30)
def test_a_body_of_escapes_is_redacted_at_once(server: Wire) -> None:
    bodies = [(mark * 70_000)[:70_000] for mark in ("\\", "%25", "&#0", "&#x0", "a\\", "api+")]
    script = [answer(404, f"{body}{API_TOKEN}".encode()) for body in bodies]
    script.append(answer(404, ["%"] * 12_000))
    server.api, server.exchange = script, [token(ACCESS * 100)]
    with u.UpsunClient(**server.kwargs(api_token=API_TOKEN)) as client:
        for _ in script:
            with pytest.raises(u.UpsunError) as caught:
                delete_once(client)
            assert_clean(str(caught.value))
