# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""DELETE /projects/{projectId}/integrations/{integrationId}"""

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accepted_response import AcceptedResponse
from ...types import Response


def _get_kwargs(
    project_id: str,
    integration_id: str,
) -> dict[str, Any]:
    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": errors.Path(
            "/projects/{project_id}/integrations/{integration_id}".format(
                project_id=errors.segment(project_id),
                integration_id=errors.segment(integration_id),
            )
        ),
    }
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AcceptedResponse:
    response_default = AcceptedResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AcceptedResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=client.parse(_parse_response, response),
    )


def sync_detailed(
    project_id: str,
    integration_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[AcceptedResponse]:
    """DELETE /projects/{projectId}/integrations/{integrationId}

    Args:
        project_id (str):
        integration_id (str):

    Returns:
        Response[AcceptedResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        integration_id=integration_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    integration_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> AcceptedResponse | None:
    """DELETE /projects/{projectId}/integrations/{integrationId}

    Args:
        project_id (str):
        integration_id (str):

    Returns:
        AcceptedResponse | None
    """

    return (
        sync_detailed(
            project_id=project_id,
            integration_id=integration_id,
            client=client,
        )
    ).parsed


async def asyncio_detailed(
    project_id: str,
    integration_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[AcceptedResponse]:
    """DELETE /projects/{projectId}/integrations/{integrationId}

    Args:
        project_id (str):
        integration_id (str):

    Returns:
        Response[AcceptedResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        integration_id=integration_id,
    )

    response = await client.get_async_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    integration_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> AcceptedResponse | None:
    """DELETE /projects/{projectId}/integrations/{integrationId}

    Args:
        project_id (str):
        integration_id (str):

    Returns:
        AcceptedResponse | None
    """

    return (
        await asyncio_detailed(
            project_id=project_id,
            integration_id=integration_id,
            client=client,
        )
    ).parsed
