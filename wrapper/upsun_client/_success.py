"""What a generated parser makes of a success, as far as it is one."""

import typing
from collections.abc import Callable
from contextlib import suppress
from http.client import responses
from typing import Any, TypeVar

from upsun_api.errors import UnexpectedStatus
from upsun_api.models.accepted_response import AcceptedResponse
from upsun_api.types import File, Unset

from ._body import is_object
from ._call import Redact, outside_contract, worked
from ._errors import one_line
from ._httpx import httpx

T = TypeVar("T")

PARSE_ERRORS = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
_BLANK = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, and JSON's whitespace
_UNFIT = "the body does not fit the contract ({})"
_SHOWN = 200  # characters of what a parser says


def parse(parser: Callable[..., T], response: httpx.Response, client: object, redact: Redact) -> T:
    """Let a generated parser read a success.

    An empty body is one: as AcceptedResponse, which is the status line by definition, or None.
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
        problem = _UNFIT.format(f"{type(error).__name__}: {redact(str(error))[:_SHOWN]}")
    kind = one_line(redact(response.headers.get("content-type", "")).partition(";")[0], 40)
    came = f"; it is {len(response.content)} bytes of {kind or 'no type'}"
    advice = "" if "json" in kind else "; check base_url"
    raise outside_contract(response, problem + came + advice + worked(response.request), redact)


def _overlooked(parsed: object, response: httpx.Response) -> str:
    """Say what a parser has overlooked; '' for nothing."""
    if isinstance(parsed, AcceptedResponse):
        # What acts as an acceptance, and leaves out to say so.
        more = parsed.additional_properties
        if {"_embedded", "_links"} & more.keys() and not _is_error(more):
            if isinstance(parsed.status, Unset):
                parsed.status = _status_text(response)
            if isinstance(parsed.code, Unset):
                parsed.code = response.status_code
        code = parsed.code if type(parsed.code) is int else 0
        # A 200 whose body says 404 is no acceptance.
        if type(parsed.status) is str and 200 <= code < 300:
            return ""
        return _UNFIT.format("status is no text, or code no 2xx")
    if isinstance(parsed, File):
        is_page = "html" in response.headers.get("content-type", "")
        return _UNFIT.format("it is a page of HTML, no file") if is_page else ""
    if parsed is None and _is_error(response.json()):  # no body was expected
        return _UNFIT.format("it is an error")
    if parsed == [] and not isinstance(response.json(), list):
        return _UNFIT.format("it is no list")
    return ""


def _empty(parser: Callable[..., T], response: httpx.Response, client: object) -> Any:
    """Return what an empty success stands for."""
    with suppress(*PARSE_ERRORS):
        parser(client=client, response=response)  # raises UnexpectedStatus, if it is asked to
    contract = parser.__annotations__.get("return")
    if AcceptedResponse not in {contract, *typing.get_args(contract)}:
        return None
    return AcceptedResponse(status=_status_text(response), code=response.status_code)


def _status_text(response: httpx.Response) -> str:
    return one_line(response.reason_phrase, _SHOWN) or responses.get(response.status_code, "")


def _is_error(body: object) -> bool:
    if not is_object(body):
        return False
    codes = (body.get("status"), body.get("code"))
    return bool(body.get("error")) or any(isinstance(code, int) and code >= 400 for code in codes)
