"""The two sessions: an httpx client each that refuses, retries and raises by the rules.

They work above the transport: a transport of our own would switch off the proxy environment.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from ._answer import BODY_LIMIT, decompress
from ._errors import UpsunError
from ._fields import Jar
from ._fork import watch
from ._rules import check_open

if TYPE_CHECKING:
    from ._rules import Rules

# For the body of an error, in seconds: the status has said what matters.
_PATIENCE = 10.0
_BODY_FAULTS = (httpx.HTTPError, httpx.StreamError)


class _Ruled:
    """What both sessions are, beside an httpx client."""

    def __init__(self, rules: Rules, **options: Any) -> None:
        self._rules = rules
        self._options = options
        self.retired = False
        self._start_over()
        watch(self, _Ruled._start_over)

    def _start_over(self) -> None:
        # Again in a forked child, which must not talk on its parent's connections.
        super().__init__(**self._options)
        self.cookies = self._options.get("cookies")

    @property
    def cookies(self) -> httpx.Cookies:
        """What the caller and the servers set."""
        return self._jar

    @cookies.setter
    def cookies(self, cookies: Any) -> None:
        self._jar = Jar(cookies)

    def build_request(self, method: str, url: Any, **kwargs: Any) -> httpx.Request:
        """Build a request.

        Raises:
            UnsafePathError: if the URL could be read as another place than it names.
        """
        target = self._rules.target(url)
        request: httpx.Request = super().build_request(method, target, **kwargs)  # type: ignore[misc]
        self._rules.check_origin(request, self.headers)  # type: ignore[attr-defined]
        return request

    def _build_redirect_request(
        self,
        request: httpx.Request,
        response: httpx.Response,  # noqa: ARG002
    ) -> httpx.Request:
        # httpx builds it though nobody follows, and fails on a Location that is no URL.
        return request


class Session(_Ruled, httpx.Client):
    """An ``httpx.Client`` that follows the rules."""

    def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help; never follow a redirect.

        Raises:
            UpsunError: unless the answer is a success; its class says why.
        """
        trial = self._rules.trial(request)
        kwargs["follow_redirects"] = False
        while True:
            check_open(self, trial)
            trial.attempts += 1
            try:
                response = super().send(request, stream=True, **kwargs)
                if response.is_success:
                    return self._accept(response, stream=stream)
                body = self.read_some(response)
            except httpx.RequestError as error:
                wait = self._rules.after_error(trial, request, error)
            except UpsunError as error:
                trial.note(error)
                raise
            except RuntimeError:
                check_open(self, trial)
                raise
            else:
                wait = self._rules.after_status(trial, response, body)
            time.sleep(wait)

    def read_some(self, response: httpx.Response, *, strict: bool = False) -> bytes:
        """Read a body within limits of size and time, and close it.

        Args:
            response: not read yet, or read by a mock or a hook.
            strict: whether to raise if it breaks off before.
        """
        with suppress(httpx.ResponseNotRead):
            return response.content[:BODY_LIMIT]
        raw = bytearray()
        until = time.monotonic() + _PATIENCE
        full = False
        try:
            for chunk in response.iter_raw():
                raw += chunk
                full = len(raw) >= BODY_LIMIT or time.monotonic() > until
                if full:
                    response.close()  # which ends the iteration, down to its last generator
        except _BODY_FAULTS:
            if strict and not full:
                raise
        finally:
            response.close()
        return decompress(bytes(raw), response.headers.get("content-encoding", ""))

    def _accept(self, response: httpx.Response, *, stream: bool) -> httpx.Response:
        try:
            answer = self._rules.accept(response)
            if self._rules.exchange:
                body = self.read_some(response, strict=True)
                return httpx.Response(response.status_code, content=body)
            if not stream:
                answer.read()
        except BaseException as error:
            response.close()
            if isinstance(error, httpx.DecodingError):
                raise answer.outside_contract(f"undecodable body: {error}") from None
            raise
        return answer


class AsyncSession(_Ruled, httpx.AsyncClient):
    """An ``httpx.AsyncClient`` that follows the same rules; see `Session`."""

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request, as `Session.send` does."""
        trial = self._rules.trial(request)
        kwargs["follow_redirects"] = False
        while True:
            check_open(self, trial)
            trial.attempts += 1
            try:
                response = await super().send(request, stream=True, **kwargs)
                if response.is_success:
                    return await self._accept(response, stream=stream)
                body = await self.read_some(response)
            except httpx.RequestError as error:
                wait = self._rules.after_error(trial, request, error)
            except UpsunError as error:
                trial.note(error)
                raise
            except RuntimeError:
                check_open(self, trial)
                raise
            else:
                wait = self._rules.after_status(trial, response, body)
            await _sleep(wait)

    async def read_some(self, response: httpx.Response, *, strict: bool = False) -> bytes:
        """Read a body within limits, as `Session.read_some` does."""
        with suppress(httpx.ResponseNotRead):
            return response.content[:BODY_LIMIT]
        raw = bytearray()
        until = time.monotonic() + _PATIENCE
        full = False
        try:
            async for chunk in response.aiter_raw():
                raw += chunk
                full = len(raw) >= BODY_LIMIT or time.monotonic() > until
                if full:
                    await response.aclose()
        except _BODY_FAULTS:
            if strict and not full:
                raise
        finally:
            await response.aclose()
        return decompress(bytes(raw), response.headers.get("content-encoding", ""))

    async def _accept(self, response: httpx.Response, *, stream: bool) -> httpx.Response:
        try:
            answer = self._rules.accept(response)
            if self._rules.exchange:
                body = await self.read_some(response, strict=True)
                return httpx.Response(response.status_code, content=body)
            if not stream:
                await answer.aread()
        except BaseException as error:
            await response.aclose()
            if isinstance(error, httpx.DecodingError):
                raise answer.outside_contract(f"undecodable body: {error}") from None
            raise
        return answer


async def _sleep(seconds: float) -> None:
    from anyio import sleep  # noqa: PLC0415 - only an asynchronous caller pays for it

    await sleep(seconds)
