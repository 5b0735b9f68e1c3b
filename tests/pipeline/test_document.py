"""From bytes to a document: what is none, and says so in one line."""

import json

import pytest

from scripts.pipeline.document import parse
from tests.pipeline.oas import api, ref
from tests.pipeline.support import refused

GOOD = api({"A": {"type": "object"}})
CIRCLE = api({"H": ref("D"), "D": ref("E"), "E": ref("D")})  # which H leads into
YAML = "\n".join(f"{key}: {json.dumps(value)}" for key, value in GOOD.items())
BOMB = "a0: &a0 [1]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)
)
BAD = {
    "blank": (b" \n", "and begins with ''"),
    "html": (b"<!doctype html>\n<a>x: y: z</a>", "and begins with '<!doctype html>"),
    "empty object": (b"{}", "and begins with '{}'"),
    "list": (b"[]", "and begins with '[]'"),
    "truncated": (json.dumps(GOOD).encode()[:-9], "line 1 column"),
    "utf-16": ("{}".encode("utf-16"), "is not UTF-8; check SPEC_URL ("),
    "swagger": (b'{"swagger": "2.0", "paths": {}}', "no OpenAPI 3 document ("),
    "no paths": (b'{"openapi": "3.0.1", "info": {"title": "x"}}', "has no paths"),
    "key twice": (b'{"openapi": "3.0.1", "openapi": "3.0.2"}', "the key 'openapi' twice"),
    "NaN": (b'{"a": NaN}', "NaN is no number"),
    "endless integer": (b'{"a": ' + b"9" * 5000 + b"}", "is not valid JSON; truncated? ("),
    "deep": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "is not valid JSON; truncated? ("),
    "deep lists": (b"[" * 500 + b"]" * 500, "is nested deeper"),
    "many values": (b"[" + b"1," * 2_000_001 + b"1]", "has more than 2000000 values"),
    "circle": (json.dumps(CIRCLE).encode(), "goes round in a circle"),
    "dangling": (json.dumps(api({"A": ref("B")})).encode(), "'#/components/schemas/B' points at"),
    "yaml key twice": (b"a: 1\na: 2\n", "line 2: not valid YAML (the key 'a' twice"),
    "yaml tag": (b"a: !!python/object:os.system x\n", "is not supported"),
    "yaml tag that lies": (b"a: !!bool yes\n", "line 1: not valid YAML (the tag tag:yaml.org,20"),
    "yaml tag of another kind": (b"a: !!map [x]\n", "map is not supported here"),
    "yaml tag of a key": (b"!!python/name:os.system x: 1\n", "a key that is no text"),
    "yaml that says nothing": (b"# nothing\n", "and begins with '# nothing"),
    "yaml circle": (b"a: &a\n  b: *a\n", "recursive node"),
    "yaml unknown alias": (b"a: *b\n", "line 1: not valid YAML (found undefined alias)"),
    "yaml list as a key": (b"? [a]\n: 1\n", "a key that is no text"),
    "yaml that explodes": (BOMB.encode(), "do its aliases explode"),
    "two yaml documents": (b"--- a\n--- b\n", "found another document"),
    "deep yaml": (b"a: " + b"[" * 150 + b"]" * 150, "nested deeper"),
}


@pytest.mark.parametrize(("body", "told"), BAD.values(), ids=BAD)
def test_what_is_no_document_says_so_in_one_line(body: bytes, told: str) -> None:
    with refused(told, "here"):
        parse(body, "here")


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert parse(json.dumps(GOOD).encode("utf-8-sig"), "here") == GOOD


def test_yaml_values_are_those_of_json() -> None:
    lines = [YAML, "y: &o {text: '1'}", "z: *o"]
    lines += ["x:", "  date: 2020-01-01", "  norway: no", "  octal: 0o7", "  v: 1.2.3"]
    lines += ["  one: 1.0", "  half: .5", "  none: ~", "  yes: true", "  200: status"]
    found = parse("\n".join(lines).encode(), "here")
    texts = {"date": "2020-01-01", "norway": "no", "octal": "0o7", "v": "1.2.3", "200": "status"}
    assert found["x"] == {**texts, "one": 1, "half": 0.5, "none": None, "yes": True}
    assert found["y"] == found["z"] == {"text": "1"}
