"""Read the requirements of dependencies from the go.mod files in Go's module cache.

Source of the layout: https://go.dev/ref/mod#module-cache and https://go.dev/ref/mod#goproxy-protocol.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

from layerg_pin.core.analysis.build_list import build_list, compatible_with_1_16, roots_of
from layerg_pin.core.gomod.go_lines import HostGo
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.replaces import Replaces, effective_replace, replaces_of
from layerg_pin.core.gomod.versions import is_higher, parse_version, prunes, version_key
from layerg_pin.core.model.modules import Graph, ModuleVersion, Requirements
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.system.text_files import FileError, read_text

_LAX_GO = r"(?m)^go\s+v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))\D"

_MAX_REQUIRES = 200_000
"""Limit on the requirements in a graph. The largest known graph has 80,000. go.mod files beyond it are ignored."""


def module_graph(
    modcache: str, folder: str, gomod: GoMod, pins: Iterable[ModuleVersion], workspace: Workspace | None = None
) -> dict[ModuleVersion, Requirements]:
    """The cached go.mod files that affect the build list of a plugin in `folder`, both without and with `pins`."""
    roots = roots_of(gomod, workspace)
    graph = _CachedGraph(modcache, replaces_of(gomod, folder.replace(os.sep, "/"), workspace))
    pins = tuple(pins)
    outside_workspace = roots._replace(members={})
    variants = [roots, roots.pinned(pins), *((outside_workspace, outside_workspace.pinned(pins)) if workspace else ())]
    if compatible_with_1_16(gomod):
        variants += [each._replace(pruned=False) for each in variants]
    for each in variants:
        build_list(each, graph)
    return graph.known


class _CachedGraph(Graph):
    """Reads the go.mod files of modules when their requirements are first needed."""

    def __init__(self, modcache: str, replaces: Replaces) -> None:
        self.known: dict[ModuleVersion, Requirements] = {}
        self._absent: set[ModuleVersion] = set()
        self._modcache = modcache
        self._replaces = replaces
        self._left = _MAX_REQUIRES

    def __getitem__(self, module: ModuleVersion) -> Requirements:
        found = self.known.get(module)
        if found is None and module not in self._absent:
            found = _requirements(_gomod_file(self._modcache, self._replaces, module)) if self._left > 0 else None
            if found:
                self.known[module] = found
                self._left -= len(found.requires) + 1
            else:
                self._absent.add(module)
        if found is None:
            raise KeyError(module)
        return found

    def __iter__(self) -> Iterator[ModuleVersion]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def _gomod_file(modcache: str, replaces: Replaces, module: ModuleVersion) -> str:
    found = effective_replace(replaces, module)
    if found is None:
        return cached_gomod(modcache, module)
    path, version = found.target
    return os.path.join(path, "go.mod") if version is None else cached_gomod(modcache, ModuleVersion(path, version))


def module_caches() -> tuple[str, ...]:
    """Candidate folders of Go's module cache, from the environment and `go env -w`, in Go's order of precedence."""
    try:
        written = dict(line.split("=", 1) for line in read_text(go_env_file()).splitlines() if "=" in line)
    except FileError:
        written = {}
    cache, path = (os.environ.get(name) or written.get(name, "") for name in ("GOMODCACHE", "GOPATH"))
    paths = [*path.split(os.pathsep), os.path.expanduser(os.path.join("~", "go"))]
    return tuple(each for each in (cache, *(os.path.join(path, "pkg", "mod") for path in paths if path)) if each)


def path_in_cache(path: str) -> str | None:
    """The rest of an absolute path that leads into Go's module cache; None for other paths.

    Links are followed, and letter case and slashes are compared as the system does: macOS has `/var` beside
    `/private/var`, and Windows `c:\\` beside `C:/`.
    """
    for cache in module_caches():
        for resolved in (os.path.normpath, os.path.realpath):
            start, whole = resolved(cache) + os.sep, resolved(path)
            if _comparable(whole).startswith(_comparable(start)):
                return whole[len(start) :]
    return None


def _comparable(path: str) -> str:
    return path.lower() if sys.platform == "darwin" else os.path.normcase(path)


def go_env_file() -> str:
    """The file that `go env -w` writes to (Go: cfg.EnvFile, os.UserConfigDir)."""
    if named := os.environ.get("GOENV"):
        return named
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    elif sys.platform == "win32":
        base = os.environ.get("APPDATA", "")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, "go", "env")


def cached_gomod(modcache: str, module: ModuleVersion) -> str:
    """The path of a module's go.mod in the module cache, whether or not it has been downloaded."""
    return os.path.join(_versions_folder(modcache, module.path), f"{_escape(module.version)}.mod")


def cached_folder(gomod: str) -> str:
    """The folder that a module's zip is unpacked into, given the path of its go.mod in the module cache; empty for a
    path outside a module cache.
    """
    modcache, found, rest = gomod.replace(os.sep, "/").rpartition("/cache/download/")
    path, at, version = rest.rpartition("/@v/")
    return os.path.normpath(f"{modcache}/{path}@{version.removesuffix('.mod')}") if found and at else ""


def known_versions(modcache: str, path: str) -> tuple[str, ...]:
    """The versions of a module that the module cache has or lists, in no particular order."""
    folder = _versions_folder(modcache, path)
    try:
        names = os.listdir(folder)
        listed = read_text(os.path.join(folder, "list")).split() if "list" in names else []
    except (OSError, ValueError, FileError):
        return ()
    found = [_unescape(name.removesuffix(".mod")) for name in names if name.endswith(".mod")]
    return tuple(version for version in dict.fromkeys((*listed, *found)) if parse_version(version))


def lower_version(modcache: str, requirer: ModuleVersion, pin: ModuleVersion) -> str:
    """The highest known version of `requirer` below its own that requires no version of the pinned module above `pin`;
    empty if there is none.
    """
    versions = sorted(known_versions(modcache, requirer.path), key=version_key, reverse=True)
    for version in versions:
        lower = requirer._replace(version=version)
        known = _requirements(cached_gomod(modcache, lower)) if is_higher(requirer.version, version) else None
        if known and not any(each.path == pin.path and is_higher(each.version, pin.version) for each in known.requires):
            return version
    return ""


def is_buildable(modcache: str, module: ModuleVersion, go: HostGo) -> bool:
    """Whether a Go release accepts the `go` line of a module. False if its go.mod is not in the module cache."""
    known = _requirements(cached_gomod(modcache, module))
    return known is not None and not go.refuses(known.go)


def _versions_folder(modcache: str, path: str) -> str:
    return os.path.join(modcache, "cache", "download", _escape(path), "@v")


def _escape(text: str) -> str:
    """A module path or version with each upper-case letter as `!` and the lower-case letter, for case-insensitive file
    systems.
    """
    return text if text.islower() else re.sub("[A-Z]", lambda match: f"!{match[0].lower()}", text)


def _unescape(text: str) -> str:
    return re.sub("!([a-z])", lambda match: match[1].upper(), text)


def _requirements(path: str) -> Requirements | None:
    try:
        stat = os.stat(path)
        return _parsed(path, stat.st_mtime_ns, stat.st_size)
    except (OSError, ValueError, FileError):
        return None


@lru_cache(maxsize=8192)
def _parsed(path: str, _changed: int, _size: int) -> Requirements:
    gomod = parse_gomod(read_text(path))
    if gomod.excess:
        raise FileError(gomod.excess.message, path)
    requires = tuple(ModuleVersion(require.module.text, require.version.text) for require in gomod.requires)
    go = gomod.go.text if gomod.go else _lax_go(gomod.text)
    return Requirements(requires, prunes(go), go or "")


def _lax_go(text: str) -> str | None:
    """The release of a dependency's `go` line in forms that Go refuses only in the main module: `go v1.18`, `go
    1.17.x`.
    """
    match = re.search(_LAX_GO, text)
    return match[1] if match else None
