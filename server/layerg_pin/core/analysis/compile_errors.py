"""The errors of a Go compiler in a plugin, each at its place, and the module whose API may have changed.

Source: the output of `go build`: `# PACKAGE`, then a line `FILE:LINE:COLUMN: MESSAGE` for each error; lines that are
indented by a tab continue a message.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.gofile.go_syntax import GoFile
from layerg_pin.core.text import Span

_PLACE = re.compile(r"(?P<file>(?:[A-Za-z]:)?[^:]+\.\w+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<message>.*)")
_HEADER = re.compile(r"# (\S+)(?: \[.*\])?")
_NAME = re.compile(r"\w+")
_QUALIFIER = re.compile(r"(?<![\w.])(\w+)\.")
_TOO_MANY = "too many errors"


class RawError(NamedTuple):
    """An error as the compiler prints it; line and column are 1-based, the column counts bytes."""

    package: str
    file: str
    line: int
    column: int
    message: str


class CompileError(NamedTuple):
    """An error at its place: the absolute path of a file that can be edited, else empty."""

    message: str
    package: str
    path: str = ""
    span: Span = Span(0, 0)
    file: GoFile | None = None
    """The Go file at the path."""


class Compiled(NamedTuple):
    """The result of compiling a plugin for its host."""

    errors: tuple[CompileError, ...] = ()
    uncertainty: str = ""
    """Why it is unknown whether the plugin compiles; empty if it is known."""
    remark: str = ""
    """The Go release that compiled it, if that may not be the host's."""
    before: Mapping[str, str] = MappingProxyType({})
    """The known versions of modules before they were changed, by path."""


def compile_errors(output: str) -> Iterator[RawError]:
    """The errors in the output of `go build` that name a line of a file, each once."""
    found: dict[RawError, None] = {}
    package = ""
    last: RawError | None = None
    for line in output.splitlines():
        if header := _HEADER.fullmatch(line):
            package, last = header[1], None
            continue
        if line.startswith("\t") and last:
            del found[last]
            last = last._replace(message=f"{last.message}; {line.strip()}")
            found[last] = None
            continue
        place = _PLACE.fullmatch(line.strip())
        last = None
        if place and place["message"] != _TOO_MANY:
            column = int(place["column"] or 1)
            last = RawError(
                package=package, file=place["file"], line=int(place["line"]), column=column, message=place["message"]
            )
            found[last] = None
    yield from found


def error_span(line: str, start: int, column: int) -> Span:
    """The span of the name at a 1-based column, counted in bytes, of a line that starts at the offset `start`."""
    encoded = line.encode("utf-8", "surrogateescape")[: column - 1]
    at = min(len(encoded.decode("utf-8", "surrogateescape")), len(line))
    name = _NAME.match(line, at)
    end = name.end() if name else min(at + 1, len(line))
    return Span(start + at, start + max(end, at))


def blamed_packages(error: CompileError) -> Iterator[str]:
    """The import paths of the packages that an error in a Go file mentions."""
    if error.file is None:
        return
    imports = [(each.name.text if each.name else "", each.path.text) for each in error.file.imports]
    names = {_local_name(*each): each[1] for each in imports}
    yield from (path for _, path in imports if f'"{path}"' in error.message)
    for qualifier in dict.fromkeys(_QUALIFIER.findall(error.message)):
        if qualifier in names:
            yield names[qualifier]
        else:
            yield from _types_of(qualifier, error.file.text, names)


def _types_of(variable: str, text: str, names: Mapping[str, str]) -> Iterator[str]:
    """The packages that the type of a variable comes from: `nk runtime.NakamaModule`, `client := api.New(…)`."""
    declared = rf"\b{re.escape(variable)}\b(?:\s*,\s*\w+)*\s*(?::=|=|)\s*[\[\]*&]*(\w+)\."
    yield from dict.fromkeys(names[each] for each in re.findall(declared, text) if each in names)


def _local_name(name: str, path: str) -> str:
    """The name of an imported package in a file."""
    if name:
        return name
    parts = [part for part in path.split("/") if not re.fullmatch(r"v[0-9]+", part)]
    return re.sub(r"\.v[0-9]+$", "", parts[-1]) if parts else path


def changed_module(
    error: CompileError, imported: Iterable[str], versions: Mapping[str, tuple[str, str]], before: Mapping[str, str]
) -> str:
    """The module whose API change may have caused an error, in the form `PATH OLD → NEW`; empty if that is unknown.

    `versions` maps a package to its module and version; `imported` are the packages that the error's file imports.
    """

    def changes(packages: Iterable[str]) -> list[str]:
        found: dict[str, None] = {}
        for package in packages:
            path, version = versions.get(package, ("", ""))
            if version and before.get(path, version) != version:
                found[f"{path} {before[path]} → {version}"] = None
        return list(found)

    for candidates in (changes(blamed_packages(error)), changes((error.package,)), changes(imported)):
        if len(candidates) == 1:
            return candidates[0]
    return ""
