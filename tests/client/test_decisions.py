"""The plain decisions, each without a network."""

from __future__ import annotations

import inspect
import json
import ssl
from typing import Any

import httpx
import pytest

from upsun_client import AcceptedResponse, UpsunClient
from upsun_client._answer import decode_body, decompress, phrase, server_message
from upsun_client._connector import Connector
from upsun_client._errors import (
    APIResponseValidationError,
    APIStatusError,
    NotFoundError,
    ServerError,
    UnsafePathError,
    status_error_class,
)
from upsun_client._path import check_parameter, check_path
from upsun_client._retry import Trial, retry_after_seconds
from upsun_client._rules import Rules
from upsun_client._success import Answer
from upsun_client._token import AccessToken, read_token_answer, refusal

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9" * 400}, float("inf")),
        ({"retry-after": DATE}, 0.0),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2015 07:27:18 GMT"}, 42.0),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2015 07:27:18"}, 42.0),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2015 09:27:18 +0200"}, 42.0),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def trial(**kwargs: Any) -> Trial:
    return Trial("DELETE", "/x", **({"retries": 2, "idempotent": True} | kwargs))


def test_the_backoff_doubles_up_to_a_limit_with_full_jitter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    monkeypatch.setattr("upsun_client._retry.random.uniform", uniform)
    patient = trial(retries=2000)
    for attempt in (1, 2, 3, 4, 5, 6, 1999):
        patient.attempts = attempt
        patient.wait_after_error(sent=True, reason="x")
    assert asked == [(0, 0.5), (0, 1.0), (0, 2.0), (0, 4.0), (0, 8.0), (0, 8.0), (0, 8.0)]


@pytest.mark.parametrize(
    ("status", "idempotent", "headers", "again"),
    [
        (429, True, {}, True),
        (429, False, {}, True),
        (503, True, {}, True),
        (502, True, {}, True),
        (504, True, {}, True),
        (503, False, {}, False),
        (500, True, {}, False),
        (501, True, {}, False),
        (524, True, {}, False),
        (404, True, {}, False),
        (408, True, {}, False),
        (503, True, {"retry-after": "60"}, True),
        (503, True, {"retry-after": "60.1"}, False),
        (429, False, {"retry-after": "3600"}, False),
    ],
)
def test_which_status_is_tried_again(
    status: int, idempotent: bool, headers: dict[str, str], again: bool
) -> None:
    one = trial(idempotent=idempotent)
    one.attempts = 1
    assert (one.wait_after_status(status, headers) is not None) is again
    assert one.sent is (status != 429)


@pytest.mark.parametrize(
    ("sent", "idempotent", "again"),
    [(True, True, True), (True, False, False), (False, False, True), (False, True, True)],
)
def test_which_failure_is_tried_again(sent: bool, idempotent: bool, again: bool) -> None:
    one = trial(idempotent=idempotent)
    one.attempts = 1
    assert (one.wait_after_error(sent=sent, reason="x") is not None) is again
    assert one.sent is sent


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_attempts_are_bounded(retries: int) -> None:
    one = trial(retries=retries)
    while True:
        one.attempts += 1
        if one.wait_after_error(sent=False, reason="x") is None:
            break
    assert one.attempts == retries + 1


def test_retry_after_is_waited_to_the_second() -> None:
    one = trial()
    one.attempts = 1
    assert one.wait_after_status(503, {"retry-after": "7"}) == 7.0


@pytest.mark.parametrize(
    ("lifetime", "renew_after"), [(900, 840), (600, 540), (599, 539.1), (60, 54), (1, 0.9)]
)
def test_how_long_a_token_is_used(lifetime: float, renew_after: float) -> None:
    assert AccessToken("t", lifetime).renew_after == pytest.approx(renew_after)


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        ("900", 900), ("120", 120), ("1.5", 1.5), ('"300"', 300), ("null", 900), ('"soon"', 900), ("0", 900),
        ("-5", 900), ("NaN", 900), ("Infinity", 900), ("true", 900), ("[]", 900), ("1e999", 900),
        ("1" + "0" * 400, 900),
    ],
)  # fmt: skip
def test_how_long_a_token_lives(expires_in: str, lifetime: float) -> None:
    body = f'{{"access_token": "t", "expires_in": {expires_in}}}'.encode()
    token = read_token_answer(200, body)
    assert (token.value, token.lifetime) == ("t", lifetime)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"message": "m", "error_description": "d", "detail": "x", "title": "t", "error": "e"},
            "m",
        ),
        ({"error_description": "d", "detail": "x", "title": "t", "error": "e"}, "d"),
        ({"detail": "x", "error_hint": "h", "title": "t", "error": "e"}, "x"),
        ({"error_hint": "h", "title": "t", "error": "e"}, "h"),
        ({"title": "t", "error": "e"}, "t"),
        ({"error": "e"}, "e"),
        ({"message": "BAD REQUEST.", "title": "t"}, "t"),
        ({"message": "Bad Request"}, "Bad Request"),
        ({"message": None, "error": 5}, "Bad Request"),
        ({"error": {"message": {"detail": "deep"}}}, "deep"),
        ({"error": {"message": {"detail": {"message": "deeper"}}}}, "Bad Request"),
        ({"detail": {"a": ["b", "c"], "d": 1, "e": "f"}}, "a: b, c; e: f"),
        ({"detail": {"a": {"b": "c"}}}, "a: b: c"),
        ({"detail": {"a": {"b": {"c": "d"}}}}, "Bad Request"),
        ({"detail": [["a"]]}, "a"),
        ({"detail": [[["a"]]]}, "Bad Request"),
        ({"unknown": "field"}, "Bad Request"),
        (["first", "second"], "first"),
        ("x" * 600, "x" * 500),
        ("<html><TITLE class=x> a  b </title>c", "a b"),
        ("<p>a</p>b", "a b"),
        ("...", "Bad Request"),
        (None, "Bad Request"),
        (7, "Bad Request"),
    ],
)
def test_the_servers_own_words(body: Any, message: str) -> None:
    assert server_message(400, body) == message


def test_phrases() -> None:
    assert phrase(404) == "Not Found"
    assert phrase(599) == ""
    assert server_message(599, None) == "status 599"


@pytest.mark.parametrize(
    ("body", "decoded"),
    [
        (b"", None),
        (b" \n", None),
        (b"null", None),
        (b'"x"', "x"),
        (b'{"a": [1]}', {"a": [1]}),
        (b"\xef\xbb\xbf text ", "text"),
        (b"[" * 50 + b"]" * 50, "json"),
        (b"[" * 51 + b"]" * 51, "text"),
        (b'{"a":' * 49 + b"0" + b"}" * 49, "json"),
        (b'{"a":' * 51 + b"0" + b"}" * 51, "text"),
    ],
)
def test_bodies(body: bytes, decoded: Any) -> None:
    found = decode_body(body)
    if decoded == "json":
        assert json.dumps(found, separators=(",", ":")).encode() == body
    elif decoded == "text" and body.startswith((b"[", b"{")):
        assert found == body.decode()
    else:
        assert found == decoded


def test_bodies_are_redacted_wherever_the_secret_is() -> None:
    def redact(text: str) -> str:
        return text.replace("secret", "-")

    assert decode_body(b'{"secret": ["a secret", 1]}', None, redact) == {"-": ["a -", 1]}
    assert decode_body(b"a secret", None, redact) == "a -"


def test_bodies_are_decompressed_up_to_a_limit() -> None:
    import gzip
    import zlib

    for squeeze, name in ((gzip.compress, "gzip"), (zlib.compress, "deflate")):
        assert decompress(squeeze(b"words"), name) == b"words"
        assert len(decompress(squeeze(b"x" * 10**6), name)) == 64 * 1024
    assert decompress(b"x" * 70_000, "") == b"x" * 64 * 1024
    assert decompress(b"x", "identity") == b"x"
    assert decompress(b"x", "br") == b""


def test_classes_of_errors() -> None:
    assert status_error_class(404) is NotFoundError
    assert status_error_class(499) is APIStatusError
    assert status_error_class(500) is status_error_class(599) is ServerError


# --- words


def test_the_text_of_an_error_ends_with_the_next_step() -> None:
    def error(cls: type[APIStatusError], attempts: int) -> str:
        return str(
            cls(
                "Gone.",
                status_code=404,
                body=None,
                method="DELETE",
                path="/x",
                headers={},
                retry_after=None,
                attempts=attempts,
            )
        )

    step = " (check the ids; who may not see a thing is told the same)"
    assert error(NotFoundError, 1) == f"404 to DELETE /x: Gone.{step}"
    assert error(NotFoundError, 2) == f"404 to DELETE /x (attempt 2): Gone.{step}"
    assert error(APIStatusError, 1) == "404 to DELETE /x: Gone."


@pytest.mark.parametrize("retries", [1, 2, 3, 4])
def test_a_retry_says_which_attempt_it_is(retries: int, caplog: pytest.LogCaptureFixture) -> None:
    trial = Trial("GET", "/x", retries=retries, idempotent=True)
    trial.attempts = 1
    with caplog.at_level("INFO", logger="upsun_client"):
        trial.wait_after_status(503, {"retry-after": "2.25"})
    assert caplog.messages == [f"GET /x: 503 to attempt 1 of {retries + 1}; next in 2.2 s"]


def test_an_error_quotes_the_beginning_of_what_it_refuses() -> None:
    with pytest.raises(UnsafePathError) as caught:
        check_path("/" + "a" * 200 + "/..")
    assert f"'/{'a' * 79}'" in str(caught.value)
    with pytest.raises(UnsafePathError) as caught:
        check_parameter("project_id", "b" * 200 + "/..")
    assert f"'{'b' * 80}'" in str(caught.value)


def test_a_url_for_another_kind_of_server_is_quoted_from_its_beginning() -> None:
    rules = Rules(0, str, httpx.URL("https://api.example"))
    with pytest.raises(UnsafePathError) as caught:
        rules.target("ftp:" + "a" * 100)
    assert f"'ftp:{'a' * 76}'" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "refused the API token"),
        (401, "refused the API token"),
        (402, "check token_url"),
        (403, "refused the API token"),
        (404, "check token_url"),
        (428, "check token_url"),
        (429, "try again later"),
        (430, "check token_url"),
        (499, "check token_url"),
        (500, "try again later"),
    ],
)
def test_what_a_refused_exchange_asks_for(status: int, says: str) -> None:
    answer = APIStatusError(
        "Words.",
        status_code=status,
        body={"error": "code", "error_hint": "hint"},
        method="POST",
        path="/token",
        headers={},
        retry_after=None,
        attempts=1,
    )
    error = refusal(answer)
    assert says in str(error)
    assert str(error).endswith(f"({status} code: Words.)")
    assert (error.error, error.error_description, error.status_code) == ("code", "hint", status)


# --- characters, statuses, codes


@pytest.mark.parametrize("code_point", [0xD800, 0xDBFF, 0xDFFF])
def test_what_has_no_encoding_is_refused(code_point: int) -> None:
    with pytest.raises(UnsafePathError, match="no encoding"):
        check_parameter("id", f"a{chr(code_point)}b")


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1f", "\x7f", "\x80", "\x9f"])
def test_what_controls_is_refused(character: str) -> None:
    with pytest.raises(UnsafePathError, match="control character"):
        check_parameter("id", f"a{character}b")


@pytest.mark.parametrize(
    "character", [" ", "~", "\xa0", "\u2028", "\ud7ff", "\ue000", "\U0010ffff"]
)
def test_what_is_only_odd_is_not(character: str) -> None:
    assert check_parameter("id", f"a{character}b") == f"a{character}b"


@pytest.mark.parametrize(
    ("code", "accepted"),
    [(199, False), (200, True), (299, True), (300, False), (True, False), ("202", False)],
)
def test_which_code_is_an_acceptance(code: Any, accepted: bool) -> None:
    answer = Answer(202, json={"status": "s", "code": code}, request=httpx.Request("GET", "/x"))

    def parser(*, client: object, response: httpx.Response) -> AcceptedResponse:
        return AcceptedResponse.from_dict(response.json())

    if accepted:
        assert answer.parse(parser, None).code == code
    else:
        with pytest.raises(APIResponseValidationError, match="status or code"):
            answer.parse(parser, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(300, APIResponseValidationError), (399, APIResponseValidationError), (400, APIStatusError)],
)
def test_which_status_is_outside_the_contract(status: int, kind: type[Exception]) -> None:
    rules = Rules(0, str, httpx.URL("https://api.example"))
    request = httpx.Request("GET", "https://api.example/x")
    response = httpx.Response(status, request=request)
    with pytest.raises(kind):
        rules.after_status(rules.trial(request), response, b"")


def test_what_generated_code_writes_for_no_scalar_is_named() -> None:
    with pytest.raises(UnsafePathError, match="^'NoneType' where a string is needed in the path"):
        check_path("/projects/%00NoneType/integrations/i")


# --- defaults


def test_the_defaults_are_the_documented_ones() -> None:
    parameters = inspect.signature(UpsunClient).parameters
    assert {name: each.default for name, each in parameters.items()} == {
        "api_token": None,
        "base_url": "https://api.upsun.com",
        "token_url": "https://auth.upsun.com/oauth2/token",
        "timeout": 30.0,
        "max_retries": 2,
        "verify_ssl": True,
        "headers": None,
        "cookies": None,
        "httpx_args": None,
        "raise_on_unexpected_status": False,
    }
    assert all(each.kind is each.KEYWORD_ONLY for each in list(parameters.values())[1:])


def test_a_connector_is_as_careful_by_itself() -> None:
    connector = Connector()
    context = connector._context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert connector.timeout == httpx.Timeout(30.0)
    assert connector.max_retries == 2
    assert connector.headers == {"User-Agent": "upsun-client", "Accept-Encoding": "gzip, deflate"}
