"""One plugin from its folder to findings, with Go asked at once: what the command line does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from layerg_pin.config import ProjectFile, Settings, effective, read_project_file
from layerg_pin.core.analysis import Analysis, analyse
from layerg_pin.core.checks import run_checks
from layerg_pin.core.cures import pin_edits
from layerg_pin.core.finding import Finding
from layerg_pin.core.gomod import GoMod, parse_gomod
from layerg_pin.core.manifest import HostManifest, HostNotFound, HostUnreadable, PluginBuild
from layerg_pin.core.text import apply_edits
from layerg_pin.files import read_text
from layerg_pin.gotool import Cancellation, GoCancelled, GoEnv, GoError, find_go, go_env
from layerg_pin.host import Hosts, link
from layerg_pin.workspace import HostReference, ask_go, find_host, keep_known, read_mains, take_snapshot

_MAX_ROUNDS = 8
"""Pins can bring in packages and versions that need pins of their own; more rounds than this were never seen."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A plugin and what was found."""

    folder: str
    project: ProjectFile | None
    analysis: Analysis
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The go.mod that was checked."""
        return self.analysis.snapshot.gomod.text


class Checker:
    """Checks plugins under one set of settings; hosts are read once."""

    def __init__(self, settings: Settings, *, network: bool) -> None:
        self.settings = settings
        self._hosts = Hosts()
        self.cancellation = Cancellation()
        """Ends the run of Go that is under way, and keeps others from starting."""
        self._go = find_go(settings.go_path, settings.go_timeout, network=network)
        self._offline_go = find_go(settings.go_path, settings.go_timeout)
        self._env: GoEnv | None = None

    def check(self, folder: str, text: str | None = None, before: PluginBuild | None = None) -> Checked:
        """Check the plugin in `folder`, with `text` in the place of its go.mod; `before` is an earlier answer of Go.

        Raises FileError where go.mod cannot be read.
        """
        path = os.path.join(folder, "go.mod")
        text = read_text(path) if text is None else text
        gomod = parse_gomod(text)
        project = read_project_file(folder)
        settings = effective(self.settings, project)
        host = self._host(folder, gomod, project)
        build, trouble = None, None
        mains = read_mains(folder, settings.packages, {})
        if isinstance(host, HostManifest):
            try:
                build = keep_known(before, self._ask(folder, gomod, settings.packages, host))
            except GoCancelled:
                raise
            except GoError as error:
                build, trouble = before, str(error)
        analysis = analyse(take_snapshot(path, text, host, build, trouble, mains), settings.severity)
        return Checked(folder, project, analysis, run_checks(analysis))

    def fix(self, checked: Checked) -> Checked:
        """Set every pin that holds, in memory, and check again, until there is none left to set."""
        for _ in range(_MAX_ROUNDS):
            analysis = checked.analysis
            edits = pin_edits(analysis.snapshot.gomod, analysis.alignment.together)
            if not edits:
                break
            fixed = self.check(checked.folder, apply_edits(checked.text, edits), analysis.snapshot.build)
            if fixed.analysis.snapshot.trouble and not analysis.snapshot.trouble:
                raise GoError(f"with the host's versions, {fixed.analysis.snapshot.trouble}")
            checked = fixed
        return checked

    def _host(
        self, folder: str, gomod: GoMod, project: ProjectFile | None
    ) -> HostManifest | HostNotFound | HostUnreadable:
        reference = find_host(folder, gomod, project, self.settings)
        if not isinstance(reference, HostReference):
            return reference
        host = self._hosts.read(reference.text, reference.path)
        if isinstance(host, HostManifest) and self._offline_go:
            linked = link(host, self._offline_go, self.cancellation)
            self._hosts.keep(host, linked)
            return linked
        return host

    def _ask(self, folder: str, gomod: GoMod, packages: tuple[str, ...], host: HostManifest) -> PluginBuild:
        if self._go is None:
            raise GoError(f"no {self.settings.go_path or 'go'} was found to ask")
        if self._env is None:
            self._env = go_env(self._go, self.cancellation)
        return ask_go(self._go, self._env, folder, gomod, packages, host, self.cancellation)


def changed_versions(before: Checked, after: Checked) -> Iterator[tuple[str, str, str]]:
    """Each module whose require differs between two texts: path, version before (or empty), version after (or
    empty).
    """
    old, new = before.analysis.snapshot.gomod, after.analysis.snapshot.gomod
    for path in sorted({*old.required, *new.required}):
        versions = [require.version.text if (require := gomod.require(path)) else "" for gomod in (old, new)]
        if versions[0] != versions[1]:
            yield path, versions[0], versions[1]
