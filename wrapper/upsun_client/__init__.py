"""Python client for the Upsun REST API.

>>> from upsun_client import UpsunClient, delete_projects_integrations
>>> with UpsunClient() as client:  # API token from UPSUN_CLI_TOKEN
...     accepted = delete_projects_integrations("project-id", "integration-id", client=client)
"""

from upsun_api.models.accepted_response import AcceptedResponse

from ._auth import ApiTokenAuth
from ._client import UpsunClient
from ._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TokenExchangeError,
    UnsafePathError,
    UpsunError,
)
from ._integrations import delete_projects_integrations, delete_projects_integrations_async
from ._version import __version__

__all__ = [
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AcceptedResponse",
    "ApiTokenAuth",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "TokenExchangeError",
    "UnsafePathError",
    "UpsunClient",
    "UpsunError",
    "__version__",
    "delete_projects_integrations",
    "delete_projects_integrations_async",
]
