"""Compute a plugin's findings from the current texts and from what is known of its build and host."""

from __future__ import annotations

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.import_findings import import_findings
from layerg_pin.core.analysis.overview import Overview
from layerg_pin.core.checks import run_checks
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostUnreadable
from layerg_pin.engine.plugin_discovery import HostReference
from layerg_pin.engine.plugin_snapshot import take_snapshot
from layerg_pin.go.query_types import GoEnv
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.session.documents import OpenDocuments
from layerg_pin.lsp.session.first_pass import read_host
from layerg_pin.lsp.session.open_plugin import Plugin


class Analyser:
    """Analyses plugins against the hosts of a session. Runs no processes and sends nothing."""

    def __init__(self, documents: OpenDocuments) -> None:
        self._documents = documents
        self.hosts = Hosts()
        self.go_env: GoEnv | None = None
        """The last known `go env`."""

    def analyse(self, plugin: Plugin) -> None:
        """Bring the analysis and the findings of a plugin up to date, with its host as it is on disk now."""
        if self._is_changed_image(plugin):
            self._analyse(plugin, plugin.analysis.snapshot.host)
        else:
            self._analyse(plugin, read_host(self.hosts, plugin.host))

    def analyse_edit(self, plugin: Plugin) -> None:
        """Bring them up to date after an edit of go.mod, with the host as it was read last.

        Watched files, saves and Go's answers bring the host up to date, so that an edit needs no access to files.
        """
        self._analyse(plugin, plugin.analysis.snapshot.host)

    def _is_changed_image(self, plugin: Plugin) -> bool:
        """Whether the host is an image that changed. The loader reads it again, in a thread."""
        host = plugin.host
        if not isinstance(host, HostReference) or image_reference(host.text) is None:
            return False
        return self.hosts.takes_long(*host)

    def _analyse(self, plugin: Plugin, host: HostManifest | HostNotFound | HostUnreadable) -> None:
        document, before = plugin.document, plugin.analysis
        snapshot = take_snapshot(
            document.path,
            parse_gomod(document.text, before.snapshot.gomod),
            host,
            plugin.build,
            plugin.go_failure,
            mains=self._documents.with_open_texts(plugin.mains),
            files=plugin.files,
            trials=plugin.trials,
            local=self.go_env.local if self.go_env else None,
            before=before.snapshot,
            go_failure_target=plugin.go_failure_target,
        )
        plugin.overview = Overview(analyse(snapshot, plugin.settings.severity, before.cache, before))
        plugin.findings = run_checks(plugin.analysis)
        self.add_import_findings(plugin)

    def add_import_findings(self, plugin: Plugin) -> None:
        """Add the findings at the imports of open .go files to those of the checks."""
        sources = self._documents.source_files(plugin.document) if plugin.settings.go_files else ()
        plugin.open_sources = tuple(sources)
        found = import_findings(plugin.overview, plugin.findings, plugin.open_sources)
        plugin.findings = (*plugin.findings, *found)
