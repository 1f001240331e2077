"""Decide whether a host finds its entry symbols in a plugin, and name what is wrong with them.

`plugin.Lookup` finds the functions and variables of package main. A host then asserts the type of what it found: a
variable is found as a pointer, which is no function.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.built_mains import MainBuild, build_input, main_builds, may_generate
from layerg_pin.core.gofile.build_constraints import Target, reason_left_out
from layerg_pin.core.gofile.declarations import Declared, code_of, declarations
from layerg_pin.core.gofile.signatures import Types, names_in_file, types_of, types_of_dot_imports
from layerg_pin.core.known.known_hosts import PACKAGE_NAMES, EntrySymbol, KnownHost, known_host
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.snapshot import MainPackage, Snapshot, SourceFile
from layerg_pin.core.paths import relative_path, slashed

_FUNCTION = LazyPattern(r"^func[ \t]+(\w+)\(([^()\n]{0,1000})\)[ \t]*([^{\n]{0,100})", re.MULTILINE)
_NEAR = 0.8
"""The ratio of difflib above which a name is a misspelt one."""

_MAX_TYPES = 10_000
"""Limit on the length of the types that are compared, in characters. Real ones are shorter."""
_NEW_NAME = "Registerer"
"""The end of the names that KrakenD looks up. A newer release may look up another."""


class EntryFault(NamedTuple):
    """What is wrong with the entry symbols of a plugin."""

    host: str
    """The host's title."""
    fact: str
    """Such as `InitModule, which package main does not declare`."""
    remedy: str
    is_certain: bool = True
    """Whether the host certainly refuses what is built; else it may be built from other packages."""

    @property
    def reason(self) -> str:
        """Why there is no verdict, and the remedy."""
        return f"{self.host} looks up {self.fact}: {self.remedy}"


class EntryInput(NamedTuple):
    """What the entry symbols depend on."""

    module: str | None
    """The path of the host's module."""
    has_api: bool
    """Whether the host links the package of its plugin API, so that its types are those of the known host."""
    goos: str
    goarch: str
    folder: str
    mains: tuple[MainPackage, ...]
    """The main packages that were compared with the host."""
    others: tuple[MainPackage, ...]
    builds: tuple[MainBuild, ...]
    may_generate: bool = False
    """Whether a build may make or change Go files, so that nothing about the declarations is certain."""


def find_entry_fault(snapshot: Snapshot, host: HostManifest, cache: AnalysisCache) -> EntryFault | None:
    """What is wrong with the entry symbols of a plugin; None if nothing is, or if the host is not known."""
    plugin = build_input(snapshot)
    builds, generates = cache.result(main_builds, plugin), cache.result(may_generate, plugin)
    return cache.result(entry_fault, entry_input(snapshot, host, builds, may_generate=generates))


def entry_input(
    snapshot: Snapshot, host: HostManifest, builds: tuple[MainBuild, ...], *, may_generate: bool
) -> EntryInput:
    """The input of `entry_fault`."""
    known, build = known_host(host.module), host.build
    paths = [path for path in known.packages.values() if "." in path] if known else []
    return EntryInput(
        module=host.module,
        has_api=bool(paths) and all(path in (host.packages or ()) for path in paths),
        goos=(build.goos if build else "") or "linux",
        goarch=build.goarch if build else "",
        folder=snapshot.folder,
        mains=snapshot.mains,
        others=snapshot.other_mains,
        builds=builds,
        may_generate=may_generate,
    )


def entry_fault(plugin: EntryInput) -> EntryFault | None:
    """What is wrong with the entry symbols; None if nothing is, or if the host is not known.

    A plugin is right if one of the packages that may be built is.
    """
    known = known_host(plugin.module)
    symbols = tuple(each for each in known.symbols if each.name.isidentifier()) if known else ()
    if known is None or not symbols or not plugin.mains:
        return None
    search = _Search(plugin, known, symbols)
    if search.fault_of(MainBuild(plugin.mains)) and (other := search.right_one(MainBuild(plugin.others))):
        fact = f"{search.names()}, which no package in `packages` declares"
        return EntryFault(search.title, fact, f"list {other.name}, which declares it, in `packages`")
    faults = [fault for build in plugin.builds if (fault := search.fault_of(build))]
    if len(faults) < len(plugin.builds):
        return None
    return faults[0]._replace(is_certain=faults[0].is_certain and not plugin.may_generate)


class _Search:
    def __init__(self, plugin: EntryInput, known: KnownHost, symbols: tuple[EntrySymbol, ...]) -> None:
        self._plugin = plugin
        self._known = known
        self._symbols = symbols
        self._declared: dict[str, Mapping[str, Declared]] = {}
        self.title = known.published.title

    def names(self) -> str:
        """The names of all symbols."""
        return (" or " if self._known.optional else " and ").join(each.name for each in self._symbols)

    def right_one(self, build: MainBuild) -> MainPackage | None:
        """The first main package of a build that has all symbols that the host needs."""
        return next((main for main in build.mains if not self._faults(main, build)), None)

    def fault_of(self, build: MainBuild) -> EntryFault | None:
        """What is wrong with all main packages that a build may build; None if one of them is right."""
        if self.right_one(build):
            return None
        found = [fault for main in build.mains for fault in self._faults(main, build)]
        if fault := next((each for each in found if each.is_certain), None):
            return fault
        every = MainBuild((*self._plugin.mains, *self._plugin.others), tags=build.tags)
        if build.is_own and (other := self.right_one(every)):
            if other.name == build.mains[0].name:
                files = " and ".join(map(_name, build.mains[0].files))
                verb = "do" if len(build.mains[0].files) > 1 else "does"
                fact = f"{self.names()}, but {build.place} builds only {files}, which {verb} not declare it"
                return EntryFault(self.title, fact, f"build {other.name}")
            package = _named(build.mains[0])
            fact = f"{self.names()}, but {build.place} builds {package}, which does not declare it"
            return EntryFault(self.title, fact, f"build {_named(other)}, which declares it")
        return found[0]._replace(is_certain=build.is_own)

    def _faults(self, main: MainPackage, build: MainBuild) -> list[EntryFault]:
        """The faults of a main package; those that depend on whether it is built are not certain."""
        found, missing = [], []
        for symbol in self._symbols:
            declaring = [each for each in main.files if symbol.name in self._declared_in(each)]
            reasons = [self._left_out(each, build) for each in declaring]
            built = [each for each, reason in zip(declaring, reasons, strict=True) if not reason]
            wrong = [self._wrong(symbol, each) for each in built]
            if wrong and all(wrong):
                found.append(EntryFault(self.title, wrong[0], self._right(symbol)))
            elif declaring and not built:
                place = self._place(symbol, declaring[0])
                fact = f"{symbol.name}, which {place} declares, but {reasons[0]} leaves that file out of the build"
                found.append(EntryFault(self.title, fact, "declare it in a file that is built"))
            elif not built:
                missing.append(symbol)
        if self._known.optional and not self._needs_one(main, len(found) + len(missing)):
            return []
        return [*found, self._missing(missing, main)] if missing and not (found and self._known.optional) else found

    def _left_out(self, source: SourceFile, build: MainBuild) -> str:
        target = Target(self._plugin.goos, self._plugin.goarch, build.tags)
        return "" if build.names_files else reason_left_out(_name(source), source.file, target)

    def _needs_one(self, main: MainPackage, faults: int) -> bool:
        """Whether a plugin that needs one of the symbols has none, not even one whose name may be new."""
        declared = {name for each in main.files for name in self._declared_in(each)}
        new = declared - {each.name for each in self._symbols}
        return faults == len(self._symbols) and not any(name.endswith(_NEW_NAME) and name[0].isupper() for name in new)

    def _missing(self, missing: Sequence[EntrySymbol], main: MainPackage) -> EntryFault:
        texts = [each.file.text for each in main.files]
        meant = [name for each in missing if (name := _nearest(each, texts))]
        names = (" or " if self._known.optional else " and ").join(each.name for each in missing)
        declared = f" (it declares {' and '.join(meant)})" if meant else ""
        remedy = f"rename {' and '.join(meant)}" if meant else "declare it there"
        fact = f"{names}, which package main does not declare{declared}"
        return EntryFault(self.title, fact, remedy, is_certain=bool(meant))

    def _wrong(self, symbol: EntrySymbol, source: SourceFile) -> str:
        """What is wrong with a declaration; empty if nothing is, or if it is not known."""
        declared, place = self._declared_in(source)[symbol.name], self._place(symbol, source)
        if declared.is_function != symbol.is_function:
            kinds = ("function", "variable") if symbol.is_function else ("variable", "function")
            return f"{symbol.name} as a {kinds[0]}, and {place} declares a {kinds[1]}"
        is_read = len(declared.parameters) + len(declared.results) < _MAX_TYPES
        if not symbol.is_function or not self._plugin.has_api or not is_read:
            return ""
        expected = _expected(symbol, self._known)
        imports = source.file.imports
        found = types_of(declared, names_in_file(imports, PACKAGE_NAMES), types_of_dot_imports(imports, expected))
        return f"{symbol.name}, which {place} declares with other types" if found.differ(expected) else ""

    def _right(self, symbol: EntrySymbol) -> str:
        return f"write `{symbol.declaration}`" + (f"; {self._known.note}" if self._known.note else "")

    def _place(self, symbol: EntrySymbol, source: SourceFile) -> str:
        line = source.file.text.count("\n", 0, self._declared_in(source)[symbol.name].offset) + 1
        return f"{relative_path(source.path, self._plugin.folder)}:{line}"

    def _declared_in(self, source: SourceFile) -> Mapping[str, Declared]:
        if source.path not in self._declared:
            has_one = any(each.name in source.file.text for each in self._symbols)
            self._declared[source.path] = declarations(source.file.text) if has_one or self._known.optional else {}
        return self._declared[source.path]


def _named(main: MainPackage) -> str:
    return "the package main beside go.mod" if main.name == "." else main.name


def _name(source: SourceFile) -> str:
    return slashed(source.path).rpartition("/")[2]


def _expected(symbol: EntrySymbol, known: KnownHost) -> Types:
    """The types that a host asserts."""
    return types_of(declarations(f"{symbol.declaration} {{}}")[symbol.name], known.packages, {})


def _nearest(symbol: EntrySymbol, texts: Iterable[str]) -> str:
    """The only function with nearly the name of a symbol, else the only one with its signature; empty if none is."""
    from difflib import get_close_matches  # imported here: most plugins declare the symbol

    found = {match[1]: match.groups()[1:] for text in texts for match in _FUNCTION.finditer(code_of(text))}
    folded = {name.casefold() for name in found}
    near = get_close_matches(symbol.name.casefold(), folded, n=2, cutoff=_NEAR)
    named = [name for name in found if name.casefold() in near]
    if named:
        return named[0] if len(named) == 1 else ""
    declared = _FUNCTION.match(symbol.declaration)
    alike = [name for name, types in found.items() if declared and _types(types) == _types(declared.groups()[1:])]
    return alike[0] if len(alike) == 1 else ""


def _types(signature: Sequence[str]) -> list[str]:
    """The types of parameters and result, without the names of packages, which a file may rename."""
    parameters, result = signature
    words = [each.split() for each in parameters.split(",")] if parameters.strip() else []
    types = [each[-1] for each in words if each]
    return [re.sub(r"\w+\.", "", each) for each in (*types, result.strip())]
