"""The generated package: open, lazy, marked, stable in its names, the same on every machine."""

import ast
import copy
import inspect
import json
import pickle
import shutil
import sys
from pathlib import Path

import pytest

from scripts import check_generated
from scripts.check_spec import check_spec
from scripts.pipeline import contract, document, generate, render
from scripts.pipeline.corrections import correct
from scripts.pipeline.repo import Repo
from scripts.pipeline.select import select
from scripts.pipeline.verify import verify
from scripts.pipeline.walk import Node
from tests.pipeline import oas, support
from tests.pipeline.oas import TEXT, api, content, listed, one_of, operation, query, ref, thing
from tests.pipeline.support import ROOT, Load, imported, make, mypy, python, refused, small_repo

COLOUR = oas.enum("red", "green")
LEVEL: Node = {"type": "integer", "enum": [1, 2, -3]}
NAMES = (
    *("d", "cls", "field_dict", "src_dict", "to_dict", "from_dict", "to_multipart", "self"),
    *("additional_properties", "additional_keys", "prop", "prop_name", "prop_dict", "files"),
    *("params", "headers", "cookies", "kwargs", "_kwargs", "response", "client", "body", "json"),
    *("cast", "quote", "types", "errors", "httpx", "UNSET", "Any", "Mapping", "T", "datetime"),
    *("date", "uuid", "class", "None", "id", "type", "url", "a-b", "a_b", "A_B", "1st", "é", ""),
    *("_links", "t", "__class__", "tree", "tree_item", "tree_item_data", "json_tree", "model"),
    *("UUID", "unset", "any", "sync_detailed"),
)
BRACKETS = {"filter[id][eq]": "filter_id_eq", "filter[createdAt]": "filter_created_at"}
BRACKETS |= {"ids[]": "ids", "class[]": "class_", "[x]": "x", "2[a]": "field_2_a"}
BRACKETS |= {"page_size": "page_size", "page[size]": "page_size_"}
WHOLE = thing(
    **dict.fromkeys(NAMES, thing(x=TEXT)) | {"tree": listed(ref("Model")), "date": oas.form("date")}
)
NAMED: Node = {
    **dict.fromkeys(("Model", "D"), WHOLE),
    **dict.fromkeys(("Tree", "AdditionalProperties", "FieldDict"), thing(x=TEXT)),
    "Prop": {**WHOLE, "additionalProperties": ref("D")},
}
SCHEMAS: Node = {**NAMED, "A": thing(x=TEXT), "FooBar": thing(b=TEXT)}
SCHEMAS |= {"Colour": COLOUR, "Level": LEVEL}
TWINS = ("a_b", "A_B", "t", "UUID", "unset", "any")  # of which a query has one alone
QUERIES = [query(name) for name in NAMES if name.isidentifier() and name not in TWINS]
MANY = [*QUERIES, query("items", listed(COLOUR)), query("json_items")]
CASED = {status: content(ref(name)) for status, name in (("200", "FOOBar"), ("201", "FooBar"))}
DOCUMENT = api(
    {**SCHEMAS, "FOOBar": thing(a=TEXT)},  # whose module would have the name of the other's
    paths={
        "/a": {"get": operation("a", ref("A")), "put": operation("b", one_of(*map(ref, SCHEMAS)))},
        "/a/{params}": {
            "parameters": [oas.parameter("path", "params"), *QUERIES[:10]],
            "put": operation("few", requestBody=content(ref("FOOBar")), responses=CASED),
        },
        "/b": {"get": operation("many", parameters=MANY)},
        "/c": {"get": operation("brackets", parameters=[*map(query, BRACKETS)])},
    },
)


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def code(package: Path) -> dict[Path, str]:
    """Read modules without their docstrings."""
    trees = {
        file.relative_to(package): ast.parse(file.read_text()) for file in package.rglob("*.py")
    }
    return {name: ast.dump(_WithoutDocstrings().visit(tree)) for name, tree in trees.items()}


def test_prose_changes_docstrings_and_nothing_else(tmp_path: Path) -> None:
    said = 'It\'s """ \\N{x} of \\'
    spoken = TEXT | {"description": said}
    fields = thing(x={"allOf": [spoken, {"description": said}]})
    schemas = {"A": {**fields, "description": f"A {said}"}, "Level": LEVEL}
    schemas |= {"B": thing(l={"allOf": [ref("Level"), {"description": said}]})}
    union = one_of(thing(a=spoken), thing(a=TEXT), description=said)
    get = operation("a", ref("A"), summary=f"Sum {said}", description=f"Long {said}")
    others = {"put": operation("b", union), "post": operation("c", listed(ref("B")))}
    document = api(schemas, get=get, **others)
    plain, told = (make(document, tmp_path / str(prose), prose=prose) for prose in (False, True))
    assert code(plain) == code(told)
    assert said not in (plain / "api" / "t" / "a.py").read_text()
    for package, start in ((plain, "GET /a\n\nReturns:\n    "), (told, "GET /a\n\nSum It's")):
        with imported(package) as load:
            assert load(".api.t.a").__doc__ == "GET /a"
            for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
                text = inspect.getdoc(getattr(load(".api.t.a"), name)) or ""
                assert text.startswith(start)
                assert ("Long It's" in text) is (package is told)
                assert "Raises" not in text  # which errors there are is the client's business
            model = inspect.getdoc(load(".models").A) or ""
    assert model.startswith("A It's")
    assert "x (str | Unset): It's" in model


def test_a_generated_client_shows_no_token(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = load(".client").AuthenticatedClient
    client, other = (kind("https://x", token="s3cret") for _ in range(2))
    assert "s3cret" not in repr(client)
    assert client != other
    assert len({client, other}) == 2
    shutil.copytree(render.TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "client.py.jinja").unlink()
    monkeypatch.setattr(render, "TEMPLATES", tmp_path / "templates")
    with refused("client.py shows its token; mend templates/"):
        make(api(get=operation("a")), tmp_path)


def test_an_unknown_enum_value_is_kept_as_it_came(load: Load) -> None:
    colour, level = load(".models").Colour, load(".models").Level
    blue = colour("blue")
    assert (blue.value, str(blue), repr(blue)) == ("blue", "blue", "<Colour.blue: 'blue'>")
    assert isinstance(blue, colour)
    assert blue == "blue"
    assert {blue, colour("blue"), colour.RED} == {"blue", "red"}
    assert colour("red") is colour.RED
    assert list(colour) == [colour.GREEN, colour.RED]
    assert pickle.loads(pickle.dumps(blue)) == copy.deepcopy(blue) == blue
    assert (level(9).value, str(level(9)), level(-3).name) == (9, "9", "VALUE_NEGATIVE_3")
    for kind, value in ((colour, 1), (colour, None), (level, "1")):
        with pytest.raises(ValueError, match="is not a valid"):
            kind(value)


def test_models_are_imported_when_they_are_first_used(load: Load) -> None:
    load(".api.t.a")
    models = load(".models")
    assert [name for name in sys.modules if "made_api.models." in name] == ["made_api.models.a"]
    assert {"A", "Colour"} <= set(dir(models))
    assert models.Colour is models.Colour
    assert models.Colour.__module__ == "made_api.models.colour"
    for name in ("C", "colour_"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(models, name)


def test_type_checkers_see_every_model_and_no_other(package: Path) -> None:
    assert mypy(package) == ""
    user = package.parent / "user"
    user.mkdir()
    (user / "__init__.py").write_text(
        "from made_api.models import A, B\nreveal_type(A.from_dict({}).x)\n"
    )
    told = mypy(user)
    assert '"str | made_api.types.Unset"' in told
    assert 'has no attribute "B"' in told
    assert "Found 1 error" in told


def test_names_of_the_generated_code_can_be_names_of_fields(load: Load) -> None:
    models = load(".models")
    value: Node = {name: {"x": name} for name in NAMES} | {"date": "2026-06-16"}
    value |= {"tree": [{"tree_item": {"x": "1"}}, {"tree": []}]}
    for name in NAMED:
        assert getattr(models, name).from_dict(value).to_dict() == value
    assert models.FOOBar(a="1").to_dict() == {"a": "1"}
    assert models.FooBar(b="1").to_dict() == {"b": "1"}


def test_names_of_the_generated_code_can_be_names_of_parameters(load: Load) -> None:
    sent = load(".api.t.few")._get_kwargs("p/1", field_dict="1")
    assert (sent["url"], sent["params"]) == ("/a/p%2F1", {"field_dict": "1"})
    sent = load(".api.t.many")._get_kwargs(json_items="x", headers_="y")
    assert sent["params"] == {"json_items": "x", "headers": "y"}
    sent = load(".api.t.brackets")._get_kwargs(**{name: name for name in BRACKETS.values()})
    assert sent["params"] == BRACKETS


INNER: Node = {"$ref": "#/components/schemas/A/properties/b"}
DOTTED = operation("a", parameters=[oas.parameter("path", "b.c")])
UNPRINTABLE = "a name that is not printable is not supported"
LEFT_OUT = "the generator left something out: "
REFUSED: list[tuple[Node, str]] = [
    (api({"A": thing(**{"-a": TEXT, "+a": TEXT})}), f"{LEFT_OUT}Unable to process schema /compon"),
    (api({"A": thing(b=TEXT), "B": thing(c=INNER)}), "schemas.B.properties.c: a reference to a p"),
    (api({"A": thing(**{"a\nb": TEXT})}), f"schema components.schemas.A: {UNPRINTABLE}"),
    (api(get=operation("a", parameters=[query("q\x7f")])), rf"parameter q\x7f: {UNPRINTABLE}"),
    (api(paths={"/a\u200b": {"get": operation("a")}}), rf"GET /a\u200b (a): {UNPRINTABLE}"),
    (api({"L": listed(ref("L")), "A": thing(x=ref("L"))}), LEFT_OUT),
    (api(paths={"/{b.c}": {"get": DOTTED}}), LEFT_OUT),
]


@pytest.mark.parametrize(("document", "told"), REFUSED)
def test_what_cannot_be_generated_whole_is_refused(
    tmp_path: Path, document: Node, told: str
) -> None:
    with refused(told) as error:
        make(document, tmp_path)
    assert str(error.value).isprintable()


def classes(**schemas: Node) -> set[str]:
    """Name the classes that are made of schemas, and of the answer that has them all."""
    made = correct(select(api(schemas), ["*"]))["components"]["schemas"]
    return {name for name in made if made[name].get("type") == "object" or "enum" in made[name]}


def test_a_name_does_not_depend_on_what_is_beside_it() -> None:
    base = {"Project": thing(status=thing(a=TEXT), kind=COLOUR), "List": thing(x=COLOUR)}
    before = classes(**base)
    own = {"AllResponse200", "List", "ListX", "Project", "ProjectKind", "ProjectStatus"}
    assert before == own
    assert before <= classes(A=thing(status=COLOUR), Zz=listed(thing(x=TEXT)), **base)
    taken = classes(**base, ProjectStatus=TEXT | COLOUR)
    assert taken >= before | {"ProjectStatusField"}


def test_places_with_one_natural_name_are_told_apart_by_their_place_alone() -> None:
    one, other = thing(bC=thing(x=TEXT)), thing(c=thing(y=TEXT))
    both = classes(A=one, AB=other)
    assert len([name for name in both if name.startswith("ABC") and name != "ABC"]) == 2
    assert both == classes(AB=other, A=one) < classes(A=one, AB=other, C=thing(z=COLOUR))
    assert "FooBar" in classes(FooBar=one, foo_bar=other, FOOBar=other)


def test_a_missing_operation_and_a_broken_module_fail_the_verification(tmp_path: Path) -> None:
    document = api({"A": thing(x=TEXT)})
    package = make(document, tmp_path)
    model = package / "models" / "a.py"
    model.write_text("import no_such_module\n")
    with refused("made_api.models.a cannot be imported (ModuleNot"):
        verify(document, package, tmp_path / "wrapper")
    model.write_text("")
    with refused("made_api.models:A cannot be imported"):
        verify(document, package, tmp_path / "wrapper")
    (package / "api" / "t" / "all_.py").unlink()
    with refused("1 operations are selected, but 0 were generated"):
        verify(document, package, tmp_path / "wrapper")


def test_each_module_says_that_it_is_made(package: Path) -> None:
    for file in package.rglob("*.py"):
        assert file.read_text().startswith("# DO NOT EDIT. Made by `make gen")


def test_a_tree_without_a_contract_is_told(tmp_path: Path) -> None:
    for run in (generate.offline, lambda repo: check_spec({}, repo)):
        with refused("no spec/openapi.json; run `make regenerate` first"):
            run(Repo(tmp_path))


def test_a_selection_that_is_not_that_of_the_contract_is_named(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    repo.operations.write_text("no-such\nno-*\n")
    there = contract.names(document.parse(repo.contract.read_bytes(), "the contract"))
    differ = ", ".join(sorted({*there, "no-such", "no-*"}))
    told = f"spec/operations.txt and spec/openapi.json differ in {differ}; `make regenerate` brings"
    for run in (generate.offline, check_generated.check):
        with refused(told), support.unchanged(repo):
            run(repo)
    repo.operations.write_text("*\n")
    assert generate.offline(repo) == 0


@pytest.mark.parametrize("odd", [None, True, "x", []])
def test_a_contract_that_was_broken_by_hand_is_told(tmp_path: Path, odd: object) -> None:
    repo = small_repo(tmp_path)
    broken = oas.put(json.loads(repo.contract.read_text()), ["paths", "/a"], odd)
    repo.contract.write_text(json.dumps(broken))
    repo.operations.write_text("*\n")
    with refused("not valid OpenAPI: paths./a: "), support.unchanged(repo):
        generate.offline(repo)


def test_the_same_document_gives_the_same_bytes_anywhere(package: Path, tmp_path: Path) -> None:
    script = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from scripts.pipeline.corrections import correct
from scripts.pipeline.render import render
render(correct(json.loads(Path("document.json").read_text())), Path("made_api").absolute())
"""
    (tmp_path / "document.json").write_bytes(generate.dump_json(select(DOCUMENT, ["*"])))
    # A formatter's configuration above the target must not matter.
    (tmp_path / "ruff.toml").write_text("line-length = 40\n")
    env = {"PYTHONHASHSEED": "1", "PATH": "", "LC_ALL": "C"}
    assert python("-c", script, cwd=tmp_path, env=env).stderr == ""
    assert generate.differences(tmp_path / "made_api", package) == []
