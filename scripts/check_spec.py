"""`make check-spec`: has upstream changed the contract of the selected operations?"""

import sys
from collections.abc import Mapping

from scripts.pipeline import program
from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import reading
from scripts.pipeline.upstream import read_upstream, wanted_operations


def check_spec(env: Mapping[str, str], repo: Repo) -> int:
    """Fetch and compare; the tree stays as it is.

    `SPEC_URL`, `OPERATIONS`, `PROSE`, `FORCE`, `REPORT` are as for `make regenerate`.

    Returns:
        0 when the contract of the selected operations is the committed one, else 1.

    Raises:
        PipelineError: When there is nothing whole to compare.
    """
    with reading(repo):
        if not repo.contract.exists():
            told = f"there is no {repo.name(repo.contract)}"
            raise PipelineError(f"{told}; run `make regenerate` first")
        upstream = read_upstream(env, repo, wanted_operations(env, repo))
    if upstream is None:
        print("unchanged upstream (304)")
        return 0
    upstream.report.write(env.get("REPORT") or "")
    print(upstream.report.text())
    if upstream.report.moved:
        print("the contract is not that of spec/; `make regenerate` takes it over", file=sys.stderr)
    return 1 if upstream.report.moved else 0


if __name__ == "__main__":
    program.main("check-spec", check_spec)
