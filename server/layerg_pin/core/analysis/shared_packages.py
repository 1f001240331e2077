"""The packages that are linked into both the plugin and its host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerg_pin.core.model.host_manifest import HostManifest, HostModule
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild

SharedPackages = Mapping[tuple[ModuleVersion, HostModule], Sequence[str]]
"""Packages of both sides, by the modules that provide them in the plugin and on the host."""


def shared_packages(build: PluginBuild, host: HostManifest) -> SharedPackages:
    """The packages that both sides have."""
    found: dict[tuple[ModuleVersion, HostModule], list[str]] = {}
    for package, module in build.packages.items():
        provider = host_module(host, package, module.path)
        if provider is not None:
            found.setdefault((module, provider), []).append(package)
    return found


def host_module(host: HostManifest, package: str, plugin_module: str) -> HostModule | None:
    """The module that provides a package on the host; None if the host has no package of it."""
    if host.packages is None or (plugin_module == host.module and not host.linked):
        return host.modules.get(plugin_module)
    provider = host.packages.get(package)
    return host.modules.get(provider) if provider is not None else None
