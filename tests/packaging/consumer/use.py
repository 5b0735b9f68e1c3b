"""Uses the whole public surface, the way its types say."""

from collections.abc import Mapping
from typing import Any, assert_type

import upsun_client as upsun
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_api.types import Response
from upsun_client import UpsunClient


def delete(project: str, integration: str, client: UpsunClient) -> upsun.AcceptedResponse:
    accepted = upsun.delete_projects_integrations(project, integration, client=client)
    assert_type(accepted, upsun.AcceptedResponse)
    assert_type(accepted.status, str)
    assert_type(accepted.code, int)
    assert_type(accepted["_embedded"], Any)
    assert_type(accepted.additional_properties, dict[str, Any])
    return accepted


def clients(url: str, api_token: str) -> UpsunClient:
    client = UpsunClient(
        api_token,
        base_url=url,
        token_url=f"{url}/oauth2/token",
        timeout=10.0,
        max_retries=2,
        verify_ssl=True,
        headers={"X-Reason": "tidying"},
        cookies={},
        httpx_args={"trust_env": False},
        raise_on_unexpected_status=False,
    )
    assert_type(client.with_headers({}), UpsunClient)
    assert_type(client.with_cookies({}), UpsunClient)
    assert_type(client.with_timeout(None), UpsunClient)
    assert_type(upsun.__version__, str)
    return client


def explain(error: upsun.UpsunError) -> str:
    match error:
        case upsun.NotFoundError():
            return "gone" if error.attempts > 1 else "never there"
        case upsun.APIStatusError():
            assert_type(error.status_code, int)
            assert_type(error.message, str)
            assert_type(error.body, Any)
            assert_type(error.headers, Mapping[str, str])
            assert_type(error.retry_after, float | None)
        case upsun.APITimeoutError() | upsun.APIConnectionError():
            assert_type(error.attempts, int)
        case upsun.APIResponseValidationError():
            assert_type(error.status_code, int)
        case upsun.TokenExchangeError():
            assert_type(error.status_code, int)
            assert_type(error.error, str | None)
            assert_type(error.error_description, str | None)
        case upsun.ConfigurationError() | upsun.UnsafePathError():
            as_value_error: ValueError = error
            return f"{type(error).__name__}: {as_value_error}"
        case _:
            pass
    return str(error)


async def main(arguments: list[str]) -> None:
    url, api_token, project, first, second, third = arguments
    with clients(url, api_token) as client:
        print(delete(project, first, client).status)
        try:
            delete(project, first, client)
        except upsun.UpsunError as error:
            print(explain(error))
        detailed = generated.sync_detailed(project, third, client=client)
        assert_type(detailed, Response[upsun.AcceptedResponse])
        print(detailed.parsed.status if detailed.parsed else None)
    async with clients(url, api_token) as client:
        accepted = await upsun.delete_projects_integrations_async(project, second, client=client)
        assert_type(accepted, upsun.AcceptedResponse)
        print(accepted.status)
    print(explain(upsun.UnsafePathError("..")))
