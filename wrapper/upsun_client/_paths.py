"""Is this path safe to send?

Percent-encoding leaves dots alone, and an HTTP library folds them: as an id, ``..`` turns
``DELETE /projects/p/integrations/..`` into ``DELETE /projects/p``, which deletes the project.
"""

import re
from urllib.parse import unquote

from ._errors import UnsafePathError

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+)+")  # what nearly every path is
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\\?#]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHOWN = 80  # characters of a refused value that an error quotes


def check_path(url: str) -> None:
    """Refuse a URL or path that, as the caller wrote it, could be read as another place.

    A slash inside a segment (``heads%2Fmaster``) is legitimate; the parts around it count like
    segments.

    Raises:
        UnsafePathError: if a part is empty, blank, ``.`` or ``..``, or holds a control character;
            or if it has a fragment, which would be cut off, and so would what is behind it.
    """
    if _PLAIN.fullmatch(url):
        return
    origin = _ORIGIN.match(url)
    path = (url[origin.end() :] if origin else url).partition("?")[0]
    fault = None if path in {"", "/"} else _fault(unquote(path.removeprefix("/")))
    if fault := "a fragment ('#')" if "#" in url else fault:
        where = f"in the path {path[:_SHOWN]!r}"
        raise UnsafePathError(f"{fault} {where}; nothing was sent. Check and quote the ids")


def check_parameter(name: str, value: object) -> None:
    """Refuse what may not stand for a path parameter.

    Raises:
        UnsafePathError: if it is no string, or would leave its place.
    """
    if not isinstance(value, str):
        kind = type(value).__name__
        raise UnsafePathError(f"{name} must be a string, not {kind}; nothing was sent")
    if fault := _fault(plain := str.__str__(value)):
        raise UnsafePathError(f"{name} holds {fault}: {plain[:_SHOWN]!r}; nothing was sent")


def _fault(decoded: str) -> str | None:
    for part in decoded.replace("\\", "/").split("/"):
        bare = part.strip()
        if not bare:
            return "an empty or blank segment"
        if bare in {".", ".."}:
            return f"a dot segment ({bare!r})"
        if part[0] == "\0":  # as generated code writes what is no scalar
            return f"{part[1:]!r} where an id is needed"
    return "a control character" if _CONTROL.search(decoded) else None
