"""From spec/ to a Python package: correct, render, format."""

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.pipeline import contract, generator, overlay, select, unsupported, validator
from scripts.pipeline.corrections import correct
from scripts.pipeline.corrections.names import file_name
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import Repo, read_text
from scripts.pipeline.swap import Swap
from scripts.pipeline.verify import verify
from scripts.pipeline.walk import Node


def build(repo: Repo, document: Node, package: Path, http: str = generator.HTTP) -> None:
    """Correct, render and verify the package for a selected document.

    Raises:
        PipelineError: When the result would not be whole.
    """
    actions = overlay.read_overlay(repo.overlay)
    corrected = overlay.apply(document, actions, partial=True)
    with validator.validated(corrected):
        with stage("correct"):
            unsupported.check(corrected)
            corrected = correct(corrected)
        with stage("generate"):
            # Half a second to import: only where it is needed.
            from scripts.pipeline.render import render  # noqa: PLC0415

            render(corrected, package, http)
        if http != generator.HTTP:
            return  # it is not installed here, and what is left is the same
        with stage("verify"):
            verify(document, package, repo.wrapper)


def imports(package: Path, names: Iterable[str]) -> dict[str, str]:
    """Say how to import operations from a generated package, by operation id."""
    return {
        name: f"from {package.name}.api.{module.parent.name} import {module.stem}"
        for name in names
        for module in package.glob(f"api/*/{file_name(name, 'operation')}.py")
    }


def rebuild(repo: Repo, package: Path, http: str = generator.HTTP) -> None:
    """Make the package in a directory that does not exist yet, from what is in spec/.

    Raises:
        PipelineError: When spec/ is incomplete, or the result would not be whole.
    """
    for path in (repo.contract, repo.operations):
        if not path.exists():
            raise PipelineError(f"there is no {repo.name(path)}; run `make regenerate` first")
    document = parse(repo.contract.read_bytes(), repo.name(repo.contract))
    wanted = select.read_operations(read_text(repo.operations, repo.name(repo.operations)))
    has = contract.names(document)
    found = {word: select.matches(word, has) for word in wanted}
    differ = has.difference(*found.values()) | {word for word in wanted if not found[word]}
    if differ:
        told = f"{repo.name(repo.operations)} and {repo.name(repo.contract)} differ in"
        told += f" {', '.join(sorted(differ))}; `make regenerate` brings them together"
        raise PipelineError(told)
    build(repo, document, package, http)


def drift(repo: Repo) -> list[str]:
    """Rebuild the package beside the tree; name each file that differs."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / repo.package.name
        rebuild(repo, made)
        return differences(made, repo.package)


def differences(made: Path, kept: Path) -> list[str]:
    """Name each file that only one of two packages has, or that differs in them."""
    new, old = _files(made), _files(kept)
    return [name for name in sorted(new.keys() | old.keys()) if new.get(name) != old.get(name)]


def _files(package: Path) -> dict[str, bytes]:
    return {
        file.relative_to(package).as_posix(): file.read_bytes()
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def dump_json(document: object) -> bytes:
    """Write JSON the way it is committed; half a character as an escape."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode(errors="backslashreplace")


def offline(repo: Repo) -> int:
    """Rebuild generated/ from spec/; 0 when that is done."""
    with Swap(repo) as swap:
        made = swap.stage(repo.package)
        rebuild(repo, made)
        changed = differences(made, repo.package)
        swap.commit()
        print(f"{repo.name(repo.package)}: {'rebuilt' if changed else 'unchanged'}")
    return 0
