"""Determine which Go files a build leaves out because of their names and build constraints.

    expression  = alternative { "||" alternative }
    alternative = operand { "&&" operand }
    operand     = "!" operand | "(" expression ")" | tag      without a double negation

Source: `go help buildconstraint`; Go: go/build/build.go (goodOSArchFile, shouldBuild), internal/syslist.
"""

from collections.abc import Iterable
from typing import NamedTuple

from layerg_pin.core.gofile.go_syntax import GoFile
from layerg_pin.core.lazy_pattern import LazyPattern

_SYSTEMS = frozenset(
    (
        *("aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl"),
        *("netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows", "zos"),
    )
)
_NOT_UNIX = frozenset(("js", "nacl", "plan9", "wasip1", "windows", "zos"))
_ARCHITECTURES = frozenset(
    (
        *("386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64"),
        *("mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x"),
        *("sparc", "sparc64", "wasm"),
    )
)
_ALSO = {"android": "linux", "illumos": "solaris", "ios": "darwin"}
"""The systems that a build for another system includes."""
_FOR_PLUGINS = {"cgo": True, "gc": True, "gccgo": False}
"""-buildmode=plugin needs cgo, and the compiler gc."""
_UNKNOWN = LazyPattern(
    r"go1(?:\.\d+)?|goexperiment\..*|race|msan|asan|boringcrypto|(?:386|amd64|arm|mips|ppc64|riscv|wasm)\w*\.\w+"
)
"""Tags that the Go release, its settings or other flags set."""
_GO_BUILD = LazyPattern(r"//go:build[ \t](.*)")
_PLUS_BUILD = LazyPattern(r"//[ \t]*\+build[ \t]+(.*)")
_TOKEN = LazyPattern(r"\s*(\|\||&&|[!()]|[\w.]+)")
_BLANK_LINE = LazyPattern(r"\n[ \t\r]*\n")
_MAX_TOKENS = 100
"""Limit on the tokens of a constraint, which also limits the recursion. Real ones have fewer."""

_Known = bool | None
"""None for unknown."""


class Target(NamedTuple):
    """What a build is for."""

    goos: str
    goarch: str
    """Empty if unknown."""
    tags: tuple[str, ...] | None
    """The tags of -tags; None if unknown."""


def reason_left_out(name: str, file: GoFile, target: Target) -> str:
    """What certainly leaves a file out of a build, in words; empty if nothing does, or if it is not known."""
    suffixes = _suffixes(name)
    if suffixes and any(_is_set(each, target) is False for each in suffixes):
        return f"`_{'_'.join(suffixes)}` in its name"
    return next((f"`{line}`" for line, result in _constraints(file, target) if result is False), "")


def _suffixes(name: str) -> tuple[str, ...]:
    """The system and architecture at the end of a file name."""
    words = name.partition(".")[0].split("_")[1:]
    if len(words) >= 2 and words[-2] in _SYSTEMS and words[-1] in _ARCHITECTURES:
        return tuple(words[-2:])
    return tuple(each for each in words[-1:] if each in _SYSTEMS | _ARCHITECTURES)


def _constraints(file: GoFile, target: Target) -> list[tuple[str, _Known]]:
    """The constraints above the package clause, with their results. `+build` lines count only without a `go:build`."""
    end = file.package.start if file.package else 0
    comments = [each for each in file.comments if each.start < end]
    if found := [(each.text, match[1]) for each in comments if (match := _GO_BUILD.match(each.text))]:
        return [(line, _Expression(text, target).result) for line, text in found]
    block = next((each.start for each in comments if each.text.startswith("/*")), end)
    blank = max((match.start() for match in _BLANK_LINE.finditer(file.text, 0, block)), default=-1)
    apart = [each.text for each in comments if each.end <= blank]  # the others are documentation
    old = [(line, match[1]) for line in apart if (match := _PLUS_BUILD.match(line)) and match[1]]
    return [(line, _plus_build(text, target)) for line, text in old]


def _plus_build(text: str, target: Target) -> _Known:
    """The result of `a,b !c`: a and b, or not c."""
    return _or(_and(_term(each, target) for each in option.split(",")) for option in text.split())


def _term(text: str, target: Target) -> _Known:
    return _not(_is_set(text[1:], target)) if text.startswith("!") else _is_set(text, target)


class _Expression:
    """The parser of a `go:build` line. Its result is unknown if the line is invalid or long."""

    def __init__(self, text: str, target: Target) -> None:
        self._target = target
        self._tokens = [match[0].strip() for match in _TOKEN.finditer(text)][::-1]
        self._is_valid = "".join(self._tokens[::-1]) == "".join(text.split()) and len(self._tokens) < _MAX_TOKENS
        result = self._expression() if self._is_valid else None
        self.result = result if self._is_valid and not self._tokens else None

    def _expression(self) -> _Known:
        results = [self._alternative()]
        while self._take("||"):
            results.append(self._alternative())
        return _or(results)

    def _alternative(self) -> _Known:
        results = [self._operand()]
        while self._take("&&"):
            results.append(self._operand())
        return _and(results)

    def _operand(self) -> _Known:
        if self._take("!"):
            self._is_valid = self._tokens[-1:] != ["!"] and self._is_valid
            return _not(self._operand())
        if self._take("("):
            result = self._expression()
            self._is_valid = self._take(")") and self._is_valid
            return result
        self._is_valid = bool(self._tokens) and self._is_valid
        return _is_set(self._tokens.pop(), self._target) if self._tokens else None

    def _take(self, token: str) -> bool:
        is_next = self._tokens[-1:] == [token]
        if is_next:
            self._tokens.pop()
        return is_next


def _not(result: _Known) -> _Known:
    return None if result is None else not result


def _and(results: Iterable[_Known]) -> _Known:
    found = set(results)
    return False if False in found else None if None in found else True


def _or(results: Iterable[_Known]) -> _Known:
    return _not(_and(map(_not, results)))


def _is_set(tag: str, target: Target) -> _Known:
    if target.tags and tag in target.tags:
        return True
    if tag in _SYSTEMS:
        return tag in (target.goos, _ALSO.get(target.goos))
    if tag in _ARCHITECTURES:
        return tag == target.goarch if target.goarch else None
    if tag == "unix":
        return target.goos not in _NOT_UNIX
    if tag in _FOR_PLUGINS:
        return _FOR_PLUGINS[tag]
    return None if target.tags is None or _UNKNOWN.fullmatch(tag) else False
