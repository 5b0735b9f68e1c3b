"""What a vendored copy says of itself: which state of the project it is, and every digest."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from packaging.version import Version

from scripts.pipeline.contract import names
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.http_library import LIBRARIES, OURS, requirements
from scripts.vendoring.self_check import FILE, MODULE, digest, read

_COMMENT = "Written by `make vendor`; `python -m <parent>.upsun_client._vendored` checks the copy."
_MODULE = f'''"""What this copy is. {_COMMENT}"""

MANIFEST: dict[str, object] = '''
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Manifest:
    """The manifest of a copy.

    Attributes:
        version: Of this project.
        spec_sha256: Of the contract, spec/openapi.json.
        operations: The operations that the copy has, by id, or `METHOD path` where there is none.
        http: The HTTP library that it imports.
        requires: What must be installed where the copy is used.
        files: The digest of each file, by its path below the folder that holds the packages.
    """

    version: str
    spec_sha256: str
    operations: list[str]
    http: str
    requires: list[str]
    files: dict[str, str]

    @property
    def name(self) -> str:
        """What it is a copy of."""
        return f"upsun-client {self.version}{f' on {self.http}' * (self.http != OURS)}"

    @classmethod
    def describe(cls, repo: Repo, files: dict[str, bytes], library: str) -> Self:
        """Make the manifest of the files that a repo gives, on an HTTP library."""
        version = _VERSION.search((repo.root / "wrapper/upsun_client/_version.py").read_text())
        if not version:
            raise PipelineError("wrapper/upsun_client/_version.py has no __version__")
        project = tomllib.loads((repo.root / "pyproject.toml").read_text())["project"]
        contract = repo.contract.read_bytes()
        found = cls(
            version=version[1],
            spec_sha256=digest(contract),
            operations=sorted(names(parse(contract, repo.name(repo.contract)))),
            http=library,
            requires=[f"python{project['requires-python']}", *requirements(repo, library)],
            files={name: digest(files[name]) for name in sorted(files)},
        )
        return replace(found, files=found.files | {FILE: digest(found.dump()[FILE])})

    def dump(self) -> dict[str, bytes]:
        """Give its files, the same bytes for the same manifest.

        The module is what a copy is checked by, since no build leaves it out. The JSON is for other
        tools, and for checkouts that know no other form.
        """
        data = {"name": self.name} | asdict(self)
        module = _MODULE + json.dumps(data, indent=4) + "\n"
        data["files"] = {name: value for name, value in self.files.items() if name != FILE}
        text = json.dumps({"comment": _COMMENT} | data, indent=2) + "\n"
        return {FILE: text.encode(), MODULE: module.encode()}

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
        if self.http != checkout.http:
            what.append("the HTTP library")
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
    try:
        data = read(folder)
        Version(data["version"])
        if (library := data.get("http", "httpx")) not in LIBRARIES:
            raise ValueError(f"http is {library!r}")  # noqa: TRY301
        return Manifest(
            version=data["version"],
            spec_sha256=str(data["spec_sha256"]),
            operations=list(data["operations"]),
            http=library,
            requires=list(data["requires"]),
            files={name: str(value) for name, value in data["files"].items()},
        )
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, SyntaxError, TypeError, ValueError) as error:
        file = MODULE if (folder / MODULE).exists() else FILE
        raise PipelineError(
            f"{folder / file} is broken ({error}); restore it, or write the copy anew with FORCE=1"
        ) from error
