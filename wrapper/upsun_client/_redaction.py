"""Credentials, taken out of what a server echoes, however it spells them."""

import base64
import re
import string
from collections.abc import Sequence

_SHORTEST = 8  # characters; what is shorter may well be a word of the server's
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_DEPTH = 4  # readings: of escapes within escapes
# A character as a form, JSON or HTML writes it. NUL is of UTF-16.
_ESCAPE = (
    r"%(?:25)*([0-9a-f]{2})|\\+(?:u00|x)([0-9a-f]{2})"
    r"|&(?:amp;)*(#0*\d{1,7}|#x0*[0-9a-f]{1,6}|\w{1,31}(?=;));?|\\+|\0"
)


def redact(text: str, secrets: Sequence[str]) -> str:
    """Replace secrets in a text, whichever of their spellings are there."""
    secrets = [secret for secret in secrets if _SHORTEST <= len(secret) <= len(text)]
    if not secrets:
        return text
    spans: list[tuple[int, int]] = []
    for plain, starts in _readings(text):
        for spelled in {each for secret in secrets for each in _spellings(secret)}:
            at = plain.find(spelled)
            while at >= 0:
                spans.append((starts[at], starts[at + len(spelled)]))
                at = plain.find(spelled, at + 1)
    made, done = "", 0
    for start, end in sorted(spans):
        if start >= done:
            made += f"{text[done:start]}[redacted]"
        done = max(done, end)
    return made + text[done:]


def _spellings(secret: str) -> set[str]:
    """Return the secret itself, in hexadecimal, and in Base64 behind whatever there is."""
    raw = secret.encode()
    found = {raw.hex(), *(plain for plain, _ in _readings(secret))}
    for before, unknown in enumerate((0, 2, 3)):  # bytes, and characters that hold some of them
        encoded = base64.b64encode(bytes(before) + raw).decode()
        known = encoded[unknown : (before + len(raw)) * 8 // 6].translate(_LOWER)
        found |= {known, known.replace("+", "-").replace("/", "_")}
    return {each for each in found if len(each) >= _SHORTEST}


def _readings(text: str) -> list[tuple[str, Sequence[int]]]:
    """Return a text in lower case, then with ever fewer escapes; and where each character began."""
    from html import unescape  # noqa: PLC0415 - large, and a start has no error to redact

    readings: list[tuple[str, Sequence[int]]] = [(text.translate(_LOWER), range(len(text) + 1))]
    while len(readings) < _DEPTH:
        plain, begun = readings[-1]
        parts: list[str] = []
        starts: list[int] = []
        done = 0
        for found in re.finditer(_ESCAPE, plain):
            code, name = found[1] or found[2], found[3]
            character = chr(int(code, 16)) if code else unescape(f"&{name};") if name else ""
            parts += plain[done : found.start()], character
            starts += [*begun[done : found.start()], *[begun[found.start()]] * len(character)]
            done = found.end()
        if not done:
            break
        read = "".join([*parts, plain[done:]]).translate(_LOWER)
        readings.append((read, [*starts, *begun[done:]]))
    return readings
