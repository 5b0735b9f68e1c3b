"""What a module becomes in a copy: imports of ours are relative, and of another HTTP library."""

import pytest

from scripts.pipeline.errors import PipelineError
from scripts.vendoring.contents import relative

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


IMPORTS = ("import upsun_api.x", "import os, upsun_api", "import upsun_api, os")


@pytest.mark.parametrize("line", [*IMPORTS, "x = 1; from upsun_api import y"])
def test_an_import_that_cannot_be_made_relative_is_refused(line: str) -> None:
    for odd in ("", "x = '\u2028'\n"):
        with pytest.raises(PipelineError, match=r"module.py, line \d: say"):
            relative(f"{odd}{line}\n", "module.py")
    assert relative(f"{odd}import upsun_api\n", "m.py") == f"{odd}from . import upsun_api\n"
