"""Part of `make test-httpx2`: make .venv-httpx2 without httpx, and the copy that is tested in it.

The client's tests import that copy by the names of our packages; it is as `make vendor` writes it.
"""

import sys

from scripts.dev import environment
from scripts.pipeline import errors
from scripts.pipeline.repo import Repo
from scripts.vendoring.copy import vendor
from scripts.vendoring.http_library import requirements
from scripts.vendoring.self_check import PACKAGES

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


def main() -> int:
    """Make the environment of this repo, and the copy that it imports."""
    repo = Repo()
    venv = repo.root / ".venv-httpx2"
    install = [*requirements(repo, LIBRARY), "--group", "test-tools"]
    packages = environment.make(venv, install, [venv / "parent"])
    (packages / "alias_of_the_copy.py").write_text(_ALIAS)
    (packages / "alias_of_the_copy.pth").write_text("import alias_of_the_copy\n")
    (venv / "parent").mkdir(exist_ok=True)
    return vendor(repo, venv / "parent" / PARENT, force=True, library=LIBRARY)


if __name__ == "__main__":
    sys.exit(errors.run("test-httpx2", main))
