"""The exchange of the API token for an access token, as the auth server documents it."""

from __future__ import annotations

import base64
import math
import time
from typing import Any

from ._connections import Connections
from ._error_body import decode_body, is_object
from ._errors import APIResponseValidationError, APIStatusError, TokenExchangeError, one_line
from ._flow import Flow
from ._httpx import httpx
from ._io import Blocking, run
from ._options import HEADERS, read_hooks
from ._tokens import CREATE, TOKEN_VARIABLE, AccessToken, Tokens, is_visible

CHECK = "is token_url right, and no proxy or login page in between?"
_BASIC = "Basic " + base64.b64encode(b"platform-api-user:").decode()
_PATIENCE = 10.0  # seconds that it takes at least, for each part of it
_DOCUMENTED_LIFETIME = 900.0  # seconds, where the answer gives none that makes sense


def exchange(
    connections: Connections, token_url: httpx.URL, timeout: httpx.Timeout, retries: int, of: Tokens
) -> AccessToken:
    """Ask for an access token, over connections of its own, whoever waits for it.

    Raises:
        TokenExchangeError: if the auth server refuses, or answers what is none.
        APIConnectionError: if it does not answer.
        ConfigurationError: if it cannot be asked.
    """
    asked_at = time.monotonic()
    pool = connections.for_exchange()
    headers = {**HEADERS, "Authorization": _BASIC}
    form = {"grant_type": "api_token", "api_token": of.api_token.reveal()}
    # Whoever waits gives up in his own time; the exchange goes on, for who comes next.
    times = {part: each and max(each, _PATIENCE) for part, each in timeout.as_dict().items()}
    request = httpx.Request(
        "POST", token_url, headers=headers, data=form, extensions={"timeout": times}
    )
    flow, io = Flow([token_url], retries, of.redact), Blocking(lambda: pool, read_hooks(None))
    try:
        with pool.client:
            return read_token_answer(run(flow.send(io, request)), asked_at)
    except (APIStatusError, APIResponseValidationError) as error:
        refused = _refusal(error)
    raise refused  # outside, so that it does not drag the answer along


def read_token_answer(response: httpx.Response, asked_at: float) -> AccessToken:
    """Return the access token in a successful answer of the auth server.

    Raises:
        TokenExchangeError: if the answer is no token that can be used. It is not quoted.
    """
    decoded = decode_body(response.content)
    answer = decoded if is_object(decoded) else {}
    value, kind = answer.get("access_token"), answer.get("token_type") or "bearer"
    if not isinstance(value, str) or not is_visible(value):
        problem = f"without a usable access token; {CHECK}"
    elif not isinstance(kind, str) or kind.lower() != "bearer":
        problem = "with a token that is no bearer token"
    else:
        return AccessToken(value, _lifetime(answer.get("expires_in")), asked_at)
    text = f"the auth server answered {response.status_code} {problem}"
    raise TokenExchangeError(text, status_code=response.status_code, headers={})


def _lifetime(expires_in: Any) -> float:
    """Read seconds; nonsense counts as the documented lifetime, as a 401 renews in any case."""
    try:
        seconds = 0.0 if isinstance(expires_in, bool) else float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return _DOCUMENTED_LIFETIME
    return seconds if 0 < seconds < math.inf else _DOCUMENTED_LIFETIME


def _refusal(error: APIStatusError | APIResponseValidationError) -> TokenExchangeError:
    """Say what the auth server's answer means for the caller."""
    status = error.status_code
    answer = error.body if is_object(error.body) else {}
    code, description, hint = (
        one_line(value, 300) if isinstance(value := answer.get(key), str) else None
        for key in ("error", "error_description", "error_hint")
    )
    if isinstance(error, APIResponseValidationError):
        text = f"the auth server did not exchange the API token ({error}); {CHECK}"
    elif status in {400, 401, 403}:
        text = f"the auth server refused the API token; check {TOKEN_VARIABLE}, or {CREATE}"
    elif status == 429 or status >= 500:
        wait = f" in {error.retry_after:g} s" if error.retry_after else " later"
        text = f"the auth server is busy or failing; try again{wait}"
    else:
        text = "the auth server did not exchange the API token; check token_url"
    if isinstance(error, APIStatusError):
        said = {one_line(code or "", 80): None, error.message: None}  # each once
        text += f" ({status} {': '.join(filter(None, said))})"
    words = {"error": code, "error_description": description or hint}
    return TokenExchangeError(text, status_code=status, headers=error.headers, **words)
