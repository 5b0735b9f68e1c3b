"""A success, as far as it is one: what generated code gets to parse."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

import httpx

from upsun_api.errors import UnexpectedStatus
from upsun_api.models.accepted_response import AcceptedResponse

from ._answer import phrase
from ._errors import APIResponseValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

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
            if self.content.lstrip(_BLANK):
                parsed = parser(client=client, response=self)
            else:
                parsed = self._status_line(parser)
        except (AttributeError, KeyError, TypeError, ValueError, UnexpectedStatus) as error:
            words = f"{error} is missing" if isinstance(error, KeyError) else repr(error)
            problem = f"the body does not fit the contract ({words})"
            raise self.outside_contract(problem) from None
        if isinstance(parsed, AcceptedResponse) and not _accepts(parsed):
            raise self.outside_contract("the body does not fit the contract (status or code)")
        return parsed

    def _status_line(self, parser: Callable[..., Any]) -> AcceptedResponse | None:
        contract = parser.__annotations__.get("return")
        if AcceptedResponse not in {contract, *typing.get_args(contract)}:
            return None
        text = self.reason_phrase or phrase(self.status_code)
        return AcceptedResponse(status=text, code=self.status_code)


def _accepts(accepted: AcceptedResponse) -> bool:
    # A 200 whose body says 404 is no acceptance.
    return (
        isinstance(accepted.status, str)
        and type(accepted.code) is int
        and 200 <= accepted.code < 300
    )
