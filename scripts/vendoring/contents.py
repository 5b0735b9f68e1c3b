"""The files of a copy: both packages, made to work under any parent, and what they say of it."""

from contextlib import redirect_stdout
from io import StringIO

from scripts.pipeline.drift import drift
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.lock import reading
from scripts.pipeline.repo import Repo
from scripts.vendoring import http_library
from scripts.vendoring.doctests import without_prompts
from scripts.vendoring.manifest import Manifest
from scripts.vendoring.relative_imports import Rewriter
from upsun_client._vendored import PACKAGES

# Who holds his own code to pyright's strict rules holds a copy to the basic ones: strict calls it a
# fault that arguments of wrong types are looked for at run time.
_PYRIGHT = b"# pyright: basic\n"
_LICENCE = '''"""The licence of this package."""

LICENSE = """\\
{}"""
'''


def contents(repo: Repo, library: str) -> tuple[Manifest, dict[str, bytes]]:
    """Make the files of a copy, by their path below the folder that holds it.

    Args:
        repo: This project.
        library: The HTTP library that the copy is to use.

    Raises:
        PipelineError: When the tree is not whole, generated/ is not what spec/ gives, or a module
            cannot be made to work under any parent or on that library.
    """
    rewriter = Rewriter(*PACKAGES)
    files = {}
    with reading(repo):
        _refuse_drift(repo)
        licence = (repo.root / "LICENSE").read_bytes()
        for package in (repo.root / "wrapper" / "upsun_client", repo.package):
            # A file for people and their tools, and a module, which every build takes along.
            files[f"{package.name}/LICENSE"] = licence
            files[f"{package.name}/_license.py"] = _LICENCE.format(_quoted(licence)).encode()
            files[f"{package.name}/py.typed"] = (package / "py.typed").read_bytes()
            for file in package.rglob("*.py"):
                name = file.relative_to(package.parent).as_posix()
                source = rewriter.relative(file.read_bytes(), name)
                source = http_library.use(library, source, name)
                files[name] = without_prompts(source, name) + _PYRIGHT
        manifest = Manifest.describe(repo, files, library)
    return manifest, files | manifest.dump()


def _refuse_drift(repo: Repo) -> None:
    with redirect_stdout(StringIO()):  # the stages of a build that nobody asked for
        found = drift(repo)
    if found:
        raise PipelineError(
            f"generated/ is out of step with spec/ ({found[0]}"
            f"{' and others' * (len(found) > 1)}); run `make generate`"
        )


def _quoted(licence: bytes) -> str:
    text = licence.decode().replace("\\", r"\\").replace('"""', r"\"\"\"")
    return f'{text[:-1]}\\"' if text.endswith('"') else text
