"""The fault matrix: what a caller gets for each fault, on a real socket, sync and async."""

import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

import upsun_client as u
from tests.client import wire
from tests.client.conftest import Delete
from tests.client.wire import ACCEPTED, Reaction, Wire, answer, token

BIG = b"x" * 200_000
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="mfa"'


@dataclass
class Case:
    """A fault, and what comes of it."""

    name: str
    api: list[Reaction] = field(default_factory=lambda: [ACCEPTED])
    exchange: list[Reaction] = field(default_factory=lambda: [token()])
    raises: type[u.UpsunError] | None = None
    shows: dict[str, Any] = field(default_factory=dict)  # attributes of the error or answer
    says: str = ""  # in the text of the error
    calls: int = 1  # requests that reach the API
    exchanges: int = 1
    client: dict[str, Any] = field(default_factory=dict)


def status(
    code: int, raises: type[u.UpsunError], message: str, body: Any = b"", **more: Any
) -> Case:
    """A status that is not retried."""
    return Case(
        f"{code} {message or 'without words'}"[:48],
        api=[answer(code, body, **more)],
        raises=raises,
        shows={"status_code": code, "message": message, "attempts": 1, "method": "DELETE"},
    )


CASES = [
    # --- each status, in the server's own words
    status(400, u.BadRequestError, "Invalid id.", {"code": 400, "message": "Invalid id.", "detail": {"id": "short"}}),
    status(400, u.BadRequestError, "short", {"code": 400, "message": "", "detail": ["short"]}),
    status(400, u.BadRequestError, "Deprecated endpoint. Use v2.", {"type": "t", "title": "Deprecated endpoint. Use v2.", "status": 400, "detail": "Bad Request."}, content_type="application/problem+json"),
    status(401, u.AuthenticationError, "Bearer authentication is required.", {"error": "authentication_required", "error_description": "Bearer authentication is required."}, WWW_Authenticate=STEP_UP),
    status(402, u.APIStatusError, "Pay first.", {"error": "Pay first."}),
    status(400, u.BadRequestError, "Accès refusé", "Accès refusé".encode("iso-8859-1"), content_type="text/plain; charset=iso-8859-1"),
    status(400, u.BadRequestError, "Accès", '{"message": "Accès"}'.encode("iso-8859-1"), content_type="application/json; charset=iso-8859-1"),
    *(status(400, u.BadRequestError, f"as {odd}", f"as {odd}".encode(), content_type=f"text/plain; charset={odd}") for odd in ("idna", "undefined", "base64", "no-such")),
    status(400, u.BadRequestError, "Bad Request", b'{"message": "cut o'),
    status(400, u.BadRequestError, "url: must be https", {"message": "Bad Request", "detail": {"url": ["must be https"]}}),
    status(400, u.BadRequestError, "Bad Request", {"type": "about:blank", "trace": "4711"}),
    status(400, u.BadRequestError, "no", {"code": 400, "message": "", "detail": [{"message": "no"}]}),
    status(400, u.BadRequestError, "a [31mb c", {"message": "a\x1b[31mb\nc"}),
    status(400, u.BadRequestError, "Accès", '{"message": "Accès"}'.encode(), content_type="application/json; charset=iso-8859-1"),
    status(500, u.ServerError, "Maintenance", b"<style>a{b:c}</style><TITLE>Maintenance</TITLE>", content_type="text/html"),
    status(403, u.PermissionDeniedError, "Forbidden", b""),
    status(404, u.NotFoundError, "Organization not found.", {"status": 404, "title": "Not Found", "message": "Organization not found."}),
    status(404, u.NotFoundError, "Not Found", {"status": "Not Found", "code": 404}),
    status(404, u.NotFoundError, "no such thing", b"no such thing", content_type="text/plain"),
    Case("404 undecodable", [answer(404, b"\xff\xfe\x00")], raises=u.NotFoundError, shows={"message": "Not Found"}),
    status(409, u.ConflictError, "An activity runs.", {"message": "An activity runs."}),
    status(418, u.APIStatusError, "I'm a Teapot", b""),
    status(422, u.APIStatusError, "Not this.", {"errors": [], "title": "Not this."}),
    status(499, u.APIStatusError, "status 499", b""),
    status(500, u.ServerError, "Internal Server Error", b"null"),
    status(500, u.ServerError, "boom", {"error": {"message": "boom"}}),
    status(520, u.ServerError, "status 520", b""),
    status(599, u.ServerError, "broken", b'"broken"'),
    # --- bodies that are no JSON, too long, or broken
    Case("500 html", [answer(500, HTML, content_type="text/html")], raises=u.ServerError, shows={"message": "502 Bad Gateway"}),
    Case("400 long text", [answer(400, BIG)], raises=u.BadRequestError, shows={"body": BIG[: 64 * 1024].decode()}),
    Case("404 truncated", [wire.cut(answer(404, b"gone" * 9)[:-30])], raises=u.NotFoundError, shows={"attempts": 1}),
    Case("404 bad gzip", [answer(404, b"no gzip", Content_Encoding="gzip")], raises=u.NotFoundError),
    Case("404 gzip", [answer(404, gzip.compress(b'{"message": "zip"}'), Content_Encoding="gzip")], raises=u.NotFoundError, shows={"message": "zip"}),
    *(
        Case(f"{code} half a gzip", [answer(code, gzip.compress(b'{"status": "Accepted", "code": 202}')[:-4], Content_Encoding="gzip")], raises=error, says=says)
        for code, error, says in ((404, u.NotFoundError, "404"), (202, u.APIResponseValidationError, "probably worked"))
    ),
    Case("404 deep json", [answer(404, b"[" * 60_000)], raises=u.NotFoundError),
    # --- answers outside the contract
    *(
        Case(f"{code} redirect", [answer(code, b"", Location="https://elsewhere.example/x?secret=1")], raises=u.APIResponseValidationError, shows={"status_code": code}, says="elsewhere.example/x")
        for code in (301, 302, 303, 307, 308)
    ),
    Case("304", [b"HTTP/1.1 304 Not Modified\r\n\r\n"], raises=u.APIResponseValidationError, shows={"status_code": 304}),
    Case("200 html", [answer(200, HTML, content_type="text/html")], raises=u.APIResponseValidationError, says="text/html"),
    Case("200 half a json", [answer(200, b'{"status": "Acc')], raises=u.APIResponseValidationError),
    Case("200 not utf-8", [answer(200, b'{"status": "\xff"}')], raises=u.APIResponseValidationError),
    Case("200 bad gzip", [answer(200, b"no gzip", Content_Encoding="gzip")], raises=u.APIResponseValidationError, shows={"status_code": 200}),
    Case("202 deep json", [answer(202, b"[" * 200_000)], raises=u.APIResponseValidationError),
    Case("299", [answer(299, {"status": "x", "code": 299})], raises=u.APIResponseValidationError, shows={"status_code": 299}),
    # --- success, also in odd forms
    Case("202"),
    Case("204 empty", [b"HTTP/1.1 204 No Content\r\n\r\n"]),
    *(
        Case(f"200 {body!r}, undocumented statuses raise", [answer("200 OK", body)], shows={"status": "OK", "code": 200}, client={"raise_on_unexpected_status": True})
        for body in (b"", b"\r\n")
    ),
    Case("202 bom", [answer(202, b'\xef\xbb\xbf{"status": "Accepted", "code": 202}')]),
    Case("202 unknown fields", [answer(202, {"status": "Accepted", "code": 202, "new": {"deep": [1]}})]),
    # --- weather that passes, and that does not
    *(Case(f"{code} once", [answer(code, b"", Retry_After="0"), ACCEPTED], calls=2) for code in (429, 502, 503, 504)),
    *(
        Case(f"{code} for ever", [answer(code, b"")], raises=error, shows={"status_code": code, "attempts": 3}, calls=3)
        for code, error in ((429, u.RateLimitError), (502, u.ServerError), (503, u.ServerError), (504, u.ServerError))
    ),
    Case("503 without retries", [answer(503, b"")], raises=u.ServerError, shows={"attempts": 1}, client={"max_retries": 0}),
    Case("429 asks too long", [answer(429, b"", Retry_After="61")], raises=u.RateLimitError, shows={"retry_after": 61.0, "attempts": 1}),
    Case("503 nonsense wait", [answer(503, b"", Retry_After="soon"), ACCEPTED], calls=2),
    Case("503 date in the past", [answer(503, b"", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), ACCEPTED], calls=2),
    Case("503 far date", [answer(503, b"", Retry_After="Wed, 21 Oct 2099 07:28:00 GMT")], raises=u.ServerError, shows={"attempts": 1}),
    Case("404 after 503", [answer(503, b""), answer(404, {"message": "gone"})], raises=u.NotFoundError, shows={"attempts": 2}, says="attempt 2", calls=2),
    # --- connections that break
    *(
        Case(f"{fault.__name__} once", [fault, ACCEPTED], calls=2)
        for fault in (wire.close, wire.reset, wire.truncated, wire.half_a_status_line, wire.garbage)
    ),
    *(
        Case(f"{fault.__name__} for ever", [fault], raises=u.APIConnectionError, shows={"attempts": 3}, says="unknown", calls=3)
        for fault in (wire.close, wire.reset, wire.truncated, wire.garbage)
    ),
    Case("reset without retries", [wire.reset], raises=u.APIConnectionError, shows={"attempts": 1}, client={"max_retries": 0}),
    # --- the access token is refused
    Case("401 once", [answer(401, {"error": "invalid_token"}), ACCEPTED], [token("one"), token("two")], calls=2, exchanges=2),
    Case("401 twice", [answer(401, {"error": "invalid_token"})], raises=u.AuthenticationError, calls=2, exchanges=2),
    Case("401 with a long body", [answer(401, BIG), ACCEPTED], calls=2, exchanges=2),
    Case("401 with a bad body", [answer(401, b"no gzip", Content_Encoding="gzip"), ACCEPTED], calls=2, exchanges=2),
    Case("401 step-up", [answer(401, {"amr": ["mfa"], "max_age": 60}, WWW_Authenticate=STEP_UP)], raises=u.AuthenticationError),
    Case("401 then revoked", [answer(401)], [token(), answer(400, {"error": "invalid_grant"})], raises=u.TokenExchangeError, shows={"error": "invalid_grant"}, exchanges=2),
    # --- the exchange
    Case("exchange invalid_grant", exchange=[answer(400, {"error": "invalid_grant", "error_description": "No."})], raises=u.TokenExchangeError, shows={"status_code": 400, "error": "invalid_grant", "error_description": "No."}, says="UPSUN_CLI_TOKEN", calls=0),
    Case("exchange request_unauthorized", exchange=[answer(401, {"error": "request_unauthorized", "error_hint": "Look."})], raises=u.TokenExchangeError, shows={"status_code": 401, "error_description": "Look."}, calls=0),
    Case("exchange of the mock", exchange=[answer(400, {"error": "invalid API token"})], raises=u.TokenExchangeError, shows={"error": "invalid API token"}, calls=0),
    Case("exchange 404", exchange=[answer(404, HTML)], raises=u.TokenExchangeError, says="check token_url", calls=0),
    Case("exchange 499", exchange=[answer(499)], raises=u.TokenExchangeError, says="check token_url", calls=0),
    Case("exchange 500", exchange=[answer(500)], raises=u.TokenExchangeError, shows={"status_code": 500}, says="busy or failing; try again later", calls=0),
    Case("exchange 429 asks too long", exchange=[answer(429, b"", Retry_After="61")], raises=u.TokenExchangeError, says="try again in 61 s", calls=0),
    Case("exchange 503 once", exchange=[answer(503), token()], exchanges=2),
    Case("exchange 429 once", exchange=[answer(429, b"", Retry_After="0"), token()], exchanges=2),
    Case("exchange 503 for ever", exchange=[answer(503)], raises=u.TokenExchangeError, shows={"status_code": 503}, calls=0, exchanges=3),
    Case("exchange reset once", exchange=[wire.reset, token()], exchanges=2),
    Case("exchange cut before its body once", exchange=[wire.cut(token().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"), token()], exchanges=2),
    Case("exchange truncated once", exchange=[wire.truncated, token()], exchanges=2),
    Case("exchange reset for ever", exchange=[wire.reset], raises=u.APIConnectionError, shows={"method": "POST"}, says="that needs the token was not sent", calls=0, exchanges=3),
    Case("exchange truncated for ever", exchange=[wire.truncated], raises=u.APIConnectionError, shows={"status_code": 202}, says="that needs the token was not sent", calls=0, exchanges=3),
    Case("exchange redirect", exchange=[answer(302, b"", Location="http://portal.example/")], raises=u.TokenExchangeError, shows={"status_code": 302}, calls=0),
    Case("exchange login page", exchange=[answer(200, HTML, content_type="text/html")], raises=u.TokenExchangeError, shows={"status_code": 200}, says="login page", calls=0),
    Case("exchange empty", exchange=[answer(200)], raises=u.TokenExchangeError, calls=0),
    Case("exchange list", exchange=[answer(200, [])], raises=u.TokenExchangeError, calls=0),
    Case("exchange null token", exchange=[token(None)], raises=u.TokenExchangeError, calls=0),
    Case("exchange empty token", exchange=[token("")], raises=u.TokenExchangeError, calls=0),
    Case("exchange token with a line break", exchange=[token("a\r\nX-Evil: 1")], raises=u.TokenExchangeError, calls=0),
    Case("exchange mac token", exchange=[token(token_type="mac")], raises=u.TokenExchangeError, calls=0),
    Case("exchange Bearer in capitals", exchange=[token(token_type="Bearer")]),
    Case("exchange without token_type", exchange=[token(token_type=None)]),
    *(
        Case(f"expires_in {odd!r}", exchange=[token(expires_in=odd)])
        for odd in tuple[Any, ...]((None, "soon", "300", -1, 0, 1e400, float("nan"), [], True, 10**400))
    ),
]  # fmt: skip


# httpx leaves generators of its own behind when a body is not read to its end, and trio says so.
@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")
@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fault(case: Case, delete: Delete) -> None:
    with Wire(case.api, case.exchange) as server:
        if case.raises is None:
            accepted = delete(**server.kwargs(**case.client))
            assert type(accepted.status) is str
            assert 200 <= accepted.code < 300
            assert {name: getattr(accepted, name) for name in case.shows} == case.shows
        else:
            with pytest.raises(case.raises) as caught:
                delete(**server.kwargs(**case.client))
            assert type(caught.value) is case.raises
            assert {name: getattr(caught.value, name) for name in case.shows} == case.shows
            assert case.says in str(caught.value)
    assert len(server.calls) == case.calls
    assert len(server.exchanges) == case.exchanges
