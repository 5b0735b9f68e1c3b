"""The public surface: a change to it is a change to this file."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys

import pytest

import upsun_client as u

NAMES = [
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

PARENTS = {
    "ConfigurationError": (u.UpsunError, ValueError),
    "UnsafePathError": (u.UpsunError, ValueError),
    "TokenExchangeError": (u.UpsunError,),
    "APIConnectionError": (u.UpsunError,),
    "APITimeoutError": (u.APIConnectionError,),
    "APIStatusError": (u.UpsunError,),
    "APIResponseValidationError": (u.UpsunError,),
} | dict.fromkeys(
    [
        "BadRequestError",
        "AuthenticationError",
        "PermissionDeniedError",
        "NotFoundError",
        "ConflictError",
        "RateLimitError",
        "ServerError",
    ],
    (u.APIStatusError,),
)

STATUS = {
    "status_code": 404,
    "body": {"message": "gone"},
    "method": "DELETE",
    "path": "/x",
    "headers": {"X-Id": "1"},
    "retry_after": 1.5,
    "attempts": 2,
}
ERRORS = [
    u.UpsunError("m"),
    u.ConfigurationError("m"),
    u.UnsafePathError("m"),
    u.TokenExchangeError("m", status_code=400, error="e", error_description="d"),
    u.APIConnectionError("m", method="DELETE", path="/x", attempts=3),
    u.APITimeoutError("m", method="DELETE", path="/x", attempts=3),
    *(
        getattr(u, name)("m", **STATUS)
        for name, parents in PARENTS.items()
        if parents == (u.APIStatusError,) or name == "APIStatusError"
    ),
    u.APIResponseValidationError("m", status_code=200, method="GET", path="/x"),
]


def test_the_names() -> None:
    assert sorted(u.__all__) == sorted(NAMES)
    assert all(hasattr(u, name) for name in NAMES)


def test_the_tree_of_errors() -> None:
    assert {name: getattr(u, name).__bases__ for name in PARENTS} == PARENTS


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_pickle_and_copy(error: u.UpsunError) -> None:
    for other in (
        copy.copy(error),
        copy.deepcopy(error),
        *(pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)),
    ):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert other.args == error.args
        assert other.__dict__ == error.__dict__


def test_signatures() -> None:
    for function in (u.delete_projects_integrations, u.delete_projects_integrations_async):
        assert str(inspect.signature(function)) == (
            "(project_id: 'str', integration_id: 'str', *, client: 'UpsunClient')"
            " -> 'AcceptedResponse'"
        )
    assert list(inspect.signature(u.UpsunClient).parameters) == [
        "api_token",
        "base_url",
        "token_url",
        "timeout",
        "max_retries",
        "verify_ssl",
        "headers",
        "cookies",
        "httpx_args",
        "raise_on_unexpected_status",
    ]
    assert list(inspect.signature(u.ApiTokenAuth).parameters) == [
        "api_token",
        "base_url",
        "token_url",
        "connector",
    ]


@pytest.mark.parametrize(
    "name",
    ["TokenExchangeError", "APIConnectionError", "APIStatusError", "APIResponseValidationError"],
)
def test_what_an_error_knows_has_a_name(name: str) -> None:
    first, *others = inspect.signature(getattr(u, name)).parameters.values()
    assert first.kind is first.POSITIONAL_OR_KEYWORD
    assert all(each.kind is each.KEYWORD_ONLY for each in others)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_everything_public_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(u, name))


# --- loaded when used

LAZY = """
import sys
import upsun_client
upsun_client.delete_projects_integrations, upsun_client.NotFoundError
assert not {"httpx", "attrs", "upsun_api"} & set(sys.modules), "import"
upsun_client.UpsunClient("t")
assert "upsun_api.client" in sys.modules
assert not {"anyio.abc", "upsun_api.api"} & set(sys.modules), "client"
"""


def test_nothing_is_loaded_before_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LAZY], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_listed_is_there_and_the_same_each_time() -> None:
    for name in u.__all__:
        assert getattr(u, name) is getattr(u, name)
        assert name in dir(u)
    assert issubclass(u.ClientClosedError, u.UpsunError)
    with pytest.raises(AttributeError, match="upsun_client' has no attribute 'Upsun'"):
        u.Upsun  # type: ignore[attr-defined]  # noqa: B018


def test_all_names_can_be_imported_at_once() -> None:
    names: dict[str, object] = {}
    exec("from upsun_client import *", names)
    assert set(names) >= set(u.__all__)
