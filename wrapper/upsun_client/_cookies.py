"""The cookies of a session: the caller's, and what servers set."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from urllib.request import Request


class _Sendable(DefaultCookiePolicy):
    """Takes no cookie that could not be sent: with it, no later request could be built."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        return f"{cookie.name}{cookie.value}".isascii() and super().set_ok(cookie, request)


class Jar(httpx.Cookies):
    """Takes cookies from answers that set some; httpx takes 40 us a call to find that none are."""

    def __init__(self, cookies: Any) -> None:
        super().__init__(cookies)
        self._own = not isinstance(cookies, CookieJar)
        if self._own:
            self.jar.set_policy(_Sendable())

    def extract_cookies(self, response: httpx.Response) -> None:
        # A jar of the caller's may have another policy, and look at more.
        if "set-cookie" in response.headers or not self._own:
            super().extract_cookies(response)
