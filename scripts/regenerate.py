"""`make regenerate`: from the published document to spec/ and generated/, wholly or not at all."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from scripts.pipeline import errors, generate, generator, overlay, select
from scripts.pipeline.source import remember
from scripts.pipeline.swap import Swap
from scripts.pipeline.tree import Tree
from scripts.pipeline.upstream import read_upstream, wanted_operations


def regenerate(env: Mapping[str, str], tree: Tree) -> int:
    """Fetch, select, correct, generate, verify and swap in.

    Args:
        env: `SPEC_URL` (default: the published document), `OPERATIONS` (default: those of
            spec/operations.txt; given ones are written there), `FORCE`, `REPORT`; empty is unset.
        tree: What to change.

    Returns:
        The exit code.

    Raises:
        PipelineError: When it cannot be done; nothing has changed then.
    """
    with Swap(tree) as swap:
        wanted = wanted_operations(env, tree)
        upstream = read_upstream(env, tree, wanted)
        if upstream is None:
            print("unchanged upstream (304): nothing to do; FORCE=1 fetches it all the same")
            return 0
        # A target that is absent from the whole document has moved; say so now.
        overlay.apply(upstream.everything, overlay.read_overlay(tree.overlay), partial=False)
        partial = select.EVERYTHING not in wanted
        package = swap.stage(tree.package)
        generate.build(tree, upstream.selected, package, partial=partial)
        report = upstream.report.naming(generate.imports(package, upstream.report.gained))
        swap.write(tree.contract, generate.spell(upstream.selected))
        if wanted != wanted_operations({}, tree) or not tree.operations.exists():
            swap.write(tree.operations, "".join(f"{name}\n" for name in wanted).encode())
        swap.write(tree.source, generate.spell(upstream.source.dump()))
        report.write(env.get("REPORT") or "")
        swap.commit()
        with suppress(OSError):  # then the next fetch is not conditional
            remember(tree, upstream.url, upstream.source.sha256, upstream.validators)
        print(report.text())
    return 0


def main() -> int:
    """Run with the environment of `make`."""
    generator.hurry()
    return regenerate(os.environ, Tree())


if __name__ == "__main__":
    sys.exit(errors.run("regenerate", main))
