"""Trials: Go tries fixes on copies, and fixes that it rejects are replaced by the next candidates."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.trial_results import trial_input, trial_result
from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.model.snapshot import Snapshot, TrialInput, TrialResult
from layerg_pin.engine.build_query import with_lower_versions
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, GoFailed, PluginSource
from layerg_pin.go.tidying import raised_by_1_16, tidied_files
from layerg_pin.source_tree.go_work import parse_workspace

_MAX_TRIALS = 24
"""In an editor, the limit on the fixes that are tried for one go.mod: each takes a run of Go."""
_MAX_CHARACTERS = 2_000_000
"""In an editor, the limit on the total length of the texts of these trials, in characters."""
_NOTHING_UNSAVED: Mapping[str, str] = MappingProxyType({})

AskGo = Callable[[GoMod, Workspace | None], PluginBuild]
"""Asks Go about a plugin with another go.mod in another workspace. Raises GoError."""
OfferFixes = Callable[[Analysis], Iterable[Fix | None]]
"""The fixes that are offered to the user after an analysis, the most important first."""


def try_fixes(
    analysis: Analysis,
    offered: OfferFixes,
    ask: AskGo,
    modcache: str,
    cache: AnalysisCache,
    *,
    unsaved: Mapping[str, str] = _NOTHING_UNSAVED,
    limit: int = sys.maxsize,
) -> Analysis:
    """Let Go try all offered fixes, and those that are offered once it has rejected some.

    Returns the analysis with Go's answers in `Snapshot.trials`, which has no more than `limit`. Where Go rejects every
    fix, it also has the lower versions of dependencies that the user could require by hand. `unsaved` are texts of the
    workspace's files, by absolute path. Raises GoCancelled.
    """
    if analysis.snapshot.build is None:
        return analysis
    while inputs := _untried(analysis.snapshot, offered(analysis), limit):
        snapshot = analysis.snapshot
        results = {each: run_trial(snapshot, each, ask, unsaved) for each in inputs}
        analysis = analyse(snapshot._replace(trials={**snapshot.trials, **results}), analysis.severities, cache)
    build = analysis.snapshot.build
    if build and analysis.refused and not build.lower:
        build = with_lower_versions(build, analysis, modcache)
        analysis = analysis._replace(snapshot=analysis.snapshot._replace(build=build))
    return analysis


def fixes_in_gomod(analysis: Analysis, findings: Iterable[Finding]) -> Iterator[Fix | None]:
    """The fixes that an editor offers at a plugin's go.mod: the fix for all modules first."""
    yield analysis.align_fix
    for finding in findings:
        if finding.path == analysis.snapshot.plugin.path:
            yield from (fix for fix in finding.fixes if fix.edits)


def most_trials(gomod: GoMod) -> int:
    """The number of fixes that Go may try for a go.mod while its user edits."""
    return min(_MAX_TRIALS, _MAX_CHARACTERS // max(1, len(gomod.text)))


def _untried(snapshot: Snapshot, fixes: Iterable[Fix | None], limit: int) -> list[TrialInput]:
    inputs = dict.fromkeys(trial_input(snapshot, fix) for fix in dict.fromkeys(fixes) if fix)
    return [each for each in inputs if each not in snapshot.trials][: max(0, limit - len(snapshot.trials))]


def run_trial(
    snapshot: Snapshot, edited: TrialInput, ask: AskGo, unsaved: Mapping[str, str] = _NOTHING_UNSAVED
) -> TrialResult:
    """Go's answer about the texts that a fix would leave. Raises GoCancelled."""
    gomod, work = edited.texts()
    workspace = snapshot.workspace
    if workspace and work is not None:
        folder = os.path.dirname(snapshot.plugin.path)
        workspace = parse_workspace(folder, workspace.path, work, unsaved)
    try:
        return trial_result(ask(parse_gomod(gomod, snapshot.gomod), workspace))
    except GoCancelled:
        raise
    except GoError as error:
        return TrialResult(
            None, go_failure=str(error), is_unknown=not isinstance(error, GoFailed) or error.needs_download
        )


class TidyEffect(NamedTuple):
    """The effect that `go mod tidy` would have on a go.mod."""

    changed: tuple[ModuleVersion, ...]
    """Modules at the versions that their requires would get."""
    is_refused: bool = False
    """Whether `go mod tidy` fails. If it does because go 1.16 would select other versions, `changed` are these."""


def effect_of_tidy(go: Go, source: PluginSource, gomod: GoMod, cancellation: Cancellation) -> TidyEffect:
    """Run `go mod tidy` on copies. Raises GoError if Go cannot be run."""
    try:
        text, _ = tidied_files(go, source, cancellation)
    except (
        GoFailed
    ) as error:  # usually because a module is not in the module cache, such as one for tests of dependencies
        return TidyEffect(raised_by_1_16(error), is_refused=True)
    tidy = {path: requires[0].version.text for path, requires in parse_gomod(text).required.items()}
    return TidyEffect(
        tuple(
            ModuleVersion(path, version)
            for path, version in tidy.items()
            if path in gomod.required and not gomod.requires_exactly(path, version)
        )
    )


def as_tidied(
    build: PluginBuild, go: Go, source: PluginSource, gomod: GoMod, cancellation: Cancellation
) -> PluginBuild:
    """The build with the versions that `go mod tidy` would leave: a fix is offered only if tidying keeps its effect."""
    changed = dict(effect_of_tidy(go, source, gomod, cancellation).changed)
    packages = {
        package: ModuleVersion(module.path, changed.get(module.path, module.version))
        for package, module in build.packages.items()
    }
    return build._replace(packages=packages)
