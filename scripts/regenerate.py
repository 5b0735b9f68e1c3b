"""`make regenerate`: from the published document to spec/ and generated/, wholly or not at all."""

import os
import sys
from collections.abc import Mapping
from importlib.metadata import version

from scripts import contract, document, errors, generate, overlay, select
from scripts.fetch import Validators, fetch
from scripts.progress import stage
from scripts.source import Source, known_validators, new_source, read_source, remember
from scripts.swap import Swap
from scripts.tree import PUBLISHED, Tree


def regenerate(env: Mapping[str, str], tree: Tree) -> int:
    """Fetch, select, correct, generate, verify and swap in.

    Args:
        env: `SPEC_URL` (default: the published document), `OPERATIONS` (default: those of
            spec/operations.txt; given ones are written there), `FORCE`, `REPORT`; empty is unset.
        tree: What to change.

    Raises:
        PipelineError: When it cannot be done; nothing has changed then.
    """
    url = env.get("SPEC_URL") or PUBLISHED
    with Swap(tree) as swap:
        wanted = wanted_operations(env, tree)
        old = read_source(tree)
        with stage("fetch"):
            known = None if env.get("FORCE") else _validators(tree, old, url, wanted)
            answer = fetch(url, known, user_agent=f"upsun-client/{version('upsun-client')}")
        if answer.body is None:
            print(f"{url} is unchanged (304): nothing to do; FORCE=1 fetches it all the same")
            return 0
        with stage("select"):
            upstream = document.parse(answer.body, url)
            selected = select.select(upstream, wanted, url)
            everything = select.select(upstream, [select.EVERYTHING], url)
            # A target that is absent from the whole document has moved; say so now.
            overlay.apply(everything, overlay.read_overlay(tree.overlay), partial=False)
        partial = select.EVERYTHING not in wanted
        generate.build(tree, selected, swap.stage(tree.package), partial=partial)
        swap.write(tree.contract, generate.spell(selected))
        swap.write(tree.operations, "".join(f"{name}\n" for name in wanted).encode())
        new = new_source(old, url, upstream, answer.validators, contract.digests(everything))
        swap.write(tree.source, generate.spell(new.dump()))
        swap.commit()
        remember(tree, url, new.sha256, answer.validators)
    return 0


def _validators(tree: Tree, old: Source, url: str, wanted: list[str]) -> Validators:
    """Be conditional only when "unchanged" would leave nothing to do."""
    made = tree.contract.exists() and tree.package.exists()
    same = tree.operations.exists() and wanted == wanted_operations({}, tree)
    return known_validators(tree, old, url) if made and same else Validators()


def wanted_operations(env: Mapping[str, str], tree: Tree) -> list[str]:
    """Give the operations of this run: those asked for, else the recorded ones."""
    asked = select.read_operations(env.get("OPERATIONS") or "")
    if asked or not tree.operations.exists():
        return asked
    return select.read_operations(tree.operations.read_text(encoding="utf-8"))


def main() -> int:
    """Run with the environment of `make`."""
    return regenerate(os.environ, Tree())


if __name__ == "__main__":
    sys.exit(errors.run("regenerate", main))
