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
from upsun_client import UnsafePathError, UpsunClient, delete_projects_integrations


class Mask(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "mask"


class Id(str, enum.Enum):  # noqa: UP042 - whose str() is not its value
    ONE = "one"


UNSAFE_IDS = [
    "", " ", "\t", "\u3000", ".", "..", " .. ", "/", "//", "a/", "/a", "a//b", "../x", "a/..", "a/./b",
    "..\\x", "a\\..", "\\", "a\\", "\x00", "a\nb", "a\x7fb", "a\x85b",
]  # fmt: skip
SAFE_IDS = [
    "p", "abc-123_x.y", "...", "..a", "a..", "%2e%2e", "%2F", "heads/master", "a\\b", "a b", "é", "日本",
    "?a=b", "#x", "a;b", "*", "{x}", "%", "~", ":", "@evil.example", "https:x", Id.ONE,
]  # fmt: skip

# Text that is likely to mean something to some reader of a path.
tricky = st.text(st.sampled_from("./\\%25eE2fFcC?#;:@ \t\x00a")) | st.text()


@contextmanager
def nothing_sent(server: Wire, says: str = "nothing was sent") -> Iterator[None]:
    """Require that what is done here is refused before anything goes out."""
    with pytest.raises(UnsafePathError, match=says):
        yield
    assert server.connections == 0


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


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("value", SAFE_IDS)
def test_odd_safe_ids_are_sent(server: Wire, client: UpsunClient, call: Call, value: str) -> None:
    assert sent(server, call, value, value, client)


@pytest.mark.parametrize("value", UNSAFE_IDS)
def test_unsafe_ids_send_nothing_not_even_an_exchange(
    delete: Delete, server: Wire, client: UpsunClient, value: str
) -> None:
    with nothing_sent(server, "^project_id holds .*nothing was sent"):
        delete(value, "i", **server.kwargs())
    with nothing_sent(server, "^integration_id holds .*nothing was sent"):
        delete("p", value, **server.kwargs())
    with nothing_sent(server):
        generated.sync("p", value, client=client)


@pytest.mark.parametrize(
    "value",
    [None, 1, True, b"x", b"..", ["x"], {}, UNSET, object(), Mask(".."), Mask("a/.."), Mask("")],
    ids=lambda value: type(value).__name__,
)
def test_another_kind_of_id_is_judged_as_it_is(
    server: Wire, client: UpsunClient, value: Any
) -> None:
    is_text = isinstance(value, str)
    with nothing_sent(server, "id holds .* segment" if is_text else "id must be a string"):
        delete_projects_integrations("p", value, client=client)
    if type(value) is not int:  # a generated operation takes any scalar
        says = "segment" if is_text else f"{type(value).__name__!r} where an id is needed"
        with nothing_sent(server, says):
            generated.sync("p", value, client=client)


# Of the first of each, texts.txt has the whole text.
UNSAFE_LINKS: dict[str, list[Any]] = {
    "segment|control|an id": [
        "projects//x", "/projects/p/..", "/projects/../organizations/o", "/projects/%2e%2e/x", "/projects/p/",
        "/projects/p%2F..", "/projects/p%5c..", "//elsewhere.example/projects", "/projects/%00", "/%09",
        "SERVER/projects/p/%2E./x", "SERVER//", Mask("/projects/.."), "\\projects", "/projects/\\..\\x",
    ],
    "fragment": ["/projects/p#/integrations/i", "/projects/p#", "#", "SERVER/projects/p#/x", "SERVER#"],
    # httpx2 leaves the host of the last one as it is.
    "trusted_origins|Codepoint": ["https://127.0.0..1/x", "https://.h/x", f"https://{'x' * 64}/x", "https://xn--a/x"],
    "no URL": ["http:/projects", "ftp://127.0.0.1/x", "mailto:x", "x:..", "https:.."],
    "no usable URL": ["https://a:b/x", "http://[::1/x", "/x" * 40_000, "\ud800"],
    "must be a string": [httpx.URL("/x"), b"/x", None],
}  # fmt: skip


@pytest.mark.parametrize(
    ("url", "says"), [(url, says) for says, urls in UNSAFE_LINKS.items() for url in urls]
)
def test_an_unsafe_link_is_refused(server: Wire, client: UpsunClient, url: Any, says: str) -> None:
    with nothing_sent(server, says):
        where = url.replace("SERVER", server.url) if type(url) is str else url
        client.get_httpx_client().delete(where)


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("", "/"), ("/", "/"), ("projects/p", "/projects/p"), ("?x=/..", "/?x=/.."),
        ("/projects/p?next=../x", "/projects/p?next=../x"),
        ("/projects/p/git/refs/heads%2Fmaster", "/projects/p/git/refs/heads%2Fmaster"),
        ("SERVER", "/"), ("SERVER?x=/..", "/?x=/.."), ("SERVER/projects/a%2Fb", "/projects/a%2Fb"),
    ],
)  # fmt: skip
def test_a_safe_link_is_followed(server: Wire, client: UpsunClient, href: str, target: str) -> None:
    client.get_httpx_client().get(href.replace("SERVER", server.url))
    assert server.calls[-1].target == target


@pytest.mark.parametrize("value", ["x" * 70_000, "\ud800"], ids=len)
def test_what_httpx_cannot_send_is_unsafe(server: Wire, client: UpsunClient, value: str) -> None:
    with nothing_sent(server, "nothing was sent"):
        delete_projects_integrations("p", value, client=client)
