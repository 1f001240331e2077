"""A checked plugin, and what follows from the check: its versions, and its texts with a fix applied."""

import os
from typing import NamedTuple

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.checks import run_checks
from layerg_pin.core.finding import Finding, Fix
from layerg_pin.core.gomod.go_sum import modules_with_sum
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import apply_edits
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.system.text_files import read_text


class Checked(NamedTuple):
    """A plugin with its analysis and findings."""

    folder: str
    project: ProjectFile | None
    analysis: Analysis
    findings: tuple[Finding, ...]
    outside_workspace: bool = False
    """Whether the plugin's builds leave the go.work above its folder."""

    @property
    def snapshot(self) -> Snapshot:
        """The input of the checks."""
        return self.analysis.snapshot

    @property
    def text(self) -> str:
        """The go.mod that was checked."""
        return self.snapshot.gomod.text

    @property
    def texts(self) -> dict[str, str]:
        """The go.mod and the go.work, if any, that were checked, by absolute path."""
        work = self.snapshot.workspace
        return {self.snapshot.plugin.path: self.text, **({work.path: work.work.text} if work else {})}

    def with_analysis(self, analysis: Analysis) -> "Checked":
        """The same plugin with another analysis, checked again."""
        return self._replace(analysis=analysis, findings=run_checks(analysis))

    def with_snapshot(self, snapshot: Snapshot) -> "Checked":
        """The same plugin with another snapshot, analysed and checked again."""
        return self.with_analysis(analyse(snapshot, self.analysis.severities, self.analysis.cache))

    def with_fix(self, fix: Fix) -> dict[str, str]:
        """The texts of go.mod and go.work with a fix applied, by absolute path."""
        texts = {**self.texts, self.snapshot.plugin.path: apply_edits(self.text, fix.edits)}
        return texts | {each.path: apply_edits(each.text, each.edits) for each in fix.others}


def selected_versions(checked: Checked) -> dict[str, str]:
    """The version of each module that the plugin compiles or requires, by path."""
    build, gomod = checked.snapshot.build, checked.snapshot.gomod
    required = {path: requires[0].version.text for path, requires in gomod.required.items()}
    return required | ({each.path: each.version for each in build.packages.values()} if build else {})


def earlier_versions(checked: Checked) -> dict[str, str]:
    """The versions that a plugin was built with before, by path, as far as go.sum still has their sums."""
    path = os.path.join(checked.folder, "go.sum")
    text, selected = read_text(path) if os.path.isfile(path) else "", selected_versions(checked)
    found: dict[str, str] = {}
    for module, version in modules_with_sum(text):
        is_other = selected.get(module, version) != version
        if is_other and is_higher(version, found.get(module, "")):
            found[module] = version
    return found


def lowerable_modules(checked: Checked) -> tuple[ModuleVersion, ...]:
    """The reported modules that the host's Go refuses to build, if it can build another version."""
    build = checked.snapshot.build
    reported = {each.module for each in checked.findings if each.code == "go-line-too-new"}
    return tuple(module for module in build.buildable if module.path in reported) if build else ()
