"""The house: what may import what, and how large it may be."""

import ast
import io
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What a storey of scripts/ may import besides itself; the programs at the top, everything.
BELOW = {"pipeline": set(), "vendoring": {"pipeline"}, "dev": {"pipeline", "vendoring"}}
# Lines of code, and lines with docstrings and comments: ceilings, to be lowered with the code. What
# needs more room makes it where less is needed, or says in its commit why they rise.
BUDGETS: dict[str, tuple[int, int]] = {
    "wrapper": (1630, 2505),
    "scripts": (3270, 4830),
    "tests": (6500, 8300),
}
_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    tokenize.ENDMARKER,
}


def modules(folder: str) -> dict[str, Path]:
    """Give the modules below a folder that is on the path, by name."""
    root = ROOT if folder == "scripts" else ROOT / folder
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
        for file in (ROOT / folder).rglob("*.py")
    }


def imports(name: str, file: Path, known: set[str]) -> set[str]:
    """Name the modules that a module imports when it is itself imported."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in at_once(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            base = resolve_name("." * node.level + (node.module or ""), package)
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found |= (inner & known) or {base}
    return (found & known) - {name}


def at_once(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for below in ast.iter_child_nodes(node):
        if isinstance(below, ast.Import | ast.ImportFrom):
            yield below
        elif isinstance(below, ast.If) and "TYPE_CHECKING" in ast.unparse(below.test):
            continue
        elif not isinstance(below, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from at_once(below)


def graph(folder: str) -> dict[str, set[str]]:
    known = modules(folder)
    return {name: imports(name, file, set(known)) for name, file in known.items()}


def storey(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 2 or parts[-1] in BELOW else ""


@pytest.mark.parametrize("folder", ["scripts", "wrapper"])
def test_no_module_imports_itself_by_way_of_others(folder: str) -> None:
    found = graph(folder)
    assert any(found.values())
    assert [*TopologicalSorter(found).static_order()]


def test_nothing_in_scripts_imports_upwards() -> None:
    upwards = [
        (name, other)
        for name, others in graph("scripts").items()
        for other in others
        if storey(name) and storey(other) not in {storey(name), *BELOW[storey(name)]}
        if other != "scripts"
    ]
    assert upwards == []


def test_the_packages_know_nothing_of_what_makes_them() -> None:
    for folder, strange in (("wrapper", ["scripts"]), ("generated", ["scripts", "wrapper"])):
        known = {name for each in strange for name in modules(each)}
        for name, file in modules(folder).items():
            assert not imports(name, file, known), name


def lines_of_code(file: Path) -> int:
    text = file.read_text()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(lines)


def test_a_module_of_scripts_can_be_read_in_one_sitting() -> None:
    lengths = {name: file.read_text().count("\n") for name, file in modules("scripts").items()}
    assert {name: length for name, length in lengths.items() if length > 240} == {}


@pytest.mark.parametrize("folder", BUDGETS)
def test_a_part_stays_within_its_budget(folder: str) -> None:
    files = [*(ROOT / folder).rglob("*.py")]
    found = sum(map(lines_of_code, files)), sum(each.read_text().count("\n") for each in files)
    assert max(found[0] - BUDGETS[folder][0], found[1] - BUDGETS[folder][1]) <= 0, found
