"""Hypothesis strategies for texts: arbitrary, nearly go.mod, valid go.mod."""

from __future__ import annotations

from itertools import cycle
from random import Random

from hypothesis import strategies as st

from layerg_pin.core.model.modules import ModuleVersion
from tests.core.go_reading import damaged
from tests.core.gomod.odd_gomods import ODD_GOMODS

ANYTHING = st.text(
    st.one_of(
        st.characters(),
        st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"]),
        st.sampled_from("\r\n\t \u0085\u2028\u2029\x0b\x0c\x1c\ufeff\U0001f600\ud83d\udc80\udcff()[]{},\"`'/*\\#=><"),
    ),
    max_size=60,
)
"""Any text, with more odd line ends, astral characters and lone surrogates than usual."""

_WORDS = (
    *("module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore", "use"),
    *(
        "# ",
        "## ",
        "## explicit; go 1.21",
        "=>",
        "// indirect",
        "// indirect; x",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\n",
        "\r\n",
    ),
    *(
        "example.com/a",
        "example.com/a/v2",
        "gopkg.in/a.v1",
        "v1.0.0",
        "v1.2",
        "v2.0.0+incompatible",
        "1.21",
        "go1.21.0",
    ),
    *('"', "`", "/*", "\\", "../a", "a=b", "\t", " "),
)
NEARLY = st.one_of(
    st.lists(st.one_of(st.sampled_from(_WORDS), st.just(" ")), max_size=60).map("".join),
    st.lists(st.one_of(st.sampled_from(_WORDS), ANYTHING), max_size=30).map(" ".join),
    st.builds(
        damaged,
        st.sampled_from([odd for odd in ODD_GOMODS.values() if isinstance(odd, str) and len(odd) < 2000]),
        st.integers(0, 10**6).map(Random),
    ),
)
"""Texts of words from go.mod, go.work and modules.txt, mostly invalid."""

PATHS = [f"example.com/{name}" for name in "aBcdefgh"] + ["example.com/e/v2", "gopkg.in/yaml.v3", "go.uber.org/zap"]
_NUMBERS = st.integers(0, 12)


def _version_of(path: str) -> st.SearchStrategy[str]:
    majors = {"example.com/e/v2": "2", "gopkg.in/yaml.v3": "3"}
    numbers = st.builds(lambda minor, patch: f"{minor}.{patch}", _NUMBERS, _NUMBERS)
    suffix = st.sampled_from(["", "", "", "-rc.1", "-0.20210101000000-abcdefabcdef"])
    plain = st.builds(lambda number, end: f"v{majors.get(path, '1')}.{number}{end}", numbers, suffix)
    return plain if path in majors else st.one_of(plain, numbers.map(lambda number: f"v2.{number}+incompatible"))


def module_versions(paths: list[str]) -> st.SearchStrategy[ModuleVersion]:
    """A module at a version that its path allows."""
    return st.sampled_from(paths).flatmap(lambda path: st.builds(ModuleVersion, st.just(path), _version_of(path)))


PINS = st.lists(module_versions(PATHS), min_size=1, max_size=5, unique_by=lambda pin: pin.path)

_COMMENTS = st.sampled_from(
    [
        "",
        "",
        "",
        " // indirect",
        " // indirect; why",
        "//indirect",
        " // indirect why",
        " // \u00e4\u2028\U0001f600 (",
        " //",
    ]
)
_INDENTS = st.sampled_from(["\t", "\t", "\t", "    ", "", " \t"])


@st.composite
def _requirement(draw: st.DrawFn) -> str:
    module = draw(module_versions(PATHS))
    quote = draw(st.sampled_from(["", "", "", '"']))
    blank = draw(st.sampled_from([" ", " ", "  ", "\t"]))
    version = draw(st.sampled_from([module.version, module.version, f'"{module.version}"']))
    return f"{quote}{module.path}{quote}{blank}{version}{draw(_COMMENTS)}"


@st.composite
def _block(draw: st.DrawFn) -> list[str]:
    verb = draw(st.sampled_from(["require", "require", "require", "exclude"]))
    extra = st.sampled_from(["", "// a remark", "\t// indirect"])
    lines = draw(st.lists(st.one_of(_requirement(), _requirement(), extra), max_size=6))
    if draw(st.booleans()):
        lines.sort()
    indent = draw(_INDENTS)
    opening = draw(st.sampled_from([f"{verb} (", f"{verb}(", f"{verb} ( // why"]))
    return [opening, *(indent + line if line else line for line in lines), draw(st.sampled_from([")", ") // end"]))]


_STATEMENTS = st.one_of(
    _block(),
    _block(),
    _requirement().map(lambda requirement: [f"require {requirement}"]),
    st.sampled_from(
        [
            [""],
            ["// a remark"],
            ["// Deprecated: no", "// more"],
            ["require ()"],
            ["require (", ")"],
            ["replace example.com/a => ../a // require example.com/a v1.0.0"],
            ["replace (", "\texample.com/c v1.0.0 => example.com/c v1.0.1", ")"],
            ["exclude example.com/d v1.99.0"],
            ["tool example.com/a/cmd"],
            ["retract [v1.0.0, v1.1.0] // bad"],
        ]
    ),
)


@st.composite
def valid_gomods(draw: st.DrawFn) -> str:
    """A go.mod that Go accepts, with any order and line ends."""
    head = draw(
        st.sampled_from(
            [["module example.com/m", "", "go 1.21", ""], ["module example.com/m"], ["// top", "module example.com/m"]]
        )
    )
    lines = head + [line for statement in draw(st.lists(_STATEMENTS, max_size=6)) for line in statement]
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\r\n", "\n", "\n"]]))
    text = "".join(line + end for line, end in zip(lines, cycle(ends)))
    return text.rstrip("\r\n") if draw(st.integers(0, 3)) == 0 else text
