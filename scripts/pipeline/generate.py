"""From spec/ to a Python package: correct, render, format. As a program: `make generate`."""

import contextlib
import io
import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.pipeline import (
    contract,
    generator,
    identifiers,
    overlay,
    select,
    unsupported,
    validator,
    verify,
    wrapper,
)
from scripts.pipeline.corrections import correct, media
from scripts.pipeline.differences import differences
from scripts.pipeline.document import parse
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.format_code import format_code
from scripts.pipeline.progress import stage
from scripts.pipeline.repo import Repo, read_text
from scripts.pipeline.swap import Swap

if TYPE_CHECKING:
    from openapi_python_client.parser.errors import GeneratorError

    from scripts.pipeline.walk import Node

TEMPLATES = Path(__file__).parent / "templates"
# What the generator says of everything that refers to what it left out before.
_FOLLOWS = "Could not find reference in parsed models"


def generate(document: "Node", package: Path) -> None:
    """Render a corrected document as a package in a directory that does not exist yet.

    Args:
        document: As `correct` gives it.
        package: Where to; its name becomes the package's.

    Raises:
        PipelineError: At the first thing the generator warns about, whatever its level.
    """
    with generator.translate_errors():
        warnings = _render(document, package)
    found = sorted(map(_describe, warnings), key=lambda told: _FOLLOWS in told)
    if found:
        raise PipelineError(f"the generator left something out: {found[0]}")
    (package / "py.typed").write_bytes(b"")
    format_code(package)
    head = banner().encode()
    for path in package.rglob("*.py"):
        with path.open("r+b") as file:  # opened once: there may be thousands
            text = file.read()
            file.seek(0)
            file.write(head + text)


def banner() -> str:
    """Give the comment that opens every generated file."""
    made_with = f"{generator.NAME} {version(generator.NAME)}"
    return f"# DO NOT EDIT. Made by `make generate` from spec/ with {made_with}.\n"


def _render(document: "Node", package: Path) -> "list[GeneratorError]":
    # Half a second to import: only where it is needed.
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader  # noqa: PLC0415
    from openapi_python_client import Project  # noqa: PLC0415
    from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType  # noqa: PLC0415
    from openapi_python_client.parser import GeneratorData  # noqa: PLC0415
    from openapi_python_client.parser.errors import GeneratorError  # noqa: PLC0415

    modules = {
        name: ClassOverride(module_name=module)
        for name, module in identifiers.module_names(document).items()
    }
    config = Config.from_sources(
        ConfigFile(
            package_name_override=package.name,
            class_overrides=modules,
            content_type_overrides=media.overrides(document),
            post_hooks=[],
        ),
        MetaType.NONE,
        document_source=package,
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        return [data]
    identifiers.free_names(data, config)
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    # A template of ours may include the generator's own of the same name.
    ours, theirs = FileSystemLoader(TEMPLATES), PackageLoader("openapi_python_client")
    project.env.loader = ChoiceLoader([ours, theirs, PrefixLoader({"generator": theirs})])
    project.env.globals["http"] = generator.HTTP
    with contextlib.redirect_stdout(io.StringIO()):
        found = list(project.build())
    reading = project.env.get_template("_reading.py.jinja").render()
    (package / "_reading.py").write_text(reading, encoding="utf-8")
    for file in package.glob("api/*/[!_]*.py"):
        text = file.read_text(encoding="utf-8")
        if "client.parse(" not in text or "quote(" in text:
            raise PipelineError(f"{file.name} parses without a guard; mend {TEMPLATES.name}/")
    if (package / "client.py").read_text(encoding="utf-8").count("repr=False") != 2:
        raise PipelineError(f"client.py shows its token; mend {TEMPLATES.name}/")
    return found


def _describe(error: "GeneratorError") -> str:
    data = getattr(error, "data", None)
    place = data.model_dump_json(exclude_none=True)[:200] if data is not None else ""
    told = " ".join(part for part in (error.header, error.detail, place) if part)
    # Names from the document are wrapped against use as code, and print as an address.
    return " ".join(re.sub(r"<[\w.]+ object at \w+>", "", told).split())


def build(repo: Repo, document: "Node", package: Path, *, partial: bool) -> None:
    """Correct, render and verify the package for a selected document.

    Args:
        repo: Where the overlay is.
        document: What spec/openapi.json says.
        package: A directory that does not exist yet.
        partial: Not the whole API; overlay actions may have no target.

    Raises:
        PipelineError: When the result would not be whole.
    """
    actions = overlay.read_overlay(repo.overlay)
    corrected = overlay.apply(document, actions, partial=partial)
    with validator.validated(corrected):
        with stage("correct"), generator.translate_errors():
            unsupported.check(corrected)
            corrected = correct(corrected)
        with stage("generate"):
            generate(corrected, package)
        with stage("verify"):
            verify.verify(document, package)
            wrapper.check(repo, package)


def tally(package: Path) -> str:
    """Count what was generated."""
    files = list(package.rglob("*.py"))
    made = [file for file in package.glob("api/*/*.py") if file.name != "__init__.py"]
    return f"{len(made)} operation{'' if len(made) == 1 else 's'} in {len(files)} files"


def imports(package: Path, names: Iterable[str]) -> dict[str, str]:
    """Say how to import operations from a generated package, by operation id."""
    told = {}
    for name in names:
        for module in package.glob(f"api/*/{identifiers.file_name(name, 'operation')}.py"):
            told[name] = f"from {package.name}.api.{module.parent.name} import {module.stem}"
    return told


def rebuild(repo: Repo, package: Path) -> None:
    """Make the package in a directory that does not exist yet, from what is in spec/.

    Raises:
        PipelineError: When spec/ is incomplete, or the result would not be whole.
    """
    for path in (repo.contract, repo.operations):
        if not path.exists():
            raise PipelineError(f"there is no {repo.name(path)}; run `make regenerate` first")
    document = parse(repo.contract.read_bytes(), repo.name(repo.contract))
    wanted = select.read_operations(read_text(repo.operations, repo.name(repo.operations)))
    _check_selection(repo, document, wanted)
    build(repo, document, package, partial=select.EVERYTHING not in wanted)


def _check_selection(repo: Repo, document: "Node", wanted: list[str]) -> None:
    if select.EVERYTHING in wanted:
        return
    has = contract.names(document)
    found = {word: select.matches(word, has) for word in wanted}
    told = [
        *(f"'{word}' is selected, and not in the contract" for word in wanted if not found[word]),
        *(
            f"'{name}' is in the contract, and not selected"
            for name in sorted(has.difference(*found.values()))
        ),
    ]
    if told:
        raise PipelineError(
            f"{repo.name(repo.operations)} and {repo.name(repo.contract)} differ:"
            f" {'; '.join(told)}; `make regenerate` brings them together"
        )


def dump_json(document: object) -> bytes:
    """Write JSON the way it is committed."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def offline(repo: Repo) -> int:
    """Rebuild generated/ from spec/; 0 when that is done."""
    with Swap(repo) as swap:
        made = swap.stage(repo.package)
        rebuild(repo, made)
        changed = differences(made, repo.package)
        told = tally(made)
        swap.commit()
        print(f"{repo.name(repo.package)}: {told}, {'rebuilt' if changed else 'unchanged'}")
    return 0


def main() -> int:
    """Rebuild this tree."""
    generator.speed_up_imports()
    return offline(Repo())
