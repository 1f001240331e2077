"""Check a vendor folder against its go.mod.

Source: cmd/go/internal/modload/vendor.go; https://go.dev/ref/mod#go-mod-vendor.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.gomod.modules_txt import ModulesTxt, VendoredModule
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.gomod.versions import parse_go_release


def inconsistencies(gomod: GoMod, vendored: ModulesTxt) -> Iterator[str]:
    """The reasons why Go would refuse to build with a vendor folder, in its words (Go: modload/vendor.go)."""
    release = parse_go_release(gomod.go.text) if gomod.go else None
    if release is None or release.release < (1, 14):
        return  # Go does not check older modules
    listed = {(each.path, each.version): each for each in vendored.modules if each.version}
    for path, requires in gomod.required.items():
        for require in requires:
            if require.is_query:
                continue  # Go replaces the query by a version first
            found = listed.get((path, require.version.text))
            if found is None or not found.explicit:
                name = f"{path}@{require.version.text}"
                yield f"{name}: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"
    required = {(path, require.version.text) for path, requires in gomod.required.items() for require in requires}
    for each in vendored.modules:
        if each.explicit and each.version and (each.path, each.version) not in required:
            name = f"{each.path}@{each.version}"
            yield f"{name}: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"
    yield from _replaces(gomod, vendored)


def _replaces(gomod: GoMod, vendored: ModulesTxt) -> Iterator[str]:
    vendored_modules: dict[tuple[str, str | None], VendoredModule] = {
        (each.path, each.version): each for each in vendored.modules
    }
    wanted = {}
    for each in gomod.replaces:
        path, version = each.module.text, each.version.text if each.version else None
        target = (each.target.text, each.target_version.text if each.target_version else None)
        wanted[path, version] = target
        name = f"{path}@{version}" if version else path
        found = vendored_modules.get((path, version))
        if found is None or found.replacement is None:
            yield f"{name}: is replaced in go.mod, but not marked as replaced in vendor/modules.txt"
        elif (found.replacement, found.replacement_version) != target:
            here, there = (
                "@".join(filter(None, target)),
                "@".join(filter(None, (found.replacement, found.replacement_version))),
            )
            yield f"{name}: is replaced by {here} in go.mod, but marked as replaced by {there} in vendor/modules.txt"
    for found in vendored.modules:
        if found.replacement and (found.path, found.version) not in wanted and (found.path, None) not in wanted:
            name = f"{found.path}@{found.version}" if found.version else found.path
            yield f"{name}: is marked as replaced in vendor/modules.txt, but not replaced in go.mod"
