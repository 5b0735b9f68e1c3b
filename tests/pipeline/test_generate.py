"""The generated package: open, lazy, marked, stable in its names, the same on every machine."""

import ast
import copy
import inspect
import pickle
import shutil
from pathlib import Path

import pytest

from scripts import check_generated
from scripts.pipeline import generate, render
from scripts.pipeline.corrections import correct
from scripts.pipeline.generate import differences
from scripts.pipeline.repo import Repo
from scripts.pipeline.select import select
from scripts.pipeline.swap import Swap
from scripts.pipeline.verify import _COMMAND, verifying
from scripts.pipeline.walk import Node
from tests.pipeline.support import (
    DELETE,
    JUNE,
    ROOT,
    TEXT,
    api,
    content,
    enum,
    form,
    imported,
    listed,
    made,
    make,
    mypy,
    one_of,
    operation,
    parameter,
    published,
    python,
    query,
    read,
    ref,
    refused,
    small_repo,
    thing,
    unchanged,
)

COLOUR = enum("red", "green")
LEVEL: Node = {"type": "integer", "enum": [1, 2, -3]}
FUNCTIONS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")


def classes(document: Node) -> set[str]:
    return {
        name
        for name, schema in correct(select(document, ["*"]))["components"]["schemas"].items()
        if schema.get("type") == "object" or "enum" in schema
    }


def test_every_file_says_what_makes_it_and_the_package_says_it_is_typed() -> None:
    package = Repo().package
    files = list(package.rglob("*.py"))
    assert files
    assert all(file.read_text().startswith("# DO NOT EDIT. Made by `make gen") for file in files)
    assert (package / "py.typed").exists()


def test_an_operation_promises_no_errors_of_the_library_below(tmp_path: Path) -> None:
    """Which errors there are is the client's business."""
    with made(api({"Thing": thing(a=TEXT)}), tmp_path) as load:
        module = load(".api.t.all_")
    assert module.__doc__ == "GET /all"
    for name in FUNCTIONS:
        told = inspect.getdoc(getattr(module, name))
        assert told is not None
        assert told.startswith("GET /all\n\nReturns:\n    ")
        assert "Raises" not in told


def bare(package: Path) -> dict[str, str]:
    """Read modules without their docstrings."""
    found = {}
    for file in package.rglob("*.py"):
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = [part for part in node.body if not _is_text(part)]
        found[str(file.relative_to(package))] = ast.dump(tree)
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_prose_changes_docstrings_and_nothing_else(tmp_path: Path) -> None:
    said = 'It\'s """ \\N{x} of \\'
    spoken = TEXT | {"description": said}
    fields = thing(x={"allOf": [spoken, {"description": said}]})
    schemas = {
        "A": {**fields, "description": f"A {said}"},
        "Level": LEVEL,
        "B": thing(l={"allOf": [ref("Level"), {"description": said}]}),
    }
    union = one_of(thing(a=spoken), thing(a=TEXT), description=said)
    get = operation("a", ref("A"), summary=f"Sum {said}", description=f"Long {said}")
    paths = {
        "/a": {"get": get, "put": operation("b", union)},
        "/c": {"get": operation("c", listed(ref("B")))},
    }
    document = api(schemas, paths=paths)
    plain, told = (
        make(document, tmp_path / name, prose=prose)
        for name, prose in (("plain", False), ("told", True))
    )
    assert bare(plain) == bare(told)
    assert said not in (plain / "api" / "t" / "a.py").read_text()
    with imported(told) as load:
        for name in FUNCTIONS:
            text = inspect.getdoc(getattr(load(".api.t.a"), name)) or ""
            assert text.startswith("GET /a\n\nSum It's")
            assert "Long It's" in text
        assert (inspect.getdoc(load(".models").A) or "").startswith("A It's")
        assert "x (str | Unset): It's" in (inspect.getdoc(load(".models").A) or "")


def test_a_generated_client_shows_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = api({"Thing": thing(a=TEXT)})
    with made(document, tmp_path) as load:
        client, other = (
            load(".client").AuthenticatedClient("https://x", token="s3cret") for _ in range(2)
        )
        assert "s3cret" not in repr(client)
        assert client != other
        assert len({client, other}) == 2
    shutil.copytree(render.TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "client.py.jinja").unlink()
    monkeypatch.setattr(render, "TEMPLATES", tmp_path / "templates")
    with refused("client.py shows its token; mend templates/"):
        make(document, tmp_path / "again")


def test_an_unknown_enum_value_is_kept_as_it_came(tmp_path: Path) -> None:
    with made(api({"Colour": COLOUR, "Level": LEVEL}), tmp_path) as load:
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


def test_models_are_imported_when_they_are_first_used(tmp_path: Path) -> None:
    a, b = operation("a", ref("A")), operation("b", ref("B"))
    package = make(api({"A": thing(x=TEXT), "B": thing()}, get=a, put=b), tmp_path)
    script = """
import sys
import made_api.api.t.a, made_api.models as models
assert "made_api.models.a" in sys.modules and "made_api.models.b" not in sys.modules
assert {"A", "B"} <= set(dir(models))
from made_api.models import B
assert models.B is B and B.__module__ == "made_api.models.b"
from made_api.models import *
assert A and not hasattr(models, "C")
try:
    models.C
except AttributeError as error:
    assert "has no attribute 'C'" in str(error)
try:
    from made_api.models import C
except ImportError:
    pass
"""
    assert python("-W", "error", "-c", script, cwd=package.parent).stderr == ""


def test_type_checkers_see_every_model_and_no_other(tmp_path: Path) -> None:
    package = make(api({"A": thing(x=TEXT)}), tmp_path)
    user = package.parent / "user"
    user.mkdir()
    (user / "__init__.py").write_text(
        "from made_api.models import A, B\nreveal_type(A.from_dict({}).x)\n"
    )
    told = mypy(user)
    assert '"str | made_api.types.Unset"' in told
    assert 'has no attribute "B"' in told
    assert "Found 1 error" in told


NAMES = (
    *("d", "cls", "field_dict", "src_dict", "to_dict", "from_dict", "to_multipart", "self"),
    *("additional_properties", "additional_keys", "prop", "prop_name", "prop_dict", "files"),
    *("params", "headers", "cookies", "kwargs", "_kwargs", "response", "client", "body", "json"),
    *("cast", "quote", "types", "errors", "httpx", "UNSET", "Any", "Mapping", "T", "datetime"),
    *("date", "uuid", "class", "None", "id", "type", "url", "a-b", "a_b", "A_B", "1st", "é", ""),
    *("_links", "__class__", "tree", "tree_item", "tree_item_data", "json_tree", "model"),
)


def test_names_of_the_generated_code_can_be_names_of_fields(tmp_path: Path) -> None:
    fields = {name: thing(x=TEXT) for name in NAMES}
    whole = thing(**fields | {"tree": listed(ref("Model")), "date": form("date")})
    schemas = dict.fromkeys(("Model", "D", "Tree", "AdditionalProperties", "FieldDict"), whole)
    schemas["Prop"] = {**whole, "additionalProperties": ref("D")}
    package = make(api(schemas), tmp_path)
    value: Node = {name: {"x": name} for name in NAMES} | {"date": "2026-06-16"}
    value |= {"tree": [{"tree_item": {"x": "1"}}, {"tree": []}]}
    with imported(package) as load:
        for name in schemas:
            kind = getattr(load(".models"), name)
            assert kind.from_dict(value).to_dict() == value
    assert mypy(package) == ""


def test_names_of_the_generated_code_can_be_names_of_parameters(tmp_path: Path) -> None:
    names = [name for name in NAMES if name.isidentifier() and name not in ("a_b", "A_B")]
    parameters = [*map(query, names), query("items", listed(COLOUR)), query("json_items")]
    few = [parameter("path", "params"), *parameters[:10]]
    put = operation("a", parameters=few, requestBody=content(thing(x=TEXT)))
    get = operation("b", parameters=parameters)
    package = make(api(paths={"/a/{params}": {"put": put}, "/b": {"get": get}}), tmp_path)
    with imported(package) as load:
        sent = load(".api.t.a")._get_kwargs("p/1", field_dict="1")
        assert (sent["url"], sent["params"]) == ("/a/p%2F1", {"field_dict": "1"})
        sent = load(".api.t.b")._get_kwargs(json_items="x", headers_="y")
        assert sent["params"] == {"json_items": "x", "headers": "y"}
    assert mypy(package) == ""


INNER: Node = {"$ref": "#/components/schemas/A/properties/b"}
UNPRINTABLE = "a name that is not printable is not supported"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (
            api({"A": thing(**{"-a": TEXT, "b": TEXT, "+a": TEXT})}),
            "the generator left something out: Unable to process schema /components/schemas/A: ",
        ),
        (
            api({"A": thing(b=TEXT), "B": thing(c=INNER)}),
            "schema components.schemas.B.properties.c: a reference to a part of a schema is not",
        ),
        (api({"A": thing(**{"a\nb": TEXT})}), f"schema components.schemas.A: {UNPRINTABLE}"),
        (
            api(get=operation("a", parameters=[query("q\x7f")])),
            rf"query parameter q\x7f: {UNPRINTABLE}",
        ),
        (api(paths={"/a\u200b": {"get": operation("a")}}), rf"GET /a\u200b (a): {UNPRINTABLE}"),
    ],
)
def test_what_cannot_be_named_faithfully_is_refused(
    tmp_path: Path, document: Node, told: str
) -> None:
    with refused(told) as error:
        make(document, tmp_path)
    assert str(error.value).isprintable()


def test_brackets_part_the_words_of_an_argument(tmp_path: Path) -> None:
    wire = {
        "filter[id][eq]": "filter_id_eq",
        "filter[createdAt]": "filter_created_at",
        "ids[]": "ids",
        "class[]": "class_",
        "[x]": "x",
        "page_size": "page_size",
        "page[size]": "page_size_",
        "2[a]": "field_2_a",
    }
    with made(api(get=operation("a", parameters=[*map(query, wire)])), tmp_path) as load:
        sent = load(".api.t.a")._get_kwargs(**{name: name for name in wire.values()})
    assert sent["params"] == wire


def test_a_name_does_not_depend_on_what_is_beside_it() -> None:
    base = {"Project": thing(status=thing(a=TEXT), kind=COLOUR), "List": thing(x=COLOUR)}
    before = classes(api(base))
    own = {"AllResponse200", "List", "ListX", "Project", "ProjectKind", "ProjectStatus"}
    assert before == own
    more: Node = {"A": thing(status=COLOUR), "Zz": listed(thing(x=TEXT))}
    assert before <= classes(api({**more, **base}))
    taken = classes(api({**base, "ProjectStatus": TEXT | COLOUR}))
    assert taken >= before | {"ProjectStatusField"}


def test_places_with_one_natural_name_are_told_apart_by_their_place_alone() -> None:
    one, other = thing(bC=thing(x=TEXT)), thing(c=thing(y=TEXT))
    both = classes(api({"A": one, "AB": other}))
    assert both == classes(api({"AB": other, "A": one}))
    assert len([name for name in both if name.startswith("ABC") and name != "ABC"]) == 2
    assert both <= classes(api({"A": one, "AB": other, "C": thing(z=COLOUR)})) | both
    components = classes(api({"FooBar": one, "foo_bar": other, "FOOBar": other}))
    assert "FooBar" in components


@pytest.mark.parametrize("first", [True, False])
def test_classes_with_one_module_name_do_not_overwrite_each_other(
    tmp_path: Path, first: bool
) -> None:
    schemas = {"FOOBar": thing(a=TEXT), "FooBar": thing(b=TEXT)}
    with made(api(dict(sorted(schemas.items(), reverse=first))), tmp_path) as load:
        models = load(".models")
        assert models.FOOBar(a="1").to_dict() == {"a": "1"}
        assert models.FooBar(b="1").to_dict() == {"b": "1"}


def check(document: Node, package: Path) -> None:
    with verifying(document) as verified:
        verified(package, package.parent / "wrapper")


def test_a_missing_operation_and_a_broken_module_fail_the_verification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = api({"A": thing(x=TEXT)})
    package = make(document, tmp_path)
    model = package / "models" / "a.py"
    model.write_text("import no_such_module\n")
    with refused("made_api.models.a cannot be imported (ModuleNot"):
        check(document, package)
    model.write_text("")
    with refused("made_api.models:A cannot be imported"):
        check(document, package)
    (package / "api" / "t" / "all_.py").unlink()
    with refused("1 operations are selected, but 0 were generated"):
        check(document, package)
    monkeypatch.setattr("scripts.pipeline.verify._COMMAND", (*_COMMAND[:-1], "no_such_library"))
    with refused("is not whole: ", "No module named 'no_such_library'"):
        check({}, package.parent)


def test_what_is_committed_is_what_the_contract_makes() -> None:
    assert generate.drift(Repo()) == []


def test_generating_needs_a_contract(tmp_path: Path) -> None:
    told = "no spec/openapi.json; run `make regenerate` first"
    with Swap(Repo(tmp_path)) as swap, refused(told):
        generate.rebuild(Repo(tmp_path), swap.stage(Repo(tmp_path).package))


def test_the_last_line_says_what_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = small_repo(tmp_path)
    (repo.package / "types.py").write_text("# mine\n")
    for told in ("rebuilt", "unchanged"):
        assert generate.offline(repo) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == f"generated/upsun_api: {told}"


def test_a_selection_that_is_not_that_of_the_contract_is_named(tmp_path: Path) -> None:
    repo = small_repo(tmp_path)
    repo.operations.write_text("get-projects\nlist-*\n")
    told = (
        f"spec/operations.txt and spec/openapi.json differ in {DELETE}, get-projects, list-*;"
        " `make regenerate` brings them together"
    )
    for run in (generate.offline, check_generated.check):
        with refused(told), unchanged(repo):
            run(repo)
    repo.operations.write_text("*\n")
    assert generate.offline(repo) == 0


def test_the_same_document_gives_the_same_bytes_wherever_it_is_built(tmp_path: Path) -> None:
    document = select(read(published(JUNE)), ["get-projects", "create-projects-integrations"])
    script = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from scripts.pipeline.corrections import correct
from scripts.pipeline.render import render
document = json.loads(Path(sys.argv[1]).read_text())
render(correct(document), Path(sys.argv[2]) / "made_api")
"""
    (tmp_path / "document.json").write_bytes(generate.dump_json(document))
    for seed in ("1", "2"):
        home = tmp_path / f"home {seed}"
        home.mkdir()
        # A formatter's configuration above the target must not matter.
        (home / "ruff.toml").write_text("line-length = 40\n" if seed == "2" else "")
        arguments = ("-c", script, str(tmp_path / "document.json"), str(home))
        assert python(*arguments, PYTHONHASHSEED=seed, PATH="", LC_ALL="C").stderr == ""
    assert differences(tmp_path / "home 1" / "made_api", tmp_path / "home 2" / "made_api") == []
