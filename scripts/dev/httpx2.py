"""Part of `make test-httpx2`: the client's tests on httpx2, on a copy as `make vendor` writes it.

They run in an environment without httpx, and import the copy by the names of the packages.
"""

import tomllib
from pathlib import Path

from scripts.dev import environment
from scripts.pipeline.repo import Repo
from scripts.vendoring import copy
from scripts.vendoring.self_check import PACKAGES

GROUPS = ("test-tools", "httpx2")
LIBRARY = "httpx2"
# The package that holds the copy.
PARENT = "copy_on_httpx2"

# A module of the site, so it holds in the processes too that tests start.
_ALIAS = f'''"""Find our packages in {PARENT}."""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec


class Alias(MetaPathFinder, Loader):
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, Alias()) if name.partition(".")[0] in {PACKAGES} else None

    def create_module(self, spec):
        module = import_module(f"{PARENT}.{{spec.name}}")
        self.spec = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = self.spec


sys.meta_path.insert(0, Alias())
'''


def make(repo: Repo, venv: Path) -> None:
    """Make the environment, unless it is there already, and the copy that it imports.

    Raises:
        PipelineError: When the packages cannot be had, or no copy can be made.
    """
    file = repo.root / "pyproject.toml"
    settings = tomllib.loads(file.read_text())
    groups = settings["dependency-groups"]
    needed = [text for text in settings["project"]["dependencies"] if not text.startswith("httpx")]
    environment.make(
        venv,
        [*needed, *(part for name in GROUPS for part in ("--group", f"{file}:{name}"))],
        holds=[needed, [groups[name] for name in GROUPS]],
        path=[venv / "parent"],
    )
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "alias_of_the_copy.py").write_text(_ALIAS)
    (packages / "alias_of_the_copy.pth").write_text("import alias_of_the_copy\n")
    (venv / "parent").mkdir(exist_ok=True)
    copy.vendor(repo, venv / "parent" / PARENT, force=True, library=LIBRARY)


def main() -> int:
    """Make the environment of this repo."""
    repo = Repo()
    make(repo, repo.root / ".venv-httpx2")
    return 0
