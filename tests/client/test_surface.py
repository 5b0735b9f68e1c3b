"""The public surface: a change to it is a change to this file."""

import copy
import inspect
import pickle
import subprocess
import sys
import typing

import pytest

import upsun_client as u

TREE = {
    (u.UpsunError, RuntimeError): "ClientClosedError",
    (u.UpsunError, ValueError): "ConfigurationError UnsafePathError",
    (u.UpsunError,): (
        "TokenExchangeError APIConnectionError APIStatusError APIResponseValidationError"
    ),
    (u.APIConnectionError,): "APITimeoutError",
    (u.APIStatusError,): (
        "BadRequestError AuthenticationError PermissionDeniedError NotFoundError ConflictError"
        " RateLimitError ServerError"
    ),
}
PARENTS = {name: parents for parents, names in TREE.items() for name in names.split()}
NAMES = [
    *PARENTS,
    *("AcceptedResponse", "UpsunClient", "UpsunError", "__version__"),
    *("delete_projects_integrations", "delete_projects_integrations_async"),
]
KNOWN = {
    "status_code": 404,
    "body": {"message": "gone"},
    "method": "DELETE",
    "path": "/x",
    "headers": {"X-Id": "1"},
    "retry_after": 1.5,
    "attempts": 2,
}


def test_the_names() -> None:
    assert sorted(u.__all__) == sorted(NAMES)
    assert all(hasattr(u, name) for name in NAMES)


def test_the_tree_of_errors() -> None:
    assert {name: getattr(u, name).__bases__ for name in PARENTS} == PARENTS


@pytest.mark.parametrize("name", [*PARENTS, "UpsunError"])
def test_errors_pickle_and_copy(name: str) -> None:
    error = getattr(u, name)("m", **({} if name == "ClientClosedError" else KNOWN))
    error.add_note("before")
    for other in (
        copy.copy(error),
        copy.deepcopy(error),
        *(pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)),
    ):
        assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
        assert other.__dict__ == error.__dict__
        other.add_note("of its own")
    assert error.__notes__ == ["before"]


def test_signatures() -> None:
    for function in (u.delete_projects_integrations, u.delete_projects_integrations_async):
        project, integration, client = inspect.signature(function).parameters.values()
        names = [each.name for each in (project, integration, client)]
        assert names == ["project_id", "integration_id", "client"]
        assert project.kind == integration.kind == inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert client.kind == inspect.Parameter.KEYWORD_ONLY
    assert " ".join(inspect.signature(u.UpsunClient).parameters) == (
        "api_token base_url token_url timeout max_retries verify_ssl headers cookies httpx_args"
        " trusted_origins raise_on_unexpected_status"
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_everything_public_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(u, name))


# --- loaded when used

LAZY = """
import sys
import upsun_client
upsun_client.delete_projects_integrations, upsun_client.NotFoundError
api = upsun_client.__name__.replace("upsun_client", "upsun_api")
assert not {"httpx", "httpx2", "attrs", api} & set(sys.modules), "import"
upsun_client.UpsunClient("t")
assert f"{api}.client" in sys.modules
assert not {"anyio.abc", f"{api}.api"} & set(sys.modules), "client"
"""


def test_nothing_is_loaded_before_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LAZY], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_listed_is_there_and_the_same_each_time() -> None:
    for name in u.__all__:
        assert getattr(u, name) is getattr(u, name)
    assert dir(u) == sorted(u.__all__)
    with pytest.raises(AttributeError, match="upsun_client' has no attribute 'Upsun'"):
        u.Upsun  # type: ignore[attr-defined]  # noqa: B018


def test_all_names_can_be_imported_at_once() -> None:
    names: dict[str, object] = {}
    exec("from upsun_client import *", names)
    assert set(names) >= set(u.__all__)


def test_errors_show_where_people_find_them() -> None:
    for name in [*PARENTS, "UpsunError"]:
        assert repr(getattr(u, name)) == f"<class '{u.__name__}.{name}'>"

    class Mine(u.NotFoundError):
        """One of a caller's own."""

    assert Mine.__module__ == __name__


def test_what_annotations_name_is_there() -> None:
    public = [getattr(u, name) for name in u.__all__ if name != "__version__"]
    methods = [member for _, member in inspect.getmembers(u.UpsunClient, inspect.isfunction)]
    inits = [vars(each)["__init__"] for each in public if "__init__" in vars(each)]
    for thing in (*public, *methods, *inits):
        typing.get_type_hints(thing)
    hints = typing.get_type_hints(u.delete_projects_integrations)
    assert (hints["client"], hints["return"]) == (u.UpsunClient, u.AcceptedResponse)
