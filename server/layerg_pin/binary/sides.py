"""What is compared of a host and a plugin, whether it was read from a binary or from a build that was not linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.binary.buildinfo import BuildInfo, Module
from layerg_pin.binary.go_binary import Binary

STD = "std"
"""The module of the standard library, as Go itself calls it; its version is the Go release."""


class Side(NamedTuple):
    """One side of plugin.Open."""

    os: str
    arch: str
    go: str
    hashes: Mapping[str, str]
    order: tuple[str, ...]
    modules: Mapping[str, Module]
    """The module of each package, as far as it is known."""
    module_data: int | None
    main: str = ""
    """The path of the main module; empty if there is none."""
    settings: Mapping[str, str] | None = None
    """The build settings; None where they are unknown, or where the build has the other side's."""

    @property
    def platform(self) -> str:
        """As Go writes it: `linux/amd64`."""
        return f"{self.os}/{self.arch}" if self.os else self.arch


@dataclass(frozen=True, slots=True)
class Difference:
    """A package that both sides link from unlike builds."""

    package: str
    host: Module | None
    plugin: Module | None
    root: bool = field(default=False)

    @property
    def own_cause(self) -> bool:
        """Whether the package comes from another module, version or replacement: what it imports aside, it differs."""
        if self.host is None or self.plugin is None or self.host.path == STD == self.plugin.path:
            return False
        return _identity(self.host) != _identity(self.plugin)


def side_of(binary: Binary) -> Side:
    """What a binary gives for the comparison."""
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
    """The module of each package: the one with the longest path, as Go looks for it; else the standard library."""
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
