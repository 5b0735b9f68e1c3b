"""What a vendored copy says of itself: which state of the project it is, and every digest."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from packaging.version import Version

from scripts.pipeline.contract import names
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from upsun_client._vendored import MANIFEST, digest

_COMMENT = "Written by `make vendor`; `python -m <parent>.upsun_client._vendored` checks the copy."
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Manifest:
    """The manifest of a copy.

    Attributes:
        version: Of this project.
        spec_sha256: Of the contract, spec/openapi.json.
        operations: The operations that the copy has, by id, or `METHOD path` where there is none.
        requires: What must be installed where the copy is used.
        files: The digest of each file, by its path below the folder that holds the packages.
    """

    version: str
    spec_sha256: str
    operations: list[str]
    requires: list[str]
    files: dict[str, str]

    @classmethod
    def describe(cls, repo: Repo, files: dict[str, bytes]) -> Self:
        """Make the manifest of the files that a tree gives."""
        version = _VERSION.search((repo.root / "wrapper/upsun_client/_version.py").read_text())
        if not version:
            raise PipelineError("wrapper/upsun_client/_version.py has no __version__")
        project = tomllib.loads((repo.root / "pyproject.toml").read_text())["project"]
        contract = repo.contract.read_bytes()
        return cls(
            version=version[1],
            spec_sha256=digest(contract),
            operations=sorted(names(parse(contract, repo.name(repo.contract)))),
            requires=[f"python{project['requires-python']}", *project["dependencies"]],
            files={name: digest(files[name]) for name in sorted(files)},
        )

    def dump(self) -> bytes:
        """Give the file, the same bytes for the same manifest."""
        return (json.dumps({"comment": _COMMENT} | asdict(self), indent=2) + "\n").encode()

    def compare(self, checkout: Self) -> str:
        """Say how this copy stands to what a checkout would write; '' when it is the same."""
        if self == checkout:
            return ""
        if self.version != checkout.version:
            age = "older" if Version(self.version) < Version(checkout.version) else "newer"
            return f"is version {self.version}, {age} than this checkout ({checkout.version})"
        others = self.files.items() ^ checkout.files.items()
        what = [f"{len({name for name, _ in others})} files"] if others else []
        if self.spec_sha256 != checkout.spec_sha256:
            what.append("the contract")
        if self.operations != checkout.operations:
            what.append("the choice of operations")
        if self.requires != checkout.requires:
            what.append("the requirements")
        return (
            f"is version {self.version}, as is this checkout, but of another state: "
            f"{', '.join(what)} differ"
        )


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of the copy in a folder; None when there is none.

    Raises:
        PipelineError: When it is unreadable.
    """
    file = folder / MANIFEST
    try:
        data = json.loads(file.read_bytes())
        Version(data["version"])
        return Manifest(
            version=data["version"],
            spec_sha256=str(data["spec_sha256"]),
            operations=list(data["operations"]),
            requires=list(data["requires"]),
            files={name: str(value) for name, value in data["files"].items()},
        )
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PipelineError(
            f"{file} is broken ({error}); restore it, or write the copy anew with FORCE=1"
        ) from error
