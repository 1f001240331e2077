"""Changes as fixes: their titles, their edits, and what Go said of the texts that they would leave."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from layerg_pin.core.cures import Alignment
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gomod_edits import Changes, gomod_edits, gowork_edits
from layerg_pin.core.manifest import ModuleVersion, PluginBuild, Snapshot, Trial
from layerg_pin.core.text import apply_edits

UNTRIED = " (untried)"


@dataclass(frozen=True, slots=True)
class Tried:
    """What Go's answer says of changes: empty words if they do what they should."""

    wrong: str


def fix_of(snapshot: Snapshot, changes: Changes, title: str, *, untried: bool) -> Fix | None:
    """The fix that makes changes; None where there is nothing to change. `untried`: where Go has not been asked."""
    edits = gomod_edits(snapshot.gomod, changes, snapshot.folder)
    others = _work_edits(snapshot, changes)
    if not edits and not others:
        return None
    fix = Fix(title, edits, changes.modules, others)
    trial = snapshot.trials.get(trial_key(snapshot, fix)) if snapshot.trials else None
    unknown = untried if trial is None else trial.absent
    return Fix(f"{title}{UNTRIED}", edits, changes.modules, others) if unknown else fix


def title_of(module: ModuleVersion, changes: Changes) -> str:
    """The title of what cures one difference, by what it takes; it says the result."""
    if changes.members:
        return f"Take {' and '.join(changes.members)} out of the workspace"
    if changes.replaces:
        return f"Replace {module.path} as the host does"
    if changes.excludes:
        count = len(changes.excludes)
        versions = "version" if count == 1 else "versions"
        return f"Hold {module.path} at {module.version} (host): exclude {count} higher {versions}"
    if changes.pins:
        return f"Pin {module.path} to {module.version} (host)"
    return f"Remove the replace of {module.path}"


def single_fix(snapshot: Snapshot, alignment: Alignment, pin: ModuleVersion | None, also: str = "") -> Fix | None:
    """The fix of one module; None where nothing holds alone, or Go said that it does not. `also` ends the title."""
    changes = alignment.single.get(pin) if pin else None
    if pin is None or changes is None:
        return None
    return fix_of(snapshot, changes, f"{title_of(pin, changes)}{also}", untried=pin in alignment.untried)


def together_fix(snapshot: Snapshot, alignment: Alignment) -> Fix | None:
    """The fix of all that can be mended at once; named as that of one where it is one."""
    changes, modules = alignment.together, alignment.fulfilled
    if not modules:
        return None
    one = len(modules) == 1
    title = title_of(modules[0], changes) if one else f"Align all {len(modules)} modules with the host"
    return fix_of(snapshot, changes, title, untried=bool(alignment.untried.intersection(changes.pins)))


def tried(snapshot: Snapshot, fix: Fix | None, changes: Changes) -> Tried | None:
    """What Go said of the text that a fix leaves; None where it was not asked, or could not tell."""
    trial = snapshot.trials.get(trial_key(snapshot, fix)) if fix and snapshot.trials else None
    if trial is None or trial.absent:
        return None
    return Tried(_wrong(snapshot.build, trial, changes))


def trial_key(snapshot: Snapshot, fix: Fix) -> str:
    """The text of go.mod after a fix, with that of go.work behind a NUL where it changes too."""
    return "\0".join(
        (apply_edits(snapshot.gomod.text, fix.edits), *(apply_edits(each.text, each.edits) for each in fix.others))
    )


def _wrong(before: PluginBuild | None, trial: Trial, changes: Changes) -> str:
    if trial.build is None:
        return trial.trouble
    selected: Mapping[str, str] = {module.path: module.version for module in trial.build.packages.values()}
    for pin in changes.pins:
        if selected.get(pin.path, pin.version) != pin.version:
            return f"{pin.path} would be {selected[pin.path]} all the same"
    for path in changes.dropped:
        if path in selected:
            return f"{path} {selected[path]} would be built all the same"
    lost = {each.package for each in before.unresolved} if before else set()
    for each in trial.build.unresolved:
        if each.package not in lost and not each.absent:
            return f"{each.package} could not be built any more: {each.reason}"
    return ""


def _work_edits(snapshot: Snapshot, changes: Changes) -> tuple[FileEdits, ...]:
    workspace = snapshot.workspace
    if workspace is None or not changes.members:
        return ()
    folders = [
        member.folder
        for member in workspace.members
        if member.gomod.module and member.gomod.module.text in changes.members
    ]
    edits = gowork_edits(workspace.work, posixpath.dirname(workspace.path), folders)
    return (FileEdits(workspace.path, workspace.work.text, edits),) if edits else ()
