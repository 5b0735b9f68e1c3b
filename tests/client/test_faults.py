"""The fault matrix: what a caller gets for each fault, on a real socket, sync and async."""

import gzip
import json
import pickle
import ssl
import traceback
import zlib
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

import upsun_client as u
from tests.client import wire
from tests.client.conftest import Delete
from tests.client.http_library import httpx
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token

PROJECT = "p" * 900  # makes no error longer than a line
BIG = b"x" * 200_000
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
ODD_TEXT = "\x1b[31mred\x07 \u202e " + "long " * 4000
ODD_PLACES = ["javascript:alert(1)", "http://xn--/", "https://[::1", "x" * 60_000, "\x80"]
NESTED = json.loads("[" * 40 + "]" * 40)
ODD_LIFETIMES: list[Any] = [None, "soon", "300", -1, 0, 1e400, float("nan"), [], True, 10**400]
ODD_FIELDS: list[dict[str, Any]] = [{"expires_in": odd} for odd in ODD_LIFETIMES]
ODD_FIELDS += [{"token_type": "Bearer"}, {"token_type": None}]
STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="mfa"'
HEAD, _, BODY = ACCEPTED.partition(b"\r\n\r\n")
HEADERS = {"content-type": "application/json", "content-length": str(len(BODY))}
ZIPPED, TWO_MEMBERS = gzip.compress(BODY), gzip.compress(BODY[:45]) + gzip.compress(BODY[45:])
BREAKS: dict[str, tuple[Reaction, int | None]] = {  # and the status, if one came
    "close": (wire.close, None),
    "reset": (wire.reset, None),
    "half a status line": (wire.cut(b"HTTP/1.1 20"), None),
    "garbage": (wire.garbage, None),
    "long status line": (wire.cut(b"HTTP/1.1 " + b"q" * 9000 + b"\r\n\r\n"), None),
    "cut before its body": (wire.cut(HEAD + b"\r\n\r\n"), 202),
    "truncated": (wire.cut(ACCEPTED[:-5]), 202),
}
# And the next step, which an error tells.
ERRORS = {
    400: (u.BadRequestError, ""),
    401: (u.AuthenticationError, "check base_url, and WWW-Authenticate"),
    403: (u.PermissionDeniedError, "admin role"),
    404: (u.NotFoundError, "check the ids"),
    409: (u.ConflictError, "wait for what is in the way"),
    429: (u.RateLimitError, "send fewer at once"),
    **dict.fromkeys((402, 407, 418, 422, 499), (u.APIStatusError, "")),
    **dict.fromkeys((500, 502, 503, 504, 520, 599), (u.ServerError, "look whether it took effect")),
}


@dataclass
class Case:
    """A fault, and what comes of it."""

    name: str
    api: list[Reaction] = field(default_factory=lambda: [ACCEPTED])
    exchange: list[Reaction] = field(default_factory=lambda: [token()])
    raises: type[u.UpsunError] | None = None
    shows: dict[str, Any] = field(default_factory=dict)  # attributes of the error or answer
    says: str = ""  # in the text of the error
    is_noted: bool = False  # that an earlier attempt may have taken effect
    calls: int = 1  # requests that reach the API
    exchanges: int = 1
    client: dict[str, Any] = field(default_factory=dict)


def status(code: int, message: str, body: Any = b"", **more: Any) -> Case:
    """A status that is not retried."""
    raises, says = ERRORS[code]
    shows = {"status_code": code, "message": message, "attempts": 1, "method": "DELETE"}
    name = f"{code} {message or 'without words'}"[:48]
    return Case(name, [answer(code, body, **more)], raises=raises, shows=shows, says=says)


def unfit(name: str, raw: bytes, says: str = "", **shows: Any) -> Case:
    """An answer outside the contract."""
    return Case(name, [raw], raises=u.APIResponseValidationError, shows=shows, says=says)


def no_token(name: str, *raw: Reaction, says: str = "", exchanges: int = 1, **shows: Any) -> Case:
    """An exchange that gives none."""
    error = u.TokenExchangeError
    return Case(f"exchange {name}", [], [*raw], error, shows, says, calls=0, exchanges=exchanges)


def handled() -> BaseException:
    """Whatever is odd about one: arguments, a group, a circle, what would be final of ours."""
    error = ssl.SSLCertVerificationError(1, "of another connection")
    group = ExceptionGroup("group", [ValueError(1, None, b"x", {"a": [1]}, object()), OSError(2)])
    error.__cause__ = error.__context__ = group
    group.__context__ = error
    return error


CASES = [
    # --- each status, in the server's own words
    status(400, "Invalid id.", {"code": 400, "message": "Invalid id.", "detail": {"id": "short"}}),
    status(400, "short", {"code": 400, "message": "", "detail": ["short"]}),
    status(400, "Deprecated endpoint. Use v2.", {"type": "t", "title": "Deprecated endpoint. Use v2.", "status": 400, "detail": "Bad Request."}, content_type="application/problem+json"),
    status(400, "Accès refusé", "Accès refusé".encode("iso-8859-1"), content_type="text/plain; charset=iso-8859-1"),
    *(
        status(400, "Accès", '{"message": "Accès"}'.encode(charset), content_type="application/json; charset=iso-8859-1")
        for charset in ("iso-8859-1", "utf-8")
    ),
    *(
        status(400, f"as {odd}", f"as {odd}".encode(), content_type=f"text/plain; charset={odd}")
        for odd in ("idna", "undefined", "base64", "no-such")
    ),
    status(400, "Bad Request", b'{"message": "cut o'),
    status(400, "url: must be https", {"message": "Bad Request", "detail": {"url": ["must be https"]}}),
    status(400, "Bad Request", {"type": "about:blank", "trace": "4711"}),
    status(400, "no such type", {"errors": [{"message": "no such type"}]}),
    status(400, "url: bad", {"errors": [{"url": ["bad"]}]}),
    status(400, "a [31mb c", {"message": "a\x1b[31mb\nc"}),
    status(401, "Bearer authentication is required.", {"error": "authentication_required", "error_description": "Bearer authentication is required."}, WWW_Authenticate=STEP_UP),
    status(402, "Pay first.", {"error": "Pay first."}),
    status(407, "Proxy Authentication Required"),  # of a proxy for plain http
    status(404, "Organization not found.", {"status": 404, "title": "Not Found", "message": "Organization not found."}),
    status(404, "Not Found", {"status": "Not Found", "code": 404}),
    status(404, "Not Found", b"\xff\xfe\x00"),
    status(409, "An activity runs.", {"message": "An activity runs."}),
    status(422, "Not this.", {"errors": [], "title": "Not this."}),
    status(500, "Internal Server Error", b"null"),
    status(500, "boom", {"error": {"message": "boom"}}),
    status(500, "Maintenance", b"<style>a{b:c}</style><TITLE>Maintenance</TITLE>", content_type="text/html"),
    status(599, "broken", b'"broken"'),
    status(499, "status 499"),
    # --- bodies that are no JSON, too long, or broken
    Case("400 long text", [answer(400, BIG)], raises=u.BadRequestError, shows={"body": BIG[: 64 * 1024].decode()}),
    Case("404 truncated", [wire.cut(answer(404, b"gone" * 9)[:-30])], raises=u.NotFoundError, shows={"attempts": 1}),
    Case("404 bad gzip", [answer(404, b"no gzip", Content_Encoding="gzip")], raises=u.NotFoundError),
    Case("404 gzip", [answer(404, ZIPPED, Content_Encoding="gzip")], raises=u.NotFoundError, shows={"body": json.loads(BODY), "headers": {**HEADERS, "content-length": str(len(ZIPPED)), "content-encoding": "gzip"}}),
    *(
        Case(f"{code} half a gzip", [answer(code, ZIPPED[:-4], Content_Encoding="gzip")], raises=error, says=says)
        for code, error, says in ((404, u.NotFoundError, "404"), (202, u.APIResponseValidationError, "probably worked"))
    ),
    Case("404 nested json", [answer(404, NESTED)], raises=u.NotFoundError, shows={"body": NESTED}),
    *(
        Case(f"404 {len(deep)} of {deep[:4]} too deep to pickle", [answer(404, deep.encode())], raises=u.NotFoundError, shows={"body": deep})
        for deep in ("[" * 60_000, "[" * 500 + "]" * 500, '{"a":' * 500 + "1" + "}" * 500)
    ),
    *(
        Case(f"{code} odd text", [answer(code, body)], raises=ERRORS[int(code[:3])][0])
        for code, body in (("404 X", {"message": ODD_TEXT}), ("500 X", ODD_TEXT.encode()), ("409 " + "z" * 9000, b""))
    ),
    # --- answers outside the contract
    *(
        unfit(f"{code} redirect", answer(code, b"", Location="https://elsewhere.example/x?secret=1"), "elsewhere.example/x)", status_code=code)
        for code in (301, 302, 303, 307, 308)
    ),
    *(unfit(f"302 to {odd[:20]!r}", answer(302, b"", Location=odd), "redirects are not followed") for odd in ODD_PLACES),
    unfit("304", b"HTTP/1.1 304 Not Modified\r\n\r\n", status_code=304),
    unfit("200 html", answer(200, HTML, content_type="text/html"), "text/html; check base_url; the request has probably worked"),
    unfit("200 of a long type", answer(200, b"no", content_type="text/" + "y" * 9000), "; check base_url; the request has probably worked"),
    unfit("200 not utf-8", answer(200, b'{"status": "\xff"}')),
    unfit("200 bad gzip", answer(200, b"no gzip", Content_Encoding="gzip"), status_code=200),
    unfit("202 of many members", answer(202, gzip.compress(b"") * 80_000 + ZIPPED, Content_Encoding="gzip"), "undecodable body: it has too many members", status_code=202),
    unfit("202 deep json", answer(202, b"[" * 200_000)),
    *(
        unfit(f"202 {body!r}", answer(202, body), "does not fit the contract", status_code=202, body=body)
        for body in tuple[Any, ...]((
            {}, [], "x", None, 1, {"_embedded": 1, "code": 404}, {"_links": 1, "status": None}, {"_embedded": {}, "error": "denied"},
            {"status": "Not Found", "code": 404}, {"status": 1, "code": 202}, {"status": "x", "code": True},
            {"status": "x", "code": 199}, {"status": "x", "code": 300}, {"status": "x", "code": "202"},
        ))
    ),
    # --- success, also in odd forms
    Case("202", shows={"additional_properties": {"_embedded": {"activities": [{"id": "act1"}]}}}),
    *(
        Case(f"202 {encoding} of {len(body)}", [answer(202, body, Content_Encoding=encoding)])
        for encoding, body in (("gzip", ZIPPED), ("X-GZIP", ZIPPED), ("gzip", TWO_MEMBERS), ("gzip", ZIPPED + bytes(9)), ("deflate", zlib.compress(BODY)), ("identity", BODY))
    ),
    Case("204 empty", [b"HTTP/1.1 204 No Content\r\n\r\n"]),
    *(
        Case(f"200 {body!r}, undocumented statuses raise", [answer("200 Fine", body)], shows={"status": "Fine", "code": 200}, client={"raise_on_unexpected_status": True})
        for body in (b"", b"\r\n")
    ),
    *(
        Case(f"202 {key} and {rest}", [answer("202 Accepted", {key: 1, **rest})], shows={"status": "Accepted", "code": 202, "additional_properties": {key: 1}})
        for key in ("_embedded", "_links")
        for rest in ({}, {"status": "Accepted"}, {"code": 202})
    ),
    Case("200", [answer(200, {"status": "OK", "code": 200})]),
    Case("202 bom", [answer(202, b'\xef\xbb\xbf{"status": "Accepted", "code": 202}')]),
    # --- weather that passes, and that does not
    *(Case(f"{code} once", [answer(code, b"", Retry_After="0", Set_Cookie="a=b"), ACCEPTED], calls=2) for code in (429, 502, 503, 504)),
    *(
        Case(f"{code} for ever", [answer(code)], raises=ERRORS[code][0], shows={"status_code": code, "attempts": 3}, says=ERRORS[code][1], is_noted=code != 429, calls=3)
        for code in (429, 502, 503, 504)
    ),
    Case("429 asks too long", [answer(429, b"", Retry_After="61")], raises=u.RateLimitError, shows={"retry_after": 61.0, "attempts": 1}, says="wait 61 s, send fewer"),
    Case("503 nonsense wait", [answer(503, b"", Retry_After="soon"), ACCEPTED], calls=2),
    Case("503 far date", [answer(503, b"", Retry_After="Wed, 21 Oct 2099 07:28:00 GMT")], raises=u.ServerError, shows={"attempts": 1}),
    *(
        Case(f"{code} after {first}", [answer(first), answer(code)], raises=error, says=says, is_noted=first == 504, calls=2)
        for code, error, says in ((404, u.NotFoundError, "attempt 2"), (302, u.APIResponseValidationError, "not followed"))
        for first in (429, 504)
    ),
    # --- connections that break
    *(Case(f"{name} once", [fault, ACCEPTED], calls=2) for name, (fault, _) in BREAKS.items()),
    *(
        Case(f"{name} for ever", [fault], raises=u.APIConnectionError, shows={"attempts": 3, "status_code": code, "headers": HEADERS if code else {}}, says="probably worked" if code else "took effect is unknown", is_noted=True, calls=3)
        for name, (fault, code) in BREAKS.items()
    ),
    Case("silence", [lambda connection: connection.recv(1)], raises=u.APITimeoutError, says="(ReadTimeout; attempt 1); whether it took effect is unknown", client={"timeout": httpx.Timeout(30, read=0.2), "max_retries": 0}),
    # --- the access token is refused
    Case("401 once", [answer(401, {"error": "invalid_token"}), ACCEPTED], [token("one"), token("two")], calls=2, exchanges=2),
    Case("401 twice", [answer(401, {"error_description": "The access token is invalid."})], [token("access")], u.AuthenticationError, {"message": "The access token is invalid."}, ERRORS[401][1], calls=2, exchanges=2, client={"api_token": "token"}),  # too short to redact
    Case("401 with a long body", [answer(401, BIG), ACCEPTED], calls=2, exchanges=2),
    Case("401 with a bad body", [answer(401, b"no gzip", Content_Encoding="gzip"), ACCEPTED], calls=2, exchanges=2),
    Case("401 step-up", [answer(401, {"amr": ["mfa"], "max_age": 60}, WWW_Authenticate=STEP_UP)], raises=u.AuthenticationError),
    Case("401 after a reset, then revoked", [wire.reset, answer(401)], [token(), answer(400, {"error": "invalid_grant"})], u.TokenExchangeError, {"error": "invalid_grant"}, is_noted=True, calls=2, exchanges=2),
    # --- the exchange
    no_token("invalid_grant", answer(400, {"error": "invalid_grant", "error_description": "No."}), status_code=400, error="invalid_grant", error_description="No.", says="check UPSUN_CLI_TOKEN"),
    no_token("invalid_client", answer(401, {"error": "invalid_client"}), status_code=401, says="(401 invalid_client)"),
    no_token("request_unauthorized", answer(401, {"error": "request_unauthorized", "error_hint": "Look."}), status_code=401, error_description="Look."),
    no_token("no words", answer(400), status_code=400, error=None, error_description=None),
    no_token("of the mock", answer(400, {"error": "invalid API token"}), error="invalid API token"),
    no_token("404", answer(404), says="check token_url", headers={**HEADERS, "content-length": "0"}),
    no_token("503 for ever", answer(503), status_code=503, exchanges=3),
    *(no_token(f"302 to {odd[:20]!r}", answer(302, b"", Location=odd), says="redirects are not followed") for odd in ODD_PLACES),
    no_token("odd text", answer("418 " + "z" * 9000, {"error": ODD_TEXT, "error_description": ODD_TEXT})),
    no_token("login page", answer(200, HTML, content_type="text/html"), status_code=200, says="login page"),
    *(
        no_token(f"without one {number}", raw, says="without a usable access token")
        for number, raw in enumerate((answer(), answer(200, []), token(None), token(""), token("a\r\nX-Evil: 1"), token(token_type="mac")))
    ),
    *(Case(f"exchange with {odd}", exchange=[token(**odd)]) for odd in ODD_FIELDS),
    *(
        Case(f"exchange {name} once", exchange=[fault, token()], exchanges=2)
        for name, (fault, _) in {**BREAKS, "503": (answer(503), 503), "429": (answer(429), 429)}.items()
    ),
    *(
        Case(f"exchange {name} for ever", exchange=[fault], raises=u.APIConnectionError, shows={"method": "POST", "status_code": code}, says="that needs the token was not sent", is_noted=True, calls=0, exchanges=3)
        for name, (fault, code) in BREAKS.items()
    ),
]  # fmt: skip


# httpx leaves generators of its own behind when a body is not read to its end, and trio says so.
@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")
@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault(case: Case, delete: Delete) -> None:
    fails = pytest.raises(case.raises) if case.raises else nullcontext()
    with Wire(case.api, case.exchange) as server:
        try:
            raise handled()
        except BaseException as error:  # of the caller's, who deletes while he handles it
            before = traceback.format_exception(error)
            with fails as caught:
                result: Any = delete(PROJECT, **server.kwargs(**case.client))
            assert traceback.format_exception(error) == before
    if caught:
        result, text = caught.value, str(caught.value)
        assert type(result) is case.raises
        assert case.says in text
        assert text.isprintable()
        assert len(text) < 1000
        assert pickle.loads(pickle.dumps(result)).__dict__ == result.__dict__
        notes = getattr(result, "__notes__", [])
        assert ["may have taken effect" in note for note in notes] == [True] * case.is_noted
    else:
        assert type(result.status) is str
        assert 200 <= result.code < 300
    assert {name: getattr(result, name) for name in case.shows} == case.shows
    assert {call.headers["accept-encoding"] for call in server.calls} <= {"gzip"}
    assert not [call for call in server.calls if "cookie" in call.headers]  # of the server's
    assert (len(server.calls), len(server.exchanges)) == (case.calls, case.exchanges)
