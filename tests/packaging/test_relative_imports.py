"""No import of ours stays absolute, and nothing but imports changes."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.vendoring.relative_imports import Rewriter
from tests.packaging.support import run

REWRITER = Rewriter("one", "two")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from one import x", "from ..one import x"),
        ("from one.a.b import x as y, z", "from ..one.a.b import x as y, z"),
        ("from one.a import *", "from ..one.a import *"),
        ("from one import (  # why\n    x,\n    y,  # from two import x\n)", "from ..one import (  # why\n    x,\n    y,  # from two import x\n)"),
        ("from \\\n  one \\\n  import x", "from \\\n  ..one \\\n  import x"),
        ("from\t one.a import x", "from\t ..one.a import x"),
        ("import one", "from .. import one"),
        ("import one as o", "from .. import one as o"),
        ("import one.a.b as o", "from ..one.a import b as o"),
        ("import one.a as o, sys, two, os.path as p", "from ..one import a as o; import sys; from .. import two; import os.path as p"),
        ("import \\\n  one", "from .. import one"),
        ("é = 'é'; from one import x; import two as é", "é = 'é'; from ..one import x; from .. import two as é"),
        ("if x: from one import y; import two\nelse: import one as z", "if x: from ..one import y; from .. import two\nelse: from .. import one as z"),
        ("def f():\n\tfrom one import x\r\n\timport two", "def f():\n\tfrom ..one import x\r\n\tfrom .. import two"),
        ("'''a\r\nb\rc'''\rfrom one import x", "'''a\r\nb\rc'''\rfrom ..one import x"),
        ("try:\n    from one import x\nexcept ImportError:\n    from two import x", "try:\n    from ..one import x\nexcept ImportError:\n    from ..two import x"),
        ("class A:\n    from one import x\n    async def f(self):\n        import two", "class A:\n    from ..one import x\n    async def f(self):\n        from .. import two"),
    ],
)  # fmt: skip
def test_imports_of_ours_become_relative(before: str, after: str) -> None:
    assert REWRITER.relative(before.encode(), "one/module.py").decode() == after


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# from one import x\n",
        "'''Example.\n\n>>> from one import x\n>>> import two\n'''",
        "x = 'from one import x'; y = f'import one {x}'",
        "from onerous import x\nimport ones, twofold.one\nfrom a.one import x",
        "from . import one\nfrom .one import two\nfrom .. import two",
        "import logging; logging.getLogger('one')",
        "import_module('three'); import_module('.a', __name__); import_module(x)",
        "\f\nimport os\r\n\r\nx = 1\r",
    ],
)
def test_everything_else_stays(source: str) -> None:
    assert REWRITER.relative(source.encode(), "one/module.py") == source.encode()


@pytest.mark.parametrize(
    ("name", "import_"),
    [
        ("module.py", "from .one import x"),
        ("one/__init__.py", "from ..one import x"),
        ("one/a/b/__init__.py", "from ....one import x"),
        ("one/a/b/c.py", "from ....one import x"),
    ],
)
def test_the_dots_follow_the_depth(name: str, import_: str) -> None:
    assert REWRITER.relative(b"from one import x", name).decode() == import_


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\nimport one.a", "one/module.py, line 2: write 'from one import a'"),
        ("import sys, one.a.b", "write 'from one.a import b'"),
        ("import_module('one')", r"import_module\('one'\) cannot be made relative"),
        ("importlib.import_module('two.a', None)", "cannot be made relative"),
        ("__import__('one.a')", "cannot be made relative"),
        ("from one import", "is no Python"),
        ("x = '\0'", "is no Python"),
        (b"# coding: latin-1\nx = '\xe9'", "is no Python in UTF-8"),
    ],
)
def test_what_cannot_be_made_relative_is_refused(source: str | bytes, says: str) -> None:
    raw = source if isinstance(source, bytes) else source.encode()
    with pytest.raises(PipelineError, match=says):
        REWRITER.relative(raw, "one/module.py")


MODULES = {
    "one/__init__.py": "from two import two_value\nimport one.sub.deep as deep\n",
    "one/sub/__init__.py": "import two as t\nassert t.two_value == 2\n",
    "one/sub/deep.py": (
        "def f():\n    from one.leaf import leaf; import two\n    return leaf + two.two_value\n"
    ),
    "one/leaf.py": "leaf = 40\n",
    "two/__init__.py": "two_value = 2\nimport os, two.other as other\n",
    "two/other.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from one import *\n",
}


def test_a_rewritten_package_works_anywhere_and_has_no_absolute_import_left(tmp_path: Path) -> None:
    for name, source in MODULES.items():
        file = tmp_path / "any" / "where" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(REWRITER.relative(source.encode(), name))
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & {"one", "two"}
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module not in {"one", "two"}
    code = (
        "import sys; from any.where.one import deep; from any.where import two\n"
        "assert deep.f() == 42 and two.other.__name__ == 'any.where.two.other'\n"
        "assert not {'one', 'two'} & {name.split('.')[0] for name in sys.modules}"
    )
    run(sys.executable, "-W", "error", "-c", code, cwd=tmp_path)
