"""A success, as far as it is one: what generated code gets to parse."""

from __future__ import annotations

import typing
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from upsun_api.errors import UnexpectedStatus
from upsun_api.models.accepted_response import AcceptedResponse
from upsun_api.types import File

from ._answer import phrase
from ._errors import APIResponseValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

_MISFITS = (AttributeError, KeyError, TypeError, ValueError)  # what a generated parser raises
_SHOWN = 200  # characters of what it says
_BLANK = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, and JSON's whitespace


def path_of(request: httpx.Request) -> str:
    """Return the path as sent, without the query."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii")


class Answer(httpx.Response):
    """A successful answer, which says so itself if it does not fit the contract."""

    def outside_contract(self, problem: str) -> APIResponseValidationError:
        """Make the error for an answer that the contract does not know."""
        request = self.request
        return APIResponseValidationError(
            problem,
            status_code=self.status_code,
            method=request.method,
            path=path_of(request),
        )

    def json(self, **kwargs: Any) -> Any:
        """Decode the body.

        Raises:
            APIResponseValidationError: if it is no JSON.
        """
        try:
            return super().json(**kwargs)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "").partition(";")[0][:40]
        raise self.outside_contract(
            f"the body ({len(self.content)} bytes of {kind}) is no JSON; check base_url"
        )

    def parse(self, parser: Callable[..., Any], client: object) -> Any:
        """Let a generated parser read this answer.

        An empty body is a success: as AcceptedResponse, which is the status line by definition,
        or None.

        Raises:
            APIResponseValidationError: if it does not fit the contract.
        """
        try:
            if not self.content.lstrip(_BLANK):
                return self._empty(parser, client)
            parsed = parser(client=client, response=self)
        except UnexpectedStatus:
            raise self.outside_contract("the contract does not know this status") from None
        except _MISFITS as error:
            words = f"{error} is missing" if isinstance(error, KeyError) else repr(error)
            problem = f"the body does not fit the contract ({words[:_SHOWN]})"
            raise self.outside_contract(problem) from None
        if problem := self._problem(parsed):
            raise self.outside_contract(f"the body does not fit the contract ({problem})")
        return parsed

    def _problem(self, parsed: object) -> str:
        """Say what a parser has overlooked; '' for nothing."""
        if isinstance(parsed, AcceptedResponse):
            return "" if _accepts(parsed) else "status or code"
        if isinstance(parsed, File):
            return "HTML" if "html" in self.headers.get("content-type", "") else ""
        if parsed is None:  # no body was expected
            return "an error" if _is_error(self.json()) else ""
        return "no list" if parsed == [] and not isinstance(self.json(), list) else ""

    def _empty(self, parser: Callable[..., Any], client: object) -> AcceptedResponse | None:
        """Return what an empty success stands for."""
        if getattr(client, "raise_on_unexpected_status", False):
            with suppress(APIResponseValidationError, *_MISFITS):
                parser(client=client, response=self)  # raises UnexpectedStatus
        contract = parser.__annotations__.get("return")
        if AcceptedResponse not in {contract, *typing.get_args(contract)}:
            return None
        text = self.reason_phrase or phrase(self.status_code)
        return AcceptedResponse(status=text, code=self.status_code)


def _is_error(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    codes = (body.get("status"), body.get("code"))
    return bool(body.get("error")) or any(isinstance(code, int) and code >= 400 for code in codes)


def _accepts(accepted: AcceptedResponse) -> bool:
    # A 200 whose body says 404 is no acceptance.
    return (
        isinstance(accepted.status, str)
        and type(accepted.code) is int
        and 200 <= accepted.code < 300
    )
