"""What a vendored copy says of itself: which state of this project it is, and each file's digest."""

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from scripts.document import sha256
from scripts.errors import PipelineError
from scripts.shape import operations
from scripts.tree import Tree
from upsun_client import __version__
from upsun_client._vendored import MANIFEST, digest

_COMMENT = "Written by `make vendor`. `python -m <parent>.upsun_client._vendored` checks the copy."


@dataclass(frozen=True)
class Manifest:
    """The manifest of a copy.

    Attributes:
        version: Of this project.
        spec_sha256: Of spec/openapi.json.
        operations: The ids of the operations that are in it.
        requires: What whoever has the copy must install for it.
        files: The digest of each file, by its path below the folder that holds the packages.
    """

    version: str
    spec_sha256: str
    operations: list[str]
    requires: list[str]
    files: dict[str, str]

    def dump(self) -> bytes:
        """Give the file, the same bytes for the same manifest."""
        return (json.dumps({"comment": _COMMENT} | asdict(self), indent=2) + "\n").encode()

    def news(self, other: "Manifest") -> list[str]:
        """Say in which way an `other` manifest is another state of the project than this one."""
        if self == other:
            return []
