"""Which versions of dependencies the host's Go can build, where it refuses the ones that are selected."""

from __future__ import annotations

from layerg_pin.core.golines import HostGo, host_go
from layerg_pin.core.manifest import HostManifest, ModuleVersion, PluginBuild
from layerg_pin.core.mvs import build_list, roots_of
from layerg_pin.core.versions import is_higher, version_key
from layerg_pin.gotool import fetch_gomod, list_versions
from layerg_pin.gotypes import Cancellation, Go, GoEnv, GoFailed
from layerg_pin.modcache import buildable_requires, builds, known_versions

_MAX_FETCHED = 16
"""So many lower versions of a module are looked at that asks for one which the host's Go cannot build."""


def with_buildable(
    go: Go, env: GoEnv, build: PluginBuild, host: HostManifest, cancellation: Cancellation
) -> PluginBuild:
    """The build with what to require instead of modules that the host's Go refuses to build."""
    limit = host_go(host)
    if limit is None or not limit.enforces or not limit.is_below(build.newest_go):
        return build
    selection = build_list(roots_of(build.gomod, build.workspace), build.graph)
    found = {}
    for module in build.compiled:
        known = build.graph.get(module)
        if known and limit.is_below(known.go):
            versions = _buildable_versions(go, env, module, limit, cancellation) if go.network else ()
            requires = buildable_requires(env.modcache, (module,), limit, versions)
            asker = selection.asker(module.path)
            if requires and asker and is_higher(asker[-1].version, requires[-1].version):
                chain = (*selection.chain(asker[0]), module)
                if go.network:
                    _fetch_lower(go, env, chain[0], cancellation)
                requires = buildable_requires(env.modcache, chain, limit, versions)
            if requires:
                found[module] = requires
    return build.but(buildable=found) if found else build


def _fetch_lower(go: Go, env: GoEnv, module: ModuleVersion, cancellation: Cancellation) -> None:
    """Bring the go.mod files of a module's next lower versions into the module cache."""
    versions = sorted(versions_of(go, env, module.path, cancellation), key=version_key, reverse=True)
    for version in [each for each in dict.fromkeys(versions) if is_higher(module.version, each)][:_MAX_FETCHED]:
        try:
            fetch_gomod(go, module._replace(version=version), cancellation)
        except GoFailed:
            return


def _buildable_versions(
    go: Go, env: GoEnv, module: ModuleVersion, limit: HostGo, cancellation: Cancellation
) -> tuple[str, ...]:
    """The versions of a module below its own, with the go.mod files fetched that it takes to find the highest that a
    Go can build: `go` lines only rise from version to version.
    """
    versions = sorted(versions_of(go, env, module.path, cancellation), key=version_key)
    versions = [each for each in dict.fromkeys(versions) if is_higher(module.version, each) and "-" not in each]
    low, high = 0, len(versions)
    while low < high:
        middle = (low + high) // 2
        try:
            fetch_gomod(go, module._replace(version=versions[middle]), cancellation)
        except GoFailed:
            break
        if builds(env.modcache, module._replace(version=versions[middle]), limit):
            low = middle + 1
        else:
            high = middle
    return tuple(versions[:low])


def versions_of(go: Go, env: GoEnv, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The versions of a module that the module cache knows, and where the network is allowed all that there are."""
    known = known_versions(env.modcache, path)
    if not go.network:
        return known
    try:
        return (*known, *list_versions(go, path, cancellation))
    except GoFailed:
        return known
