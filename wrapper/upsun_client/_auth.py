"""The exchange of the API token for an access token, as the auth server documents it."""

import base64
import math
import time
from typing import Any

from ._body import decode_body, is_object
from ._connections import Connections
from ._errors import APIResponseValidationError, APIStatusError, TokenExchangeError, one_line
from ._flow import Flow
from ._httpx import httpx
from ._io import Blocking, run
from ._options import HEADERS, NO_HOOKS
from ._tokens import CREATE, TOKEN_VARIABLE, Token, Tokens, is_visible

CHECK = "check token_url: is a proxy or login page in between?"
_BASIC = "Basic " + base64.b64encode(b"platform-api-user:").decode()
_PATIENCE = 10.0  # seconds that it takes at least, for each part of it
_DOCUMENTED_LIFETIME = 900.0  # seconds, where the answer gives none that makes sense


def exchange(
    connections: Connections, token_url: httpx.URL, timeout: httpx.Timeout, retries: int, of: Tokens
) -> Token:
    """Ask for an access token, over connections of its own, whoever waits for it."""
    asked_at = time.monotonic()
    pool = connections.for_exchange()
    headers = {**HEADERS, "Authorization": _BASIC}
    # Whoever waits gives up in his own time; the exchange goes on, for who comes next.
    times = {part: each and max(each, _PATIENCE) for part, each in timeout.as_dict().items()}
    request = httpx.Request(
        "POST",
        token_url,
        headers=headers,
        data={"grant_type": "api_token", "api_token": of.api_token.reveal()},  # in no variable
        extensions={"timeout": times},
    )
    flow = Flow([token_url], retries, of.redact)
    try:
        with pool.client:
            response = run(flow.send(Blocking(lambda: pool, NO_HOOKS), request))
            return read_token_answer(response, asked_at)
    except (APIStatusError, APIResponseValidationError) as error:
        refused = _refusal(error)
    raise refused  # outside, so that it does not drag the answer along


def read_token_answer(response: httpx.Response, asked_at: float) -> Token:
    """Return the access token in a successful answer of the auth server."""
    decoded = decode_body(response.content)
    answer = decoded if is_object(decoded) else {}
    value, kind = answer.get("access_token"), str(answer.get("token_type") or "bearer")
    if isinstance(value, str) and is_visible(value) and kind.lower() == "bearer":
        return Token(value, _lifetime(answer.get("expires_in")), asked_at)
    text = f"the auth server answered {response.status_code} without a usable access token"
    raise TokenExchangeError(f"{text}; {CHECK}", status_code=response.status_code, headers={})


def _lifetime(expires_in: Any) -> float:
    """Read seconds; nonsense counts as the documented lifetime, as a 401 renews in any case."""
    try:
        seconds = 0.0 if isinstance(expires_in, bool) else float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return _DOCUMENTED_LIFETIME
    return seconds if 0 < seconds < math.inf else _DOCUMENTED_LIFETIME


def _refusal(error: APIStatusError | APIResponseValidationError) -> TokenExchangeError:
    """Say what the auth server's answer means for the caller."""
    status, said = error.status_code, str(error)
    answer = error.body if is_object(error.body) else {}
    code, description, hint = (
        one_line(str(answer.get(key) or ""), 300) or None
        for key in ("error", "error_description", "error_hint")
    )
    text = f"the auth server did not exchange the API token; {CHECK}"
    if isinstance(error, APIStatusError):
        said = f"{status} {error.message}"
        if status in {400, 401, 403}:
            text = f"the auth server refused the API token; check {TOKEN_VARIABLE}, or {CREATE}"
        elif status == 429 or status >= 500:
            wait = f" in {error.retry_after:g} s" if error.retry_after else " later"
            text = f"the auth server is busy or failing; try again{wait}"
    words = {"error": code, "error_description": description or hint}
    return TokenExchangeError(
        f"{text} ({said})", status_code=status, headers=error.headers, **words
    )
