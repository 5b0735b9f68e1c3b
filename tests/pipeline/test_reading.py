"""What generated code reads: what fits the document is typed, the rest is kept as it came."""

import ast
import copy
import datetime as dt
import inspect
import io
import json
import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.pipeline.select import select
from scripts.pipeline.walk import Node
from tests.pipeline import oas
from tests.pipeline.oas import TEXT, content, enum, form, listed, one_of, operation, put, ref, thing
from tests.pipeline.odd_answers import losses, plain
from tests.pipeline.samples import Sampler
from tests.pipeline.support import Load, mypy

ID = "12345678-1234-5678-1234-56781234567A"
Get = Callable[..., Any]


def full(**fields: Node) -> Node:
    """Make the schema of an object that has to have all its fields."""
    return thing(*fields, **fields)


SCHEMAS: Node = {
    "Good": enum("a", "b"),
    "Bad": enum("y", "z"),
    "Leaf": full(name=TEXT, when=form("date-time")),
    "Tree": full(
        id=form("uuid"),
        born=form("date"),
        state=enum("on", "off"),
        leaf=ref("Leaf"),
        leaves=listed(ref("Leaf")),
        table=listed(listed(form("date-time"))),
        by_name={"type": "object", "additionalProperties": ref("Leaf")},
        count=oas.NUMBER,
        level={"type": "integer", "enum": [1, 2]},
        anything={},
        either=one_of(TEXT, ref("Leaf")),
        grade=one_of(ref("Good"), ref("Bad")),
    ),
    "Cat": {**full(kind=enum("cat"), meow=TEXT, id=TEXT), "nullable": True},
    "Dog": full(kind=enum("hound"), bark=TEXT, id=TEXT),
    "Short": thing(*"abc", **dict.fromkeys((*"abc", "id"), TEXT)),
    "Long": thing(*"abcd", **dict.fromkeys((*"abcd", "id"), TEXT)),
    **dict.fromkeys(("GithubHook", "GitlabHook", "Matrix"), thing(type=TEXT, id=TEXT)),
    "Sent": thing(
        *("key", "secret", "no"),
        key={**TEXT, "readOnly": True},
        no={"allOf": [ref("Leaf")], "readOnly": True},
        secret=TEXT,
        id=TEXT,
    ),
    "Problem": full(title=TEXT),
}


PROBLEM = content(ref("Problem"))
NOTE = put(content(ref("Leaf")), ["content", "text/plain"], {"schema": ref("Leaf")})
# What an operation answers, by status.
ANSWERS: dict[str, Node] = {
    "free": {"200": content({})},
    "names": {"200": content(listed(one_of(TEXT, oas.FLAG, nullable=True)))},
    "pets": {"200": content(listed(one_of(ref("Cat"), ref("Dog"))))},
    "lines": {"200": content(listed(one_of(ref("Short"), ref("Long"))))},
    "hooks": {"200": content(listed(one_of(*map(ref, ("GithubHook", "GitlabHook", "Matrix")))))},
    "graph": {"200": put(NOTE, ["content", "application/x-ndjson"], {"schema": ref("Leaf")})},
    "note": {"200": NOTE},
    "fails": {"2XX": content(TEXT), "404": PROBLEM, "5XX": PROBLEM},
    "default": {"default": content(ref("Leaf")), "400": PROBLEM},
    "void": {"200": content({**thing(a=TEXT), "nullable": True}), "204": {"description": ""}},
    "gone": {"204": {"description": ""}, "4XX": PROBLEM},
    "only": {"404": PROBLEM},
}
DOCUMENT = oas.api(
    SCHEMAS,
    paths={
        "/tree/{treeId}": {
            "parameters": [oas.parameter("path", "treeId")],
            "get": operation("tree", ref("Tree")),
        },
        **{
            f"/{name}": {"get": operation(name, responses=found)} for name, found in ANSWERS.items()
        },
        "/sent": {
            "get": operation("sent", ref("Sent")),
            "post": operation("send", ref("Sent"), requestBody=content(ref("Sent"))),
        },
    },
)


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


UTC = dt.datetime(2026, 6, 16, 12, 30, tzinfo=dt.UTC)
LEAF = {"name": "a", "when": "2026-06-16T12:30:00Z"}
TREE = {**Sampler(DOCUMENT, choice=1).build(ref("Tree")), "id": ID, "leaf": LEAF}


def test_what_fits_is_typed_and_written_back_as_it_came(load: Load, get: Get) -> None:
    tree = get("tree", TREE)
    assert (tree.id, tree.born) == (uuid.UUID(ID), UTC.date())
    grades = [get("tree", {"grade": each}).grade for each in ("b", "z", "new")]
    assert [type(each).__name__ for each in grades] == ["Good", "Bad", "Good"]
    assert tree.leaf.when == tree.table[0][0] == UTC
    assert {
        type(leaf).__name__ for leaf in (*tree.leaves, tree.by_name["some key"], tree.either)
    } == {"Leaf"}
    assert tree.to_dict() == TREE
    assert copy.deepcopy(tree).to_dict() == pickle.loads(pickle.dumps(tree)).to_dict() == TREE
    assert load(".api.t.tree")._get_kwargs(tree.id)["url"] == f"/tree/{ID.lower()}"


def test_what_is_missing_new_or_of_another_kind_costs_nothing_else(load: Load) -> None:
    tried = list(losses("made_api", select(DOCUMENT, ["*"])))
    assert [told for told in tried if told] == []
    assert len(tried) > 900


def test_an_odd_element_costs_none_of_the_others(get: Get) -> None:
    links = {"self": {"href": "/"}}
    by_name = {"x": 4, "y": LEAF, "_links": links}
    body = {"leaves": [LEAF, None, 3, {"new": 1}, {}, LEAF], "by_name": by_name}
    tree = get("tree", body)
    assert tree.leaves[0] == tree.leaves[5] == tree.by_name["y"]
    assert type(tree.leaves[4]) is type(tree.leaves[0])
    assert tree.by_name["_links"] == links  # and no model
    assert tree.to_dict() == body


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-06-16T12:30:00Z", UTC),
        ("2026-06-16 12:30:00.000Z", UTC),
        ("2026-06-16T14:30:00+02:00", UTC),
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
    assert leaf.to_dict()["when"] == "2026-06-17T12:30:00+00:00"
    assert pickle.loads(pickle.dumps(leaf)) == leaf


def test_what_a_caller_makes_is_written_as_before(load: Load) -> None:
    models, types = load(".models"), load(".types")
    leaf = models.Leaf(name="a", when=UTC)
    simple = {"either": "x", "state": "on"}
    made = {"leaf": leaf, "leaves": (leaf,), "id": uuid.UUID(ID), "born": UTC.date(), **simple}
    tree = models.Tree(**{**dict.fromkeys(TREE, types.UNSET), **made})
    tree["more"] = [1]
    tree["count"] = 2  # a field that the class has, and that is not set
    written = {"name": "a", "when": "2026-06-16T12:30:00+00:00"}
    expected = {**simple, "more": [1], "count": 2, "id": ID.lower(), "born": "2026-06-16"}
    assert tree.to_dict() == {**expected, "leaf": written, "leaves": [written]}


CHOICES: list[tuple[str, list[Any], list[str]]] = [
    ("pets", [{"kind": "hound", "meow": "a", "id": "a"}, {"kind": "cat"}], ["Dog", "Cat"]),
    ("pets", [{"kind": "bird", "meow": "a", "id": "a"}, {}], ["dict", "dict"]),
    ("pets", [{"bark": 1, "id": "a"}, {"meow": "a", "kind": None}], ["Dog", "Cat"]),
    ("pets", [None, "cat", []], ["NoneType", "str", "list"]),
    ("hooks", [{"type": "gitlab"}, {"type": "matrix"}], ["GitlabHook", "Matrix"]),
    ("lines", [{"a": 1, "b": 2, "c": 3, "d": 4}, {"a": 1, "b": 2, "c": 3}], ["Long", "Short"]),
    ("lines", [{"type": "lo_ng"}, {**dict.fromkeys("abcd"), "type": "short"}], ["Long", "Short"]),
    ("lines", [{"a": 1, "c": 3, "d": 4, "id": 5}, {"a": 1, "b": 3}], ["Long", "Short"]),
    ("lines", [{"a": 1, "b": 2, "c": 3, "_links": {}, "new": 1}, {"x": 1}], ["Short", "dict"]),
    ("lines", [{"a": 1, "b": 2, "x": 1, "y": 1, "z": 1}, {"a": 1, "id": 1}], ["dict", "Short"]),
]


@pytest.mark.parametrize(("name", "body", "expected"), CHOICES)
def test_an_alternative_is_chosen_by_what_came(
    name: str, body: list[Any], expected: list[str], get: Get
) -> None:
    elements = get(name, body)
    assert [type(each).__name__ for each in elements] == expected
    assert plain(elements) == body


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("tree", [], "expected an object, not a list"),
        ("default", None, "expected an object, not null"),
        ("pets", {"a": 1}, "expected a list, not an object"),
        ("fails", True, "expected text, not a boolean"),
    ],
)
def test_a_wholly_different_body_is_refused(name: str, body: Any, problem: str, get: Get) -> None:
    with pytest.raises(TypeError, match=f"^{problem}$"):
        get(name, body)


@pytest.mark.parametrize("body", [{"a": [1]}, [1], "a", 0, None, False])
def test_an_answer_of_any_type_is_given_as_it_came(body: Any, get: Get) -> None:
    assert get("free", body) == body


def test_one_of_several_content_types_is_read_as_what_came(get: Get) -> None:
    def read(name: str, media: str, body: bytes = b"a,b") -> Any:
        return get(name, content=body, headers={"Content-Type": media} if media else {})

    for media in ("application/json", "application/hal+json; charset=utf-8", ""):
        assert read("graph", media, b'{"name": "a"}').name == "a"
    assert read("graph", "text/csv; charset=utf-8") == read("note", "Text/Plain") == "a,b"
    assert read("graph", "application/x-other").payload.read() == b"a,b"
    for name, media in (("note", "image/png"), ("note", "text/html"), ("graph", "text/html")):
        with pytest.raises(TypeError, match=f"not {media}$"):
            read(name, media)


def test_only_successes_are_in_types_and_models(load: Load, get: Get) -> None:
    def returned(name: str) -> str:
        return str(inspect.signature(load(f".api.t.{name}")._parse_response).return_annotation)

    assert [returned(name) for name in ("fails", "gone", "only")] == ["str | None", "None", "None"]
    assert returned("default").endswith("Leaf'>")
    assert "VoidResponse200" in returned("void")
    assert get("void", None) is get("void", status=204) is None
    assert returned("note") == "made_api.models.leaf.Leaf | str | None"
    assert returned("graph") == f"made_api.types.File | {returned('note')}"
    assert "Problem" not in load(".models").__all__
    assert get("fails", "x", 204) == "x"
    assert get("fails", {"title": "x"}, 404) is get("gone", status=204) is get("only") is None


def test_what_only_the_server_writes_is_not_asked_for(load: Load, get: Get) -> None:
    sent = load(".models").Sent(secret="s")
    assert load(".api.t.send")._get_kwargs(body=sent)["content"] == b'{"secret":"s"}'
    assert get("sent", {"key": "k"}).key == "k"


def test_an_id_is_promised_in_answers_alone(load: Load) -> None:
    models = load(".models")
    assert models.Long.__annotations__["id"] == models.Short.__annotations__["id"] == "str"
    assert models.Sent.__annotations__["id"] == "str | Unset"


def test_what_is_generated_is_typed(package: Path) -> None:
    assert mypy(package) == ""


def test_no_attribute_is_of_a_type_that_checkers_have_to_infer(package: Path) -> None:
    """`pyright --verifytypes` takes a model whose shape has one for partially unknown."""
    nodes = [*ast.walk(ast.parse((package / "_reading.py").read_text()))]
    made = [node for node in nodes if isinstance(node, ast.Assign)]
    own = [node for node in made if ast.unparse(node.targets[0]).startswith("self.")]
    assert own
    assert [ast.unparse(node) for node in own if not isinstance(node.value, ast.Name)] == []


def test_a_file_is_written_as_before(load: Load) -> None:
    file = load(".types").File(payload=io.BytesIO(b"a"), file_name="a.txt")
    assert load("._reading").write(file) == file.to_tuple()
