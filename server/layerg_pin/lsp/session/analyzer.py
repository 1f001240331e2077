"""Compute a plugin's findings from the current texts and from what is known of its build and host."""

from __future__ import annotations

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.import_findings import import_findings
from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.engine.plugin_snapshot import take_snapshot
from layerg_pin.go.query_types import GoEnv
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.session.documents import OpenDocuments
from layerg_pin.lsp.session.first_pass import read_host
from layerg_pin.lsp.session.open_plugin import Plugin


class Analyzer:
    """Analyzes plugins against the hosts of a session. Runs no processes and sends nothing."""

    def __init__(self, documents: OpenDocuments) -> None:
        self._documents = documents
        self.hosts = Hosts()
        self.go_env: GoEnv | None = None
        """The last known `go env`."""

    def analyze(self, plugin: Plugin) -> None:
        """Bring the analysis and the findings of a plugin up to date."""
        document, known = plugin.document, plugin.analysis.snapshot
        snapshot = take_snapshot(
            document.path,
            parse_gomod(document.text, known.gomod),
            read_host(self.hosts, plugin.host),
            plugin.build,
            plugin.trouble,
            tuple(map(self._documents.with_open_texts, plugin.mains)),
            plugin.beside,
            plugin.trials,
            self.go_env.local if self.go_env else None,
            known,
            plugin.trouble_at,
        )
        plugin.overview = Overview(analyse(snapshot, plugin.settings.severity, plugin.analysis))
        plugin.findings = run_checks(plugin.analysis)
        self.add_import_findings(plugin)

    def add_import_findings(self, plugin: Plugin) -> None:
        """Add the findings at the imports of open .go files to those of the checks."""
        sources = self._documents.source_files(plugin.document) if plugin.settings.go_files else ()
        plugin.open_sources = tuple(sources)
        found = import_findings(plugin.overview, plugin.findings, plugin.open_sources)
        plugin.findings = (*plugin.findings, *found)
