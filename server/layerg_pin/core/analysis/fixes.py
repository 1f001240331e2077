"""From changes to fixes: their titles and edits."""

from __future__ import annotations

from collections.abc import Iterable

from layerg_pin.core.analysis.alignment import Alignment
from layerg_pin.core.analysis.builder_go import runs_toolchain
from layerg_pin.core.analysis.plugin_builders import updates_gomod
from layerg_pin.core.analysis.trial_results import trial_input
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gomod.edits import Changes, gomod_edits, gowork_edits, merge_changes
from layerg_pin.core.gomod.go_lines import (
    NO_UPDATE,
    HostGo,
    host_go,
    is_toolchain_above,
    is_unknown_form,
    language_version,
    module_above_go_line,
    needed_go,
    unknown_directives,
)
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import newest
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.paths import parent_folder

UNTRIED = " (untried)"


def fix_of(snapshot: Snapshot, changes: Changes, title: str, *, untried: bool) -> Fix | None:
    """The fix that makes changes; None if there is nothing to change. Without a trial, `untried` decides whether the
    title says so.
    """
    edits = gomod_edits(snapshot.gomod, changes, snapshot.folder)
    others = _work_edits(snapshot, changes)
    if not edits and not others:
        return None
    fix = Fix(title, edits, changes.modules, others)
    trial = snapshot.trials.get(trial_input(snapshot, fix)) if snapshot.trials else None
    unknown = untried if trial is None else trial.is_unknown
    return Fix(f"{title}{UNTRIED}", edits, changes.modules, others) if unknown else fix


def title_of(module: ModuleVersion, changes: Changes) -> str:
    """The title of the fix for one difference, which states the result."""
    if changes.members and not changes.unreplaced:
        return f"Take {' and '.join(changes.members)} out of the workspace"
    if changes.replaces:
        return f"Replace {module.path} as the host does"
    if count := sum(each.path == module.path for each in changes.excludes):
        versions = "version" if count == 1 else "versions"
        return f"Hold {module.path} at {module.version} (host): exclude {count} higher {versions}"
    if changes.pins:
        return f"Pin {module.path} to {module.version} (host)"
    return f"Remove the replace of {module.path}"


def single_fix(snapshot: Snapshot, alignment: Alignment, pin: ModuleVersion | None, also: str = "") -> Fix | None:
    """The fix for one module; None if no changes fix it alone, or Go rejected them. `also` is appended to the title."""
    changes = alignment.single.get(pin) if pin else None
    if pin is None or changes is None:
        return None
    return fix_of(snapshot, changes, f"{title_of(pin, changes)}{also}", untried=pin in alignment.untried)


def go_line_changes(snapshot: Snapshot) -> Changes:
    """The changes after which the host's Go can read and build the `go` and `toolchain` lines, if its release is known.

    The `go` line stays if a compiled module needs a newer one than the host's Go.
    """
    go = host_go(snapshot.host)
    if go is None:
        return Changes()
    unknown = any(each.directive == "toolchain" for each in unknown_directives(go, snapshot.gomod))
    unwanted = unknown or (is_toolchain_above(go, snapshot.gomod) and runs_toolchain(snapshot) is not False)
    line = _lowered(snapshot, go)
    return Changes(go=line, no_toolchain=unwanted or _is_repeated(snapshot, line))


def update_fix(snapshot: Snapshot) -> Fix | None:
    """The fix for a `go` line below the one that a module needs, or for a redundant `toolchain` line: Go stops at both,
    and asks for an update of go.mod.
    """
    build, go, gomod = snapshot.build, host_go(snapshot.host), snapshot.gomod
    if build is None or NO_UPDATE not in build.build_error or build.gomod.text != gomod.text or snapshot.vendored:
        return None
    if gomod.go is None or go is None or updates_gomod(snapshot):
        return None
    if short := module_above_go_line(snapshot):
        needed = short[1]
        if go.is_known and (not go.enforces or go.refuses(needed)):
            return None
        changes = Changes(go=needed, no_toolchain=_is_repeated(snapshot, needed))
        return fix_of(snapshot, changes, f"Raise the go line to {needed}", untried=False)
    if gomod.toolchain and gomod.toolchain.text in ("default", f"go{gomod.go.text}"):
        return fix_of(snapshot, Changes(no_toolchain=True), "Remove the toolchain line", untried=False)
    return None


def _is_repeated(snapshot: Snapshot, line: str) -> bool:
    """Whether the `toolchain` line would repeat a new `go` line: Go then stops, and asks for an update of go.mod."""
    toolchain = snapshot.gomod.toolchain
    return bool(line) and toolchain is not None and toolchain.text == f"go{line}"


def _lowered(snapshot: Snapshot, go: HostGo) -> str:
    """The new version of the `go` line; empty if it stays."""
    line = snapshot.gomod.go
    if line is None or not (go.is_known or _is_refused(snapshot)):
        return ""
    if not go.refuses(line.text) and not is_unknown_form(go, line.text):
        return ""
    if not go.enforces:
        own = language_version(line.text)
        return go.line if go.is_below(own) else own
    needed = needed_go(snapshot)
    return "" if go.is_below(needed) else _higher(go.line, needed)


def _higher(line: str, other: str) -> str:
    """The higher one of two `go` lines; a line that cannot be parsed is the lowest."""
    one, two = parse_go_release(line), parse_go_release(other)
    return other if two and (one is None or one < two) else line


def toolchain_fix(snapshot: Snapshot) -> Fix | None:
    """The fix for a `toolchain` line that the host's Go cannot read, or that names another Go."""
    changes = Changes(no_toolchain=go_line_changes(snapshot).no_toolchain)
    return fix_of(snapshot, changes, "Remove the toolchain line", untried=False) if changes else None


def go_line_fix(snapshot: Snapshot) -> Fix | None:
    """The fix for the `go` and `toolchain` lines."""
    changes = go_line_changes(snapshot)
    lowered = f"Lower the go line to {changes.go} (host)"
    title = lowered if changes.go else "Remove the toolchain line"
    return fix_of(snapshot, changes, title, untried=snapshot.build is None) if changes else None


def buildable_changes(snapshot: Snapshot, module: ModuleVersion) -> Changes:
    """The changes that bring a module to a version that the host's Go can build; empty if none is known.

    The `go` line is set to the one that the modules then need: below it, Go stops and asks for an update of go.mod.
    """
    build, go, line = snapshot.build, host_go(snapshot.host), snapshot.gomod.go
    pins = build.buildable.get(module, ()) if build else ()
    if build is None or go is None or line is None or not pins:
        return Changes(pins=pins)
    new = ""
    if go.enforces:
        known = (build.graph.get(each) for each in (*build.compiled, *pins))
        needed = newest(each.go for each in known if each and not go.refuses(each.go))
        new = _higher(go.line if go.refuses(line.text) else line.text, needed)
        is_old = _higher("1.21", needed) != needed  # Go does not ask for that
        new = "" if new == line.text or (is_old and not go.refuses(line.text)) else new
    return Changes(pins=pins, go=new, no_toolchain=_is_repeated(snapshot, new))


def buildable_fix(snapshot: Snapshot, module: ModuleVersion) -> Fix | None:
    """The fix for a module whose `go` line is above the host's Go."""
    changes, go = buildable_changes(snapshot, module), host_go(snapshot.host)
    if not changes or go is None:
        return None
    pin = changes.pins[0]
    return fix_of(snapshot, changes, f"Lower {pin.path} to {pin.version} ({go} builds it)", untried=False)


def _is_refused(snapshot: Snapshot) -> bool:
    """Whether the Go that was asked refuses the `go` line, so that nothing can be built before it is fixed."""
    line, asked = snapshot.gomod.go, parse_go_release(snapshot.local.release) if snapshot.local else None
    mine = parse_go_release(line.text) if line else None
    return mine is not None and asked is not None and mine > asked


def together_fix(snapshot: Snapshot, alignment: Alignment) -> Fix | None:
    """The fix for all modules that can be fixed at once; if that is one module, it has the title of its single fix.

    It includes the `go` and `toolchain` lines if the host's release is known, or if nothing can be built before that.
    """
    changes, modules = alignment.together, alignment.fulfilled
    lowered = go_line_changes(snapshot)
    if not modules:
        return go_line_fix(snapshot) or update_fix(snapshot)
    one = len(modules) == 1 and not lowered
    title = title_of(modules[0], changes) if one else f"Align all {len(modules)} modules with the host"
    changes |= lowered
    return fix_of(snapshot, changes, title, untried=bool(alignment.untried.intersection(changes.pins)))


def planned_fix(snapshot: Snapshot, alignment: Alignment, refused: Iterable[ModuleVersion]) -> Fix | None:
    """All that `layerg-pin fix` changes: everything that can be fixed, and the modules that the host's Go has
    `refused`.
    """
    lowered = merge_changes(buildable_changes(snapshot, module) for module in refused)
    if not lowered:
        return together_fix(snapshot, alignment)
    changes = alignment.together | lowered | go_line_changes(snapshot)
    return fix_of(snapshot, changes, "", untried=False)


def _work_edits(snapshot: Snapshot, changes: Changes) -> tuple[FileEdits, ...]:
    workspace = snapshot.workspace
    if workspace is None:
        return ()
    folders = [
        member.folder
        for member in workspace.members
        if member.gomod.module and member.gomod.module.text in changes.members
    ]
    edits = gowork_edits(workspace.work, parent_folder(workspace.path), folders, changes.unreplaced)
    return (FileEdits(workspace.path, workspace.work.text, edits),) if edits else ()
