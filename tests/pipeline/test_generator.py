"""Another version of the generator, whose insides moved, is told in a line."""

from pathlib import Path

import pytest

from tests.pipeline.support import python, small_repo, unchanged

# Takes a part of the generator away before the program of the tree starts.
RUN = """
import importlib.metadata, runpy, sys
sys.path.insert(0, "")
CHANGE
importlib.metadata.version = lambda name: "99.0"
runpy.run_module("scripts.generate", run_name="__main__")
"""
MODULE = "import openapi_python_client as g; sys.modules[g.strings.__name__] = None; del g.strings"
MACRO = "import jinja2; jinja2.PackageLoader.get_source = lambda *_: ('{{ a.b }}', None, None)"
MOVED = {"module": (MODULE, "corrections/names.py"), "macro of a template": (MACRO, "render.py")}


@pytest.mark.parametrize(("change", "file"), MOVED.values(), ids=MOVED)
def test_what_moved_is_told_with_the_file_to_mend(tmp_path: Path, change: str, file: str) -> None:
    repo = small_repo(tmp_path)
    with unchanged(repo):
        done = python("-c", RUN.replace("CHANGE", change), cwd=repo.root, status=1)
    assert done.stderr.startswith("generate: the stage "), done.stderr
    told = "mend that file, if openapi-python-client is another one now (99.0)"
    assert f", from scripts/pipeline/{file}); {told}" in done.stderr
    assert done.stderr.count("\n") == 1
