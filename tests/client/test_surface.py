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
    (Exception,): "UpsunError",
}
ERRORS = {name: parents for parents, names in TREE.items() for name in names.split()}
OTHERS = "AcceptedResponse UpsunClient __version__"
CALLS = "delete_projects_integrations delete_projects_integrations_async"
KNOWN = {"status_code": 404, "body": {"message": "gone"}, "method": "DELETE", "path": "/x"}


def test_the_names() -> None:
    names: dict[str, object] = {}
    exec("from upsun_client import *", names)
    del names["__builtins__"]
    assert dir(u) == sorted(u.__all__) == sorted(names)
    assert sorted(names) == sorted([*ERRORS, *OTHERS.split(), *CALLS.split()])
    assert all(getattr(u, name) is names[name] for name in names)
    with pytest.raises(AttributeError, match="upsun_client' has no attribute 'Upsun'"):
        u.Upsun  # type: ignore[attr-defined]  # noqa: B018


def test_the_tree_of_errors_and_where_people_find_them() -> None:
    for name, parents in ERRORS.items():
        error = getattr(u, name)
        assert error.__bases__ == parents
        assert repr(error) == f"<class '{u.__name__}.{name}'>"
        assert str(error("m")).endswith(("m", ")"))  # as a mock of the caller's raises it
    assert type("Mine", (u.NotFoundError,), {}).__module__ == __name__  # of a caller's own


@pytest.mark.parametrize("name", ERRORS)
def test_errors_pickle_and_copy(name: str) -> None:
    error = getattr(u, name)("m", **({} if name == "ClientClosedError" else KNOWN))
    error.add_note("before")
    pickled = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]
    for other in (copy.copy(error), copy.deepcopy(error), *pickled):
        assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
        assert other.__dict__ == error.__dict__
        other.add_note("of its own")
    assert error.__notes__ == ["before"]


def test_signatures() -> None:
    for call in CALLS.split():
        parameters = inspect.signature(getattr(u, call)).parameters.values()
        names = inspect.Signature([each.replace(annotation=each.empty) for each in parameters])
        assert str(names) == "(project_id, integration_id, *, client)"
    assert " ".join(inspect.signature(u.UpsunClient).parameters) == (
        "api_token base_url token_url timeout max_retries verify_ssl headers cookies httpx_args"
        " trusted_origins raise_on_unexpected_status"
    )


def test_what_annotations_name_is_there() -> None:
    public = [getattr(u, name) for name in u.__all__ if name != "__version__"]
    methods = [member for _, member in inspect.getmembers(u.UpsunClient, inspect.isfunction)]
    inits = [vars(each)["__init__"] for each in public if "__init__" in vars(each)]
    for thing in (*public, *methods, *inits):
        typing.get_type_hints(thing)
    hints = typing.get_type_hints(u.delete_projects_integrations)
    assert (hints["client"], hints["return"]) == (u.UpsunClient, u.AcceptedResponse)


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
    command = [sys.executable, "-W", "error", "-c", LAZY]
    assert subprocess.check_output(command, stderr=subprocess.STDOUT) == b""
