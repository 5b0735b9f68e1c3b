"""Headers and cookies of the caller's: can they be sent?"""

from __future__ import annotations

from collections.abc import Mapping

from ._errors import ConfigurationError

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
