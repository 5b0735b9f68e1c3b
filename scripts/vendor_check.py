"""`make vendor-check`: is a vendored copy untouched, and is it what this checkout would write?"""

from scripts.pipeline import program
from scripts.vendoring.copy import check
from scripts.vendoring.destination import destination

if __name__ == "__main__":
    program.main(
        "vendor-check", lambda env, repo: check(repo, destination(env.get("DEST", ""), repo))
    )
