"""The diagnostics of the go.mod that is opened first, from what is known without Go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.engine.plugin_discovery import in_module_cache, says_plugin
from layerg_pin.engine.plugin_snapshot import read_plugin_files_at_once
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.engine.settings import Settings, with_values
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.first_analysis import look, settings_for
from layerg_pin.lsp.json_messages import SECTION, Client, Json, diagnostics, path_of, said, workspace_folders
from layerg_pin.system.text_files import LineIndexes


def show_first(
    opened: Json,
    initialized: Json,
    changes: Iterable[object],
    client: Client,
    configuration: Callable[[str], object] | None,
) -> Json | None:
    """The parameters of `textDocument/publishDiagnostics` for the document of a `textDocument/didOpen`.

    None where it is not the go.mod of a plugin.
    `initialized` are the parameters of `initialize`, and `changes` the settings of `workspace/didChangeConfiguration`.
    `configuration` asks the client for its settings for a URI.
    """
    path = path_of(opened["uri"])
    if path is None or os.path.basename(path) != "go.mod" or in_module_cache(os.path.dirname(path)):
        return None
    gomod, project = parse_gomod(opened["text"]), read_project_file(os.path.dirname(path))
    if not says_plugin(gomod, project):
        return None
    settings = _settings(initialized, changes)
    if configuration:
        settings, _ = with_values(settings, configuration(opened["uri"]), SECTION)
    folders = workspace_folders(initialized)
    settings = settings_for(settings, path, project, folders)
    beside = read_plugin_files_at_once(os.path.dirname(path), {}, trusted=settings.trusted)
    if beside.is_partial:
        return None  # the session reads it in a thread
    first = look(path, gomod, project, settings, folders, Hosts(), beside)
    indexes = LineIndexes(first.analysis.snapshot.indexes())
    found = [(each, indexes) for each in first.findings if each.path == path]
    return diagnostics(opened["uri"], opened["version"], found, client)


def _settings(initialized: Json, changes: Iterable[object]) -> Settings:
    options = initialized.get("initializationOptions")
    settings = Settings(trusted=said(options, "trusted") is not False)
    settings, _ = with_values(settings, options, "initializationOptions")
    for values in changes:
        if values is not None:
            settings, _ = with_values(settings, said(values, SECTION) or values, "didChangeConfiguration")
    return settings
