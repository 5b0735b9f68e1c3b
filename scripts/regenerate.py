"""`make regenerate`: from the published document to spec/ and generated/, wholly or not at all."""

from collections.abc import Mapping

from scripts.pipeline import generate, overlay, program, source
from scripts.pipeline.repo import Repo
from scripts.pipeline.swap import Swap
from scripts.pipeline.upstream import read_upstream, state, wanted_operations


def regenerate(env: Mapping[str, str], repo: Repo) -> int:
    """Fetch, select, correct, generate, verify and swap in.

    Args:
        env: `SPEC_URL` (default: the published document), `OPERATIONS` (default: those of
            spec/operations.txt; given ones are written there), `PROSE`, `FORCE`, `REPORT`; empty is
            unset.
        repo: What to change.

    Returns:
        The exit code.

    Raises:
        PipelineError: When it cannot be done; nothing has changed then.
    """
    with Swap(repo) as swap:
        wanted = wanted_operations(env, repo)
        upstream = read_upstream(env, repo, wanted)
        if upstream is None:
            print(
                "unchanged upstream (304), so nothing was done; `make generate` rebuilds from"
                " spec/, FORCE=1 fetches it all the same"
            )
            return 0
        # A target that is absent from the whole document has moved; say so now.
        actions = overlay.read_overlay(repo.overlay)
        overlay.apply(upstream.whole, actions, partial=False)
        package = swap.stage(repo.package)
        generate.build(repo, upstream.selected, package)
        report = upstream.report
        report.imports.update(generate.imports(package, report.gained))
        swap.write(repo.contract, generate.dump_json(upstream.selected))
        if wanted != wanted_operations({}, repo) or not repo.operations.exists():
            swap.write(repo.operations, "".join(f"{name}\n" for name in wanted).encode())
        swap.write(repo.source, generate.dump_json(upstream.source))
        report.write(env.get("REPORT") or "")
        swap.commit()
        source.remember(repo, state(env, repo, wanted), upstream.conditions)
        print(report.text())
    return 0


if __name__ == "__main__":
    program.main("regenerate", regenerate)
