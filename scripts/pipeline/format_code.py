"""Generated code as ruff writes it, whatever this project's own style is."""

import subprocess
from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from scripts.pipeline.errors import PipelineError

# Named one by one: the formatter's defaults change between versions and rewrite `Any`.
_RULES = "F401,I"
_RUFF = ("--isolated", "--no-cache")
_STYLE = ("--target-version", "py311", "--line-length", "100")


def format_code(package: Path) -> None:
    """Drop imports that are not used, and format, all below a folder.

    Raises:
        PipelineError: When something has no syntax; it names the place.
    """
    ruff = find_ruff_bin()
    done = [
        subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=False)
        for command in (
            [ruff, "check", *_RUFF, "--fix-only", "--select", _RULES, *_STYLE, package.name],
            [ruff, "format", *_RUFF, *_STYLE, package.name],
        )
    ]
    if any(each.returncode for each in done):
        # The first says nothing of what has no syntax.
        said = "".join(each.stderr for each in done).strip().partition("\n")[0]
        raise PipelineError(f"ruff cannot format the generated code: {said}")
