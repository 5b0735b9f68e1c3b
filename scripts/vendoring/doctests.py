"""Examples in docstrings, which another project's `pytest --doctest-modules` would run."""

import ast
import re
from collections.abc import Iterator

from scripts.vendoring.source import edited, parse, refusal, span

_PROMPT = re.compile(r"^\s*>>>", re.MULTILINE)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def without_prompts(source: bytes, name: str) -> bytes:
    """Give the source of a module in which no docstring has the prompt of an example.

    Raises:
        PipelineError: When one cannot be taken out.
    """
    if b">>>" not in source and b"\\" not in source:
        return source
    edits = []
    for text in _examples(source, name):
        start, end = span(source, text)
        edits.append((start, end, source[start:end].decode().replace(">>>", ">> >")))
    made = edited(source, edits)
    for text in _examples(made, name):
        raise refusal(name, text, "the example in this docstring would be run as a doctest")
    return made


def _examples(source: bytes, name: str) -> Iterator[ast.Constant]:
    """Find the docstrings with a prompt in them."""
    for node in ast.walk(parse(source, name)):
        if isinstance(node, _DOCUMENTED) and node.body:
            match node.body[0]:
                case ast.Expr(value=ast.Constant(value=str(doc)) as text) if _PROMPT.search(doc):
                    yield text
