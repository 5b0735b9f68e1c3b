"""`make vendor-check`: is a vendored copy untouched, and is it what this checkout would write?"""

import os
from collections.abc import Mapping
from pathlib import Path

from scripts.pipeline import generator
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.vendoring.contents import contents
from scripts.vendoring.copy import Folder
from scripts.vendoring.destination import destination
from scripts.vendoring.manifest import read_manifest
from scripts.vendoring.self_check import changes


def check(repo: Repo, folder: Path) -> int:
    """Check the copy in a folder against its manifest and against a tree; 0 when it is as it is."""
    if Folder(folder).is_pending:
        raise PipelineError(f"`make vendor` was killed in {folder}; run it again to mend that")
    written = read_manifest(folder)
    if written is None:
        raise PipelineError(f"there is no vendored copy in {folder}; `make vendor` writes one")
    current, _ = contents(repo, written.http)
    touched = changes(folder, written.files)
    for name, what in touched.items():
        print(f"{folder / name} {what}")
    faults = [f"is not as it was written ({len(touched)} files)"] if touched else []
    if stale := written.compare(current):
        faults.append(stale)
    if faults:
        raise PipelineError(f"the copy in {folder} {', and '.join(faults)}")
    print(f"{folder} is untouched and current: {written.name}")
    return 0


def run(repo: Repo, env: Mapping[str, str]) -> int:
    """Check the copy in the folder that the variable `DEST` of `env` names."""
    return check(repo, destination(env.get("DEST", ""), repo))


def main() -> int:
    """Check against this tree."""
    generator.speed_up_imports()
    return run(Repo(), os.environ)
