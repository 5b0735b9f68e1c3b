"""The HTTP library that a copy imports: ours, or another one of the same API.

The wrapper is ours throughout, so the library's name is replaced wherever it stands. In generated
code a string may be what a server is sent, so only what Python or a person reads is changed there:
imports, the name they bind, annotations and docstrings.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement

from scripts.pipeline import generator
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.source import BY_NAME, Edit, edited, parse, refusal, span

# What generated/ and wrapper/ import. A group of the name of each other one in pyproject.toml says
# which version a copy that uses it needs.
OURS = generator.HTTP
LIBRARIES = ("httpx", "httpx2")
# Each comes with a library for the transport, which has the same number.
_COMPANION = {"httpx": "httpcore", "httpx2": "httpcore2"}
_READ = ast.Load()


def chosen(env: Mapping[str, str]) -> str | None:
    """Read `HTTP`; None when it is not given.

    Raises:
        PipelineError: When there is no such library.
    """
    given = env.get("HTTP", "").strip()
    if given and given not in LIBRARIES:
        raise PipelineError(f"HTTP={given} is no HTTP library of ours: {' or '.join(LIBRARIES)}")
    return given or None


def requirements(repo: Repo, library: str) -> list[str]:
    """Give the dependencies of the project, on that library."""
    settings = tomllib.loads((repo.root / "pyproject.toml").read_text())
    found: list[str] = settings["project"]["dependencies"]
    if library == OURS:
        return found
    others = [text for text in found if Requirement(text).name != OURS]
    return sorted([*others, *settings["dependency-groups"][library]])


def use(library: str, source: bytes, name: str) -> bytes:
    """Give the source of a module that uses a library instead of ours.

    Args:
        library: The one to use.
        source: The module's source.
        name: Its path below the parent of both packages.

    Raises:
        PipelineError: When a use of ours would be left.
    """
    names = {OURS: library, _COMPANION[OURS]: _COMPANION[library]}
    if library == OURS or not any(each.encode() in source for each in names):
        return source
    word = re.compile(rf"(?<![\w.-])({'|'.join(names)})(?![\w-])")
    if name.startswith("upsun_client/"):
        made = word.sub(lambda match: names[match[1]], source.decode()).encode()
    else:
        made = edited(source, _edits(source, name, word, names))
    for node in _uses(parse(made, name), names):
        raise refusal(name, node, f"this use of {OURS} was not made one of {library}")
    return made


def _edits(
    source: bytes, name: str, word: re.Pattern[str], names: Mapping[str, str]
) -> Iterator[Edit]:
    module = parse(source, name)
    for node in (*_uses(module, names), *_prose(module)):
        if isinstance(node, ast.arg) or not isinstance(getattr(node, "ctx", _READ), ast.Load):
            raise refusal(name, node, f"{OURS} is the name of something else here, too")
        start, end = span(source, node)
        yield start, end, word.sub(lambda match: names[match[1]], source[start:end].decode())


def _uses(module: ast.Module, names: Mapping[str, str]) -> Iterator[ast.stmt | ast.expr | ast.arg]:
    """Find the imports of libraries, and where the names that these bind are used."""
    bound: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.Import(names=aliases) if any(_top(each.name) in names for each in aliases):
                bound |= {each.asname or _top(each.name) for each in aliases} & names.keys()
                yield node
            case ast.ImportFrom(module=str(imported), level=0) if _top(imported) in names:
                yield node
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called),
                args=[ast.Constant(value=str(imported)) as text, *_],
            ) if called in BY_NAME and _top(imported) in names:
                yield text
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) if name in bound:
                yield node


def _top(module: str) -> str:
    return module.partition(".")[0]


def _prose(module: ast.Module) -> Iterator[ast.Constant]:
    """Find docstrings, and annotations that are strings."""
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as text):
                yield text
            case ast.arg(annotation=hint) | ast.AnnAssign(annotation=hint):
                yield from _strings(hint)
            case ast.FunctionDef(returns=hint) | ast.AsyncFunctionDef(returns=hint):
                yield from _strings(hint)


def _strings(hint: ast.expr | None) -> Iterator[ast.Constant]:
    for node in ast.walk(hint) if hint else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
