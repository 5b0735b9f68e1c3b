"""The operation delete-projects-integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upsun_api.api.third_party_integrations.delete_projects_integrations import (
    _get_kwargs,
    _parse_response,
)
from upsun_api.errors import parse

from ._client import UpsunClient
from ._errors import ConfigurationError
from ._path import check_parameter
from ._rules import outside_contract

if TYPE_CHECKING:
    import httpx

    from upsun_api.models.accepted_response import AcceptedResponse


def delete_projects_integrations(
    project_id: str, integration_id: str, *, client: UpsunClient
) -> AcceptedResponse:
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
    request = _request(project_id, integration_id, client)
    return _accepted(client, client.get_httpx_client().request(**request))


async def delete_projects_integrations_async(
    project_id: str, integration_id: str, *, client: UpsunClient
) -> AcceptedResponse:
    """Delete an integration of a project, as `delete_projects_integrations` does."""
    request = _request(project_id, integration_id, client)
    return _accepted(client, await client.get_async_httpx_client().request(**request))


def _request(project_id: str, integration_id: str, client: UpsunClient) -> dict[str, Any]:
    if not isinstance(client, UpsunClient):
        raise ConfigurationError(f"client must be an UpsunClient, not {type(client).__name__}")
    check_parameter("project_id", project_id)
    check_parameter("integration_id", integration_id)
    return _get_kwargs(project_id, integration_id)


def _accepted(client: UpsunClient, response: httpx.Response) -> AcceptedResponse:
    accepted = parse(_parse_response, client=client, response=response)
    if not isinstance(accepted.status, str) or type(accepted.code) is not int:
        raise outside_contract(response, "status or code is of another type")
    return accepted
