"""Python source that is found on its syntax tree and changed in place, byte for byte."""

import ast
from collections.abc import Iterable

from scripts.pipeline.errors import PipelineError

BY_NAME = {"__import__", "import_module"}
"""Functions whose first argument names a module to import."""
Edit = tuple[int, int, str]
"""Where in the bytes of a module something starts and ends, and what is to stand there."""


def parse(source: bytes, name: str) -> ast.Module:
    """Parse a module.

    Raises:
        PipelineError: When it is no Python; it names the module.
    """
    try:
        return ast.parse(source.decode())
    except (SyntaxError, ValueError) as error:
        raise PipelineError(f"{name} is no Python in UTF-8: {error}") from error


def span(source: bytes, node: ast.stmt | ast.expr | ast.arg) -> tuple[int, int]:
    """Say where in the bytes of its module a node starts and ends."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    return starts[node.lineno - 1] + node.col_offset, end


def edited(source: bytes, edits: Iterable[Edit]) -> bytes:
    """Make edits that do not overlap."""
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text.encode() + source[end:]
    return source


def refusal(name: str, node: ast.stmt | ast.expr | ast.arg, why: str) -> PipelineError:
    """Make the error that names a place in a module."""
    return PipelineError(f"{name}, line {node.lineno}: {why}")
