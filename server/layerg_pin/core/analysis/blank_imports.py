"""Blank imports: the fix that adds one to a pin, and the effect of those in the plugin's main packages.

With a blank import the requirement is direct and the pin explicit, as Layerg's documentation recommends. Only a package
that the plugin compiles already, and that the host lists, may be imported: any other can cause the rejection that the
pin should prevent.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.differences import ModuleDifference
from layerg_pin.core.analysis.fixes import single_fix
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gofile.import_edits import Import, blank_import_edits
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import MainPackage, Snapshot, SourceFile
from layerg_pin.core.text import Span, TextEdit


def blank_import_fix(analysis: Analysis, difference: ModuleDifference) -> Fix | None:
    """The fix that pins a module and imports one of its packages blank; None if that is unsafe or not needed."""
    snapshot, pin = analysis.snapshot, difference.pin
    if not snapshot.mains:
        return None
    plain = pin is not None and difference.host.path == difference.plugin.path and not difference.is_replaced
    fix = single_fix(snapshot, analysis.alignment, pin, " and import it blank") if plain else None
    package = _package(snapshot, difference)
    if fix is None or package is None or snapshot.gomod.require(difference.plugin.path) is None:
        return None
    others = tuple(
        FileEdits(source.path, source.file.text, edits)
        for source in (main.files[0] for main in snapshot.mains)
        if (edits := blank_import_edits(source.file, (package,)))
    )
    if not others:
        return None
    edits = (*fix.edits, *_direct_edits(snapshot.gomod, difference.plugin.path))
    return fix._replace(edits=edits, others=others)


class BlankImport(NamedTuple):
    """A blank import of another module's package that is the main package's only import of it."""

    source: SourceFile
    imported: Import
    module: str
    brings: frozenset[str]
    """The packages that would not be compiled into the plugin without it."""
    is_redundant: bool
    """Whether the package is compiled without it, and its module required directly without it."""

    @property
    def package(self) -> str:
        return self.imported.path.text


def blank_imports(build: PluginBuild, module: str, mains: Iterable[MainPackage]) -> Iterator[BlankImport]:
    """The blank imports in the main packages' files, if Go's answer has these; `module` is the plugin's path."""
    own = build.own
    blanks = {
        name: found for main in mains if (name := module + main.name[1:]) in own and (found := _only_blank(main, build))
    }
    if not blanks:
        return
    edges = {
        package: [each for each in imports if each not in blanks.get(package, ())]
        for package, imports in build.imports.items()
    }
    without = _reached(own, edges, frozenset())
    direct = {build.packages[each].path for package in own for each in edges[package] if each in build.packages}
    for found in blanks.values():
        for package, (source, imported) in found.items():
            provider = build.packages[package].path
            brings = _reached((package,), edges, without)
            yield BlankImport(
                source=source,
                imported=imported,
                module=provider,
                brings=brings,
                is_redundant=not brings and provider in direct,
            )


def _only_blank(main: MainPackage, build: PluginBuild) -> dict[str, tuple[SourceFile, Import]]:
    """The packages of other modules that the main package imports only once, and blank."""
    found: dict[str, list[tuple[SourceFile, Import]]] = {}
    for source in main.files:
        for each in source.file.imports:
            found.setdefault(each.path.text, []).append((source, each))
    return {
        package: imports[0]
        for package, imports in found.items()
        if len(imports) == 1 and imports[0][1].is_blank and package in build.packages
    }


def _reached(starts: Iterable[str], edges: Mapping[str, Collection[str]], known: frozenset[str]) -> frozenset[str]:
    """The packages that `starts` import, directly or not, with `starts` and without those already `known`."""
    reached = {package: None for package in starts if package not in known}
    queue = list(reached)
    for package in queue:
        more = [each for each in edges.get(package, ()) if each not in known and each not in reached]
        reached.update(dict.fromkeys(more))
        queue += dict.fromkeys(more)
    return frozenset(reached)


def _package(snapshot: Snapshot, difference: ModuleDifference) -> str | None:
    """The package to import: the one with the shortest path; None if a package of the module is imported already."""
    host = snapshot.host
    if not isinstance(host, HostManifest) or host.packages is None:
        return None
    compiled = difference.packages
    if snapshot.build is None:
        compiled = host.packages_of.get(difference.host.path, ())
    imported = frozenset(path for main in snapshot.mains for path in main.imports)
    if imported.intersection(compiled):
        return None
    return min(filter(_is_importable, compiled), key=lambda package: (package.count("/"), package), default=None)


def _is_importable(package: str) -> bool:
    return "internal" not in package.split("/")


def _direct_edits(gomod: GoMod, module: str) -> Iterable[TextEdit]:
    """Remove `// indirect` from the module's requires; the rest of the comment stays."""
    for require in gomod.required.get(module, ()):
        comment = require.line.comment
        if require.indirect and comment:
            words = comment.text.removeprefix("//").strip().removeprefix("indirect").removeprefix(";").strip()
            start = comment.span.start if words else require.version.span.end
            yield TextEdit(Span(start, comment.span.end), f"// {words}" if words else "")
