"""The operation delete-projects-integrations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from ._errors import ConfigurationError
from ._paths import check_parameter

if TYPE_CHECKING:
    import upsun_client
else:
    # Its names load when they are used: those of annotations, when somebody evaluates them.
    upsun_client = sys.modules[__package__]


def delete_projects_integrations(
    project_id: str, integration_id: str, *, client: upsun_client.UpsunClient
) -> upsun_client.AcceptedResponse:
    """Delete an integration of a project.

    Returns when the API has accepted the request; the activities in ``["_embedded"]`` of the
    answer do the work.

    Args:
        project_id: id of the project.
        integration_id: id of the integration.
        client: whose user must be allowed to manage the project's integrations.

    Raises:
        UnsafePathError: if an id is no string or would leave its place; nothing was sent.
        NotFoundError: if there is no such integration (any more: see ``attempts``).
        UpsunError: every other failure; the class says which.
    """
    generated = _checked(client, project_id=project_id, integration_id=integration_id)
    answer = generated.sync_detailed(project_id, integration_id, client=client)
    # Never None: every success of this operation is an AcceptedResponse.
    return cast("upsun_client.AcceptedResponse", answer.parsed)


async def delete_projects_integrations_async(
    project_id: str, integration_id: str, *, client: upsun_client.UpsunClient
) -> upsun_client.AcceptedResponse:
    """Delete an integration of a project, as `delete_projects_integrations` does."""
    generated = _checked(client, project_id=project_id, integration_id=integration_id)
    answer = await generated.asyncio_detailed(project_id, integration_id, client=client)
    return cast("upsun_client.AcceptedResponse", answer.parsed)


def _checked(client: Any, **ids: object) -> Any:
    """Return the generated operation, if what it is called with can be used."""
    if not isinstance(client, upsun_client.UpsunClient):
        kind = f"{type(client).__name__} of {type(client).__module__}"  # which may be another copy
        raise ConfigurationError(f"client must be an UpsunClient of {__package__}, not {kind}")
    for name, value in ids.items():
        check_parameter(name, value)
    # With what it imports, as costly as the client: not before it is called.
    from upsun_api.api.third_party_integrations import (  # noqa: PLC0415
        delete_projects_integrations as generated,
    )

    return generated
