"""A copy on another HTTP library: what changes in a module, and what must not."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.vendoring import http_library


def on_httpx2(source: str, name: str = "upsun_api/module.py") -> str:
    return http_library.use("httpx2", source.encode(), name).decode()


@pytest.mark.parametrize("name", ["upsun_api/module.py", "upsun_client/module.py"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import httpx\nx = httpx.Client()", "import httpx2\nx = httpx2.Client()"),
        ("import httpx as h\nx = h.URL", "import httpx2 as h\nx = h.URL"),
        ("import httpx as httpx\nx: httpx.URL", "import httpx2 as httpx2\nx: httpx2.URL"),
        ("import os, httpx, sys", "import os, httpx2, sys"),
        ("from httpx import (\n    URL,\n    Client,\n)", "from httpx2 import (\n    URL,\n    Client,\n)"),
        ("from httpx._types import X", "from httpx2._types import X"),
        ("import httpx._types", "import httpx2._types"),
        ("import httpcore\nhttpcore.ConnectError", "import httpcore2\nhttpcore2.ConnectError"),
        ("if TYPE_CHECKING:\n    import httpx\ndef f(x: 'httpx.URL | None', *y: 'httpx.URL') -> 'list[httpx.URL]': pass", "if TYPE_CHECKING:\n    import httpx2\ndef f(x: 'httpx2.URL | None', *y: 'httpx2.URL') -> 'list[httpx2.URL]': pass"),
        ("import httpx\nx: list['httpx.URL'] = []", "import httpx2\nx: list['httpx2.URL'] = []"),
        ("def f():\n    import httpx; é = 'é'; return httpx.get(é).é", "def f():\n    import httpx2; é = 'é'; return httpx2.get(é).é"),
        ("'''Raises httpx.TimeoutException.'''", "'''Raises httpx2.TimeoutException.'''"),
        ("import httpx\nx.get_httpx_client(httpx_args=1)", "import httpx2\nx.get_httpx_client(httpx_args=1)"),
        ("import_module('httpx'); importlib.import_module('httpx.x')", "import_module('httpx2'); importlib.import_module('httpx2.x')"),
        ("__import__('httpx')", "__import__('httpx2')"),
        ("'''See pytest-httpx.'''", "'''See pytest-httpx.'''"),
        ("import httpx2", "import httpx2"),
        ("x = 1\r\n", "x = 1\r\n"),
    ],
)  # fmt: skip
def test_the_library_is_replaced(before: str, after: str, name: str) -> None:
    assert on_httpx2(before, name) == after
    assert http_library.use("httpx", before.encode(), name) == before.encode()


@pytest.mark.parametrize(
    "source",
    [
        "import httpx2\nx = {'name': 'httpx', 'url': '/httpx/x', 'kind': \"httpx.Client\"}\n",
        "def f(httpx: str) -> dict[str, str]:\n    return {'httpx': httpx}\n",
        "class A:\n    httpx: str\n    def f(self): return self.httpx\n",
        "from ..models.httpx import Httpx\nfrom . import httpx\n",
    ],
)
def test_names_and_strings_of_an_api_stay(source: str) -> None:
    assert on_httpx2(source) == source


def test_all_that_the_wrapper_says_is_of_the_library() -> None:
    source = "from ._httpx import httpx\nx = 'no transport of httpx'  # as httpx has it\n"
    expected = "from ._httpx import httpx2\nx = 'no transport of httpx2'  # as httpx2 has it\n"
    assert on_httpx2(source, "upsun_client/module.py") == expected


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import httpx\nfor httpx in x: pass", "line 2: httpx is the name of something else"),
        ("import httpx\ndef f(httpx): return httpx", "line 2: httpx is the name of something else"),
        ("import httpx\nhttpx = 1", "line 2: httpx is the name of something else"),
        ("import httpx as", "is no Python"),
    ],
)
def test_what_cannot_be_replaced_is_refused(source: str, says: str) -> None:
    with pytest.raises(PipelineError, match=says):
        on_httpx2(source)
