"""Import one side; print the seconds it took, and the resident bytes afterwards.

Arguments: `touch` the operation, or import what a `call` needs; the side.
"""

# Nothing else before the clock starts: what is here already would be free for who needs it.
import sys
from importlib import import_module
from time import perf_counter

what, side = sys.argv[1:]
start = perf_counter()
if side.startswith("bare"):
    import_module(side.removeprefix("bare ")).Client  # noqa: B018
else:
    parent = "copied." if "httpx2" in side else ""
    if what == "call":
        import_module(
            f"{parent}upsun_api.api.third_party_integrations.delete_projects_integrations"
        )
        if side == "generated":
            import_module("upsun_api").AuthenticatedClient.get_httpx_client  # noqa: B018
        else:
            import_module(f"{parent}upsun_client").UpsunClient.get_httpx_client  # noqa: B018
    else:
        import_module(f"{parent}upsun_client").delete_projects_integrations  # noqa: B018
seconds = perf_counter() - start

with open("/proc/self/statm") as pages:  # noqa: PTH123 - pathlib would count
    print([seconds, int(pages.read().split()[1]) * 4096])
