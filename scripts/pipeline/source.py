"""The record of where the contract came from, and what makes the next fetch conditional.

`spec/source.json` must be the same on every machine, so it names the published document even when
it was read through a file or a server on loopback. What the server said about its copy is kept
beside the tree, out of git.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.pipeline import address
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.fetch import Validators
from scripts.pipeline.repo import PUBLISHED, Repo, replace


@dataclass(frozen=True)
class Source:
    """What spec/source.json holds: of the whole document, and a digest of each operation."""

    url: str = PUBLISHED
    sha256: str = ""
    operations: dict[str, str] = field(default_factory=dict)


def read_source(repo: Repo) -> Source:
    """Read spec/source.json; an empty record when there is none.

    Raises:
        PipelineError: When somebody broke it.
    """
    if not repo.source.exists():
        return Source()
    try:
        data = json.loads(repo.source.read_text(encoding="utf-8"))
        return Source(str(data["url"]), str(data["sha256"]), dict(data["operations"]))
    except (ValueError, KeyError, TypeError) as error:
        name = repo.name(repo.source)
        raise PipelineError(f"{name} is broken ({error}); restore it from git") from error


def recorded_url(url: str) -> str:
    """Give what to record of an address: neither what only this machine has, nor a secret."""
    return address.shown(url) if address.is_lasting(url) else PUBLISHED


def known_validators(repo: Repo, url: str, state: str) -> Validators:
    """Give what makes a fetch conditional on the document that made the tree what it is."""
    note = _note(repo)
    if (note.get("url"), note.get("state")) != (url, state):
        return Validators()
    return Validators(note.get("etag"), note.get("last_modified"))


def remember(repo: Repo, url: str, state: str, validators: Validators) -> None:
    """Note what a server said, unless another query of its address may be another document."""
    if url != address.shown(url) or not validators.headers():
        return
    note = {"url": url, "state": state, **asdict(validators)}
    with suppress(OSError):  # then the next fetch is not conditional
        repo.work.mkdir(exist_ok=True)
        replace(repo.work / "fetched.json", json.dumps(note).encode())


def _note(repo: Repo) -> dict[str, Any]:
    try:
        return dict(json.loads((repo.work / "fetched.json").read_text()))
    except (OSError, ValueError, TypeError):
        return {}
