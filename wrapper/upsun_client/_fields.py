"""Headers and cookies, of the caller's and those that servers set: can they be sent?"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from ._errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.request import Request

_SEPARATORS = frozenset(' "(),/:;<=>?@[\\]{}')  # what the name of a header or cookie cannot have


def read_fields(name: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers or cookies that can be sent.

    Raises:
        ConfigurationError: if they cannot. A value may be a secret, so it is not quoted.
    """
    if not isinstance(given, Mapping | None):
        raise ConfigurationError(f"{name} must be a mapping, not {type(given).__name__}")
    fields = dict(given or {})
    for key, value in fields.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ConfigurationError(f"{name} must map strings to strings; {key!r} does not")
        if (
            not key.isascii()
            or not key
            or any(c in _SEPARATORS or not c.isprintable() for c in key)
        ):
            raise ConfigurationError(f"{name} cannot have the name {key!r}")
        if not value.isascii() or value != value.strip() or not value.isprintable():
            raise ConfigurationError(
                f"{name}: the value of {key} has control or non-ASCII characters, or spaces around"
            )
    return fields


def merge_headers(first: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Return both; the second one's win, whatever the case of their names."""
    names = {name.lower() for name in then}
    return {**{name: first[name] for name in first if name.lower() not in names}, **then}


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
