"""Hostile texts of any size for each parser: a seeded generator, and the texts that once caused faults.

A shape makes a text of about `size` characters from fragments of a language: repeated, nested, chained, unclosed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

Shape = Callable[[int], str]

_COMMON = (
    '"',
    "'",
    "`",
    "\\",
    "\\\n",
    "#",
    " ",
    "\t",
    "\n",
    "\r\n",
    "$(",
    "${",
    "(",
    "{",
    "[",
    "=",
    ":",
    "a",
    "\0",
    "é",
)
_SHELL = (
    *(
        "go build ",
        "go ",
        "sh -c '",
        'sh -c "',
        "docker run golang:1.23 ",
        "docker build -f x ",
        "A=b ",
        "export A=$A$A\n",
    ),
    *(
        "$A",
        "${A:-$B}",
        "${A:-",
        "$(a ",
        ")",
        "}",
        "&& ",
        "; ",
        "|",
        "cd a\n",
        "<<EOF\n",
        '\\"',
        "-mod=mod ",
        "go get a@v1\n",
    ),
    *("GOWORK ", "source x.sh\n", "go env -w GOFLAGS=-mod=mod\n", "if ", "then ", "do "),
)
_GO_MOD = (
    *(
        "require (\n",
        "require a.org/a v1.0.0\n",
        "\ta.org/b v1.0.0 // indirect\n",
        "replace a.org/a => ../a\n",
        "exclude (",
    ),
    *(
        "use ./a\n",
        "go 1.21\n",
        "toolchain go1.23.4\n",
        "retract [v1.0.0, v1.1.0]\n",
        "=> ",
        "// ",
        ")",
        "[",
        ", ",
        "v1.0.0-",
    ),
    *("godebug a=b\n", "tool a.org/a\n", "ignore a\n", "<<<<<<< a\n", "=======\n", "// layerg-pin:ignore "),
)
FRAGMENTS: dict[str, tuple[str, ...]] = {
    "Dockerfile": (
        *(
            "FROM golang:1.23 AS b\n",
            "FROM b AS c\n",
            "RUN ",
            "RUN [",
            'RUN ["',
            '", "',
            "RUN --mount=type=cache ",
            "CMD a\n",
        ),
        *("ENV A=b\n", "ENV A=$A$A\n", "ENV A='a a a'\n", "ARG A=$A\n", "COPY --from=b a b\n", "RUN <<EOF\n", "EOF\n"),
        *("COPY . .\n", "WORKDIR $A\n", "ENTRYPOINT [", "--a=b ", *_SHELL, *_COMMON),
    ),
    "Makefile": (
        *(
            "A = $(A)\n",
            "A := b\n",
            "A += $(B) c\n",
            "export A = b\n",
            "export\n",
            "a: b c\n\t",
            "ifdef A\n",
            "define a\n",
            "endef\n",
        ),
        *(
            "\tgo build $(A)\n",
            "$(A)",
            "${A}",
            "$(A:a=b)",
            "$(call a,",
            "include a.mk\n",
            ": ",
            ":: ",
            "%: %\n",
            *_SHELL,
            *_COMMON,
        ),
    ),
    "script": (*_SHELL, *_COMMON, "function a() {\n", "for a in ", "case a in\n", "esac\n"),
    "compose": (
        *(
            "services:\n",
            " a:\n",
            "  b:\n",
            "    image: golang:1.23\n",
            "    image: ${A:-b}\n",
            "    command: [",
            '    command: ["',
        ),
        *(
            "    build: .\n",
            "    build:\n      args:\n",
            "        A: b\n",
            "        - A=b\n",
            "    environment:\n",
            "  - ",
            "- - ",
            "&a ",
            "*a ",
        ),
        *("    command: |\n", "    command: >\n", "      go build\n", "<<: *a\n", "{", "{a: ", "? ", *_SHELL, *_COMMON),
    ),
    ".env": ("A=b\n", "export A='b'\n", 'A="b\n', "A=$A$A\n", *_COMMON),
    "host builds": (*_SHELL, *_COMMON, "GOWORK = off ", "ENV GOFLAGS=-mod=mod\n", "$(GO) build "),
    "words": ("a ", "'a b' ", '"a" ', '"\\"', "\\a", *_COMMON),
    "go.mod": (*_GO_MOD, *_COMMON),
    "go.work": (*_GO_MOD, *_COMMON, "use (\n"),
    "go.sum": ("a.org/a v1.0.0 h1:x=\n", "a.org/a v1.0.0/go.mod h1:x=\n", "a ", *_COMMON),
    "modules.txt": (
        "# a.org/a v1.0.0\n",
        "## explicit; go 1.21\n",
        "a.org/a/b\n",
        "# a => b v1\n",
        "## workspace\n",
        "# ",
        *_COMMON,
    ),
    "Go file": (
        *(
            "package main\n",
            "import (\n",
            '\t"a.org/a"\n',
            'import _ "a"\n',
            "/* ",
            "*/",
            "// a\n",
            "//\n",
            "func InitModule(",
            "func ",
        ),
        *("//go:build ignore\n", "// +build ", "'a", "}", "var a = ", "import a ", *_COMMON),
    ),
    "layerg-pin.toml": (
        *(
            'host = "a"\n',
            "a.",
            "a.b = 1\n",
            "[a]\n",
            "[a.",
            "[[a]]\n",
            "a = [",
            "a = {",
            '"""',
            "'''",
            "packages = [\n",
            *_COMMON,
        ),
        "1979-05-27",
    ),
    "profile": ('{"a": ', "[", "{", '"modules": [', '"\\u0000"', "1e", "-", "9", "null,", "]", "}", ",", *_COMMON),
    "build info": ("path\ta\n", "dep\ta\tv1\th1:x=\n", "=>\tb\tv1\t\n", "build\tA=b\n", 'build\t-ldflags="', *_COMMON),
    "log": (
        *(
            "plugin.Open(",
            'plugin.Open("a',
            "plugin was built with a different version of package a",
            "fatal error: ",
            "a.so",
            ".so: ",
        ),
        *(
            "go: ",
            "undefined symbol: ",
            '{"error":"',
            '{\\"',
            "\\u00",
            "\x1b[31m",
            "(previous failure)",
            "a.org/a@v1.0.0: ",
            "go.mod:5: ",
        ),
        *("imports ", "\n\t", "requires go >= ", "version `GLIBC_2.34' not found", "missing go.sum entry", *_COMMON),
    ),
}
"""The fragments that are repeated, nested and chained, by parser."""


def _repeated(part: str) -> Shape:
    return lambda size: part * (size // len(part) + 1)


def _after(first: str, part: str) -> Shape:
    return lambda size: first + part * (size // len(part) + 1)


def _nested(opening: str, closing: str) -> Shape:
    return lambda size: (lambda number: opening * number + closing * number)(size // (len(opening) + len(closing)) + 1)


def _halves(first: str, second: str) -> Shape:
    return lambda size: first * (size // len(first) // 2 + 1) + second * (size // len(second) // 2 + 1)


def _numbered(first: str, second: str) -> Shape:
    """Each repetition has names of its own, and refers to the next one."""

    def text(size: int) -> str:
        number = size // (len(first) + len(second) + 6) + 1
        return "".join(
            f"{first.replace('A', f'A{at}').replace('a', f'a{at}')}{second.replace('A', f'A{at + 1}')}"
            for at in range(number)
        )

    return text


def shapes(kind: str, random: Random) -> Iterator[tuple[str, Shape]]:
    """Endless named shapes of texts for a parser."""
    parts = FRAGMENTS[kind]
    while True:
        first, second, third = (random.choice(parts) for _ in range(3))
        match random.randrange(6):
            case 0:
                yield f"{first!r} repeated", _repeated(first)
            case 1:
                yield f"{second!r} repeated after {first!r}", _after(first, second)
            case 2:
                yield f"{first!r} nested in {second!r}", _nested(first, second)
            case 3:
                yield f"{first!r} repeated, then {second!r}", _halves(first, second)
            case 4:
                yield f"{first!r} and {second!r} with numbered names", _numbered(first, second)
            case _:
                yield f"{first!r}, {second!r} and {third!r} repeated", _repeated(first + second + third)


def _expansions(head: str, value: str, use: str, end: str = "\n") -> Shape:
    return lambda size: f"{head}{value}" + use * (max(0, size - len(value)) // len(use)) + end


def _chain(size: int) -> str:
    number = max(1, size // 16)
    lines = (f"A{at} = $(A{at + 1})\n" for at in range(number))
    return "".join(lines) + f"A{number} = x\nexport\na:\n\tgo build $(A0)\n"


def _doubling(size: int) -> str:
    lines = "".join(f"ENV A{at + 1}=$A{at}$A{at}\n" for at in range(12))
    return f"FROM golang:1.23\nENV A0='a a'\n{lines}" + "RUN go build $A12\n" * (size // 18)


def _many_names(size: int) -> str:
    return "FROM golang:1.23\n" + "".join(f"ENV A{at}=b\nRUN A=b go build\n" for at in range(size // 26))


def _stages(size: int) -> str:
    names = "".join(f"ENV A{at}=b\n" for at in range(min(1000, size // 40)))
    lines = (f"FROM s{at} AS s{at + 1}\nENV B=c\nCOPY --from=s{at} a b\n" for at in range(size // 45))
    return f"FROM golang:1.23 AS s0\n{names}" + "".join(lines)


def _aliases(size: int) -> str:
    lines = "".join(f"a{at + 1}: &a{at + 1} [*a{at}, *a{at}]\n" for at in range(min(40, size // 24)))
    return f"a0: &a0 lol\n{lines}services:\n" + "  b:\n    command: *a40\n" * (size // 25)


def _services(size: int) -> str:
    return "services:\n" + "".join(
        f"  a{at}:\n    image: golang:1.23\n    command: go build\n" for at in range(size // 50)
    )


def _heredocs(size: int) -> str:
    return "FROM golang:1.23\n" + "".join(f"RUN <<A{at}\ngo build\nA{at}\n" for at in range(size // 26))


def _unknown_rules(size: int) -> str:
    return "# plugin\n" + "".join(f"$a{at}:$b\n" for at in range(size // 9))


def _one_rule(size: int) -> str:
    return "# plugin\n" + "a " * (size // 3) + ":\n" + "\tmake x\n" * min(400, size // 30)


def _empty_merges(size: int) -> str:
    lines = (
        f"a{at}: &a{at} {{<<: [{','.join([f'*a{at - 1}'] * 10)}]}}\n" for at in range(1, max(2, min(20, size // 60)))
    )
    return "a0: &a0 {}\n" + "".join(lines) + "services: *a19\n" + "#" * size + "\n"


def _lists_in_lists(size: int) -> str:
    number = max(2, size // 22)
    lines = (f"a{at}: &a{at} [*a{at - 1}]\n" for at in range(1, number))
    return "a0: &a0 [x]\n" + "".join(lines) + f"services:\n b:\n  command: *a{number - 1}\n"


def _files_of_a_message(size: int) -> str:
    message = "plugin was built with a different version of package a.org/x"
    return "".join(f'plugin.Open("/x/a{at}"): {message}\n' for at in range(size // 80))


def _plugins_before_a_crash(size: int) -> str:
    crash = "fatal error: runtime: no plugin module data"
    return "".join(f"loading /x/a{at}.so\n{crash}\n" for at in range(size // 64))


def _messages_of_a_cause(size: int) -> str:
    message = "plugin was built with a different version of package a.org/x"
    return "".join(f'plugin.Open("/x/{"a/" * (at % 20)}a"): {message}{at}\n' for at in range(size // 90))


_WORDS = "'" + "a " * 4500 + "'\n"
_QUOTED = "'<" + '"a "' * 2200 + ">'\n"
FOUND: tuple[tuple[str, str, Shape], ...] = (
    ("Dockerfile", "a variable of quoted words", _expansions("FROM golang:1.23\nENV A=", _QUOTED + "RUN x ", "$A ")),
    ("Dockerfile", "a variable of many words", _expansions("FROM golang:1.23\nENV A=", _WORDS + "RUN x ", "$A ")),
    ("Dockerfile", "a variable in one word", _expansions("FROM golang:1.23\nENV A=", _WORDS + 'ENV B="', "$A", '"\n')),
    ("Dockerfile", "GOFLAGS of many words", _expansions("FROM golang:1.23\nENV GOFLAGS=", _WORDS, "RUN go build\n")),
    ("Dockerfile", "variables that double", _doubling),
    ("Dockerfile", "many variables", _many_names),
    ("Dockerfile", "stages on stages", _stages),
    ("Dockerfile", "heredocs", _heredocs),
    ("Dockerfile", "an unclosed JSON word", _after('FROM golang:1.23\nRUN ["', '\\"')),
    ("Makefile", "a chain of variables", _chain),
    ("Makefile", "a variable of many words", _expansions("A = ", _WORDS[1:-2] + "\na:\n\tx ", "$(A) ")),
    ("Makefile", "a value that grows", _expansions("A = b\n", "", "A += $(A) c\n", "a:\n\tgo build $(A)\n")),
    ("script", "a variable of many words", _expansions("A=", _WORDS, "x $A\n")),
    ("script", "scripts in scripts", _nested("sh -c '", "'")),
    ("script", "commands in commands", _nested('"$(a ', ')"')),
    ("script", "unclosed quotation marks", _repeated('"\\"')),
    ("compose", "an unclosed JSON word", _after('services:\n  a:\n    image: golang:1.23\n    command: ["', '\\"')),
    ("compose", "aliases of aliases", _aliases),
    ("compose", "many services", _services),
    ("Makefile", "rules of unknown targets", _unknown_rules),
    ("Makefile", "a rule of many targets", _one_rule),
    ("compose", "merges of nothing", _empty_merges),
    ("compose", "lists of aliases of lists", _lists_in_lists),
    ("runs of make", "assignments", _after("RUN ", "a=; ")),
    ("runs of make", "dashes and quotes", _halves("RUN --", '"')),
    ("runs of make", "quotes", _after("RUN ", '"')),
    ("imports", "blank lines", _after("package main\n", " \n")),
    ("imports", "an import of nothing", _after("package main\nimport", "\n")),
    ("Go's words", "a long word", _repeated("a/")),
    ("Go's words", "scratch folders", _repeated("layerg-pin-")),
    ("log", "names that end otherwise", _repeated(".soa" * 600 + "\n")),
    ("log", "files of one message", _files_of_a_message),
    ("log", "plugins before a crash", _plugins_before_a_crash),
    ("log", "messages of one cause", _messages_of_a_cause),
    ("host builds", "blanks after GOWORK", _after("go build GOWORK", " ")),
    ("Go file", "empty comments", _repeated("//\n")),
    ("layerg-pin.toml", "a key of many parts", lambda size: "a." * (size // 2) + "a=1"),
)
"""Known faults: a parser, a name, and the shape."""
