"""What a module becomes in a copy: no import of ours absolute, no other HTTP library, no example."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import re
import sys
from pathlib import Path

import httpx
import pytest

from scripts.pipeline import render
from scripts.pipeline.corrections import correct
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.select import select
from scripts.vendoring import http_library
from scripts.vendoring.contents import relative
from tests.pipeline.support import api, imported, operation


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from upsun_api import x", "from ..upsun_api import x"),
        ("from upsun_api.a.b import x as y, z", "from ..upsun_api.a.b import x as y, z"),
        ("from upsun_api import (  # why\n    x,\n    y,  # from upsun_client import x\n)", "from ..upsun_api import (  # why\n    x,\n    y,  # from upsun_client import x\n)"),
        ("import upsun_api", "from .. import upsun_api"),
        ("import upsun_api as o  # why", "from .. import upsun_api as o  # why"),
        ("é = 1\nif x:\n    from upsun_api import y\nelse:\n\timport upsun_api as z", "é = 1\nif x:\n    from ..upsun_api import y\nelse:\n\tfrom .. import upsun_api as z"),
        ("def f():\r\n    from upsun_api import x\r\n", "def f():\r\n    from ..upsun_api import x\r\n"),
        ("\f'x\r\n\ry'\n".replace("'", "''" + "'") + "\rfrom upsun_api import x", "\f'x\r\n\ry'\n".replace("'", "''" + "'") + "\rfrom ..upsun_api import x"),
        ("'''\nfrom upsun_api import x\n'''\nfrom upsun_api import x", "'''\nfrom upsun_api import x\n'''\nfrom ..upsun_api import x"),
        ("# import upsun_api\nx = 'import upsun_api'", "# import upsun_api\nx = 'import upsun_api'"),
        ("from upsun_apis import x\nfrom a.upsun_api import x", "from upsun_apis import x\nfrom a.upsun_api import x"),
        ("from . import upsun_api\nfrom .upsun_api import x\n", "from . import upsun_api\nfrom .upsun_api import x\n"),
        ("import logging; logging.getLogger('upsun_client')", "import logging; logging.getLogger('upsun_client')"),
    ],
)  # fmt: skip
def test_imports_of_ours_become_relative_and_all_else_stays(before: str, after: str) -> None:
    assert relative(before.encode(), "upsun_client/module.py") == after


@pytest.mark.parametrize(
    ("name", "dots"),
    [("module.py", "."), ("a/__init__.py", ".."), ("a/b/__init__.py", "..."), ("a/b/c.py", "...")],
)
def test_the_dots_follow_the_depth(name: str, dots: str) -> None:
    assert relative(b"from upsun_api import x", name) == f"from {dots}upsun_api import x"


@pytest.mark.parametrize(
    "source",
    [
        "import upsun_api.a",
        "import sys, upsun_api",
        "import upsun_api.a as a",
        "x = 1; from upsun_api import x",
        "from \\\n  upsun_api import x",
    ],
)
def test_what_cannot_be_made_relative_is_refused(source: str) -> None:
    with pytest.raises(PipelineError, match="a/m.py, line 2: say 'from ... import ...', on its"):
        relative(f"# why\n{source}".encode(), "a/m.py")


@pytest.mark.parametrize("raw", [b"from a import", b"x = '\0'", b"# coding: latin-1\nx = '\xe9'"])
def test_what_is_no_python_is_refused(raw: bytes) -> None:
    with pytest.raises(PipelineError, match="a/m.py is no Python in UTF-8"):
        relative(raw, "a/m.py")


def test_all_that_the_wrapper_says_is_of_the_library() -> None:
    source = (
        "from ._httpx import httpx\nx = 'httpx'  # as httpx.URL, httpx_args, pytest-httpx, httpx2"
    )
    expected = "from ._httpx import httpx2\nx = 'httpx2'  # as httpx2.URL, httpx_args, pytest-httpx, httpx2"
    assert http_library.use("httpx2", source) == expected
    assert http_library.use("httpx", source) == source


def test_names_and_values_of_an_api_are_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", httpx)  # as `alias_httpx` does
    thing = {"type": "object", "properties": {"httpx": {"type": "string", "enum": ["httpx.URL"]}}}
    query = {"name": "httpx", "in": "query", "schema": {"type": "string"}}
    put = operation("httpx", schema=thing, parameters=[query], tags=["httpx"])
    put["requestBody"] = {"content": {"application/json": {"schema": thing}}}
    document = correct(select(api(paths={"/httpx/httpx.URL": {"put": put}}), ["*"]))
    package = tmp_path / "made_api"
    render.render(document, package, "httpx2")
    with imported(package) as load:
        sent = load(".api.httpx.httpx")._get_kwargs(httpx_="httpx")
        (value,) = load(".models.httpx_body_httpx").HttpxBodyHttpx
    assert (sent["url"], sent["params"]) == ("/httpx/httpx.URL", {"httpx": "httpx"})
    assert value == "httpx.URL"
    for name in ("client.py", "types.py", "api/httpx/httpx.py"):
        source = (package / name).read_text()
        assert "httpx2" in source
        assert not re.search(r"(import|from) httpx\b|\bhttpx\.(?!URL)", source), name
