"""The work that runs in threads: ask Go about a plugin and its host, try fixes, and run Go for commands."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.analysis_cache import AnalysisCache
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Fix
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Workspace
from layerg_pin.core.model.snapshot import MainPackages, Snapshot
from layerg_pin.engine import trials
from layerg_pin.engine.build_query import BuildQuery, ask_go
from layerg_pin.engine.plugin_snapshot import read_mains
from layerg_pin.engine.settings import Settings
from layerg_pin.engine.trials import as_tidied, fixes_in_gomod, most_trials
from layerg_pin.go import tidying
from layerg_pin.go.downloads import download
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
from layerg_pin.go.tidying import tidied_files
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.source_tree.main_packages import go_sources


class Question(NamedTuple):
    """The question of which packages a plugin compiles, and which packages its host links."""

    folder: str
    gomod: GoMod
    host: HostManifest
    settings: Settings
    env: GoEnv | None
    unsaved: Mapping[str, str]
    """The texts of open .go files, by absolute path. They may differ from those on disk."""
    workspace: Workspace | None = None
    outside_workspace: bool = False
    """Whether the plugin is built outside the go.work above it."""

    @property
    def summary(self) -> str:
        """The question in words, for verbose traces."""
        packages = " ".join(self.settings.packages) or "those found"
        rows = [f"main packages: {packages}", f"host: {self.host.path}", f"go: {self.settings.go_path or 'on PATH'}"]
        return "\n".join((*rows, *(f"open: {path}" for path in sorted(self.unsaved))))


class Answer(NamedTuple):
    """The host, with its linked packages, and the plugin's build or why there is none."""

    env: GoEnv | None
    host: HostManifest
    build: PluginBuild | None
    go_failure: str | None
    needs_download: bool
    """Whether the failure is only that something is not in the module cache."""
    mains: MainPackages
    sources: frozenset[str]
    """The .go files of the plugin's module, absolute."""
    seconds: float
    go_failure_target: str | None = None
    """As in a Snapshot."""

    @property
    def summary(self) -> str:
        """The answer in words, for verbose traces."""
        rows = [f"{self.seconds:.2f} s", *([self.go_failure] if self.go_failure else [])]
        if self.build:
            rows.append(f"{len(self.build.packages)} packages, {len(self.build.graph)} go.mod files")
            rows += [f"not loaded: {each.package}: {each.reason}" for each in self.build.unresolved]
        rows += [f"main package: {main.name}" for main in self.mains.selected]
        rows.append(f"the host's linked packages are {'known' if self.host.linked else 'not known'}")
        return "\n".join(rows)


def ask(question: Question, cancellation: Cancellation) -> Answer:
    """Ask Go about a plugin. Raises GoCancelled; other errors are part of the answer."""
    started = time.monotonic()
    env, host = question.env, question.host
    build, go_failure, needs_download, go_failure_target = None, None, False, None
    try:
        go = _go(question, network=False)
        host = ensure_linked(host, go, cancellation)
        env = env or go_env(go, cancellation)
        build = _ask(go, env, question, host, cancellation)
    except GoCancelled:
        raise
    except GoError as error:
        go_failure = str(error)
        if isinstance(error, GoFailed):
            needs_download, build = error.needs_download, error.lowered
        go_failure_target = error.target if isinstance(error, GoInputError) else None
    mains = read_mains(question.folder, question.settings.packages, question.unsaved)
    sources = go_sources(question.folder)
    return Answer(
        env=env,
        host=host,
        build=build,
        go_failure=go_failure,
        needs_download=needs_download,
        mains=mains,
        sources=sources,
        seconds=time.monotonic() - started,
        go_failure_target=go_failure_target,
    )


def try_fixes(question: Question, analysis: Analysis, modcache: str, cancellation: Cancellation) -> Snapshot:
    """Let Go try the fixes that are offered in go.mod. Returns the snapshot with its answers. Raises GoCancelled."""

    def offered(analysis: Analysis) -> Iterable[Fix | None]:
        return fixes_in_gomod(analysis, run_checks(analysis))

    def ask(gomod: GoMod, workspace: Workspace | None) -> PluginBuild:
        edited = question._replace(gomod=gomod, workspace=workspace)
        go = _go(question, network=False)
        build = _ask(go, question.env or go_env(go, cancellation), edited, question.host, cancellation)
        if not gomod.excludes or workspace:
            return build
        return as_tidied(
            build, go, PluginSource(question.folder, gomod.text, True, question.unsaved), gomod, cancellation
        )

    limit = most_trials(question.gomod)
    return trials.try_fixes(analysis, offered, ask, modcache, AnalysisCache(), limit=limit).snapshot


def fetch(question: Question, pins: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Download the modules that the plugin compiles, and `pins`. Raises GoError."""
    go = _go(question, network=True)
    download(go, pins, cancellation)
    _ask(go, question.env or go_env(go, cancellation), question, question.host, cancellation)


def tidy(question: Question, cancellation: Cancellation) -> tuple[str, str]:
    """Run `go mod tidy` on a copy. Returns the texts of go.mod and go.sum. Raises GoError."""
    source = PluginSource(question.folder, question.gomod.text, True, question.unsaved)
    return tidied_files(_go(question, network=True), source, cancellation)


def tidy_and_vendor(question: Question, cancellation: Cancellation) -> None:
    """Run `go mod tidy` and `go mod vendor` in the plugin's folder. Raises GoError."""
    go = _go(question, network=True)
    tidying.tidy(go, question.folder, cancellation)
    tidying.vendor(go, question.folder, cancellation)


def _go(question: Question, *, network: bool) -> Go:
    if not question.settings.trusted:
        raise GoError("this workspace is not trusted, so Go is not run in it")
    go = find_go(question.settings.go_path, question.settings.go_timeout, network=network)
    if go is None:
        raise GoError(f"no {question.settings.go_path or 'go'} command was found: install Go, or put it on PATH")
    return go


def _ask(go: Go, env: GoEnv, question: Question, host: HostManifest, cancellation: Cancellation) -> PluginBuild:
    query = BuildQuery(
        go=go,
        env=env,
        folder=question.folder,
        packages=question.settings.packages,
        host=host,
        cancellation=cancellation,
        unsaved=question.unsaved,
        workspace=question.workspace,
        outside_workspace=question.outside_workspace,
    )
    build = ask_go(query, question.gomod)
    return build._replace(build_error="")  # gopls reports missing go.sum lines at each require; do not repeat them
