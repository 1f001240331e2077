"""Detect linker flags that make a host unable to open plugins, as measured with `plugin.Open`.

A host that is linked statically, or by Go's own linker without the system's, dies at the first `plugin.Open` with
`runtime: no plugin module data`. Sources: `go tool link -help`; Go: cmd/link/internal/ld/config.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.budget import split

_STATIC = frozenset(("-static", "--static", "-static-pie", "--static-pie", "-Wl,-static", "-Wl,--static"))
"""Flags of gcc and clang. `-static-libgcc` and `-Wl,-Bstatic` keep the program dynamic."""
_VALUED = frozenset(
    (
        *("B", "E", "H", "I", "L", "R", "T", "X", "benchmark", "benchmarkprofile"),
        *(
            "buildid",
            "buildmode",
            "capturehostobjs",
            "cpuprofile",
            "extar",
            "extld",
            "extldflags",
            "importcfg",
            "installsuffix",
            "k",
        ),
        *("libgcc", "linkmode", "memprofile", "memprofilerate", "o", "pluginpath", "r", "randlayout", "tmpdir"),
    )
)
"""The linker flags that take a value, which may be the next word."""


def flag_blocking_plugins(ldflags: str, main: str, module: str) -> str:
    """The linker flag that makes a host unable to open plugins, as written; empty if there is none.

    `ldflags` is the value of -ldflags, `main` the main package relative to its module, such as `.` or `./cmd/server`.
    """
    value = ldflags.strip()
    if not value.startswith("-"):
        pattern, equals, value = value.partition("=")
        if not equals or not _is_for(pattern.strip(), main, module):
            return ""
    found = dict(_flags(split(value)))
    if found.get("linkmode") == "internal":
        return "-linkmode=internal"
    static = next((each for each in split(found.get("extldflags", "")) if each in _STATIC), "")
    return f"-extldflags={static}" if static else ""


def _is_for(pattern: str, main: str, module: str) -> bool:
    """Whether the package pattern of the flags matches the main package (Go: `go help packages`)."""
    path = module if main == "." else f"{module}/{main.removeprefix('./')}"
    if pattern in ("all", "main", main, path) or "..." not in pattern:
        return pattern in ("all", "main", main, path)
    start = pattern.partition("...")[0].rstrip("/")
    return any(each == start or f"{each}/".startswith(f"{start}/") for each in (path, main, f"./{main}"))


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The linker's flags, each with its value. The last one of a name applies."""
    position = 0
    while position < len(words):
        name, equals, value = words[position].lstrip("-").partition("=")
        position += 1
        if not equals and name in _VALUED and position < len(words):
            value = words[position]
            position += 1
        yield name, value
