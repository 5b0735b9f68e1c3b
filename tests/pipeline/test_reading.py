"""What generated code reads: what fits the document is typed, the rest is kept as it came."""

import copy
import datetime as dt
import inspect
import io
import json
import pickle
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.pipeline.walk import Node
from tests.pipeline.support import (
    FILE,
    NUMBER,
    TEXT,
    Load,
    api,
    content,
    enum,
    form,
    imported,
    listed,
    make,
    mypy,
    one_of,
    operation,
    parameter,
    ref,
    thing,
)

ID = "12345678-1234-5678-1234-56781234567A"
Get = Callable[..., Any]


def full(**fields: Node) -> Node:
    """Make the schema of an object that has to have all its fields."""
    return thing(*fields, **fields)


SCHEMAS: Node = {
    "Leaf": full(name=TEXT, when=form("date-time")),
    "Tree": full(
        id=form("uuid"),
        born=form("date"),
        state=enum("on", "off"),
        leaf=ref("Leaf"),
        leaves=listed(ref("Leaf")),
        table=listed(listed(form("date-time"))),
        by_name={"type": "object", "additionalProperties": ref("Leaf")},
        count=NUMBER,
        level={"type": "integer", "enum": [1, 2]},
        anything={},
        either=one_of(TEXT, ref("Leaf")),
    ),
    "Cat": thing("kind", kind=enum("cat"), sound=TEXT),
    "Dog": thing("kind", kind=enum("hound"), sound=TEXT),
    "Circle": full(type=enum("circle"), radius=TEXT, id=TEXT),
    "Square": full(type=enum("square"), width=TEXT, id=TEXT),
    "Short": thing(*"abc", **dict.fromkeys((*"abc", "id"), TEXT)),
    "Long": thing(*"abcd", **dict.fromkeys((*"abcd", "id"), TEXT)),
    "Sent": thing("key", "secret", key={**TEXT, "readOnly": True}, secret=TEXT, id=TEXT),
    "Problem": full(title=TEXT),
}


def answering(name: str, **responses: Node) -> Node:
    found = {code.strip("_"): {"description": "", **responses[code]} for code in responses}
    return {"get": operation(name, responses=found)}


def kinds(**media: Node) -> Node:
    return {"content": {name.replace("_", "/"): {"schema": media[name]} for name in media}}


LEAF_JSON, PROBLEM = content(ref("Leaf")), content(ref("Problem"))
LISTS = {
    "pets": one_of(ref("Cat"), ref("Dog")),
    "shapes": one_of(ref("Circle"), ref("Square")),
    "lines": one_of(ref("Short"), ref("Long")),
    "names": TEXT,
}
PATHS: Node = {
    "/tree/{treeId}": {
        "parameters": [parameter("path", "treeId")],
        "get": operation("tree", ref("Tree")),
    },
    **{f"/{name}": {"get": operation(name, listed(LISTS[name]))} for name in LISTS},
    "/free": {"get": operation("free", {})},
    "/sent": {
        "get": operation("sent", ref("Sent")),
        "post": operation("send", ref("Sent"), requestBody=content(ref("Sent"))),
    },
    "/graph": answering(
        "graph", _200=kinds(application_json=ref("Leaf"), text_csv=TEXT, application_pdf=FILE)
    ),
    "/note": answering("note", _200=kinds(application_json=ref("Leaf"), text_plain=TEXT)),
    "/fails": answering("fails", _2XX=content(TEXT), _404=PROBLEM, _5XX=PROBLEM),
    "/default": answering("default", default=LEAF_JSON, _400=PROBLEM),
    "/gone": answering("gone", _204={}, _4XX=PROBLEM),
    "/only": answering("only", _404=PROBLEM),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(api(SCHEMAS, paths=PATHS), tmp_path_factory.mktemp("reading"))


@pytest.fixture(scope="module")
def load(package: Path) -> Iterator[Load]:
    with imported(package) as found:
        yield found


@pytest.fixture
def get(load: Load) -> Get:
    """Call an operation of the bare generated client."""

    def call(name: str, body: Any = None, status: int = 200, **response: Any) -> Any:
        made = response or {"content": json.dumps(body)}
        transport = httpx.MockTransport(lambda _: httpx.Response(status, **made))
        client = load("").Client(base_url="http://x", httpx_args={"transport": transport})
        arguments = ["id"] if name == "tree" else []
        return load(f".api.t.{name}").sync(*arguments, client=client)

    return call


LEAF = {"name": "a", "when": "2026-01-01T00:00:00Z"}
TREE = {
    "id": ID,
    "born": "2026-06-16",
    "state": "on",
    "leaf": LEAF,
    "leaves": [LEAF, LEAF],
    "table": [["2026-01-01T00:00:00Z"], []],
    "by_name": {"x": LEAF},
    "count": 1,
    "level": 1,
    "anything": {"a": [1]},
    "either": LEAF,
}


def test_what_fits_is_typed_and_written_back_as_it_came(get: Get) -> None:
    tree = get("tree", TREE)
    assert (tree.id, tree.born) == (uuid.UUID(ID), dt.date(2026, 6, 16))
    assert tree.leaf.when == tree.table[0][0] == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert [leaf.name for leaf in (*tree.leaves, tree.by_name["x"], tree.either)] == ["a"] * 4
    assert tree.to_dict() == TREE
    assert copy.deepcopy(tree).to_dict() == pickle.loads(pickle.dumps(tree)).to_dict() == TREE


def test_a_field_that_is_missing_is_unset_at_any_depth(load: Load, get: Get) -> None:
    unset = load(".types").UNSET
    body = {"leaf": {}, "leaves": [{}], "by_name": {"x": {"name": "a"}, "y": {}}}
    tree = get("tree", body)
    assert tree.count is tree.id is tree.born is tree.table is unset
    assert tree.leaf.when is tree.leaves[0].name is tree.by_name["x"].when is unset
    assert tree.by_name["y"].name is unset
    assert tree.to_dict() == body


@pytest.mark.parametrize("name", TREE)
@pytest.mark.parametrize(
    "value", [None, True, 12, 1.0, "odd", "2026-13-45", [], ["odd", 1], {}, {"odd": None}], ids=repr
)
def test_a_value_of_another_kind_is_kept(name: str, value: Any, get: Get) -> None:
    tree = get("tree", {**TREE, name: value})
    written = tree.to_dict()[name]
    assert (type(written), written) == (type(value), value)
    others = get("tree", TREE)
    for field in TREE.keys() - {name}:
        assert getattr(tree, field) == getattr(others, field)


def test_an_odd_element_costs_none_of_the_others(get: Get) -> None:
    body = {"leaves": [LEAF, None, 3, {"new": 1}, [LEAF], LEAF], "by_name": {"x": 4, "y": LEAF}}
    tree = get("tree", body)
    assert tree.leaves[0] == tree.leaves[5] == tree.by_name["y"]
    assert tree.to_dict() == body


def test_links_in_a_map_of_models_are_no_model(get: Get) -> None:
    links = {"self": {"href": "/"}}
    assert get("tree", {"by_name": {"_links": links}}).by_name["_links"] == links


UTC = dt.datetime(2026, 6, 16, 12, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-06-16T12:30:00Z", UTC),
        ("2026-06-16t12:30:00z", UTC),
        ("2026-06-16 12:30:00.000Z", UTC),
        ("2026-06-16T14:30:00+02:00", UTC),
        ("2026-06-16T12:30:00-00:00", UTC),
        ("2026-06-16T12:30:00.5z", UTC.replace(microsecond=500_000)),
        ("2026-06-16T12:30:00.123456789Z", UTC.replace(microsecond=123_456)),
        ("2026-06-16T12:30:60Z", UTC.replace(second=59)),
        ("2026-06-16t12:30:60.25z", UTC.replace(second=59, microsecond=250_000)),
        ("2026-06-16T12:30:00", UTC.replace(tzinfo=None)),
        *((text, text) for text in ("2026-06-16T12:60:00Z", "2026-06-16", "20260616", "")),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it(text: str, read: Any, get: Get) -> None:
    leaf = get("default", {"name": "a", "when": text})
    assert leaf.when == read
    assert leaf.to_dict()["when"] == text


def test_what_is_calculated_from_a_time_is_written_anew(load: Load) -> None:
    leaf = load(".models").Leaf.from_dict(LEAF)
    leaf.when += dt.timedelta(days=1)
    assert leaf.to_dict()["when"] == "2026-01-02T00:00:00+00:00"
    assert pickle.loads(pickle.dumps(leaf)) == leaf


def test_an_id_that_was_read_is_a_path_segment(load: Load, get: Get) -> None:
    kwargs = load(".api.t.tree")._get_kwargs(get("tree", TREE).id)
    assert kwargs["url"] == f"/tree/{ID.lower()}"


def test_what_a_caller_makes_is_written_as_before(load: Load) -> None:
    models, types = load(".models"), load(".types")
    leaf = models.Leaf(name="a", when=UTC)
    fields = {**dict.fromkeys(TREE, types.UNSET), "leaf": leaf, "leaves": (leaf,), "either": "x"}
    tree = models.Tree(**{**fields, "id": uuid.UUID(ID), "born": UTC.date(), "state": "on"})
    tree["more"] = [1]
    tree["count"] = 2  # a field that the class has, and that is not set
    written = {"name": "a", "when": "2026-06-16T12:30:00+00:00"}
    assert tree.to_dict() == {
        "more": [1],
        "count": 2,
        "leaf": written,
        "leaves": [written],
        "either": "x",
        "id": ID.lower(),
        "born": "2026-06-16",
        "state": "on",
    }


def named(elements: list[Any]) -> list[str]:
    return [type(element).__name__ for element in elements]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("pets", [{"kind": "hound", "sound": "a"}, {"kind": "cat"}], ["Dog", "Cat"]),
        ("pets", [{"kind": "bird", "sound": "a"}, {"x": "a"}], ["dict", "dict"]),
        (
            "pets",
            [{"kind": None, "sound": "a"}, None, "cat", []],
            ["Cat", "NoneType", "str", "list"],
        ),
        ("shapes", [{"type": "square", "width": 1, "id": "a"}], ["Square"]),
        ("shapes", [{"width": "1", "id": "a"}, {"radius": "1", "id": "a"}], ["Square", "Circle"]),
        ("shapes", [{"type": "star", "width": "1", "id": "a"}, {}], ["dict", "dict"]),
        ("lines", [{"a": 1, "b": 2, "c": 3, "d": 4}, {"a": 1, "b": 2, "c": 3}], ["Long", "Short"]),
        (
            "lines",
            [{"type": "lo_ng"}, {**dict.fromkeys("abcd"), "type": "short"}],
            ["Long", "Short"],
        ),
        ("lines", [{"a": 1, "c": 3, "d": 4, "id": 5}, {"a": 1, "b": 3}], ["Long", "Short"]),
        ("lines", [{"a": 1, "b": 2, "c": 3, "_links": {}, "new": 1}, {"x": 1}], ["Short", "dict"]),
        ("lines", [{"a": 1, "b": 2, "x": 1, "y": 1, "z": 1}, {"a": 1, "id": 1}], ["dict", "Short"]),
    ],
)
def test_an_alternative_is_chosen_by_what_came(
    name: str, body: list[Any], expected: list[str], get: Get
) -> None:
    elements = get(name, body)
    assert named(elements) == expected
    assert [e.to_dict() if hasattr(e, "to_dict") else e for e in elements] == body


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("tree", [], "expected an object, not a list"),
        ("default", "text", "expected an object, not text"),
        ("default", None, "expected an object, not null"),
        ("pets", {"a": 1}, "expected a list, not an object"),
        ("names", 3, "expected a list, not a number"),
        ("fails", {}, "expected text, not an object"),
        ("fails", True, "expected text, not a boolean"),
    ],
)
def test_a_wholly_different_body_is_refused(name: str, body: Any, problem: str, get: Get) -> None:
    with pytest.raises(TypeError, match=f"^{problem}$"):
        get(name, body)


@pytest.mark.parametrize("body", [{"a": [1]}, [1], "a", 0, None, False])
def test_an_answer_of_any_type_is_given_as_it_came(body: Any, get: Get) -> None:
    assert get("free", body) == body


@pytest.mark.parametrize("media", ["application/json", "application/hal+json; charset=utf-8", ""])
def test_one_of_several_content_types_is_read_as_json(media: str, get: Get) -> None:
    headers = {"Content-Type": media} if media else {}
    assert get("graph", content=b'{"name": "a"}', headers=headers).name == "a"


def test_one_of_several_content_types_is_read_as_what_came(get: Get) -> None:
    def read(name: str, media: str) -> Any:
        return get(name, content=b"a,b", headers={"Content-Type": media})

    assert read("graph", "text/csv; charset=utf-8") == read("note", "Text/Plain") == "a,b"
    assert read("graph", "application/x-other").payload.read() == b"a,b"
    for name, media in (("note", "image/png"), ("note", "text/html"), ("graph", "text/html")):
        with pytest.raises(TypeError, match=f"not {media}$"):
            read(name, media)


def test_only_successes_are_in_types_and_models(load: Load, get: Get) -> None:
    def returned(name: str) -> str:
        return str(inspect.signature(load(f".api.t.{name}")._parse_response).return_annotation)

    assert "Problem" not in load(".models").__all__
    assert [returned(name) for name in ("fails", "gone", "only")] == ["str | None", "None", "None"]
    assert returned("default").endswith("Leaf'>")
    assert returned("graph").endswith(".File | made_api.models.leaf.Leaf | str | None")
    assert get("fails", "x", 204) == "x"
    assert get("fails", {"title": "x"}, 404) is get("gone", status=204) is get("only") is None


def test_what_only_the_server_writes_is_not_asked_for(load: Load, get: Get) -> None:
    sent = load(".models").Sent(secret="s")
    assert load(".api.t.send")._get_kwargs(body=sent)["content"] == b'{"secret":"s"}'
    assert get("sent", {"key": "k"}).key == "k"


def test_an_id_is_promised_in_answers_alone(package: Path, tmp_path: Path) -> None:
    use = package.parent / "use_made.py"
    use.write_text(
        "from made_api.api.t import shapes, lines\n"
        "from made_api.client import Client\n"
        "from made_api.models import Sent\n"
        "def ids(client: Client) -> list[str]:\n"
        "    found = [*(shapes.sync(client=client) or []), *(lines.sync(client=client) or [])]\n"
        "    return [each.id for each in found]\n"
        "Sent(secret='s')\n"
    )
    assert mypy(package, tmp_path / "cache") == ""
    assert mypy(use.with_suffix(""), tmp_path / "cache", "-m") == ""


def test_a_file_is_written_as_before(load: Load) -> None:
    file = load(".types").File(payload=io.BytesIO(b"a"), file_name="a.txt")
    assert load("._reading").write(file) == file.to_tuple()
