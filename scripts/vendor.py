"""`make vendor`: write a copy of both packages into another project, or update the one there."""

from collections.abc import Mapping

from scripts.pipeline import program
from scripts.pipeline.repo import Repo, is_set
from scripts.vendoring.copy import vendor
from scripts.vendoring.destination import destination


def run(env: Mapping[str, str], repo: Repo) -> int:
    """Vendor as the environment says.

    `DEST` says where to, `HTTP` on which HTTP library, `FORCE` overwrites what was edited.
    """
    folder = destination(env.get("DEST", ""), repo)
    return vendor(repo, folder, force=is_set(env, "FORCE"), library=env.get("HTTP", "").strip())


if __name__ == "__main__":
    program.main("vendor", run)
