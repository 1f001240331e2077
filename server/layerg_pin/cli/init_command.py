"""`layerg-pin init`: write the host of a plugin, or of all plugins in a folder, to layerg-pin.toml."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import plugin_folder
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound
from layerg_pin.core.settings.project_file import (
    ProjectTextError,
    host_edit,
    project_text,
    sets_host,
    toml_string,
    tree_project_text,
)
from layerg_pin.core.text import count
from layerg_pin.engine.plugin_discovery import HostReference, find_host, find_plugins
from layerg_pin.engine.project_settings import PROJECT_FILE, read_project_file
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.references import (
    Hosts,
    host_module_folder,
    module_reference,
    named_release,
    relative_reference,
    resolve,
)
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.terminal import print_remarks, print_rows
from layerg_pin.system.text_files import FileError, create_text, read_text, write_text


def run(options: argparse.Namespace) -> int:
    """Write the file, unless one names this host already; returns the exit code. Raises FileError."""
    folder, plugins = _targets(options.dir)
    path = os.path.join(folder, PROJECT_FILE)
    found = _named(options.host) if options.host else _find_common(plugins)
    if host_module_folder(found.path) in plugins:
        raise FileError(f"the host {options.host} is this plugin itself: set the host to the server that opens it")
    host = Hosts().read(*found)
    if not isinstance(host, HostManifest):
        raise FileError(host.message)
    written = _written_reference(found, folder)
    project = read_project_file(folder)
    if project and project.host and resolve(project.host, project.base) == found.path:
        print_rows(f"{display_path(project.host_path)} already sets this host")
        return OK
    is_tree = plugins != (folder,)
    if os.path.lexists(path):
        _insert_host(path, written)
    else:
        create_text(path, tree_project_text(written) if is_tree else project_text(written))
    whose = f"the host of {count(len(plugins), 'plugin')}" if is_tree else "the host"
    print_rows(f"wrote {display_path(path)}: {whose} is {written} ({count(host.required, 'module')})")
    if found.named_at:
        tag = f"{display_path(found.named_at.path)}:{(found.named_at.line or 0) + 1}"
        print_remarks(f"this file is not needed: the tag in {tag} names the host, also after an upgrade")
    return OK


def _insert_host(path: str, reference: str) -> None:
    """Set the host in a file that sets none. Raises FileError."""
    text = read_text(path)
    try:
        edit = None if sets_host(text) else host_edit(text, reference)
    except ProjectTextError as error:
        project = read_project_file(os.path.dirname(path))
        fault = next((each for each in project.faults if each.path == path), None) if project else None
        text = str(fault).replace(path, display_path(path), 1) if fault else f"{display_path(path)}: {error}"
        raise FileError(f"{text}; nothing was written: fix this, and run `layerg-pin init` again") from None
    if edit is None:
        raise FileError(f"{display_path(path)} sets `host` already: change it to {toml_string(reference)}")
    write_text(path, text, f"{text[: edit.span.start]}{edit.new}{text[edit.span.end :]}")


def _targets(name: str) -> tuple[str, tuple[str, ...]]:
    """The folder of the new file, and the plugins that it is for: one, or all in a folder. Raises FileError."""
    root = os.path.abspath(name)
    if os.path.isdir(root) and not os.path.isfile(os.path.join(root, "go.mod")) and (plugins := find_plugins(root)):
        return root, plugins
    folder = plugin_folder(name)
    return folder, (folder,)


def _written_reference(found: HostReference, folder: str) -> str:
    """The reference as the file states it: a release, a module version, or a path relative to the file's folder."""
    if release := named_release(found.text, found.path):
        return str(release)
    if module_reference(found.text) is not None:
        return found.text
    relative = relative_reference(found.text, found.path, folder)
    try:
        relative.encode()
    except UnicodeEncodeError:
        raise FileError(
            f"the host's name {relative} is not UTF-8 and cannot be written to {PROJECT_FILE}: use --host"
        ) from None
    return relative


def _named(reference: str) -> HostReference:
    return HostReference(reference, resolve(reference, os.getcwd()), named_by="--host")


def _find_common(plugins: Sequence[str]) -> HostReference:
    """The host that is found for all plugins. Raises FileError if there is none, or more than one."""
    found = [_find(plugin) for plugin in plugins]
    if different := [each for each in found if each.path != found[0].path]:
        raise FileError(
            f"the plugins have different hosts, such as {found[0].text} and {different[0].text}: name one with --host, "
            "or run `layerg-pin init` in the folder of each plugin"
        )
    return found[0]


def _find(folder: str) -> HostReference:
    """The host that is found for the plugin in `folder`. Raises FileError."""
    gomod = parse_gomod(read_text(os.path.join(folder, "go.mod")))
    found = find_host(folder, gomod, None, Settings(), builders=read_build_files(folder))
    if isinstance(found, HostNotFound):
        raise FileError(found.message)
    return found
