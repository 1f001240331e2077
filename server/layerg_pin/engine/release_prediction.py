"""Predict plugin.Open for a release of a known host without its binary, by compiling what the plugin shares with it.

The hash of a package follows from its files, its imports, the Go release and the flags. The catalogue has all of these
for the modules that a release requires, so Go compiles the same hashes as in the server's binary, without linking.
- Versions that differ are enough for a rejection, which then needs no compilation: with -trimpath, a package's hash
covers the names of its files, which contain the version. (A package that declares nothing has no file names in its
hash. In practice it is never a module's only shared package.)
- A package of the standard library is compared if the packages that are certainly linked import it. The server's own
code may import more: such packages are compiled too, and if one differs, that is unknown.
- The server's own module is its main module, so its file names have no version. A plugin that requires it at a version
differs; one that is built in a workspace with it cannot be compared.
"""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from layerg_pin.binary.advice import same_build
from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.export import read_export
from layerg_pin.binary.go_binary import Binary, read_binary
from layerg_pin.binary.predict import FIRST_WITH_HASHES, Prediction, Verdict, predict, predict_build, predict_unreadable
from layerg_pin.binary.sides import STD, HashDifference, Side, package_modules, side_of
from layerg_pin.binary.symbols import UnresolvedSymbols, read_linkage
from layerg_pin.core.buildfiles.platforms import plugin_architecture
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import count
from layerg_pin.engine.release_host import ReleaseHost, release_host
from layerg_pin.engine.unlinked_build import compile_unlinked, host_flags
from layerg_pin.go.compiling import Compiled, ModuleBuild, compile_modules
from layerg_pin.go.module_cache import cached_folder, cached_gomod
from layerg_pin.go.queries import go_env
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoEnv, GoError
from layerg_pin.source_tree.build_files import read_build_files

_ALWAYS_LINKED = ("plugin", "runtime", "runtime/cgo")
"""The packages of the standard library that every host of plugins links."""
_BINARY = "Predict with the server's binary: --host BINARY"
_TOOLCHAIN_SIZE = "70 MB"


class Progress(NamedTuple):
    """The functions that report the progress of a prediction."""

    announce: Callable[[str], None]
    """Called once with a sentence, before the work that takes long."""
    step: Callable[[str], None]
    """Called at the start of each step."""


SILENT = Progress(lambda _: None, lambda _: None)


class _Plugin(NamedTuple):
    """A plugin: its .so, or its compiled folder."""

    path: str
    binary: Binary | None
    side: Side
    symbols: UnresolvedSymbols = UnresolvedSymbols()

    def predicted(self, host: Binary) -> Prediction:
        found = predict(host, self.binary, self.symbols) if self.binary else predict_build(host, self.side)
        return found._replace(host_packages=None)  # the catalogue has no packages of the standard library


def predict_for_release(
    reference: str, name: ReleaseName, plugin: str, go: Go | None, cancellation: Cancellation, progress: Progress
) -> Prediction:
    """Predict whether a release accepts a plugin: its .so, or its folder. Raises only GoCancelled."""
    try:
        host = release_host(reference, name)
    except GoError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    try:
        read = _read_plugin(host, plugin, go, cancellation)
        if isinstance(read, Prediction):
            return read
        return _predicted(host, read, go, cancellation, progress)
    except GoCancelled:
        raise
    except (BinaryError, GoError) as error:
        return Prediction(Verdict.UNKNOWN, "", str(error), remedies=(_BINARY,), host_packages=None)


def _read_plugin(host: ReleaseHost, path: str, go: Go | None, cancellation: Cancellation) -> _Plugin | Prediction:
    """The plugin, or the prediction for a file that is not readable. Raises BinaryError and GoError."""
    if os.path.isdir(path):
        named = plugin_architecture(read_build_files(os.path.abspath(path)))
        wanted = named or (go_env(go, cancellation).local.goarch if go else "")
        arch = host.arch(wanted)
        binary = host.binary(arch, host.build.release, dict.fromkeys(host.packages(arch), ""))
        return _Plugin(path, None, compile_unlinked(binary, path, go, cancellation))
    try:
        binary, linkage = read_binary(path), read_linkage(path)
    except BinaryError as error:
        return predict_unreadable(error)
    return _Plugin(path, binary, side_of(binary), host.unresolved(linkage))


def _predicted(
    host: ReleaseHost, plugin: _Plugin, go: Go | None, cancellation: Cancellation, progress: Progress
) -> Prediction:
    """The prediction: by versions if that is enough, else by hashes. Raises GoError and BinaryError."""
    side = plugin.side
    arch = host.arch(side.arch)
    release = host.build.release or _release_like(side.go, host.build.minor)
    known = parse_go_release(release)
    if known is None or known.release < FIRST_WITH_HASHES:
        raise GoError(f"{host.label} is built with {release}: package hashes can be read since go1.18")
    binary = host.binary(arch, release, {})
    hashes = _hashes_by_version(binary, host.packages(arch), side)
    at_once = plugin.predicted(binary._replace(hashes=hashes))
    if at_once.compared and not host.build.release:
        why = f"{host.label} is built on golang:{host.build.minor}, a tag that floats, so its Go release is not known"
        if not at_once.differing:
            return at_once._replace(verdict=Verdict.UNKNOWN, why=why, remedies=(_BINARY,))
        return at_once._replace(error="", why=_by_version(at_once.differing[0]))
    if not at_once.compared or (at_once.differing and same_build(side_of(binary._replace(hashes=side.hashes)), side)):
        return at_once
    try:
        compiled = _compiled(host, arch, plugin, go, cancellation, progress)
    except GoCancelled:
        raise
    except (GoError, BinaryError):
        if at_once.differing:  # the other differences are not known
            return at_once._replace(error="", why=_by_version(at_once.differing[0]))
        raise
    return _by_hash(host, binary, plugin, compiled, cancellation)


def _release_like(go: str, minor: str) -> str:
    """For a host of which only the minor Go release is known: the plugin's release if it has that minor."""
    release, known = parse_go_release(go), parse_go_release(f"go{minor}")
    return go if release and known and release.release[:2] == known.release[:2] else f"go{minor}"


def _hashes_by_version(host: Binary, packages: Mapping[str, str], plugin: Side) -> dict[str, str]:
    """The plugin's own hash for each package of the host whose module agrees, and another one for the others."""
    assert host.info
    modules = package_modules(packages, host.info)
    found = {}
    for package in packages:
        difference = HashDifference(package, modules.get(package), plugin.modules.get(package))
        found[package] = "" if difference.own_cause else plugin.hashes.get(package, "")
    return found


def _by_version(difference: HashDifference) -> str:
    return (
        f"{difference.package} is from {difference.host} in the host, and from {difference.plugin} in the plugin; "
        "plugin.Open may name another package first"
    )


def _compiled(
    host: ReleaseHost, arch: str, plugin: _Plugin, go: Go | None, cancellation: Cancellation, progress: Progress
) -> Compiled:
    """Compile what the plugin shares with the release. Raises GoError."""
    if go is None:
        raise GoError(f"no go command was found to compile the packages of {host.label}: install Go")
    side, packages = plugin.side, host.packages(arch)
    shared = [package for package in side.order if packages.get(package, host.module) != host.module]
    standard = [
        package
        for package, module in side.modules.items()
        if module.path == STD and not package.startswith("vendor/")  # the copies are imported by others
    ]
    binary = host.binary(arch, host.build.release, dict.fromkeys(packages, ""))
    flags, env = host_flags(binary)
    build = ModuleBuild(
        gomod=host.gomod(),
        release=host.build.release,
        flags=flags,
        env=env,
        linked=(*shared, *_ALWAYS_LINKED),
        others=tuple(standard),
    )
    modules = {packages[package] for package in shared}
    versions = [ModuleVersion(path, host.contents.modules[path].version or "") for path in modules]
    downloads = _downloads(go, build, versions, cancellation)
    progress.announce(
        f"{host.label}: compiling {count(len(shared), 'package')} that the plugin shares with it, and the standard "
        f"library, with {build.release}; the first time this takes 1 to 5 minutes{downloads}"
    )
    compiled = compile_modules(go, build, progress.step, cancellation)
    for package in shared:
        found, wanted = compiled.packages.get(package), host.contents.modules[packages[package]].version
        module = found.module if found else None
        if module != ModuleVersion(packages[package], wanted or ""):
            raise GoError(f"Go takes {package} from {module}, and {host.label} from {packages[package]} {wanted}")
    return compiled


def _downloads(go: Go, build: ModuleBuild, modules: list[ModuleVersion], cancellation: Cancellation) -> str:
    """The part of the announcement about downloads; empty if there are none."""
    env = go_env(go, cancellation)
    absent = [each for each in modules if not os.path.isdir(cached_folder(cached_gomod(env.modcache, each)))]
    parts = [] if _has_release(env, build.release) else [f"{build.release} (about {_TOOLCHAIN_SIZE})"]
    parts += [count(len(absent), "module")] if absent else []
    if not parts:
        return ""
    return f"; downloads {' and '.join(parts)}" if go.network else f"; missing on this machine: {' and '.join(parts)}"


def _has_release(env: GoEnv, release: str) -> bool:
    folders = os.path.join(env.modcache, "golang.org")
    prefix = f"toolchain@v0.0.1-{release}."
    try:
        return env.local.release == release or any(name.startswith(prefix) for name in os.listdir(folders))
    except OSError:
        return False


def _by_hash(
    host: ReleaseHost, binary: Binary, plugin: _Plugin, compiled: Compiled, cancellation: Cancellation
) -> Prediction:
    """The prediction by the hashes of the compiled packages. Raises BinaryError and GoCancelled."""
    side, packages = plugin.side, host.packages(binary.arch)
    hashes: dict[str, str] = {}
    uncertainties: dict[str, str] = {}
    for package in side.order:
        if cancellation.cancelled:
            raise GoCancelled("cancelled")
        if packages.get(package) == host.module:
            uncertainties[package] = f"{package} belongs to the server's own module, which is not compiled"
        if package not in compiled.packages:
            continue
        found = read_export(compiled.packages[package].file).fingerprint
        if package in packages or package in compiled.linked:
            hashes[package] = found
        elif found != side.hashes[package]:
            uncertainties[package] = f"{package} differs, and only the server's own code can show whether it is linked"
    result = plugin.predicted(binary._replace(hashes=hashes))
    first = next((package for package in side.order if package in uncertainties), None)
    if first is None or result.verdict not in (Verdict.ACCEPTED, Verdict.REJECTED) or not result.compared:
        return result
    if result.verdict is Verdict.ACCEPTED:
        return result._replace(verdict=Verdict.UNKNOWN, why=uncertainties[first], remedies=(_BINARY,))
    if side.order.index(first) < side.order.index(result.differing[0].package):
        return result._replace(error="", why=f"{result.error}, or of {first}")
    return result
