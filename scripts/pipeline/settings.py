"""What the environment of `make` switches on."""

from collections.abc import Mapping

_OFF = ("", "0", "no", "false")


def is_set(env: Mapping[str, str], name: str) -> bool:
    """Say whether a variable is there and does not say no."""
    return env.get(name, "").strip().lower() not in _OFF
