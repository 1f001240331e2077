"""Decide which `go` lines and directives a host's Go release accepts, as measured with Go 1.18 to 1.26.

Since Go 1.21 a release refuses a main module with a higher `go` line, and a dependency with one as soon as it compiles
a package of it. With a main module of go 1.16 or older it refuses any such version in the module graph, selected or
not, and with a vendor folder any such module in vendor/modules.txt.
Older releases accept only the form `1.23` in the main module's `go` line and ignore a higher version, except that the
last patch releases of Go 1.19 and 1.20 do not compile a module of Go 1.22 or later.
An unknown directive is an error in a main module, and ignored in dependencies.
In a workspace all modules are main modules, and the same rules apply to go.work.
Source: Go: cmd/go/internal/modload, golang.org/x/mod/modfile and internal/gover; cmd/go/internal/work/exec.go of Go
1.20.8; https://go.dev/doc/toolchain.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from layerg_pin.core.analysis.build_list import BuildList
from layerg_pin.core.gomod.parser import GoMod, GoWork
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.gomod.versions import parse_go_release, prunes
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span

_OLD_FORM = LazyPattern(r"[1-9]\d*\.\d+")
_FIRST_TO_ENFORCE = (1, 21)
NO_UPDATE = "updates to go.mod needed"
"""Go's error message for a go.mod that needs an update."""
_COMPILES_NO_1_22 = {(1, 19): 13, (1, 20): 8}
"""For older Go releases, the first patch release that does not compile modules of Go 1.22 or later."""
DIRECTIVES = {"toolchain": "1.21", "godebug": "1.23", "tool": "1.24", "ignore": "1.25"}
"""The Go release that introduced each directive of go.mod."""


class HostGo(NamedTuple):
    """The Go release that has to build the plugin: the host's."""

    version: str
    """An exact release such as `1.23.4`, or a minor release such as `1.23` whose newest patch release may be meant."""
    is_exact: bool
    is_known: bool
    """False if only the `go` line of the host's go.mod is known, so that the release may be newer."""

    def __str__(self) -> str:
        return f"go{self.version}"

    @property
    def enforces(self) -> bool:
        """Whether it refuses `go` lines above its own version."""
        mine = parse_go_release(self.version)
        return mine is not None and mine.release[:2] >= _FIRST_TO_ENFORCE

    def refuses(self, line: str) -> bool:
        """Whether it refuses to build a module with a `go` line; False for an invalid line.

        If only the `go` line of the host's go.mod is known: whether some release that can build the host refuses it.
        """
        return _refuses(self, line)

    def refuses_vendored(self, line: str) -> bool:
        """Whether it refuses to build a module with a `go` line in vendor/modules.txt.

        Go 1.19 and 1.20 do not parse a line with three parts there, and their last patch releases then do not compile
        the module.
        """
        return self.refuses(line) or (not self.enforces and line.startswith("1.21.") and self.refuses("1.22"))

    def is_below(self, version: str) -> bool:
        """Whether it is older than a `go` line or release; False for an invalid one."""
        return _is_below(self, version)

    @property
    def line(self) -> str:
        """The highest `go` line that it accepts."""
        return self.version if self.enforces else language_version(self.version)


def language_version(version: str) -> str:
    """The language version of a release, the only form before Go 1.21: `1.20` for `1.20.3` or `1.20rc1`."""
    match = _OLD_FORM.match(version)
    return match[0] if match else version


@lru_cache(maxsize=4096)
def _is_below(go: HostGo, version: str) -> bool:
    mine, other = parse_go_release(go.version), parse_go_release(version)
    if mine is None or other is None:
        return False
    return mine < other if go.is_exact else mine.release[:2] < other.release[:2]


@lru_cache(maxsize=4096)
def _refuses(go: HostGo, line: str) -> bool:
    mine, other = parse_go_release(go.version), parse_go_release(line)
    if mine is None or other is None:
        return False
    if go.enforces or (not go.is_known and other.release[:2] >= _FIRST_TO_ENFORCE):
        return go.is_below(line)
    first = _COMPILES_NO_1_22.get((mine.major, mine.minor))
    if first is None or not go.is_known:
        return False
    is_newest = not go.is_exact  # an image tag without a patch release means the newest one
    return other.release[:2] >= (1, 22) and (is_newest or mine.micro >= first)


def host_go(host: object) -> HostGo | None:
    """The host's Go release as far as known, or None."""
    if not isinstance(host, HostManifest):
        return None
    build = host.build
    if build and build.release and parse_go_release(build.release):
        return HostGo(build.release.removeprefix("go"), True, True)
    if build and build.minor and parse_go_release(build.minor):
        return HostGo(build.minor, False, True)
    if host.go is None or parse_go_release(host.go) is None:
        return None
    version = host.go.removeprefix("go")
    return HostGo(version, len(version.split(".")) > 2, False)


def is_toolchain_above(go: HostGo, file: GoMod | GoWork) -> bool:
    """Whether the `toolchain` line names a release above the host's, so that Go may build the plugin with it."""
    line = file.toolchain
    return line is not None and go.is_known and go.enforces and go.is_below(line.text.removeprefix("go"))


class UnknownDirective(NamedTuple):
    """A directive of the plugin's go.mod that the host's Go does not know."""

    directive: str
    span: Span
    since: str
    """The Go release that introduced it."""


def is_unknown_form(go: HostGo, line: str) -> bool:
    """Whether the host's Go cannot parse the form of a main module's `go` line."""
    return go.is_known and not go.enforces and _OLD_FORM.fullmatch(line) is None


def unknown_directives(go: HostGo, file: GoMod | GoWork) -> Iterator[UnknownDirective]:
    """The directives of a main module's go.mod, or of go.work, that the host's Go does not know."""
    if not go.is_known:
        return
    found = [
        *(("toolchain", each.span) for each in (file.toolchain,) if each),
        *(("godebug", each.line.span) for each in file.godebugs),
    ]
    if isinstance(file, GoMod):
        found += [("tool", each.span) for each in file.tools]
        found += [("ignore", each.span) for each in file.ignores]
    for directive, span in found:
        if go.is_below(DIRECTIVES[directive]):
            yield UnknownDirective(directive, span, DIRECTIVES[directive])


def needed_go(snapshot: Snapshot) -> str:
    """The highest `go` line among the modules that the plugin compiles; empty if unknown."""
    return snapshot.build.newest_go if snapshot.build else ""


def module_above_go_line(snapshot: Snapshot) -> tuple[ModuleVersion, str] | None:
    """A compiled module with a `go` line above the plugin's own, and that line; None if there is none.

    Since Go 1.21, Go then reports that go.mod needs an update, if the module needs Go 1.21 or later.
    """
    build, own = snapshot.build, snapshot.gomod.go.text if snapshot.gomod.go else "1.16"
    needed, mine = parse_go_release(build.newest_go) if build else None, parse_go_release(own)
    if build is None or needed is None or mine is None or needed <= mine or needed.release[:2] < _FIRST_TO_ENFORCE:
        return None
    module = next(each for each in build.compiled if each in build.graph and build.graph[each].go == build.newest_go)
    return module, build.newest_go


def too_new(snapshot: Snapshot, selection: BuildList, go: HostGo) -> Iterator[tuple[ModuleVersion, str]]:
    """The modules that the host's Go refuses because of their `go` line, each with that line.

    They come from a consistent vendor folder, else from the build that `selection` describes for the current text.
    """
    if snapshot.vendored and not snapshot.workspace:
        vendored = snapshot.vendored.modules
        refused = {line for line in {each.go for each in vendored.modules} if line and go.refuses_vendored(line)}
        if refused and not any(inconsistencies(snapshot.gomod, vendored)):
            for each in vendored.modules:
                if each.go in refused:
                    yield ModuleVersion(each.path, each.version or ""), each.go
            return
    yield from too_new_in(snapshot.build, snapshot.gomod, selection, go)


def too_new_in(
    build: PluginBuild | None, gomod: GoMod, selection: BuildList, go: HostGo
) -> Iterator[tuple[ModuleVersion, str]]:
    """The modules of a build without a vendor folder that the host's Go refuses, each with its `go` line."""
    if build is None or not go.refuses(build.newest_go_known):
        return
    compiled, selected = build.compiled_versions, selection.selected
    is_whole = not prunes(gomod.go.text if gomod.go else None) and (go.enforces or not go.is_known)
    for line, modules in build.by_go.items():
        if not go.refuses(line):
            continue
        for module in modules:
            path, version = module
            is_compiled = path in compiled and selected.get(path, compiled[path]) == version
            if is_compiled or (is_whole and module in selection.edges):  # Go loads the whole module graph
                yield module, line
