"""The known facts about a host: its modules, its packages and its build."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, Self

from layerg_pin.core.gomod.modules_txt import ModulesTxt
from layerg_pin.core.model.modules import Origin, Replacement, Source
from layerg_pin.core.text import Problem


class HostModule(NamedTuple):
    """A module of the host, at the version left of any `=>`, which is None for the host's own module."""

    path: str
    version: str | None
    origin: Origin
    replacement: Replacement | None = None


class HostBuild(NamedTuple):
    """A host's build, as its binary or its own build files state it. None and empty texts mean unknown.

    A binary states every flag. Build files may leave some to variables, and Go 1.18 does not record `-trimpath`.
    """

    release: str = ""
    """The exact Go release, such as `go1.23.4`; empty if unknown."""
    goos: str = ""
    goarch: str = ""
    cgo: bool | None = None
    trimpath: bool | None = None
    race: bool | None = None
    tags: tuple[str, ...] | None = None
    experiment: str | None = None
    """GOEXPERIMENT, without the release's defaults; empty for none."""
    gcflags: str | None = None
    minor: str = ""
    """The minor release, such as `1.23`, if a floating image tag such as `golang:1.23` names no exact one."""
    libc: str = ""
    """The C library: `glibc` or `musl`."""
    libc_version: str = ""
    """The version of the C library on the system that the server runs on, such as `2.36`."""
    linking: str = ""
    """The linker flag that keeps the host from opening plugins, such as `-linkmode=internal`; empty for none."""
    origins: Mapping[str, Origin] = MappingProxyType({})
    """The lines of build files that state a fact, by the name of the field; facts of a binary are not listed."""
    fips: str | None = None
    """GOFIPS140, such as `v1.0.0`; empty for none."""
    sanitizer: str | None = None
    """`asan` or `msan`; empty for none."""

    @property
    def no_plugins_reason(self) -> str:
        """Why a host with this build cannot open plugins, and the remedy; empty if it can.

        Without cgo, `plugin.Open` is a stub (Go: plugin/plugin_stubs.go).
        """
        if self.cgo is False:
            return f"it is built with CGO_ENABLED=0{self._place('cgo')}; build it with CGO_ENABLED=1 and a C compiler"
        if not self.linking:
            return ""
        if self.linking.startswith("-"):
            return f"it is linked with {self.linking}{self._place('linking')}; remove the flag from the host's build"
        return f"{self.linking}; build it without -extldflags=-static and -linkmode=internal"

    @property
    def no_plugins_origin(self) -> Origin | None:
        """The line of the host's build files that keeps it from opening plugins; None if none does."""
        return self.origins.get("cgo" if self.cgo is False else "linking") if self.no_plugins_reason else None

    def _place(self, field: str) -> str:
        origin = self.origins.get(field)
        return f" ({origin})" if origin else ""


class HostImage(NamedTuple):
    """The image that a host's binary is in."""

    platform: str
    """Such as `linux/amd64`; empty for a tar of files."""
    others: tuple[str, ...]
    """The other platforms that the image is available for."""
    name: str
    """Its tag or name, if it states one."""
    digest: str
    """Of its manifest or configuration; empty for a tar of files."""
    server: str
    """The absolute path of the binary in the image."""
    found_by: str
    """How the binary was found, such as `its entrypoint`."""
    passed_over: tuple[str, ...] = ()
    """Other programs in the image that open plugins."""


class HostWorkspace(NamedTuple):
    """The go.work that applies to a plain `go build` in a host's folder, and its effect on the host's builds."""

    path: str
    """The absolute path of the go.work, its parts separated by `/`."""
    used: bool
    """Whether the go.work on disk uses the host's folder."""
    outside: str = ""
    """Why every build of the host leaves the workspace, with the file and line; empty if none or not all do."""
    uncertainty: str = ""
    """Why the host may be built outside the workspace; empty if a plain `go build` in it is the only known build."""

    @property
    def decides(self) -> bool:
        """Whether the workspace selects the versions of the host."""
        return self.used and not self.outside and not self.uncertainty


class HostPlace(StrEnum):
    """The place of a host's build, relative to the workspace that the plugin is built in."""

    OUTSIDE = "outside"
    """Outside that workspace, or the plugin is in none."""
    INSIDE = "inside"
    """In the same workspace: one build list selects the versions of both."""
    UNCLEAR = "unclear"
    """The workspace uses the host's folder, but the host may be built outside it."""


class _HostFacts(NamedTuple):
    """The fields of a HostManifest; apart from it because a NamedTuple cannot cache properties."""

    reference: str
    """The host's name as the user, the project file or discovery gave it."""
    path: str
    """The absolute path of the folder or file that is named."""
    kind: str
    """Its kind: `folder`, `modules.txt`, `go.mod`, `binary`, `image`, `profile`, `module@version` or `release`."""
    module: str | None
    go: str | None
    modules: Mapping[str, HostModule]
    packages: Mapping[str, str] | None
    linked: bool
    """Whether `packages` are exactly those that the host links, as Go lists them, rather than all that it vendors."""
    asked: bool
    """Whether Go has been asked for the linked packages, successfully or not."""
    source: Source
    problems: tuple[Problem, ...] = ()
    """The lines of `source` that cannot be parsed."""
    advice: str = ""
    """What the user can do to make more facts known."""
    uncertainty: str = ""
    """Why the host may not be built from the files that were read; empty if there is no reason to doubt it."""
    build: HostBuild | None = None
    """Its build; None if only its source is known."""
    go_origin: Origin | None = None
    """The `go` line; None if there is none."""
    listing: ModulesTxt | None = None
    """Its modules.txt, if one was read."""
    version: str | None = None
    """The version of the host itself, such as `v3.22.0`; None if unknown."""
    main: str = ""
    """The host's main package, relative to its module, such as `.` or `./cmd/server`; empty if unknown."""
    mains: tuple[str, ...] = ()
    """Other main packages that could be the server, if none is certain."""
    builder: HostBuild | None = None
    """The build of the host's own plugin builder image, if the host's source defines one."""
    work: HostWorkspace | None = None
    """The go.work around the host's source folder; None if there is none, or if the host is not a folder."""
    named_at: Origin | None = None
    """The line of a build file whose image tag names this release; None if the host was named otherwise."""
    image: HostImage | None = None
    """The image that its binary was read from; None for other kinds."""


class HostManifest(_HostFacts):
    """The known facts about a host, and what follows from them.

    `packages` maps an import path to the path of the module that provides it; None if only modules are known.
    """

    @property
    def no_plugins_reason(self) -> str:
        """Why the host certainly cannot open plugins, and the remedy; empty if it can, or if that is unknown."""
        why = self.build.no_plugins_reason if self.build and not self.uncertainty else ""
        return f"the host {self.reference} cannot open plugins: {why}" if why else ""

    @property
    def required(self) -> int:
        """The number of modules that the host requires: all but its own."""
        return sum(module.version is not None for module in self.modules.values())

    @cached_property
    def packages_of(self) -> Mapping[str, tuple[str, ...]]:
        """The known packages of each module, by the module's path."""
        found: dict[str, list[str]] = {}
        for package, module in (self.packages or {}).items():
            found.setdefault(module, []).append(package)
        return {module: tuple(packages) for module, packages in found.items()}


class HostNotFound(NamedTuple):
    """No host is named, and not exactly one was found."""

    message: str
    proposal: str = ""
    """The reference of the host that is likely, for the user to confirm; empty if none is."""


class HostUnreadable(NamedTuple):
    """A host is named, but its files cannot be read."""

    reference: str
    message: str
    remedy: str = ""
    """What to do with the option, setting or file that names it, for which `{}` stands; empty if that is right."""

    def named_by(self, place: str) -> Self:
        """The same with the remedy in its message, for the option, setting or file with the name; empty if unknown."""
        if not self.remedy or not place or self.message.endswith("?"):
            return self
        return self._replace(message=f"{self.message}; {self.remedy.format(place)}", remedy="")
