"""The exit codes of the commands, and the one that the findings of plugins lead to."""

from __future__ import annotations

from collections.abc import Sequence

from layerg_pin.core.analysis.verdict import uncertainties
from layerg_pin.core.finding import Severity
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.engine.checked_plugin import Checked

OK = 0
FOUND = 1
"""Something is wrong, or is left to fix."""
NO_VERDICT = 2
"""The command could not do its work, or reached no verdict on a plugin."""


def exit_code(plugins: Sequence[Checked], *, strict: bool) -> int:
    """The exit code for the findings of plugins; `strict` counts warnings as errors."""
    findings = [finding for checked in plugins for finding in checked.findings]
    if any(finding.severity is Severity.ERROR and finding.code != "host-unreadable" for finding in findings):
        return FOUND
    if any(map(_is_refused, plugins)):
        return FOUND
    if strict and any(finding.severity is Severity.WARNING for finding in findings):
        return FOUND
    return NO_VERDICT if any(uncertainties(checked.analysis, checked.findings) for checked in plugins) else OK


def _is_refused(checked: Checked) -> bool:
    """Whether the host cannot open any plugin, unless the user silenced the finding that says so."""
    host = checked.analysis.snapshot.host
    is_reported = any(each.code == "host-unreadable" and each.severity is Severity.ERROR for each in checked.findings)
    return is_reported and isinstance(host, HostManifest) and bool(host.no_plugins_reason)
