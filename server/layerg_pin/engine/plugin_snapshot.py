"""Read the files around a plugin's go.mod, and combine everything that is known of it into a snapshot."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound, HostPlace, HostUnreadable
from layerg_pin.core.model.modules import Source
from layerg_pin.core.model.plugin_build import LocalGo, PluginBuild, Workspace
from layerg_pin.core.model.snapshot import (
    MainPackage,
    MainPackages,
    Snapshot,
    SourceFile,
    TrialInput,
    TrialResult,
    Vendored,
)
from layerg_pin.core.text import LineIndex, merge_conflict
from layerg_pin.hosts.references import host_module_folder
from layerg_pin.source_tree.build_files import read_build_files, read_build_files_at_once
from layerg_pin.source_tree.go_work import current_text, host_place, leaves_workspace, read_workspace, uses_many_modules
from layerg_pin.source_tree.main_packages import (
    declares_symbol,
    package_sources,
    selected_packages,
)
from layerg_pin.system.text_files import read_text_or_empty


class PluginFiles(NamedTuple):
    """The files around a plugin's go.mod that decide how it is built."""

    workspace: Workspace | None = None
    vendored: Vendored | None = None
    builders: tuple[BuildSource, ...] = ()
    outside_workspace: bool = False
    """Whether the plugin's builds leave the go.work above its folder, so that `workspace` is None."""
    conflicted: tuple[Source, ...] = ()
    """The go.sum and the vendor/modules.txt, if they contain markers of a merge conflict."""
    is_partial: bool = False
    """Whether build files or the workspace are not read yet, because that takes too long for an event loop."""


_NO_FILES = PluginFiles()


def read_plugin_files_at_once(
    folder: str, unsaved: Mapping[str, str], before: PluginFiles = _NO_FILES, *, trusted: bool = True
) -> PluginFiles:
    """Return the same as `read_plugin_files`, within a few milliseconds.

    Large build files, and a go.work that uses many modules, are taken from `before`, and `is_partial` is set.
    """
    if not trusted:
        return read_plugin_files(folder, unsaved, trusted=False)
    builders = read_build_files_at_once(folder, unsaved)
    is_large = uses_many_modules(folder, unsaved)
    workspace = before.workspace if is_large else read_workspace(folder, unsaved)
    found = _files_with(folder, workspace, before.builders if builders is None else builders)
    return found._replace(is_partial=builders is None or is_large)


def read_plugin_files(folder: str, unsaved: Mapping[str, str], *, trusted: bool = True) -> PluginFiles:
    """Read the go.work, the vendor folder and the build files that apply to the plugin in `folder`.

    `unsaved` are the texts of open go.work and build files, by absolute path, which replace those on disk.
    Without trust, only files in the folder are read, because the others may be outside the workspace.
    """
    if not trusted:
        return PluginFiles(vendored=read_vendored(folder), conflicted=_conflicted(folder))
    return _files_with(folder, read_workspace(folder, unsaved), read_build_files(folder, unsaved))


def _files_with(folder: str, workspace: Workspace | None, builders: tuple[BuildSource, ...]) -> PluginFiles:
    outside_workspace = workspace is not None and leaves_workspace(folder, workspace.path, builders)
    return PluginFiles(
        workspace=None if outside_workspace else workspace,
        vendored=read_vendored(folder),
        builders=builders,
        outside_workspace=outside_workspace,
        conflicted=_conflicted(folder),
    )


def _conflicted(folder: str) -> tuple[Source, ...]:
    paths = [os.path.join(folder, "go.sum"), os.path.join(folder, "vendor", "modules.txt")]
    texts = {path: read_text_or_empty(path) for path in paths if os.path.isfile(path)}
    return tuple(Source(path, LineIndex(text)) for path, text in texts.items() if merge_conflict(text))


def read_vendored(folder: str) -> Vendored | None:
    """The plugin's own vendor/modules.txt; None if it is missing or unreadable."""
    path = os.path.join(folder, "vendor", "modules.txt")
    text = read_text_or_empty(path) if os.path.isfile(path) else ""
    if not text:
        return None
    parsed = parse_modules_txt(text)
    return Vendored(Source(path, LineIndex(parsed.text)), parsed)


_NO_MAINS = MainPackages()


def read_mains(folder: str, packages: Sequence[str], unsaved: Mapping[str, str]) -> MainPackages:
    """The main packages of the module in `folder`, with unsaved texts instead of those on disk."""
    selected, others = selected_packages(folder, packages)
    return MainPackages(_read(folder, selected, unsaved), _read(folder, others, unsaved))


def _read(folder: str, packages: Sequence[str], unsaved: Mapping[str, str]) -> tuple[MainPackage, ...]:
    from layerg_pin.core.gofile.go_syntax import parse_go_file  # the first diagnostics do not need it

    found = []
    for package in packages:
        files = [
            SourceFile(path, parse_go_file(current_text(path, unsaved)))
            for path in package_sources(os.path.normpath(os.path.join(folder, package)))
        ]
        files = [each for each in files if each.file.package and each.file.package.text == "main"]
        files.sort(key=lambda each: not declares_symbol(each.file.text))
        if files:
            found.append(MainPackage(package, tuple(files)))
    return tuple(found)


def take_snapshot(
    path: str,
    gomod: GoMod,
    host: HostManifest | HostNotFound | HostUnreadable,
    build: PluginBuild | None,
    go_failure: str | None,
    *,
    mains: MainPackages = _NO_MAINS,
    files: PluginFiles = _NO_FILES,
    trials: Mapping[TrialInput, TrialResult] | None = None,
    local: LocalGo | None = None,
    before: Snapshot | None = None,
    go_failure_target: str | None = None,
) -> Snapshot:
    """A snapshot of the plugin with its go.mod at `path`; `before` is the one of an earlier text."""
    index = LineIndex.after(before.plugin.index, gomod.text) if before else LineIndex(gomod.text)
    place, member = HostPlace.OUTSIDE, ""
    if isinstance(host, HostManifest) and files.workspace:
        place, member = host_place(host, host_module_folder(host.path), files.workspace)
    return Snapshot(
        plugin=Source(path, index),
        gomod=gomod,
        host=host,
        build=build,
        go_failure=go_failure,
        mains=mains.selected,
        other_mains=mains.others,
        workspace=files.workspace,
        vendored=files.vendored,
        trials={} if trials is None else trials,
        local=local,
        builders=files.builders,
        host_place=place,
        host_member=member,
        conflicted=files.conflicted,
        go_failure_target=go_failure_target,
    )
