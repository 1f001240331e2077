"""Find the main packages of a module in its .go files."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from layerg_pin.core.known.known_hosts import ENTRY_SYMBOLS, SIGNATURES
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.paths import relative_path
from layerg_pin.system.text_files import FileError, read_head, read_text

_IGNORED_FOLDERS = frozenset(("vendor", "testdata", "node_modules"))
_COMMENTS = LazyPattern(r"\ufeff?(?:\s++|//[^\n]*+|/\*(?s:.*?)\*/)*+")
_MAIN = LazyPattern(r"\s*package\s+main\b")
_IGNORED_FILE = LazyPattern(r"^//(go:build|\s*\+build)\s+ignore\s*$", re.MULTILINE)
_SYMBOLS = "|".join(ENTRY_SYMBOLS)
_ENTRY = LazyPattern(rf"^(?:func|var)\s+(?:{_SYMBOLS})\b|^\t(?:{_SYMBOLS})\s*(?:=|\w+\s*=)", re.MULTILINE)
_HANDLER = LazyPattern(rf"^func[ \t]+[A-Z]\w*(?:{'|'.join(SIGNATURES)})", re.MULTILINE)
"""A function that a host can look up under any name."""
_PROGRAM = LazyPattern(r"^func[ \t]+main\(\)[ \t]*+\{(?:\s++|//[^\n]*+)*+[^}\s]", re.MULTILINE)
"""A `func main` that does something."""
_NOT_SERVERS = LazyPattern(
    r"examples?|samples?|sample_.*|tests?|testing|e2e|tools?|hack|scripts?|internal|contrib|bench\w*|docs?",
    re.IGNORECASE,
)
"""Names of folders whose main packages are helpers."""
_OPENS = LazyPattern(r'^(?:import\s+(?:\w+\s+)?|\t(?:\w+\s+)?)"plugin"', re.MULTILINE)
_IMPORT = LazyPattern(r'^(?:import\s*+\(?+\s*+|[ \t]++)(?:[\w.]++[ \t]++)?+["`]([^"`\n]++)["`]', re.MULTILINE)
_DECLARATION = LazyPattern(r"^(?:func|type|var|const)\b", re.MULTILINE)
_MAX_HEAD = 16 * 1024
"""In bytes. Imports of real files end before that."""
_MAX_SOURCE = 4 * 1024 * 1024
_MAX_SOURCES = 2000
_MAX_DEPTH = 100
"""Limit on the depth of folders in a module. No known module has deeper packages."""


def main_packages(folder: str) -> tuple[str, ...]:
    """The main packages of the module in `folder`, such as `.` or `./cmd/x`; only those that are plugins, if any is."""
    return selected_packages(folder)[0]


def selected_packages(folder: str, selection: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The main packages that a plugin is built from, and the others of its module.

    `selection` are package arguments, such as `./cmd/x` or `./cmd/...`; a pattern selects like `main_packages`.
    """
    mains: list[str] = []
    plugins: list[str] = []
    for package, sources in _packages(folder):
        texts = [text for text in map(_read_source, sources) if text and _is_main(text)]
        if texts:
            mains.append(package)
        if _is_plugin(texts):
            plugins.append(package)
    selected: list[str] = []
    for argument in selection or ("./...",):
        matching = [each for each in mains if "..." in argument and _matches(each, argument)]
        selected += [each for each in matching if each in plugins] or matching
        selected += [] if "..." in argument else [_normal(argument)]
    return tuple(dict.fromkeys(selected)), tuple(each for each in mains if each not in selected)


def _normal(argument: str) -> str:
    """A package argument in the form `.` or `./x`, if it is a folder."""
    path = posixpath.normpath(argument)
    return path if path.startswith(".") or not argument.startswith(".") else f"./{path}"


def _matches(package: str, pattern: str) -> bool:
    """Whether a pattern such as `./cmd/...` matches a package. It also matches ./cmd (Go: `go help packages`)."""
    start = pattern.removesuffix("/...")
    words = re.escape(_normal(start)).replace(re.escape("..."), ".*")
    return re.fullmatch(words if start == pattern else f"{words}(?:/.*)?", package) is not None


def package_folders(folder: str) -> tuple[str, ...]:
    """The folders of the module in `folder` with non-test .go files, relative to it: `.` or `./x`."""
    return tuple(package for package, _ in _packages(folder))


def server_packages(folder: str) -> tuple[str, ...]:
    """The main packages of the module in `folder` that may be a server, such as `.` or `./cmd/x`.

    Packages that are plugins of a known host are omitted, and so are those in helper folders such as `tools` or
    `examples`.
    """
    mains = []
    for package, sources in _packages(folder):
        texts = [text for text in map(_read_source, sources) if text and _is_main(text)]
        if texts and not _is_plugin(texts):
            mains.append(package)
    return tuple(each for each in mains if not any(map(_NOT_SERVERS.fullmatch, each.split("/"))))


def declares_entry(folder: str) -> bool | None:
    """Whether the package main in `folder` is a plugin of a known host; None if it is not a package main."""
    texts = [text for path in package_sources(folder) if (text := _read_source(path)) and _is_main(text)]
    return _is_plugin(texts) if texts else None


def opens_plugins(folder: str) -> bool:
    """Whether any package of the module in `folder` imports `plugin`."""
    return any(
        (text := _read_source(source)) is not None and _OPENS.search(text) is not None
        for _, sources in _packages(folder)
        for source in sources
    )


def reaches_plugin(folder: str, module: str, package: str) -> bool:
    """Whether a main package, such as `./cmd/x`, imports `plugin`, directly or through packages of its own module.

    `module` is the path of the module in `folder`. Build constraints are ignored. False means unknown, because packages
    of other modules are not read.
    """
    pending = [package]
    seen = set(pending)
    while pending and len(seen) < _MAX_SOURCES:
        parent = os.path.normpath(os.path.join(folder, pending.pop(0)))
        for path in _source_paths(parent):
            imports = _imports(path)
            if "plugin" in imports:
                return True
            own = {f".{each.removeprefix(module)}" for each in imports if f"{each}/".startswith(f"{module}/")}
            pending += sorted(own - seen)
            seen |= own
    return False


def _source_paths(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if _is_source(name)]
    except OSError:
        return []


def _imports(path: str) -> frozenset[str]:
    """The imports of a Go file, read from its head; empty for a file with an `ignore` build constraint."""
    try:
        head = read_head(path, _MAX_HEAD)
    except FileError:
        return frozenset()
    end = _DECLARATION.search(head)
    head = head[: end.start()] if end else head
    return frozenset() if _IGNORED_FILE.search(head) else frozenset(_IMPORT.findall(head))


def has_plugin_package(folder: str) -> bool:
    """Whether a main package of the module in `folder` is a plugin of a known host, which makes the module a plugin."""
    return any(
        _is_plugin([text for source in sources if (text := _read_source(source)) and _is_main(text)])
        for _, sources in _packages(folder)
    )


def _is_plugin(texts: Sequence[str]) -> bool:
    """Whether the files of a package main declare a symbol that a known host looks up.

    If a host looks up any name, its plugins differ from other programs only in that `main` is missing or does nothing.
    """
    if any(_ENTRY.search(text) for text in texts):
        return True
    return any(_HANDLER.search(text) for text in texts) and not any(_PROGRAM.search(text) for text in texts)


def package_sources(folder: str) -> tuple[str, ...]:
    """The non-test .go files of the package in `folder` that are built, sorted by name."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ()
    paths = [os.path.join(folder, name) for name in names if _is_source(name)]
    return tuple(path for path in paths if (text := _read_source(path)) and not _is_ignored(text))


def declares_symbol(text: str) -> bool:
    """Whether a Go file declares a symbol that a known host looks up."""
    return any(pattern.search(text) for pattern in (_ENTRY, _HANDLER))


def go_sources(folder: str) -> frozenset[str]:
    """The absolute paths of the module's non-test .go files, up to a limit."""
    return frozenset(islice((source for _, each in _packages(folder) for source in each), _MAX_SOURCES))


def is_source_of(folder: str, path: str) -> bool:
    """Whether a path is that of a .go file of the module in `folder`, as listed by `go_sources`."""
    parent, name = os.path.split(path)
    if not path.startswith(folder + os.sep) or not _is_source(name):
        return False
    while parent != folder:
        name = os.path.basename(parent)
        if name in _IGNORED_FOLDERS or name[0] in "._" or os.path.isfile(os.path.join(parent, "go.mod")):
            return False
        parent = os.path.dirname(parent)
    return True


def module_folders(folder: str) -> Iterator[str]:
    """Every folder in the tree of `folder` with a go.mod. Vendored and hidden folders are skipped."""
    for parent, _, files in walk(folder):
        if "go.mod" in files:
            yield parent


def _packages(folder: str) -> Iterator[tuple[str, list[str]]]:
    for parent, folders, files in walk(folder):
        folders[:] = [name for name in folders if not os.path.isfile(os.path.join(parent, name, "go.mod"))]
        sources = [os.path.join(parent, name) for name in sorted(files) if _is_source(name)]
        relative = relative_path(parent, folder)
        if sources:
            yield ("." if relative == "." else f"./{relative}"), sources


def walk(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """For each folder, its path and the names of its subfolders and other entries. The caller may remove subfolders.

    It does not use os.walk, whose recursion fails at a depth of about a thousand folders.
    """
    pending = [(folder, 0)]
    while pending:
        parent, depth = pending.pop()
        folders: list[str] = []
        files: list[str] = []
        links: set[str] = set()
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    if not _is_folder(entry):
                        files.append(entry.name)
                    elif entry.name not in _IGNORED_FOLDERS and entry.name[0] not in "._":
                        folders.append(entry.name)
                        links.update((entry.name,) if entry.is_symlink() else ())
        except OSError:
            continue
        folders.sort()
        yield parent, folders, files
        if depth < _MAX_DEPTH:
            pending += [(os.path.join(parent, name), depth + 1) for name in reversed(folders) if name not in links]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_source(name: str) -> bool:
    return name.endswith(".go") and not name.endswith("_test.go") and name[0] not in "._"


def _read_source(path: str) -> str | None:
    try:
        return read_text(path, _MAX_SOURCE)
    except FileError:
        return None


def _is_main(text: str) -> bool:
    return _MAIN.match(text, _package_clause(text)) is not None and not _is_ignored(text)


def _is_ignored(text: str) -> bool:
    """Whether a comment above the package clause excludes the file from every build."""
    return _IGNORED_FILE.search(text, 0, _package_clause(text)) is not None


def _package_clause(text: str) -> int:
    match = _COMMENTS.match(text)
    return match.end() if match else 0
