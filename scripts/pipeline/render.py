"""A corrected document as a Python package: what the generator makes of it with our templates."""

import contextlib
import io
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import jinja2
from openapi_python_client import Project
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from ruff import find_ruff_bin  # type: ignore[import-untyped]

from scripts.pipeline import generator, identifiers, walk
from scripts.pipeline.corrections import media
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT
from scripts.pipeline.walk import Node, Place

TEMPLATES = Path(__file__).parent / "templates"
_DOCUMENTED = ("description", "summary", "title")
# What the generator says of everything that refers to what it left out before.
_FOLLOWS = "Could not find reference in parsed models"
# Named one by one: the formatter's defaults change between versions and rewrite `Any`.
_RULES = "F401,I"
_RUFF = ("--isolated", "--no-cache")
_STYLE = ("--target-version", "py311", "--line-length", "100")


def render(document: Node, package: Path, http: str = generator.HTTP) -> None:
    """Render a corrected document as a package in a directory that does not exist yet.

    Raises:
        PipelineError: At the first thing the generator warns about, whatever its level.
    """
    warnings = _render(walk.rebuild(document, "document", _without_prompts), package, http)
    found = sorted(map(_describe, warnings), key=lambda told: _FOLLOWS in told)
    if found:
        raise PipelineError(f"the generator left something out: {found[0]}")
    (package / "py.typed").write_bytes(b"")
    _format(package)
    made_with = f"{generator.NAME} {version(generator.NAME)}"
    head = f"# DO NOT EDIT. Made by `make generate` from spec/ with {made_with}.\n".encode()
    for path in package.rglob("*.py"):
        path.write_bytes(head + path.read_bytes())


def _without_prompts(node: Node, kind: str, _: Place = ()) -> Node:
    """Spell prompts in prose as no doctest does: who vendors us may run all that he has."""
    if kind == "document":
        return node | {"info": _without_prompts(node["info"], "info")}
    told = {key: node[key] for key in _DOCUMENTED if isinstance(node.get(key), str)}
    return node | {key: text.replace(">>>", ">> >") for key, text in told.items()}


def _render(document: Node, package: Path, http: str) -> list[GeneratorError]:
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
    ours, theirs = jinja2.FileSystemLoader(TEMPLATES), jinja2.PackageLoader("openapi_python_client")
    named = jinja2.PrefixLoader({"generator": theirs})
    project.env.loader = jinja2.ChoiceLoader([ours, theirs, named])
    compiled = ROOT / ".work" / f"templates-{version(generator.NAME)}"  # takes a sixth of a run
    compiled.mkdir(parents=True, exist_ok=True)
    project.env.bytecode_cache = jinja2.FileSystemBytecodeCache(str(compiled))
    project.env.globals["http"] = http
    with contextlib.redirect_stdout(io.StringIO()):
        found = list(project.build())
    reading = project.env.get_template("_reading.py.jinja").render()
    (package / "_reading.py").write_text(reading, encoding="utf-8")
    for file in (package / "client.py", package / "types.py"):  # the generator's own words
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"\b{generator.HTTP}\b", http, text), encoding="utf-8")
    _check_templates(package)
    return found


def _check_templates(package: Path) -> None:
    """Check that our templates were used where safety depends on them."""
    for file in package.glob("api/*/[!_]*.py"):
        text = file.read_text(encoding="utf-8")
        if "client.parse(" not in text or "quote(" in text:
            raise PipelineError(f"{file.name} parses without a guard; mend {TEMPLATES.name}/")
    if (package / "client.py").read_text(encoding="utf-8").count("repr=False") != 2:
        raise PipelineError(f"client.py shows its token; mend {TEMPLATES.name}/")


def _describe(error: GeneratorError) -> str:
    data = getattr(error, "data", None)
    place = data.model_dump_json(exclude_none=True)[:200] if data is not None else ""
    told = " ".join(part for part in (error.header, error.detail, place) if part)
    # Names from the document are wrapped against use as code, and print as an address.
    return " ".join(re.sub(r"<[\w.]+ object at \w+>", "", told).split())


def _format(package: Path) -> None:
    """Drop imports that are not used, and format, whatever this project's own style is."""
    ruff = find_ruff_bin()
    try:
        for command in (
            [ruff, "check", *_RUFF, "--fix-only", "--select", _RULES, *_STYLE, package.name],
            [ruff, "format", *_RUFF, *_STYLE, package.name],
        ):
            subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().partition("\n")[0]
        raise PipelineError(f"ruff cannot format the generated code: {said}") from error
