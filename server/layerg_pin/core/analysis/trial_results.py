"""Trials: the texts that fixes would leave, Go's answers about them, and what these say about the fixes."""

from typing import NamedTuple

from layerg_pin.core.analysis.selected_versions import unattributed_versions
from layerg_pin.core.finding import Fix
from layerg_pin.core.gomod.edits import Changes
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import Snapshot, TrialInput, TrialResult


class TrialVerdict(NamedTuple):
    """Go's verdict on a fix."""

    reason: str
    """Why the fix does not work; empty if it does."""
    module: str = ""
    """The module that the reason is about, if known."""


def trial_input(snapshot: Snapshot, fix: Fix) -> TrialInput:
    """The edits of a fix that Go tries: not those of .go files, since a blank import's package is compiled anyway."""
    path = snapshot.workspace.path if snapshot.workspace else None
    work = next((each for each in fix.others if each.path == path), None)
    return TrialInput(snapshot.gomod.text, fix.edits, work.text if work else "", work.edits if work else ())


def trial_result(build: PluginBuild) -> TrialResult:
    """The part of a build that is kept of a trial."""
    selected = {module.path: module.version for module in build.packages.values()}
    return TrialResult(selected, build.unresolved, unattributed_versions(build))


def trial_verdict(snapshot: Snapshot, fix: Fix | None, changes: Changes) -> TrialVerdict | None:
    """Go's verdict on a fix that makes `changes`; None if it was not tried, or Go could not tell."""
    result = snapshot.trials.get(trial_input(snapshot, fix)) if fix and snapshot.trials else None
    if result is None or result.is_unknown:
        return None
    return _verdict(snapshot.build, result, changes)


def _verdict(before: PluginBuild | None, result: TrialResult, changes: Changes) -> TrialVerdict:
    selected = result.selected
    if selected is None:
        return TrialVerdict(result.go_failure)
    for pin in changes.pins:
        if selected.get(pin.path, pin.version) != pin.version:
            return TrialVerdict(f"{pin.path} would still be {selected[pin.path]}", pin.path)
    for path in changes.dropped:
        if path in selected:
            return TrialVerdict(f"{path} {selected[path]} would still be built", path)
    lost = {each.package for each in before.unresolved} if before else set()
    for each in result.unresolved:
        if each.package not in lost and not each.needs_download:
            owners = [path for path in changes.modules if f"{each.package}/".startswith(f"{path}/")]
            reason = f"{each.package} would no longer build: {each.reason}"
            return TrialVerdict(reason, max(owners, key=len, default=""))
    return TrialVerdict("")
