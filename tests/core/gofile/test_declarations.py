"""The package-level functions and variables of a Go file, as go/parser lists them."""

from __future__ import annotations

import pytest

from layerg_pin.core.gofile.declarations import code_of, declarations

MAIN = "package main\n\nfunc main() {}\n\n"


@pytest.mark.parametrize(
    "text",
    [
        "func InitModule() {}\n",
        "/* entry */ func InitModule() {}\n",
        "/*\n entry */ func InitModule() {}\n",
        "func /* entry */ InitModule() {}\n",
        "func // x\nInitModule() {}\n",
        "var A, /* c */ InitModule = 1, func() {}\n",
        "var A,\n\tInitModule = 1, func() {}\n",
        "var (\n\tA = (1)\n\tInitModule = func() {}\n)\n",
        "var ( /* c */ InitModule = func() {} )\n",
        "\rfunc\rInitModule() {}\n",
        "const s = `\n`; func InitModule() {}\n",
        "const quote, brace = '\"', '{'\nfunc InitModule() {}\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_plugin_lookup_finds(text: str, newline: str) -> None:
    assert "InitModule" in declarations(f"{MAIN}{text}".replace("\n", newline))


@pytest.mark.parametrize(
    "text",
    [
        "// Start is the entry point (InitModule in Nakama).\nfunc Start() {}\n",
        "// TODO; InitModule is missing\n",
        "/*\nfunc InitModule() {}\n*/\n",
        "const s = `\nfunc InitModule() {}\n`\n",
        "func InitModule[T any]() {}\n",
        "const (\n\tInitModule = 1\n)\n",
        "type (\n\tInitModule struct{}\n)\n",
        "type T struct {\n\tInitModule func()\n}\n",
        "type T interface {\n\tInitModule()\n}\n",
        "type T struct{}\nfunc (t T) InitModule() {}\n",
        "func Start() {\n\tvar InitModule = 1\n\t_ = InitModule\n}\n",
        "func Start() {\nInitModule:\n\tfor {\n\t\tbreak InitModule\n\t}\n}\n",
        "func Start(InitModule int) {}\n",
        "var (\n\tA = 1 +\n\t\tInitModule\n)\n",
        'import (\n\tInitModule "fmt"\n)\n',
        "func InitModule2() {}\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_plugin_lookup_does_not_find(text: str, newline: str) -> None:
    assert "InitModule" not in declarations(f"{MAIN}{text}".replace("\n", newline))


def test_all_names() -> None:
    text = "package p\nvar A, B int\nvar (\n\tC = f(1)\n\tD = []int{\n\t\t1,\n\t}\n)\nfunc E() {}\nfunc (T) F() {}\n"
    assert declarations(text).keys() == {"A", "B", "C", "D", "E"}


def test_where_they_are_and_what_they_are() -> None:
    text = 'package p // c\nvar A = `\n` + /* \n */ "x"\nvar (\n\tB = f(1,\n\t\t2)\n\tC = 3\n)\n'
    text += "func D(a /* b */ int) (e E) {}\n"
    found = declarations(text)
    assert {name: text[each.offset : each.offset + 1] for name, each in found.items()} == {
        each: each for each in "ABCD"
    }
    assert [each.is_function for each in found.values()] == [False, False, False, True]
    assert (found["D"].parameters.split(), found["D"].results.strip()) == (["a", "int"], "(e E)")
    assert len(code_of(text)) == len(text)
