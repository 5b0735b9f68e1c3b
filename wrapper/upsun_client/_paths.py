"""Is this path safe to send?

Percent-encoding leaves dots alone, and an HTTP library folds them: as an id, ``..`` turns
``DELETE /projects/p/integrations/..`` into ``DELETE /projects/p``, which deletes the project.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from ._errors import UnsafePathError

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+)+")  # what nearly every path is
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\\?#]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SHOWN = 80  # characters of a refused value that an error quotes


def check_path(url: str) -> None:
    """Refuse a URL or path that, as the caller wrote it, could be read as another place.

    A slash inside a segment (``heads%2Fmaster``) is legitimate; the parts around it count like
    segments.

    Raises:
        UnsafePathError: if a part is empty, blank, ``.`` or ``..``, or holds a control character.
    """
    if _PLAIN.fullmatch(url):
        return
    origin = _ORIGIN.match(url)
    path = (url[origin.end() :] if origin else url).partition("?")[0].partition("#")[0]
    if path in {"", "/"}:
        return
    if fault := _fault(unquote(path.removeprefix("/"))):
        where = f"in the path {path[:_SHOWN]!r}"
        raise UnsafePathError(f"{fault} {where}; nothing was sent. Check the ids")


def check_parameter(name: str, value: object) -> str:
    """Return what may stand for a path parameter, as a plain string.

    Raises:
        UnsafePathError: if it is no string, cannot be encoded, or would leave its place.
    """
    if not isinstance(value, str):
        kind = type(value).__name__
        raise UnsafePathError(f"{name} must be a string, not {kind}; nothing was sent")
    plain: str = str.__str__(value)
    if fault := _fault(plain):
        raise UnsafePathError(f"{name} holds {fault}: {plain[:_SHOWN]!r}; nothing was sent")
    return plain


def _fault(decoded: str) -> str | None:
    for part in decoded.replace("\\", "/").split("/"):
        bare = part.strip()
        if not bare:
            return "an empty or blank segment"
        if bare in {".", ".."}:
            return f"a dot segment ({bare!r})"
        if part[0] == "\0":  # as generated code writes what is no scalar
            return f"{part[1:]!r} where a string is needed"
    if _CONTROL.search(decoded):
        return "a control character"
    return "a character that has no encoding" if _SURROGATE.search(decoded) else None
