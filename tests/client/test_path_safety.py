"""No argument makes a request outside its place in the path, or one nobody asked for."""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.client.conftest import Delete
from tests.client.http_library import httpx
from tests.client.wire import Wire
from upsun_api.api.third_party_integrations import delete_projects_integrations as generated
from upsun_api.types import UNSET
from upsun_client import UnsafePathError, UpsunClient, UpsunError, delete_projects_integrations

UNSAFE_IDS = [
    "", " ", "\t", "\u3000", ".", "..", " .. ", "/", "//", "a/", "/a", "a//b", "../x", "a/..", "a/./b",
    "..\\x", "a\\..", "\\", "a\\", "\x00", "a\nb", "a\x7fb", "a\x85b",
]  # fmt: skip
SAFE_IDS = [
    "p", "abc-123_x.y", "...", "..a", "a..", "%2e%2e", "%2F", "heads/master", "a\\b", "a b", "é", "日本",
    "?a=b", "#x", "a;b", "*", "{x}", "%", "~", ":", "@evil.example", "https:x",
]  # fmt: skip

# Text that is likely to mean something to some reader of a path.
tricky = st.text(st.sampled_from("./\\%25eE2fFcC?#;:@ \t\x00a")) | st.text()


@pytest.fixture(scope="module")
def server() -> Iterator[Wire]:
    with Wire() as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Wire) -> Iterator[UpsunClient]:
    with UpsunClient(**server.kwargs()) as client:
        yield client


@contextmanager
def nothing_sent(server: Wire, says: str | None = None) -> Iterator[None]:
    """Require that what is done here is refused before anything goes out."""
    before = len(server.calls), server.connections
    with pytest.raises(UnsafePathError, match=says):
        yield
    assert (len(server.calls), server.connections) == before


Call = Callable[..., object]
CALLS = [delete_projects_integrations, generated.sync]


def sent(server: Wire, call: Call, project: str, integration: str, client: UpsunClient) -> bool:
    """Call; see that nothing went out, or exactly what was asked for. Tell which."""
    before = len(server.calls)
    try:
        call(project, integration, client=client)
    except (UnsafePathError, UnicodeEncodeError):
        assert len(server.calls) == before
        return False
    (request,) = server.calls[before:]
    assert request.method == "DELETE"
    empty, projects, one, integrations, other = request.target.split("/")
    assert (empty, projects, integrations) == ("", "projects", "integrations")
    assert (unquote(one), unquote(other)) == (project, integration)
    return True


@pytest.mark.parametrize("call", CALLS)
@given(project=tricky, integration=tricky)
@example(project="p", integration="..")
@example(project="..", integration="..")
@example(project="p", integration="%2e%2e")
def test_the_server_sees_the_ids_or_nothing(
    server: Wire, client: UpsunClient, call: Call, project: str, integration: str
) -> None:
    sent(server, call, project, integration, client)


@pytest.mark.parametrize("value", SAFE_IDS)
def test_odd_but_safe_ids_are_sent(server: Wire, client: UpsunClient, value: str) -> None:
    assert sent(server, delete_projects_integrations, value, value, client)


@pytest.mark.parametrize("value", UNSAFE_IDS)
def test_unsafe_ids_send_nothing_not_even_an_exchange(delete: Delete, value: str) -> None:
    with Wire() as server:
        with pytest.raises(UnsafePathError, match="^project_id holds .*nothing was sent"):
            delete(value, "i", **server.kwargs())
        with pytest.raises(UnsafePathError, match="^integration_id holds .*nothing was sent"):
            delete("p", value, **server.kwargs())
        with UpsunClient(**server.kwargs()) as client, pytest.raises(UnsafePathError):
            generated.sync("p", value, client=client)
        assert server.connections == 0


@pytest.mark.parametrize(
    "value", [None, 1, True, b"x", b"..", ["x"], {}, UNSET, object()], ids=lambda value: type(value).__name__
)  # fmt: skip
def test_what_is_no_string_is_refused(server: Wire, client: UpsunClient, value: Any) -> None:
    says = "project_id must be a string"
    with nothing_sent(server, says):
        delete_projects_integrations(value, "i", client=client)
    if type(value) is not int:  # a generated operation takes any scalar
        says = f"{type(value).__name__!r} where a string is needed"
        with nothing_sent(server, says):
            generated.sync("p", value, client=client)


class Mask(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "mask"


@pytest.mark.parametrize("face", ["..", "a/..", ""])
def test_a_string_with_another_face_is_judged_by_what_it_is(
    server: Wire, client: UpsunClient, face: str
) -> None:
    for call in (
        lambda: delete_projects_integrations("p", Mask(face), client=client),
        lambda: generated.sync("p", Mask(face), client=client),
        lambda: client.get_httpx_client().delete(Mask(f"/projects/{face}")),
    ):
        with nothing_sent(server):
            call()


def test_a_member_of_an_enum_is_sent_as_its_value(server: Wire, client: UpsunClient) -> None:
    class Id(str, enum.Enum):  # noqa: UP042 - whose str() is not its value
        ONE = "one"

    for call in CALLS:
        call("p", Id.ONE, client=client)
        assert server.calls[-1].target == "/projects/p/integrations/one"


@pytest.mark.parametrize(
    "url",
    [
        "/projects/p/..", "/projects/../organizations/o", "/projects/%2e%2e/x", "/projects/p/", "projects//x",
        "/projects/p%2F..", "/projects/p%5c..", "//elsewhere.example/projects", "/projects/%00", "/%09",
        "https://api.example/projects/p/%2E./x", "https://api.example//", "\\projects", "/projects/\\..\\x",
        "x:..", "https:..", "http:/projects", "ftp://127.0.0.1/x", "mailto:x", httpx.URL("/x"), b"/x", None,
    ],
)  # fmt: skip
def test_an_unsafe_link_or_what_is_none_is_refused(
    server: Wire, client: UpsunClient, url: Any
) -> None:
    with nothing_sent(server):
        client.get_httpx_client().delete(url)


def test_a_request_made_elsewhere_is_checked_too(server: Wire, client: UpsunClient) -> None:
    with nothing_sent(server):
        client.get_httpx_client().send(httpx.Request("DELETE", f"{server.url}/projects/p%2F.."))


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("", "/"), ("/", "/"), ("projects/p", "/projects/p"), ("?x=/..", "/?x=/.."),
        ("/projects/p?next=../x", "/projects/p?next=../x"),
        ("/projects/p/git/refs/heads%2Fmaster", "/projects/p/git/refs/heads%2Fmaster"),
    ],
)  # fmt: skip
def test_a_safe_link_is_followed(server: Wire, client: UpsunClient, href: str, target: str) -> None:
    client.get_httpx_client().get(href)
    assert server.calls[-1].target == target
    client.get_httpx_client().get(f"{server.url}{href if href[:1] in '/?' else ''}")


@pytest.mark.parametrize("path", ["/projects/p#/integrations/i", "/projects/p#", "#"])
def test_a_fragment_cuts_off_nothing(server: Wire, client: UpsunClient, path: str) -> None:
    for url in (path, server.url + path):
        with nothing_sent(server, "fragment"):
            client.get_httpx_client().delete(url)


def test_a_host_that_cannot_be_looked_up_is_refused(client: UpsunClient) -> None:
    for host in ("127.0.0..1", ".h", "x" * 64):
        with pytest.raises(UnsafePathError, match="trusted_origins.*nothing was sent"):
            client.get_httpx_client().get(f"https://{host}/x")


def test_what_httpx_cannot_send_is_a_typed_error(client: UpsunClient) -> None:
    for value in ("x" * 70_000, "\ud800"):
        with pytest.raises(UnsafePathError, match="nothing was sent"):
            delete_projects_integrations("p", value, client=client)
    with pytest.raises(UpsunError):
        client.get_httpx_client().get("/x" * 40_000)
    with pytest.raises(UpsunError):
        client.get_httpx_client().get("http://[::1/x")
