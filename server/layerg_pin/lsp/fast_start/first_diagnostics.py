"""The diagnostics of the first go.mod that the client opens, computed without Go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.engine.plugin_discovery import HostReference, find_host, in_module_cache, is_declared_plugin
from layerg_pin.engine.plugin_snapshot import read_plugin_files_at_once
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.engine.settings import Settings, with_values
from layerg_pin.hosts.image_references import image_reference
from layerg_pin.hosts.references import Hosts
from layerg_pin.lsp.protocol.client import SECTION, Client
from layerg_pin.lsp.protocol.diagnostics import diagnostics
from layerg_pin.lsp.protocol.file_uris import path_of, workspace_folders
from layerg_pin.lsp.protocol.json_values import Json, field
from layerg_pin.lsp.session.first_pass import first_pass, settings_for
from layerg_pin.system.text_files import LineIndexes


def first_diagnostics(
    document: Json,
    initialize_params: Json,
    changed_settings: Iterable[object],
    client: Client,
    request_settings: Callable[[str], object] | None,
) -> Json | None:
    """The PublishDiagnosticsParams for a TextDocumentItem; None if it is not the go.mod of a plugin.

    `changed_settings` are the settings from `workspace/didChangeConfiguration`. `request_settings` asks the client for
    its settings for a URI; None if the client cannot be asked.
    """
    path = path_of(document["uri"])
    if path is None or os.path.basename(path) != "go.mod" or in_module_cache(os.path.dirname(path)):
        return None
    settings = _settings(initialize_params, changed_settings)
    folder_uris = [each["uri"] for each in initialize_params.get("workspaceFolders") or ()]
    folders = workspace_folders(folder_uris, initialize_params.get("rootUri"), initialize_params.get("rootPath"))
    gomod = parse_gomod(document["text"])
    project = read_project_file(os.path.dirname(path), None if settings.trusted else folders)
    if not is_declared_plugin(gomod, project) or (project and project.excluded_by):
        return None
    if request_settings:
        settings, _ = with_values(settings, request_settings(document["uri"]), SECTION)
    settings = settings_for(settings, path, project, folders)
    files = read_plugin_files_at_once(os.path.dirname(path), {}, trusted=settings.trusted)
    if files.is_partial:
        return None  # the session reads the rest in a thread
    host = find_host(os.path.dirname(path), gomod, project, settings, folders, files.builders)
    if isinstance(host, HostReference) and image_reference(host.text):
        return None  # it takes long to read, so the session reads it in a thread
    first = first_pass(path, gomod, settings, Hosts(), files, host)
    indexes = LineIndexes(first.analysis.snapshot.indexes())
    found = [(each, indexes) for each in first.findings if each.path == path]
    return diagnostics(document["uri"], document["version"], found, client)


def _settings(initialize_params: Json, changed_settings: Iterable[object]) -> Settings:
    options = initialize_params.get("initializationOptions")
    settings = Settings(trusted=field(options, "trusted") is not False)
    settings, _ = with_values(settings, options, "initializationOptions")
    for values in changed_settings:
        if values is not None:
            settings, _ = with_values(settings, field(values, SECTION) or values, "didChangeConfiguration")
    return settings
