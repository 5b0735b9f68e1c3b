"""The record of where the contract came from, and what makes the next fetch conditional.

`spec/source.json` must be the same on every machine, so it names the published document even when
it was read through a file or a server on loopback. What the server said about its copy is kept
beside the tree, out of git.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from scripts.pipeline import address
from scripts.pipeline.errors import translate_errors
from scripts.pipeline.repo import PUBLISHED, Repo

_NOTE = "fetched.json"


def read_source(repo: Repo) -> dict[str, Any]:
    """Read what is recorded of the whole document, and the digest of each operation.

    Raises:
        PipelineError: When somebody broke it.
    """
    if not repo.source.exists():
        return {"operations": {}}
    told = f"{repo.name(repo.source)} is broken; restore it from git"
    with translate_errors(told, ValueError, KeyError, TypeError):
        data = json.loads(repo.source.read_text(encoding="utf-8"))
        return {**data, "operations": dict(data["operations"])}


def recorded_url(url: str) -> str:
    """Give what to record of an address: neither what only this machine has, nor a secret."""
    is_elsewhere = address.scheme(url) in ("http", "https") and not address.is_loopback(url)
    return address.shown(url) if is_elsewhere else PUBLISHED


def known_conditions(repo: Repo, state: str) -> dict[str, str]:
    """Give what makes a fetch conditional on the document that made this state."""
    try:
        note = json.loads((repo.work / _NOTE).read_text())
        return dict(note["conditions"]) if note["state"] == state else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def remember(repo: Repo, state: str, conditions: Mapping[str, str]) -> None:
    """Note what a server said of the document that made this state."""
    if conditions:
        with suppress(OSError):  # then the next fetch is not conditional
            repo.work.mkdir(exist_ok=True)
            note = {"state": state, "conditions": dict(conditions)}
            (repo.work / _NOTE).write_text(json.dumps(note))
