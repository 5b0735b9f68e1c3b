"""What a module becomes in a copy: imports of ours are relative, and of another HTTP library."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from scripts.pipeline import render
from scripts.pipeline.corrections import correct
from scripts.pipeline.select import select
from scripts.vendoring import http_library
from scripts.vendoring.contents import relative
from tests.pipeline.support import api, imported, operation

SOURCE = """\
\u00e9 = 1  # from upsun_api import x
{0}import upsun_client as us  # why
{1} import (
    x,  # from upsun_client import x
)
'''
from upsun_api import x
'''
if TYPE_CHECKING:
    {1}.a.b import x as y, z
else:
\t{0}import upsun_api
from upsun_apis import x
from a.upsun_api import x
from . import upsun_api
import logging; logging.getLogger('upsun_client')
"""


@pytest.mark.parametrize(
    ("name", "dots"), [("module.py", "."), ("a/__init__.py", ".."), ("a/b/c.py", "...")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_imports_of_ours_become_relative_and_all_else_stays(name: str, dots: str, end: str) -> None:
    before = SOURCE.format("", "from upsun_api").replace("\n", end)
    after = SOURCE.format(f"from {dots} ", f"from {dots}upsun_api").replace("\n", end)
    assert relative(before, name) == after


def test_all_that_the_wrapper_says_is_of_the_library() -> None:
    source = "from ._httpx import {0}\nx = '{0}'  # as {0}.URL, httpx_args, pytest-httpx, httpx2"
    for library in ("httpx", "httpx2"):
        assert http_library.use(library, source.format("httpx")) == source.format(library)


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
    assert "import httpx2" in (package / "api" / "httpx" / "httpx.py").read_text()
