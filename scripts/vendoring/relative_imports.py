"""Make the imports that name our packages relative, so that the packages work anywhere.

Found on the syntax tree and changed in place: strings, comments and everything else stay as they
are, byte for byte. What cannot be made relative is refused, never left.
"""

import ast
import re
from collections.abc import Iterator

from scripts.vendoring.source import BY_NAME, edited, parse, refusal, span

_FROM = re.compile(rb"from(?:[ \t\f]|\\(?:\r\n|\r|\n))+")


class Rewriter:
    """Rewrites modules of packages that are to be siblings under any parent.

    Args:
        packages: The names of the packages.
    """

    def __init__(self, *packages: str) -> None:
        self._packages = packages

    def relative(self, source: bytes, name: str) -> bytes:
        """Give the source of a module with every import of the packages made relative.

        Args:
            source: The module's source.
            name: Its path below the common parent, such as `package/module.py`.

        Raises:
            PipelineError: When it is no Python, or has an import that cannot be made relative.
        """
        dots = "." * (name.count("/") + 1)
        edits = []
        for node in self._imports(parse(source, name), name):
            start, end = span(source, node)
            if isinstance(node, ast.Import):
                edits.append((start, end, self._statement(node, dots, name)))
            elif keyword := _FROM.match(source, start):
                edits.append((keyword.end(), keyword.end(), dots))
        if not edits:
            return source
        made = edited(source, edits)
        for node in self._imports(parse(made, name), name):
            raise refusal(name, node, "this import was not made relative")
        return made

    def _imports(self, tree: ast.Module, name: str) -> Iterator[ast.Import | ast.ImportFrom]:
        """Find the absolute imports of the packages."""
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=aliases):
                    if any(self._is_ours(alias.name) for alias in aliases):
                        yield node
                case ast.ImportFrom(module=str(module), level=0):
                    if self._is_ours(module):
                        yield node
                case ast.Call(
                    func=ast.Name(id=called) | ast.Attribute(attr=called),
                    args=[ast.Constant(value=str(module)), *_],
                ):
                    if called in BY_NAME and self._is_ours(module):
                        raise refusal(name, node, f"{called}({module!r}) cannot be made relative")

    def _statement(self, node: ast.Import, dots: str, name: str) -> str:
        """Say the same as an `import` statement, relatively."""
        parts = []
        for alias in node.names:
            parent, _, last = alias.name.rpartition(".")
            bound = f" as {alias.asname}" if alias.asname else ""
            if not self._is_ours(alias.name):
                parts.append(f"import {alias.name}{bound}")
            elif parent and not bound:
                # It binds the top package, but also loads a module: no one statement does both.
                raise refusal(name, node, f"write 'from {parent} import {last}'")
            else:
                parts.append(f"from {dots}{parent} import {last}{bound}")
        return "; ".join(parts)

    def _is_ours(self, module: str) -> bool:
        return module.partition(".")[0] in self._packages
