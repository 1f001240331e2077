"""One plugin from its folder to findings, with Go asked at once: what the command line does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.analysis.differences import trial_of
from layerg_pin.core.analysis.fixes import (
    attempt_of,
    buildable_changes,
    buildable_fix,
    planned_fix,
    together_fix,
    tried,
)
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.gomod.edits import Changes, gomod_edits
from layerg_pin.core.gomod.go_sum import known_sums
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild
from layerg_pin.core.model.snapshot import Attempt, Trial
from layerg_pin.core.text import apply_edits
from layerg_pin.engine.build_query import ask_go, keep_known, with_lower_versions
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.plugin_snapshot import Beside, read_beside, read_mains, take_snapshot
from layerg_pin.engine.settings import ProjectFile, Settings, effective, read_project_file
from layerg_pin.go.answer_cache import env_key, recall_env, remember_env
from layerg_pin.go.module_cache import cached_folder
from layerg_pin.go.queries import download, fetch_gomod, find_go, go_env, raised_by_1_16, tidied
from layerg_pin.go.query_types import (
    Cancellation,
    Go,
    GoCancelled,
    GoEnv,
    GoError,
    GoFailed,
    GoInputError,
    GoInterrupted,
    PluginSource,
)
from layerg_pin.hosts.references import Hosts, link, module_folder, module_reference, source_folder
from layerg_pin.source_tree.go_work import parse_workspace
from layerg_pin.system.text_files import FileError, read_text

_MAX_ROUNDS = 50
"""Pins can bring in packages and versions that need pins of their own, and each round may show one more version to be
excluded; more rounds than this were never seen.
"""

_DOWNLOADING = 600.0
"""In seconds: so long Go may download a host, and what it needs, because the user named it."""


class Checked(NamedTuple):
    """A plugin and what was found."""

    folder: str
    project: ProjectFile | None
    analysis: Analysis
    findings: tuple[Finding, ...]
    alone: bool = False
    """Whether the plugin's builds leave the go.work above its folder."""

    @property
    def text(self) -> str:
        """The go.mod that was checked."""
        return self.analysis.snapshot.gomod.text

    @property
    def texts(self) -> dict[str, str]:
        """The go.mod and the go.work, if any, that were checked, by absolute path."""
        snapshot = self.analysis.snapshot
        work = snapshot.workspace
        return {snapshot.plugin.path: snapshot.gomod.text, **({work.path: work.work.text} if work else {})}


class Checker:
    """Checks plugins under one set of settings, from any thread; hosts are read once."""

    def __init__(self, settings: Settings, *, network: bool) -> None:
        self.settings = settings
        self._hosts = Hosts()
        self.cancellation = Cancellation()
        """Ends the run of Go that is under way, and keeps others from starting."""
        self.pending: dict[str, str] = {}
        """Texts of go.mod and go.work files, by absolute path, that count in the place of those on disk."""
        go = find_go(settings.go_path, settings.go_timeout)
        self._offline_go = go._replace(keeps=True) if go else None
        self._go = go._replace(keeps=True, network=network) if go else None
        self._env: GoEnv | None = None
        self._lock = threading.Lock()
        """Of what is read once and used for all."""

    def check(self, folder: str, texts: Mapping[str, str] | None = None, before: PluginBuild | None = None) -> Checked:
        """Check the plugin in `folder`; `before` is an earlier answer of Go.

        `texts` are those of go.mod and go.work by absolute path, where they are neither `pending` nor the ones on disk.
        Raises FileError where go.mod cannot be read.
        """
        path = os.path.join(folder, "go.mod")
        texts = {**self.pending, **(texts or {})}
        text = texts[path] if path in texts else read_text(path)
        gomod = parse_gomod(text)
        project = read_project_file(folder)
        settings = effective(self.settings, project)
        host = self._host(folder, gomod, project)
        build, trouble, trouble_at = None, None, None
        mains = read_mains(folder, settings.packages, {})
        beside = read_beside(folder, texts)
        if isinstance(host, HostManifest):
            try:
                build = keep_known(before, self._ask(folder, gomod, settings.packages, host, beside))
            except GoCancelled:
                raise
            except GoError as error:
                build, trouble = (error.lowered if isinstance(error, GoFailed) else None) or before, str(error)
                trouble_at = error.target if isinstance(error, GoInputError) else None
        local = self._env.local if self._env else None
        snapshot = take_snapshot(path, gomod, host, build, trouble, mains, beside, local=local, trouble_at=trouble_at)
        analysis = analyse(snapshot, settings.severity)
        return Checked(folder, project, analysis, run_checks(analysis), beside.alone)

    def check_all(self, folders: Sequence[str]) -> Iterator[Checked | FileError]:
        """Check plugins side by side, as Go's runs can; each as soon as those before it are done, in their order."""
        if len(folders) == 1:
            yield self._check_or_error(folders[0])
            return
        from concurrent.futures import ThreadPoolExecutor  # late: most runs check one plugin

        with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
            try:
                yield from pool.map(self._check_or_error, folders)
            except BaseException:
                self.cancellation.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _check_or_error(self, folder: str) -> Checked | FileError:
        try:
            return self.check(folder)
        except FileError as error:
            return error

    def fix(self, checked: Checked) -> Checked:
        """Mend, in memory, all that can be mended, and check again, until there is nothing left to mend.

        What is held by excludes is also held against `go mod tidy`, on a copy, as far as Go can tidy here.
        """
        excluded = len(checked.analysis.snapshot.gomod.excludes)
        for _ in range(_MAX_ROUNDS):
            checked = self._tried(checked)
            analysis = checked.analysis
            fix = together_fix(analysis.snapshot, analysis.alignment) or self._buildable(checked)
            if fix:
                texts = _with_fix(checked, fix)
            elif len(analysis.snapshot.gomod.excludes) > excluded and (more := self._raised_by_tidy(checked)):
                edits = gomod_edits(analysis.snapshot.gomod, Changes(excludes=more))
                texts = {**checked.texts, analysis.snapshot.plugin.path: apply_edits(checked.text, edits)}
            else:
                break
            fixed = self.check(checked.folder, texts, analysis.snapshot.build)
            if not fix and len(fixed.analysis.differences) > len(analysis.differences):
                break  # to hold it against tidying breaks more than it mends
            if fixed.analysis.snapshot.trouble and not analysis.snapshot.trouble:
                raise GoError(f"with the host's versions, {fixed.analysis.snapshot.trouble}")
            checked = fixed
        return checked

    def _buildable(self, checked: Checked) -> Fix | None:
        """What brings a module that the host's Go refuses to a version that it can build, if Go takes that."""
        snapshot = checked.analysis.snapshot
        for module in _refused(checked):
            changes, fix = buildable_changes(snapshot, module), buildable_fix(snapshot, module)
            if fix is None:
                continue
            trials = {**snapshot.trials, attempt_of(snapshot, fix): self._try(checked, attempt_of(snapshot, fix))}
            outcome = tried(snapshot._replace(trials=trials), fix, changes)
            if outcome is None or not outcome.wrong:
                return fix
        return None

    def check_again(self, fixed: Checked) -> Checked:
        """Check a plugin that was fixed as it now stands on disk, with what Go said of the fixes that were tried.

        Only what is on disk shows whether go.sum has all that `go build` needs. Raises FileError.
        """
        checked = self.check(fixed.folder)
        snapshot = checked.analysis.snapshot._replace(trials=fixed.analysis.snapshot.trials)
        analysis = analyse(snapshot, checked.analysis.severities)
        return self._tried(checked._replace(analysis=analysis, findings=run_checks(analysis)))

    def compile(self, checked: Checked, before: Checked | None = None) -> Checked:
        """The same with what came of compiling the plugin; `before` is the plugin before it was changed.

        Raises GoCancelled.
        """
        from layerg_pin.engine.compilation import compile_for_host  # late: only on request

        snapshot = checked.analysis.snapshot
        if self._go is None:
            from layerg_pin.core.analysis.compile_errors import Compiled  # late: only `--build` needs it

            compiled = Compiled(trouble="whether the plugin compiles is not known: no go command was found, install Go")
        else:
            packages = effective(self.settings, checked.project).packages
            known = _selected(before) if before else _older_sums(checked)
            compiled = compile_for_host(self._go, snapshot, packages, known, self.cancellation)
        analysis = checked.analysis._replace(snapshot=snapshot._replace(compiled=compiled))
        return checked._replace(analysis=analysis, findings=run_checks(analysis))

    def _tried(self, checked: Checked) -> Checked:
        """The same with what would mend all at once tried by Go, and what is found instead where Go refuses that."""
        trials = dict(checked.analysis.snapshot.trials)
        while True:
            analysis = checked.analysis
            snapshot = analysis.snapshot._replace(trials=trials)
            fix = together_fix(snapshot, analysis.alignment)
            if snapshot.build and analysis.refused and not snapshot.build.lower and self._env:
                build = with_lower_versions(snapshot.build, analysis, self._env.modcache)
                analysis = analysis._replace(snapshot=snapshot._replace(build=build))
                checked = checked._replace(analysis=analysis, findings=run_checks(analysis))
            if fix is None or snapshot.build is None or (attempt := attempt_of(snapshot, fix)) in trials:
                return checked
            trials[attempt] = self._try(checked, attempt)
            analysis = analyse(snapshot._replace(trials=trials), analysis.severities)
            checked = checked._replace(analysis=analysis, findings=run_checks(analysis))

    def _try(self, checked: Checked, attempt: Attempt) -> Trial:
        snapshot = checked.analysis.snapshot
        text, work = attempt.texts()
        workspace = snapshot.workspace
        if workspace and work is not None:
            workspace = parse_workspace(checked.folder, workspace.path, work, self.pending)
        beside = Beside(workspace, snapshot.vendored, alone=checked.alone)
        packages = effective(self.settings, checked.project).packages
        if not isinstance(snapshot.host, HostManifest):
            return Trial(None, trouble="no host", absent=True)
        try:
            return trial_of(self._ask(checked.folder, parse_gomod(text), packages, snapshot.host, beside))
        except GoCancelled:
            raise
        except GoError as error:
            return Trial(None, trouble=str(error), absent=not isinstance(error, GoFailed) or error.absent)

    def _raised_by_tidy(self, checked: Checked) -> tuple[ModuleVersion, ...]:
        """The versions above its requires that `go mod tidy` would leave in go.mod; none where it cannot be run."""
        gomod = checked.analysis.snapshot.gomod
        if self._go is None:
            return ()
        try:
            text, _ = tidied(self._go, PluginSource(checked.folder, gomod.text, True), self.cancellation)
        except GoFailed as error:
            return raised_by_1_16(error)
        excluded = {(each.module.text, each.version.text) for each in gomod.excludes}
        return tuple(
            ModuleVersion(path, version)
            for path, requires in parse_gomod(text).required.items()
            if (mine := gomod.require(path)) and is_higher(version := requires[0].version.text, mine.version.text)
            if (path, version) not in excluded and any(path == each for each, _ in excluded)
        )

    def host_folder(self, folder: str) -> str | None:
        """Where the host is that is named, or found, for the plugin in `folder`; None where that is not known."""
        try:
            gomod = parse_gomod(read_text(os.path.join(folder, "go.mod")))
        except FileError:
            return None
        found = find_host(folder, gomod, read_project_file(folder), self.settings)
        return source_folder(module_folder(found.path))[0] if isinstance(found, HostReference) else None

    def host_of(self, folder: str) -> HostManifest | HostNotFound | HostUnreadable:
        """The host that is named, or found for the plugin in `folder`, if it is one's."""
        path = os.path.join(folder, "go.mod")
        gomod = parse_gomod(read_text(path) if os.path.isfile(path) else "")
        return self._host(folder, gomod, read_project_file(folder))

    def _host(
        self, folder: str, gomod: GoMod, project: ProjectFile | None
    ) -> HostManifest | HostNotFound | HostUnreadable:
        reference = find_host(folder, gomod, project, self.settings)
        if not isinstance(reference, HostReference):
            return reference
        module = module_reference(reference.text)
        go, obstacle = self._offline_go, ""
        if module and cached_folder(reference.path) and self._go and self._go.network:
            go = self._go._replace(timeout=max(self._go.timeout, _DOWNLOADING))
            try:
                obstacle = _fetch(go, module, reference.path, self.cancellation)
            except GoCancelled:
                raise
            except GoError as error:
                return HostUnreadable(reference.text, f"the host {reference.text} cannot be downloaded: {error}")
        with self._lock:
            host = self._hosts.read(reference.text, reference.path)
            if isinstance(host, HostManifest) and obstacle:
                return host._replace(hint=f"it cannot be downloaded: {obstacle}")
            if isinstance(host, HostManifest) and go:
                try:
                    linked = link(host, go, self.cancellation)
                except GoInterrupted as error:
                    return host._replace(hint=f"Go cannot list its packages: {error}")
                self._hosts.keep(host, linked)
                return linked
            return host

    def _ask(
        self, folder: str, gomod: GoMod, packages: tuple[str, ...], host: HostManifest, beside: Beside
    ) -> PluginBuild:
        if self._go is None:
            raise GoError(f"no {self.settings.go_path or 'go'} command was found: install Go, or put it on PATH")
        with self._lock:
            if self._env is None:
                self._env = self._read_env(self._go)
        workspace, own = beside.workspace, os.path.join(folder, "go.mod")
        members = {path: text for path, text in self.pending.items() if path.endswith("go.mod") and path != own}
        arguments = (self._go, self._env, folder, gomod, packages, host, self.cancellation)
        return ask_go(*arguments, members if workspace else {}, workspace, alone=beside.alone)

    def _read_env(self, go: Go) -> GoEnv:
        key = env_key(go)
        if known := recall_env(key):
            return known
        env = go_env(go, self.cancellation)
        remember_env(key, env)
        return env


def _fetch(go: Go, module: ModuleVersion, path: str, cancellation: Cancellation) -> str:
    """Bring a host into the module cache, where its go.mod lies at `path`, or only that; returns why not all of it.

    Raises GoError if not even its go.mod can be had.
    """
    if os.path.isdir(cached_folder(path)):
        return ""
    try:
        download(go, (module,), cancellation)
    except GoCancelled:
        raise
    except GoError as error:
        if not os.path.exists(path):
            fetch_gomod(go, module, cancellation)
        return str(error).partition("; ")[0]
    return ""


def _selected(checked: Checked) -> dict[str, str]:
    """The version of each module that the plugin compiles or requires, by path."""
    build, gomod = checked.analysis.snapshot.build, checked.analysis.snapshot.gomod
    required = {path: requires[0].version.text for path, requires in gomod.required.items()}
    return required | ({each.path: each.version for each in build.packages.values()} if build else {})


def _older_sums(checked: Checked) -> dict[str, str]:
    """The versions that a plugin was built with before, by path, as far as go.sum still has their sums."""
    path = os.path.join(checked.folder, "go.sum")
    text, selected = read_text(path) if os.path.isfile(path) else "", _selected(checked)
    found: dict[str, str] = {}
    for module, version in known_sums(text):
        is_other = selected.get(module, version) != version
        if is_other and is_higher(version, found.get(module, "")):
            found[module] = version
    return found


def _refused(checked: Checked) -> tuple[ModuleVersion, ...]:
    """The modules that are reported because the host's Go refuses them, and have a version that it builds."""
    build = checked.analysis.snapshot.build
    reported = {each.module for each in checked.findings if each.code == "go-line-too-new"}
    return tuple(module for module in build.buildable if module.path in reported) if build else ()


def _with_fix(checked: Checked, fix: Fix) -> dict[str, str]:
    """The texts of go.mod and go.work with a fix made, by absolute path."""
    texts = {**checked.texts, checked.analysis.snapshot.plugin.path: apply_edits(checked.text, fix.edits)}
    return texts | {each.path: apply_edits(each.text, each.edits) for each in fix.others}


def planned(plugins: Iterable[Checked]) -> Iterator[tuple[Checked, dict[str, str]]]:
    """Plugins, each with the texts that `Checker.fix` would leave, as far as that is known before Go has tried them.

    What is done to one plugin counts for the next in the same workspace.
    """
    pending: dict[str, str] = {}
    for checked in plugins:
        snapshot, work = checked.analysis.snapshot, checked.analysis.snapshot.workspace
        if work and pending:
            text = pending.get(work.path, work.work.text)
            now = snapshot._replace(workspace=parse_workspace(checked.folder, work.path, text, pending))
            checked = checked._replace(analysis=analyse(now, checked.analysis.severities))
        fix = planned_fix(checked.analysis.snapshot, checked.analysis.alignment, _refused(checked))
        texts = _with_fix(checked, fix) if fix else checked.texts
        pending |= {path: text for path, text in texts.items() if text != checked.texts[path]}
        yield checked, texts


def changed_lines(before: Mapping[str, str], after: Mapping[str, str], path: str, plugin: str) -> Iterator[str]:
    """What a file says of Go, excludes, replaces and the workspace's folders now and did not before, in words.

    The texts are by absolute path; `plugin` is that of the plugin's go.mod.
    """
    old, new = (parse_gomod(each[path]) for each in (before, after))
    if path != plugin:
        works = [parse_gowork(each[path]) for each in (before, after)]
        folders = [{use.text: None for use in work.uses} for work in works]
        yield from (f"removed use: {folder}" for folder in folders[0] if folder not in folders[1])
        rows = [{" ".join(token.text for token in each.line.tokens): None for each in work.replaces} for work in works]
        yield from (f"removed replace: {row}" for row in rows[0] if row not in rows[1])
        return
    lines = [f"go {gomod.go.text}" if gomod.go else "no go line" for gomod in (old, new)]
    yield from (f"{lines[0]} -> {lines[1]}",) if lines[0] != lines[1] else ()
    if old.toolchain and new.toolchain is None:
        yield f"removed toolchain: {old.toolchain.text}"
    excluded = [{f"{each.module.text} {each.version.text}": None for each in gomod.excludes} for gomod in (old, new)]
    yield from (f"excluded: {module}" for module in excluded[1] if module not in excluded[0])
    replaced = [
        {" ".join(token.text for token in each.line.tokens): None for each in gomod.replaces} for gomod in (old, new)
    ]
    yield from (f"removed replace: {line}" for line in replaced[0] if line not in replaced[1])
    yield from (f"replaced: {line}" for line in replaced[1] if line not in replaced[0])


def lowered_modules(versions: Iterable[tuple[str, str, str]], host: object) -> int:
    """How many of some changed versions are below the old one and not the host's: what the host's Go can build."""
    modules = host.modules if isinstance(host, HostManifest) else {}
    return sum(
        bool(new) and is_higher(old, new) and (path not in modules or modules[path].version != new)
        for path, old, new in versions
    )


def changed_versions(old: GoMod, new: GoMod) -> Iterator[tuple[str, str, str]]:
    """Each module whose require differs between two texts: path, version before (or empty), version after (or
    empty).
    """
    for path in sorted({*old.required, *new.required}):
        versions = [require.version.text if (require := gomod.require(path)) else "" for gomod in (old, new)]
        if versions[0] != versions[1]:
            yield path, versions[0], versions[1]
