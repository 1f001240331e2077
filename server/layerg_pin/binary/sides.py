"""The values of a host and a plugin that plugin.Open compares, from a binary or from a build that is not linked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.binary.buildinfo import BuildInfo, Module
from layerg_pin.binary.go_binary import Binary

STD = "std"
"""The module of the standard library, as Go calls it; its version is the Go release."""


class Side(NamedTuple):
    """One side of plugin.Open: a host or a plugin."""

    os: str
    arch: str
    go: str
    hashes: Mapping[str, str]
    order: tuple[str, ...]
    modules: Mapping[str, Module]
    """The module of each package, as far as known."""
    module_data: int | None
    main: str = ""
    """The path of the main module; empty if there is none."""
    settings: Mapping[str, str] | None = None
    """The build settings; None if they are unknown, or if the build uses the other side's settings."""

    @property
    def platform(self) -> str:
        """In Go's form: `linux/amd64`."""
        return f"{self.os}/{self.arch}" if self.os else self.arch


@dataclass(frozen=True, slots=True)
class HashDifference:
    """A package whose hash differs between host and plugin."""

    package: str
    host: Module | None
    plugin: Module | None
    root: bool = field(default=False)

    @property
    def own_cause(self) -> bool:
        """Whether the package's own module, version or replacement differs, regardless of its imports."""
        if self.host is None or self.plugin is None or self.host.path == STD == self.plugin.path:
            return False
        return _identity(self.host) != _identity(self.plugin)


def side_of(binary: Binary) -> Side:
    """The compared values of a binary."""
    info = binary.info
    modules = package_modules(binary.hashes, info) if info else {}
    main = info.main.path if info and info.main else ""
    settings = info.settings if info else None
    return Side(
        os=binary.os,
        arch=binary.arch,
        go=binary.go,
        hashes=binary.hashes,
        order=binary.order,
        modules=modules,
        module_data=binary.module_data,
        main=main,
        settings=settings,
    )


def package_modules(packages: Iterable[str], info: BuildInfo) -> dict[str, Module]:
    """The module of each package: the one with the longest matching path, as in Go; else the standard library."""
    known = {module.path: module for module in ((info.main,) if info.main else ()) + info.deps}
    standard = Module(STD, info.release)
    found: dict[str, Module] = {}
    for package in packages:
        path = package.replace("%2e", ".").replace("%25", "%")
        while path and path not in known:
            path = path.rpartition("/")[0]
        if path:
            found[package] = known[path]
        elif "." not in package.partition("/")[0] and package not in ("main", "command-line-arguments"):
            found[package] = standard
    return found


def _identity(module: Module) -> tuple[str, ...]:
    replaced = module.replace
    return (module.path, module.version, *((replaced.path, replaced.version) if replaced else ()))
