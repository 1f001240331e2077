"""
# vendor-stale

The plugin's own `vendor/modules.txt` does not agree with its go.mod.

## Why it breaks

With a `vendor` folder Go builds from it, and refuses to when it is out of date: `go: inconsistent vendoring`.
Everything else here speaks of what go.mod says, which is what the next `go mod vendor` brings in.

## Example

go.mod requires `go.uber.org/zap v1.27.0`, and `vendor/modules.txt` still has v1.26.0.

## Cure

`Tidy and vendor` in the editor, `layerg-pin fix --vendor`, or `go mod tidy && go mod vendor` in the plugin's folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.gomod import GoMod
from layerg_pin.core.modules_txt import ModulesTxt, VendoredModule
from layerg_pin.core.versions import parse_go_release

_FEW = 3


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if snapshot.vendored is None or snapshot.workspace or snapshot.gomod.problems:
        return  # in a workspace its own vendor folder counts; a go.mod that Go refuses is told already
    reasons = list(inconsistencies(snapshot.gomod, snapshot.vendored.modules))
    if not reasons:
        return
    path = snapshot.vendored.source.path
    more = f", and {len(reasons) - _FEW} more" if len(reasons) > _FEW else ""
    yield Finding(
        CHECK.code,
        Severity.WARNING,
        f"the vendor folder is out of date, and Go will not build: {'; '.join(reasons[:_FEW])}{more}; "
        "`go mod tidy && go mod vendor` mends it",
        snapshot.plugin.path,
        module_line(analysis),
        related=(Related(path, 0, "the plugin's vendor/modules.txt"),),
    )


def inconsistencies(gomod: GoMod, vendored: ModulesTxt) -> Iterator[str]:
    """Why Go would refuse to build with a vendor folder, in its words (Go: modload/vendor.go)."""
    release = parse_go_release(gomod.go.text) if gomod.go else None
    if release is None or release.release < (1, 14):
        return  # older modules are not checked
    listed = {(each.path, each.version): each for each in vendored.modules if each.version}
    for path, requires in gomod.required.items():
        for require in requires:
            if require.is_query:
                continue  # Go writes it in full first
            found = listed.get((path, require.version.text))
            name = f"{path}@{require.version.text}"
            if found is None or not found.explicit:
                yield f"{name}: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"
    required = {(path, require.version.text) for path, requires in gomod.required.items() for require in requires}
    for each in vendored.modules:
        if each.explicit and each.version and (each.path, each.version) not in required:
            name = f"{each.path}@{each.version}"
            yield f"{name}: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"
    yield from _replaces(gomod, vendored)


def _replaces(gomod: GoMod, vendored: ModulesTxt) -> Iterator[str]:
    told: dict[tuple[str, str | None], VendoredModule] = {(each.path, each.version): each for each in vendored.modules}
    wanted = {}
    for each in gomod.replaces:
        path, version = each.module.text, each.version.text if each.version else None
        target = (each.target.text, each.target_version.text if each.target_version else None)
        wanted[path, version] = target
        name = f"{path}@{version}" if version else path
        found = told.get((path, version))
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


CHECK = Check("vendor-stale", Severity.WARNING, __doc__, _run)
