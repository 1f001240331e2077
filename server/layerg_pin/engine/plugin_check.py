"""Check and fix plugins from their folders, with Go's answers: the work of the command line."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.analysis.fixes import buildable_changes, buildable_fix, together_fix
from layerg_pin.core.analysis.trial_results import trial_input, trial_verdict
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Fix
from layerg_pin.core.gomod.edits import Changes, gomod_edits
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.text import apply_edits, count
from layerg_pin.engine.build_query import BuildQuery, ask_go, keep_known
from layerg_pin.engine.checked_plugin import Checked, earlier_versions, lowerable_modules, selected_versions
from layerg_pin.engine.host_reader import HostReader
from layerg_pin.engine.plugin_snapshot import read_mains, read_plugin_files, take_snapshot
from layerg_pin.engine.project_settings import effective, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.trials import AskGo, effect_of_tidy, run_trial, try_fixes
from layerg_pin.go.answer_cache import env_key, load_env, store_env
from layerg_pin.go.queries import find_go, go_env
from layerg_pin.go.query_types import (
    Cancellation,
    Go,
    GoCancelled,
    GoEnv,
    GoError,
    GoFailed,
    GoInputError,
    PluginSource,
)
from layerg_pin.system.terminal import print_detail
from layerg_pin.system.text_files import FileError, read_text

_MAX_ROUNDS = 50
"""Pins can bring in packages and versions that need pins of their own, and each round may show one more version to be
excluded; more rounds than this were never observed.
"""


class Checker:
    """Checks plugins under one set of settings, from any thread; hosts are read once."""

    def __init__(
        self,
        settings: Settings,
        report: Callable[[str], None] | None = None,
        *,
        network: bool,
        cancellation: Cancellation | None = None,
    ) -> None:
        """`report` shows the progress of work that the user waits for."""
        self.settings = settings
        self.report = report or _nothing
        self.cancellation = cancellation or Cancellation()
        """Stops the running Go command, and prevents others from starting; checkers may share it."""
        self.pending: dict[str, str] = {}
        """Texts of go.mod, go.work, .go and build files, by absolute path, that replace those on disk."""
        go = find_go(settings.go_path, settings.go_timeout)
        self._go = go._replace(caches=True, network=network) if go else None
        offline = go._replace(caches=True) if go else None
        self._host_reader = HostReader(settings, offline, self.cancellation, report, network=network)
        self._env: GoEnv | None = None
        self._env_lock = threading.Lock()

    def check(self, folder: str, texts: Mapping[str, str] | None = None, before: Checked | None = None) -> Checked:
        """Check the plugin in `folder`; `before` is the same plugin with earlier texts.

        `texts` are those of go.mod and go.work by absolute path, if they are neither `pending` nor the ones on disk.
        Raises FileError if go.mod cannot be read.
        """
        path = os.path.join(folder, "go.mod")
        texts = {**self.pending, **(texts or {})}
        text = texts[path] if path in texts else read_text(path)
        gomod = parse_gomod(text)
        project = read_project_file(folder)
        settings = effective(self.settings, project)
        files = read_plugin_files(folder, texts)
        host = self._host_reader.read(folder, gomod, project, files.builders)
        known = before.snapshot.build if before else None
        build, go_failure, go_failure_target = None, None, None
        mains = read_mains(folder, settings.packages, sources_in(folder, self.pending))
        if isinstance(host, HostManifest):
            try:
                answer = self._ask(
                    folder, gomod, settings.packages, host, files.workspace, outside_workspace=files.outside_workspace
                )
                build = keep_known(known, answer)
            except GoCancelled:
                raise
            except GoError as error:
                build, go_failure = (error.lowered if isinstance(error, GoFailed) else None) or known, str(error)
                go_failure_target = error.target if isinstance(error, GoInputError) else None
        local = self._env.local if self._env else None
        snapshot = take_snapshot(
            path,
            gomod,
            host,
            build,
            go_failure,
            mains=mains,
            files=files,
            local=local,
            go_failure_target=go_failure_target,
        )
        cache = before.analysis.cache if before else AnalysisCache()
        analysis = analyse(snapshot, settings.severity, cache)
        return Checked(
            folder=folder,
            project=project,
            analysis=analysis,
            findings=run_checks(analysis),
            outside_workspace=files.outside_workspace,
        )

    def check_all(self, folders: Sequence[str]) -> Iterator[Checked | FileError]:
        """Check plugins in parallel, and yield them in their order."""
        self.report(f"checking {count(len(folders), 'plugin')}")
        if len(folders) == 1:
            yield self._check_or_error(folders[0])
            return
        from concurrent.futures import ThreadPoolExecutor  # imported here: most runs check one plugin, without threads

        with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
            try:
                for number, checked in enumerate(pool.map(self._check_or_error, folders), 1):
                    self.report(f"checked {number} of {len(folders)} plugins")
                    yield checked
            except BaseException:
                self.cancellation.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _check_or_error(self, folder: str) -> Checked | FileError:
        begin = time.monotonic()
        try:
            checked = self.check(folder)
            print_detail(f"checked {folder} in {time.monotonic() - begin:.2f} s")
            return checked
        except FileError as error:
            return error

    def fix(self, checked: Checked) -> Checked:
        """Fix, in memory, everything that can be fixed, and check again, until nothing is left to fix.

        Excludes that hold a version are also tested against `go mod tidy`, on a copy, if Go can tidy offline or may use
        the network.
        """
        excluded = len(checked.snapshot.gomod.excludes)
        for _ in range(_MAX_ROUNDS):
            checked = self._with_trials(checked)
            analysis, snapshot = checked.analysis, checked.snapshot
            fix = together_fix(snapshot, analysis.alignment) or self._buildable_fix(checked)
            if fix:
                texts = checked.with_fix(fix)
            elif len(snapshot.gomod.excludes) > excluded and (more := self._raised_by_tidy(checked)):
                edits = gomod_edits(snapshot.gomod, Changes(excludes=more))
                texts = {**checked.texts, snapshot.plugin.path: apply_edits(checked.text, edits)}
            else:
                break
            fixed = self.check(checked.folder, texts, checked)
            if not fix and len(fixed.analysis.differences) > len(analysis.differences):
                break  # the excludes that tidying needs cause more differences than they remove
            if fixed.snapshot.go_failure and not snapshot.go_failure:
                raise GoError(f"with the host's versions, {fixed.snapshot.go_failure}")
            checked = fixed
        return checked

    def check_again(self, fixed: Checked) -> Checked:
        """Check a fixed plugin as it is on disk now, and keep Go's answers about fixes.

        Only the files on disk show whether go.sum has all that `go build` needs. Raises FileError.
        """
        checked = self.check(fixed.folder)
        return self._with_trials(checked.with_snapshot(checked.snapshot._replace(trials=fixed.snapshot.trials)))

    def compile(self, checked: Checked, before: Checked | None = None) -> Checked:
        """Compile the plugin, and add the errors to its findings; `before` is the plugin before it was changed.

        Raises GoCancelled.
        """
        # imported here: only some commands compile the plugin
        from layerg_pin.engine.compilation import compile_for_host

        snapshot = checked.snapshot
        if self._go is None:
            from layerg_pin.core.analysis.compile_errors import Compiled  # imported here: only `--build` needs it

            compiled = Compiled(
                uncertainty="it is not known whether the plugin compiles: no go command was found, install Go"
            )
        else:
            packages = effective(self.settings, checked.project).packages
            known = selected_versions(before) if before else earlier_versions(checked)
            self.report(f"compiling {checked.folder}")
            compiled = compile_for_host(self._go, snapshot, packages, known, self.cancellation)
        return checked.with_analysis(checked.analysis._replace(snapshot=snapshot._replace(compiled=compiled)))

    def host_folder(self, folder: str) -> str | None:
        """The folder of the host that is named, or found, for the plugin in `folder`; None if unknown."""
        return self._host_reader.folder(folder)

    def host_of(self, folder: str) -> HostManifest | HostNotFound | HostUnreadable:
        """The host that is named or, if `folder` is a plugin's, the one that is found for it."""
        return self._host_reader.read_for(folder)

    def named_host(self) -> HostManifest | HostUnreadable:
        """The host that the settings name, even if it is in the working folder. Raises GoCancelled."""
        return self._host_reader.read_named()

    def _with_trials(self, checked: Checked) -> Checked:
        """Let Go try the fix for all modules, and what is fixed instead if Go rejects that."""
        ask, env = self._asker(checked), self._env
        if ask is None or env is None:
            return checked
        cache = checked.analysis.cache
        analysis = try_fixes(checked.analysis, _fix_of_everything, ask, env.modcache, cache, unsaved=self.pending)
        return checked if analysis is checked.analysis else checked.with_analysis(analysis)

    def _buildable_fix(self, checked: Checked) -> Fix | None:
        """The first fix that Go accepts and that lowers a module to a version that the host's Go can build."""
        snapshot, ask = checked.snapshot, self._asker(checked)
        for module in lowerable_modules(checked) if ask else ():
            changes, fix = buildable_changes(snapshot, module), buildable_fix(snapshot, module)
            if fix is None or ask is None:
                continue
            edited = trial_input(snapshot, fix)
            trials = {**snapshot.trials, edited: run_trial(snapshot, edited, ask, self.pending)}
            verdict = trial_verdict(snapshot._replace(trials=trials), fix, changes)
            if verdict is None or not verdict.reason:
                return fix
        return None

    def _raised_by_tidy(self, checked: Checked) -> tuple[ModuleVersion, ...]:
        """The higher versions that `go mod tidy` would select for modules with excludes; none if it cannot run."""
        gomod = checked.snapshot.gomod
        if self._go is None:
            return ()
        source = PluginSource(checked.folder, gomod.text, True, sources_in(checked.folder, self.pending))
        effect = effect_of_tidy(self._go, source, gomod, self.cancellation)
        if effect.is_refused:
            return effect.changed
        excluded = {ModuleVersion(each.module.text, each.version.text) for each in gomod.excludes}
        held = {each.path for each in excluded}
        return tuple(
            each
            for each in effect.changed
            if (require := gomod.require(each.path)) and is_higher(each.version, require.version.text)
            if each.path in held and each not in excluded
        )

    def _asker(self, checked: Checked) -> AskGo | None:
        """Asks Go about other texts of a plugin; None without a host."""
        host = checked.snapshot.host
        if not isinstance(host, HostManifest):
            return None
        packages = effective(self.settings, checked.project).packages

        def ask(gomod: GoMod, workspace: Workspace | None) -> PluginBuild:
            return self._ask(
                checked.folder, gomod, packages, host, workspace, outside_workspace=checked.outside_workspace
            )

        return ask

    def _ask(
        self,
        folder: str,
        gomod: GoMod,
        packages: tuple[str, ...],
        host: HostManifest,
        workspace: Workspace | None,
        *,
        outside_workspace: bool,
    ) -> PluginBuild:
        if self._go is None:
            raise GoError(f"no {self.settings.go_path or 'go'} command was found: install Go, or put it on PATH")
        with self._env_lock:
            if self._env is None:
                self._env = self._read_env(self._go)
        own = os.path.join(folder, "go.mod")
        members = {path: text for path, text in self.pending.items() if path.endswith("go.mod") and path != own}
        query = BuildQuery(
            go=self._go,
            env=self._env,
            folder=folder,
            packages=packages,
            host=host,
            cancellation=self.cancellation,
            unsaved=sources_in(folder, self.pending) | (members if workspace else {}),
            workspace=workspace,
            outside_workspace=outside_workspace,
        )
        return ask_go(query, gomod)

    def _read_env(self, go: Go) -> GoEnv:
        key = env_key(go)
        if known := load_env(key):
            return known
        env = go_env(go, self.cancellation)
        store_env(key, env)
        return env


def sources_in(folder: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of .go files below a folder, among texts by absolute path."""
    return {path: text for path, text in texts.items() if path.endswith(".go") and path.startswith(folder + os.sep)}


def _nothing(_: str) -> None:
    """Report no progress."""


def _fix_of_everything(analysis: Analysis) -> Iterable[Fix | None]:
    return (together_fix(analysis.snapshot, analysis.alignment),)
