"""The two sessions: an httpx client each that refuses, retries and raises by the rules.

They work above the transport: a transport of our own would switch off the proxy environment.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from ._answer import BODY_LIMIT
from ._rules import Answer, decompress, outside_contract

if TYPE_CHECKING:
    from ._rules import Rules

# What may go wrong while the body of an error is read. The status has said what matters.
_BODY_FAULTS = (httpx.HTTPError, httpx.StreamError)


class Session(httpx.Client):
    """An ``httpx.Client`` that follows the rules."""

    def __init__(self, rules: Rules, **kwargs: Any) -> None:
        self._rules = rules
        super().__init__(**kwargs)

    def build_request(self, method: str, url: Any, **kwargs: Any) -> httpx.Request:
        """Build a request.

        Raises:
            UnsafePathError: if the path could be read as another place than it names.
        """
        return self._rules.build(super().build_request, method, url, kwargs)

    def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help; never follow a redirect.

        Raises:
            UpsunError: unless the answer is a success; its class says why.
        """
        trial = self._rules.trial(request, closed=self.is_closed)
        kwargs["follow_redirects"] = False
        while True:
            trial.attempts += 1
            try:
                response = super().send(request, stream=True, **kwargs)
                if response.is_success:
                    return self._success(response, stream=stream)
                body = self._error_body(response)
            except httpx.RequestError as error:
                wait = self._rules.after_error(trial, error)
            else:
                wait = self._rules.after_status(trial, response, body)
            time.sleep(wait)

    def _success(self, response: httpx.Response, *, stream: bool) -> httpx.Response:
        try:
            self._rules.check_success(response)
            if not stream:
                response.read()
        except BaseException as error:
            response.close()
            if isinstance(error, httpx.DecodingError):
                raise outside_contract(response, f"undecodable body: {error}") from None
            raise
        # In place, as the response belongs to the connection that it came by.
        response.__class__ = Answer
        return response

    def _error_body(self, response: httpx.Response) -> bytes:
        raw = bytearray()
        try:
            with suppress(*_BODY_FAULTS):
                for chunk in response.iter_raw():
                    raw += chunk
                    if len(raw) >= BODY_LIMIT:
                        break
        finally:
            response.close()
        return decompress(response, raw)


class AsyncSession(httpx.AsyncClient):
    """An ``httpx.AsyncClient`` that follows the same rules; see `Session`."""

    def __init__(self, rules: Rules, **kwargs: Any) -> None:
        self._rules = rules
        super().__init__(**kwargs)

    def build_request(self, method: str, url: Any, **kwargs: Any) -> httpx.Request:
        """Build a request, as `Session.build_request` does."""
        return self._rules.build(super().build_request, method, url, kwargs)

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request, as `Session.send` does."""
        trial = self._rules.trial(request, closed=self.is_closed)
        kwargs["follow_redirects"] = False
        while True:
            trial.attempts += 1
            try:
                response = await super().send(request, stream=True, **kwargs)
                if response.is_success:
                    return await self._success(response, stream=stream)
                body = await self._error_body(response)
            except httpx.RequestError as error:
                wait = self._rules.after_error(trial, error)
            else:
                wait = self._rules.after_status(trial, response, body)
            await _sleep(wait)

    async def _success(self, response: httpx.Response, *, stream: bool) -> httpx.Response:
        try:
            self._rules.check_success(response)
            if not stream:
                await response.aread()
        except BaseException as error:
            await response.aclose()
            if isinstance(error, httpx.DecodingError):
                raise outside_contract(response, f"undecodable body: {error}") from None
            raise
        response.__class__ = Answer
        return response

    async def _error_body(self, response: httpx.Response) -> bytes:
        raw = bytearray()
        try:
            with suppress(*_BODY_FAULTS):
                async for chunk in response.aiter_raw():
                    raw += chunk
                    if len(raw) >= BODY_LIMIT:
                        break
        finally:
            await response.aclose()
        return decompress(response, raw)


async def _sleep(seconds: float) -> None:
    from anyio import sleep  # noqa: PLC0415 - only an asynchronous caller pays for it

    await sleep(seconds)
