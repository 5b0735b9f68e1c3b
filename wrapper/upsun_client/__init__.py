"""Python client for the Upsun REST API.

    from upsun_client import UpsunClient, delete_projects_integrations

    with UpsunClient() as client:  # API token from UPSUN_CLI_TOKEN
        accepted = delete_projects_integrations("project-id", "integration-id", client=client)

In the order in which you need them:

UpsunClient                        authenticates, refuses unsafe paths, retries, has typed errors
delete_projects_integrations       the operation, and with _async at its end the same for tasks
AcceptedResponse                   what it returns
upsun_api.api.<tag>.<operation>    every generated operation; as safe, if its client is this one
UpsunError                         the root of all errors; upsun_client._errors draws the tree

Each name is loaded when it is first used, so that a program that may never call the API does not
wait for an HTTP library at its start. Retries are told at INFO on the logger ``upsun_client``.
"""

from typing import TYPE_CHECKING

from ._version import __version__

# fmt: off
__all__ = [
    "APIConnectionError", "APIResponseValidationError", "APIStatusError", "APITimeoutError",
    "AcceptedResponse", "AuthenticationError", "BadRequestError", "ClientClosedError",
    "ConfigurationError", "ConflictError", "NotFoundError", "PermissionDeniedError",
    "RateLimitError", "ServerError", "TokenExchangeError", "UnsafePathError", "UpsunClient",
    "UpsunError", "__version__", "delete_projects_integrations",
    "delete_projects_integrations_async",
]
if TYPE_CHECKING:
    from upsun_api.models.accepted_response import AcceptedResponse

    from ._client import UpsunClient
    from ._errors import (
        APIConnectionError, APIResponseValidationError, APIStatusError, APITimeoutError,
        AuthenticationError, BadRequestError, ClientClosedError, ConfigurationError,
        ConflictError, NotFoundError, PermissionDeniedError, RateLimitError, ServerError,
        TokenExchangeError, UnsafePathError, UpsunError,
    )
    from ._integrations import delete_projects_integrations, delete_projects_integrations_async
# fmt: on
else:

    def __getattr__(name: str) -> object:
        # Plain imports, which programs that freeze an application find.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "UpsunClient":
            from . import _client as module
        elif name == "AcceptedResponse":
            from upsun_api.models import accepted_response as module
        elif name.startswith("delete_"):
            from . import _integrations as module
        else:
            from . import _errors as module
        return globals().setdefault(name, getattr(module, name))

    def __dir__() -> list[str]:
        return sorted(__all__)
