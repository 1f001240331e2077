"""Every form of line in a vendor/modules.txt, and the result for invalid ones."""

from __future__ import annotations

import pytest

from layerg_pin.core.gomod.modules_txt import ModulesTxt, VendoredModule, parse_modules_txt

WHOLE = """\
# example.com/a v1.0.0
## explicit; go 1.21
example.com/a
example.com/a/sub
# example.com/b v1.2.0 => example.com/fork v1.2.1
## explicit
example.com/b
# example.com/c v0.0.0 => ../c
## explicit; go 1.17
example.com/c/internal/x
# example.com/d v2.0.0+incompatible
example.com/d
# example.com/e v0.0.0-20210101000000-abcdefabcdef
## go 1.16
# example.com/b => example.com/fork v1.2.1
# example.com/c => ../c
"""


def test_every_form_of_line() -> None:
    read = parse_modules_txt(WHOLE)
    assert read.problems == ()
    assert not read.workspace
    assert [_content(module) for module in read.modules] == [
        ("example.com/a", "v1.0.0", None, None, True, "1.21", ("example.com/a", "example.com/a/sub")),
        ("example.com/b", "v1.2.0", "example.com/fork", "v1.2.1", True, None, ("example.com/b",)),
        ("example.com/c", "v0.0.0", "../c", None, True, "1.17", ("example.com/c/internal/x",)),
        ("example.com/d", "v2.0.0+incompatible", None, None, False, None, ("example.com/d",)),
        ("example.com/e", "v0.0.0-20210101000000-abcdefabcdef", None, None, False, "1.16", ()),
        ("example.com/b", None, "example.com/fork", "v1.2.1", False, None, ()),
        ("example.com/c", None, "../c", None, False, None, ()),
    ]


def test_spans_hold_the_path_and_the_version() -> None:
    read = parse_modules_txt(WHOLE)
    assert [WHOLE[module.span.start : module.span.end] for module in read.modules] == [
        "example.com/a v1.0.0",
        "example.com/b v1.2.0",
        "example.com/c v0.0.0",
        "example.com/d v2.0.0+incompatible",
        "example.com/e v0.0.0-20210101000000-abcdefabcdef",
        "example.com/b",
        "example.com/c",
    ]


def test_a_go_work_is_named_at_the_module_line() -> None:
    assert parse_modules_txt("## workspace\n" + WHOLE).workspace
    assert _same(parse_modules_txt("## workspace\n" + WHOLE), parse_modules_txt(WHOLE))
    assert not parse_modules_txt("# example.com/a v1.0.0\n## workspace\nexample.com/a\n").workspace


def test_nothing_is_read_in_an_empty_file() -> None:
    for text in ("", "\n", "\n\n \n\t\n"):
        assert parse_modules_txt(text) == ModulesTxt(text, (), False, ())


def test_line_ends_of_windows_change_nothing() -> None:
    """A checkout can convert line ends; Go splits each line into fields and ignores them."""
    assert _same(parse_modules_txt(WHOLE.replace("\n", "\r\n")), parse_modules_txt(WHOLE))
    assert parse_modules_txt(WHOLE.replace("\n", "\r\n")).problems == ()
    assert parse_modules_txt(f"## workspace\n{WHOLE}".replace("\n", "\r\n")).workspace


def test_blanks_between_fields_do_not_matter() -> None:
    assert _same(
        parse_modules_txt("#  example.com/a \t v1.0.0  =>   ../a \n##  explicit ;  go 1.21 \n  example.com/a  \n"),
        parse_modules_txt("# example.com/a v1.0.0 => ../a\n## explicit; go 1.21\nexample.com/a\n"),
    )


def test_remarks_on_several_lines_add_up() -> None:
    (module,) = parse_modules_txt("# example.com/a v1.0.0\n## go 1.21\n## explicit\n## later; unknown\n").modules
    assert (module.explicit, module.go) == (True, "1.21")


def test_a_file_without_its_last_line_end_is_read() -> None:
    (module,) = parse_modules_txt("# example.com/a v1.0.0\nexample.com/a").modules
    assert module.packages == ("example.com/a",)


@pytest.mark.parametrize(
    "line",
    [
        "# example.com/x",
        "# example.com/x 1.0.0",
        "# example.com/x version",
        "# example.com/x v1.0.0.0",
        "# example.com/x -> ../x",
        "# ",
    ],
)
def test_a_broken_module_line_hides_its_packages_and_is_reported_once(line: str) -> None:
    before = "# example.com/a v1.0.0\nexample.com/a\n"
    after = "# example.com/b v1.0.0\nexample.com/b\n"
    text = f"{before}{line}\n## explicit; go 1.21\nexample.com/x\nexample.com/x/y\n{after}"
    read = parse_modules_txt(text)
    assert _same(read, parse_modules_txt(before + after))
    (problem,) = read.problems
    assert text[problem.span.start : problem.span.end] == line.strip()


@pytest.mark.parametrize(
    "rest", ["v1.1.0", "=>", "=> ../x y", "=> example.com/y v1.0.0 v1.1.0", "-> ../x", "=> a 1.0.0"]
)
def test_a_broken_replacement_leaves_its_module(rest: str) -> None:
    """Go ignores the replacement as well, and keeps the module and its packages."""
    text = f"# example.com/x v1.0.0 {rest}\nexample.com/x\n"
    read = parse_modules_txt(text)
    (module,) = read.modules
    assert _content(module) == ("example.com/x", "v1.0.0", None, None, False, None, ("example.com/x",))
    (problem,) = read.problems
    assert text[problem.span.start : problem.span.end] == f"# example.com/x v1.0.0 {rest}"


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< HEAD",
        "=======",
        ">>>>>>> feature/x",
        "||||||| base",
        "example.com/a b",
        "a\x00b",
        "#",
        "##",
        "a//b",
        "/a",
    ],
)
def test_each_invalid_line_is_a_problem(line: str) -> None:
    before, after = "# example.com/a v1.0.0\nexample.com/a\n", "example.com/a/sub\n"
    text = f"{before}{line}\n{after}"
    read = parse_modules_txt(text)
    assert _same(read, parse_modules_txt(before + after))
    (problem,) = read.problems
    assert text[problem.span.start : problem.span.end] == line


@pytest.mark.parametrize("line", ["-------", "...", "example.com/a/", "example.com/../a", "a/.", "-x", "a."])
def test_a_line_that_is_not_an_import_path_is_not_a_package(line: str) -> None:
    """Go: module.CheckImportPath."""
    read = parse_modules_txt(f"# example.com/a v1.0.0\n{line}\n")
    assert read.modules[0].packages == ()
    assert len(read.problems) == 1


def test_a_conflict_leaves_both_sides_read() -> None:
    text = (
        "# example.com/a v1.0.0\nexample.com/a\n<<<<<<< HEAD\n# example.com/b v1.0.0\n=======\n"
        "# example.com/b v1.1.0\n>>>>>>> theirs\nexample.com/b\n"
    )
    read = parse_modules_txt(text)
    assert [(module.path, module.version, module.packages) for module in read.modules] == [
        ("example.com/a", "v1.0.0", ("example.com/a",)),
        ("example.com/b", "v1.0.0", ()),
        ("example.com/b", "v1.1.0", ("example.com/b",)),
    ]
    assert [text[: problem.span.start].count("\n") for problem in read.problems] == [2, 4, 6]


def test_packages_above_the_first_module_are_problems() -> None:
    read = parse_modules_txt("example.com/a\n# example.com/b v1.0.0\nexample.com/b\n")
    assert [module.path for module in read.modules] == ["example.com/b"]
    assert [(problem.span.start, problem.span.end) for problem in read.problems] == [(0, 13)]


def test_a_truncated_file_gives_what_is_before_the_cut() -> None:
    whole = parse_modules_txt(WHOLE)
    for end in range(len(WHOLE)):
        cut = WHOLE[:end]
        read = parse_modules_txt(cut)
        lines = cut.count("\n")
        complete = parse_modules_txt("".join(f"{line}\n" for line in WHOLE.splitlines()[:lines]))
        assert len(complete.modules) <= len(read.modules) <= len(complete.modules) + 1
        assert read.modules[: max(0, len(complete.modules) - 1)] == whole.modules[: max(0, len(complete.modules) - 1)]
        assert all(cut.count("\n", 0, problem.span.start) == lines for problem in read.problems)


def _content(module: VendoredModule) -> tuple[object, ...]:
    return (
        module.path,
        module.version,
        module.replacement,
        module.replacement_version,
        module.explicit,
        module.go,
        module.packages,
    )


def _same(left: ModulesTxt, right: ModulesTxt) -> bool:
    """Whether two files have the same modules with the same content, at any positions."""
    return [_content(module) for module in left.modules] == [_content(module) for module in right.modules]
