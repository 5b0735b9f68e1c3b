"""What a generated parser makes of a success, as far as it is one."""

from __future__ import annotations

import typing
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from upsun_api.errors import UnexpectedStatus
from upsun_api.models.accepted_response import AcceptedResponse
from upsun_api.types import File, Unset

from ._call import Redact, outside_contract, worked
from ._error_body import decode_error_body, is_object, phrase
from ._errors import one_line
from ._httpx import httpx

T = TypeVar("T")

PARSE_ERRORS = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
_BLANK = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, and JSON's whitespace
_SHOWN = 200  # characters of what a parser says


def parse(parser: Callable[..., T], response: httpx.Response, client: object, redact: Redact) -> T:
    """Let a generated parser read a success.

    An empty body is one: as AcceptedResponse, which is the status line by definition, or None.

    Raises:
        APIResponseValidationError: if it does not fit the contract.
    """
    try:
        if not response.content.lstrip(_BLANK):
            return _empty(parser, response, client)  # type: ignore[no-any-return]
        parsed = parser(client=client, response=response)
        if not (problem := _overlooked(parsed, response)):
            return parsed
    except UnexpectedStatus:
        problem = "the contract does not know this status"
    except PARSE_ERRORS as error:
        problem = _say(error, response)
    body = decode_error_body(response.content, response.charset_encoding, redact)
    raise outside_contract(response, redact(problem) + worked(response.request), body, redact)


def _say(error: Exception, response: httpx.Response) -> str:
    kind = one_line(response.headers.get("content-type", "").partition(";")[0], 40)
    with suppress(ValueError, RecursionError):
        response.json()
        words = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return f"the body does not fit the contract ({words[:_SHOWN]})"
    size = len(response.content)
    advice = "" if "json" in kind else "; check base_url"
    return f"the body ({size} bytes of {kind or 'no type'}) is no JSON{advice}"


def _overlooked(parsed: object, response: httpx.Response) -> str:
    """Say what a parser has overlooked; '' for nothing."""
    if isinstance(parsed, AcceptedResponse):
        _take_status_line(parsed, response)
        code = parsed.code if type(parsed.code) is int else 0
        # A 200 whose body says 404 is no acceptance.
        if type(parsed.status) is str and 200 <= code < 300:
            return ""
        return "the body does not fit the contract (status is no text, or code no 2xx)"
    if isinstance(parsed, File):
        is_page = "html" in response.headers.get("content-type", "")
        return "the body is a page of HTML, no file; check base_url" if is_page else ""
    if parsed is None and _is_error(response.json()):  # no body was expected
        return "the body does not fit the contract (it is an error)"
    if parsed == [] and not isinstance(response.json(), list):
        return "the body does not fit the contract (it is no list)"
    return ""


def _take_status_line(accepted: AcceptedResponse, response: httpx.Response) -> None:
    """Complete what acts as an acceptance and leaves out to say so."""
    if not {"_embedded", "_links"} & accepted.additional_properties.keys():
        return
    if isinstance(accepted.status, Unset):
        accepted.status = _status_text(response)
    if isinstance(accepted.code, Unset):
        accepted.code = response.status_code


def _empty(parser: Callable[..., T], response: httpx.Response, client: object) -> Any:
    """Return what an empty success stands for."""
    if getattr(client, "raise_on_unexpected_status", False):
        with suppress(*PARSE_ERRORS):
            parser(client=client, response=response)  # raises UnexpectedStatus
    contract = parser.__annotations__.get("return")
    if AcceptedResponse not in {contract, *typing.get_args(contract)}:
        return None
    return AcceptedResponse(status=_status_text(response), code=response.status_code)


def _status_text(response: httpx.Response) -> str:
    return one_line(response.reason_phrase, _SHOWN) or phrase(response.status_code)


def _is_error(body: object) -> bool:
    if not is_object(body):
        return False
    codes = (body.get("status"), body.get("code"))
    return bool(body.get("error")) or any(isinstance(code, int) and code >= 400 for code in codes)
