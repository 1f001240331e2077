"""Describe a release of a known host as a binary whose package hashes are not known yet."""

from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.binary.buildinfo import BuildInfo, Module
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role
from layerg_pin.binary.layouts import module_data_size
from layerg_pin.binary.symbols import Linkage, UnresolvedSymbols, find_unresolved_symbols
from layerg_pin.core.known.images import Flavour
from layerg_pin.core.known.release_names import ReleaseName, is_newer, unknown_fact, unknown_release
from layerg_pin.core.known.releases import ReleaseContents, release_contents, releases
from layerg_pin.core.model.host_manifest import HostBuild, HostUnreadable
from layerg_pin.go.query_types import GoError
from layerg_pin.hosts.release_manifest import release_manifest

_LIBC = "libc.so.6"
_SHOWN = 3


class ReleaseHost(NamedTuple):
    """A release of a known host."""

    label: str
    """Such as `Nakama 3.40.0`."""
    module: str
    """The path of its own module."""
    go_line: str
    platforms: tuple[str, ...]
    build: HostBuild
    contents: ReleaseContents

    def packages(self, arch: str) -> Mapping[str, str]:
        """The linked packages on an architecture, without those of the standard library, each with its module."""
        return {**self.contents.packages, **self.contents.packages_of.get(arch, {})}

    def arch(self, wanted: str) -> str:
        """The architecture that is wanted, if the release is built for it, else its first one."""
        known = [each.partition("/")[2] for each in self.platforms]
        return wanted if wanted in known else known[0]

    def gomod(self) -> str:
        """The text of a go.mod that requires the modules of the release at its versions."""
        versions = {path: module.version for path, module in self.contents.modules.items()}
        required = "".join(f"\t{path} {version}\n" for path, version in versions.items() if version)
        return f"module layerg-pin.invalid/host\n\ngo {self.go_line}\n\nrequire (\n{required})\n"

    def binary(self, arch: str, go: str, hashes: Mapping[str, str]) -> Binary:
        """Its binary for an architecture, built with the Go release `go`, as far as the catalogue describes it."""
        build = self.build
        packages = self.packages(arch)
        versions = {module: self.contents.modules[module].version for module in packages.values()}
        flags = {"-trimpath": build.trimpath, "-race": build.race}
        settings = {name: "true" for name, given in flags.items() if given}
        texts = {"-tags": ",".join(build.tags or ()), "-gcflags": build.gcflags, "GOEXPERIMENT": build.experiment}
        settings |= {name: text for name, text in texts.items() if text}
        return Binary(
            path=self.label,
            format=Format.ELF,
            role=Role.EXECUTABLE,
            refusal="",
            os=build.goos,
            arch=arch,
            info=BuildInfo(
                go=go,
                path=self.module,
                main=Module(self.module, "(devel)"),
                deps=tuple(Module(path, version) for path, version in versions.items() if version),
                settings={"-compiler": "gc", "CGO_ENABLED": "1", "GOOS": build.goos, "GOARCH": arch, **settings},
            ),
            hashes=hashes,
            order=(),
            libc=_LIBC,
            module_data=module_data_size(go),
            plugin_support=PluginSupport.SHARING,
        )

    def unresolved(self, plugin: Linkage) -> UnresolvedSymbols:
        """The symbols of a plugin that may be unresolved in the image of the release. Its C symbols are not known."""
        libraries = (_LIBC, "libpthread.so.0", "libdl.so.2", "libresolv.so.2")
        versions = frozenset((library, f"GLIBC_{self.build.libc_version}") for library in libraries)
        found = find_unresolved_symbols(Linkage(libraries, versions=versions), plugin)
        if not found.missing:
            return found
        names = ", ".join(each.name for each in found.missing[:_SHOWN])
        more = f" and {len(found.missing) - _SHOWN} more" if len(found.missing) > _SHOWN else ""
        uncertainty = (
            f"the plugin's C code needs {names}{more}, and the catalogue does not list the C symbols of a server"
        )
        return UnresolvedSymbols((), (*found.uncertainties, uncertainty))


def release_host(reference: str, name: ReleaseName) -> ReleaseHost:
    """The release that a reference names. Raises GoError if the catalogue does not have it."""
    manifest = release_manifest(reference, name, None)
    flavour = Flavour.DEBUG if name.flavour is Flavour.DEBUG else Flavour.SERVER
    contents = release_contents(name.host.name, name.number, flavour)
    if isinstance(manifest, HostUnreadable) or contents is None or manifest.build is None or manifest.module is None:
        if is_newer(name):  # a profile, which the usual remedy writes, has no hashes either
            raise GoError(f"{unknown_fact(name)}: update layerg-pin, or use the server's binary as the host")
        raise GoError(unknown_release(name))
    facts = releases(name.host.name)[name.number]
    debug = ", debug build" if flavour is Flavour.DEBUG else ""
    return ReleaseHost(
        label=f"{name.host.title} {name.number}{debug}",
        module=manifest.module,
        go_line=facts.go_line,
        platforms=facts.platforms,
        build=manifest.build,
        contents=contents,
    )
