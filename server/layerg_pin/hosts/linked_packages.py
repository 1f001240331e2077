"""Determine the packages that a host links with `go list`, and which of its main packages is the server."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from layerg_pin.core.model.host_manifest import HostManifest, HostModule
from layerg_pin.core.model.modules import Origin
from layerg_pin.go.answer_cache import load_packages, store_packages, vendored_key, version_key
from layerg_pin.go.module_cache import cached_folder
from layerg_pin.go.queries import list_member, list_module, list_vendored
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, GoInterrupted, GoPackages, Target
from layerg_pin.hosts.references import locate_main_package, with_build_facts
from layerg_pin.hosts.source_manifest import label_of
from layerg_pin.source_tree.go_work import linked_in_workspace
from layerg_pin.source_tree.main_packages import opens_plugins, server_packages

_MAX_MAINS = 16
"""Limit on the main packages that are listed to find the server."""


def ensure_linked(manifest: HostManifest, go: Go, cancellation: Cancellation) -> HostManifest:
    """The manifest with the packages that Go says the host links, unless Go was asked before.

    Raises GoCancelled, and GoInterrupted.
    """
    return manifest if manifest.asked else link_packages(manifest, go, cancellation)


def link_packages(manifest: HostManifest, go: Go, cancellation: Cancellation) -> HostManifest:
    """The manifest with the packages that the host links, if Go can list all of them; otherwise with the reason in
    `advice`.

    Only a source folder and a `module@version` in the module cache can be listed. Raises GoCancelled and GoInterrupted.
    """
    root = _root(manifest)
    if not root or not os.path.isfile(os.path.join(root, "go.mod")):
        return manifest
    return _link(manifest, root, go, cancellation)._replace(asked=True)


def _root(manifest: HostManifest) -> str:
    """The folder of the host's source, or an empty string."""
    if manifest.kind == "folder":
        return locate_main_package(manifest.path)[0]
    return cached_folder(manifest.path) if manifest.kind == "module@version" else ""


def _link(manifest: HostManifest, root: str, go: Go, cancellation: Cancellation) -> HostManifest:
    mains = (manifest.main,) if manifest.main else (manifest.mains or server_packages(root))[:_MAX_MAINS]
    if not mains:
        return manifest._replace(
            advice="no main package in it is a server; use the folder of the server's main package as the host"
        )
    try:
        found = _list_packages(manifest, root, mains, _target(manifest), go, cancellation)
        closures = _closures(manifest, mains, found)
        opening = _plugin_openers(closures)
        every = mains if opening or _named_main(manifest) else _with_other_servers(mains, root)
        if every != mains:  # the main packages of the build files do not open plugins
            mains = every
            found = _list_packages(manifest, root, mains, _target(manifest), go, cancellation)
            closures = _closures(manifest, mains, found)
            opening = _plugin_openers(closures)
    except (GoCancelled, GoInterrupted):
        raise
    except GoError as error:
        return manifest._replace(advice=_list_error(manifest, str(error)))
    likely = opening or list(mains)
    main = min(likely, key=lambda each: (each != ".", not _is_named(each, manifest.module or ""), each))
    if len(likely) > 1 and (main != "." or manifest.mains):
        others = tuple(each for each in likely if each != main)
        manifest = with_build_facts(manifest, root, main, *others)
        return manifest._replace(main=main, mains=others, advice=_assumption(manifest, main, others))
    if main != manifest.main:
        manifest = with_build_facts(manifest, root, main)
    if not opening and not found.unresolved and not manifest.uncertainty:
        manifest = manifest._replace(uncertainty=_no_plugin_support(manifest, root, mains))
    linked = closures[main]
    if missing := next((each for each in found.unresolved if each.package in linked or len(mains) == 1), None):
        return manifest._replace(advice=_list_error(manifest, f"{missing.package}: {missing.reason}"))
    if _workspace_file(manifest):
        own = {package: module for package, module in found.packages.items() if package in linked}
        return linked_in_workspace(manifest._replace(mains=()), root, found._replace(packages=own))
    packages = {package: module.path for package, module in found.packages.items() if package in linked}
    return _with_packages(manifest, os.path.join(root, "go.mod"), found, packages)


def _target(manifest: HostManifest) -> Target:
    build = manifest.build
    return Target((build.goos, build.goarch), build.tags or ()) if build else Target()


def _named_main(manifest: HostManifest) -> str:
    """The main package that the reference names; empty if it names the module's folder."""
    return locate_main_package(manifest.path)[1] if manifest.kind == "folder" else ""


def _with_other_servers(mains: Sequence[str], root: str) -> tuple[str, ...]:
    """The main packages, followed by the others in the module that may be the server."""
    return tuple(dict.fromkeys((*mains, *server_packages(root))))[:_MAX_MAINS]


def _closures(manifest: HostManifest, mains: Sequence[str], found: GoPackages) -> dict[str, frozenset[str]]:
    """For each main package, its direct and indirect imports."""
    return {main: _closure(_import_path(manifest.module or "", main), found.imports) for main in mains}


def _plugin_openers(closures: Mapping[str, frozenset[str]]) -> list[str]:
    """The main packages that can open plugins."""
    return [main for main, packages in closures.items() if "plugin" in packages]


def _no_plugin_support(manifest: HostManifest, root: str, mains: Sequence[str]) -> str:
    """A message that no main package can be the server; empty if a build tag may change that."""
    if (manifest.build is None or manifest.build.tags is None) and opens_plugins(root):
        return ""
    which = mains[0] if len(mains) == 1 else f"none of {', '.join(mains[:4])}"
    verb = "does not import" if len(mains) == 1 else "imports"
    return f"the host {manifest.reference} cannot open plugins: {which} {verb} plugin, directly or indirectly"


def _list_packages(
    manifest: HostManifest, root: str, mains: Sequence[str], target: Target, go: Go, cancellation: Cancellation
) -> GoPackages:
    """The packages from the cache or from `go list`. Raises GoError."""
    vendored = manifest.kind == "folder" and manifest.packages is not None

    def key() -> str | None:
        if not go.caches:
            return None
        if manifest.kind == "folder":
            return vendored_key(go, root, mains, target) if vendored else None
        return version_key(go, root, mains, target)

    if work := _workspace_file(manifest):
        return list_member(go, work, root, mains, cancellation, target)
    cache_key = key()
    if known := load_packages(cache_key):
        return known
    found = (list_vendored if vendored else list_module)(go, root, mains, cancellation, target)
    if cache_key and cache_key == key():  # the inputs did not change during the run
        store_packages(cache_key, found)
    return found


def _workspace_file(manifest: HostManifest) -> str:
    """The go.work that the host is built with, or an empty string."""
    return manifest.work.path if manifest.work and manifest.work.decides else ""


def _closure(package: str, imports: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """A package with its direct and indirect imports; for the standard library only the first level."""
    found, pending = {package}, [package]
    while pending:
        for each in imports.get(pending.pop(), ()):
            if each not in found:
                found.add(each)
                pending.append(each)
    return frozenset(found)


def _import_path(module: str, main: str) -> str:
    return module if main == "." else f"{module}/{main.removeprefix('./')}"


def _is_named(main: str, module: str) -> bool:
    """Whether a main package has a server's name: that of the module, or one that contains `server`."""
    parts = [part for part in module.split("/") if not (part[:1] == "v" and part[1:].isdigit())]
    name = main.rpartition("/")[2]
    return name == (parts[-1] if parts else "") or "server" in name


def _assumption(manifest: HostManifest, main: str, others: Sequence[str]) -> str:
    """A message with the assumed main package, and how to choose another."""
    listed = ", ".join(others[:4]) + (" and others" if len(others) > 4 else "")
    if manifest.kind != "folder":
        return f"{main} is assumed to be the server, but {listed} may be it: use the right source folder as the host"
    name = f"{manifest.reference.rstrip('/')}/{main.removeprefix('./')}"
    return (
        f"{main} is assumed to be the server, but {listed} may be it: use the right folder as the host, such as {name}"
    )


def _list_error(manifest: HostManifest, reason: str) -> str:
    """A message why Go cannot list the packages."""
    if manifest.kind == "module@version" and "not in the module cache" in reason:
        reason = f"run `layerg-pin host show --host {manifest.reference}` to download them"
        return f"some of its modules are not in the module cache: {reason}"
    return f"Go cannot list its packages: {reason}"


def _with_packages(manifest: HostManifest, gomod: str, found: GoPackages, packages: Mapping[str, str]) -> HostManifest:
    modules = dict(manifest.modules)
    for package in packages:
        module = found.packages[package]
        if module.version and (module.path not in modules or modules[module.path].version != module.version):
            modules[module.path] = HostModule(module.path, module.version, Origin(gomod, 0, label_of(gomod)))
    return manifest._replace(modules=modules, packages=packages, linked=True, advice="", mains=())
