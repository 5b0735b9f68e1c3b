"""The record of where the contract came from, and what makes the next fetch conditional.

`spec/source.json` must be the same on every machine, so it names the published document even when
it was read through a file or a server on loopback. What such a server said about its copy is kept
beside the tree, out of git.
"""

import json
from dataclasses import dataclass, field

from scripts.pipeline.address import is_lasting, shown
from scripts.pipeline.document import sha256
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.fetch import Validators
from scripts.pipeline.repo import PUBLISHED, Repo, replace
from scripts.pipeline.walk import Node


@dataclass(frozen=True)
class Source:
    """What spec/source.json holds."""

    url: str = PUBLISHED
    sha256: str = ""
    validators: Validators = field(default_factory=Validators)
    operations: tuple[tuple[str, str], ...] = ()

    def dump(self) -> Node:
        """Give the record as it is written."""
        return {
            "url": self.url,
            "sha256": self.sha256,
            "etag": self.validators.etag,
            "last_modified": self.validators.last_modified,
            "operations": dict(self.operations),
        }


def read_source(repo: Repo) -> Source:
    """Read spec/source.json; an empty record when there is none.

    Raises:
        PipelineError: When somebody broke it.
    """
    if not repo.source.exists():
        return Source()
    try:
        data = json.loads(repo.source.read_text(encoding="utf-8"))
        return Source(
            url=str(data["url"]),
            sha256=str(data["sha256"]),
            validators=_validators(data),
            operations=tuple(sorted(data["operations"].items())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PipelineError(
            f"{repo.name(repo.source)} is broken ({error}); restore it from git or delete it"
        ) from error


def new_source(
    old: Source, url: str, upstream: Node, validators: Validators, operations: dict[str, str]
) -> Source:
    """Make the record for a document that was just read.

    Args:
        old: The record so far.
        url: Where the document was read.
        upstream: The whole document.
        validators: What the server said.
        operations: Digest of the contract of every operation, by id.
    """
    digest = sha256(upstream)
    if not is_lasting(url):
        same = old.url == PUBLISHED and old.sha256 == digest
        url, validators = PUBLISHED, old.validators if same else Validators()
    elif url != shown(url):
        # Another query may be another document, and neither is recorded.
        url, validators = shown(url), Validators()
    return Source(url, digest, validators, tuple(sorted(operations.items())))


def known_validators(repo: Repo, old: Source, url: str) -> Validators:
    """Give what makes a fetch conditional on the document that the tree was made from."""
    if is_lasting(url):
        return old.validators if url == old.url else Validators()
    note = _notes(repo).get(url)
    if isinstance(note, dict) and note.get("sha256") == old.sha256:
        return _validators(note)
    return Validators()


def remember(repo: Repo, url: str, digest: str, validators: Validators) -> None:
    """Note what a server on loopback said; for published documents the record holds it."""
    if is_lasting(url) or url != shown(url) or not validators.headers():
        return
    note = {
        "sha256": digest,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
    }
    repo.work.mkdir(exist_ok=True)
    replace(repo.work / "fetched.json", json.dumps({**_notes(repo), url: note}).encode())


def _notes(repo: Repo) -> Node:
    try:
        notes = json.loads((repo.work / "fetched.json").read_text())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _validators(data: Node) -> Validators:
    return Validators(data.get("etag"), data.get("last_modified"))
