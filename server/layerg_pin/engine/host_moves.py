"""Move what names a plugin's host to another release: layerg-pin.toml, or an exported layerg-host.json."""

import json
import os
from collections.abc import Sequence
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.known.images import HostImages, release_of
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound
from layerg_pin.core.settings.project_file import ProjectTextError, host_edit
from layerg_pin.core.text import apply_edits
from layerg_pin.engine.plugin_discovery import HostReference, find_host, proposed_release
from layerg_pin.engine.project_settings import ProjectFile
from layerg_pin.engine.settings import Settings
from layerg_pin.hosts.profile import read_profile, write_profile
from layerg_pin.hosts.references import module_reference, named_release
from layerg_pin.hosts.release_manifest import release_manifest
from layerg_pin.system.file_transaction import FileChange
from layerg_pin.system.text_files import FileError, read_text

_RELEASES = ("release", "module@version")
"""The kinds of hosts that are releases."""


class HostMove(NamedTuple):
    """What names the host of a plugin, and its change."""

    number: str
    """The release before the upgrade; empty if unknown."""
    files: tuple[FileChange, ...] = ()
    is_named: bool = True
    """Whether a file names the host. Otherwise it is known from the version of the plugin API, if at all."""
    tagged: bool = False
    """Whether an image tag names it."""


def host_move(
    folder: str, gomod: GoMod, project: ProjectFile | None, builders: Sequence[BuildSource], target: ReleaseName
) -> HostMove:
    """The move of the plugin in `folder` to a release. Raises FileError if its host is not a release that can move."""
    found = find_host(folder, gomod, project, Settings(), builders=builders)
    if isinstance(found, HostNotFound):
        proposed = proposed_release(gomod)
        number = proposed.number if proposed and proposed.host is target.host else ""
        return HostMove(number, is_named=False)
    name = named_release(found.text, found.path)
    if name:
        _same_host(name.host, target)
        number = name.number or str(name.release)
        if found.named_at:
            return HostMove(number, tagged=True)
        return HostMove(number, _project_change(project, _moved_name(found.text, name, target)))
    module = module_reference(found.text)
    if module and module.path in target.host.modules and target.module:
        return HostMove(module.version.removeprefix("v"), _project_change(project, target.module))
    if profile := _moved_profile(found, target):
        return profile
    where = project.host_path if project and project.host else folder
    raise FileError(
        f"{where}: the host {found.text} is not a release, so nothing was written: set host = "
        f'"{target.host.name}@{target.number}" in layerg-pin.toml, or bring that host to {target.number} yourself and '
        "run `layerg-pin fix --tidy`",
        where,
    )


def _same_host(host: HostImages, target: ReleaseName) -> None:
    if host is not target.host:
        raise FileError(
            f"the host of this plugin is {host.title}, and {target} is a release of {target.host.title}; "
            "nothing was written"
        )


def _moved_name(text: str, name: ReleaseName, target: ReleaseName) -> str:
    """The reference in the same form, with the number of another release, and without the digest of an image."""
    old, text = str(name.release), text.partition("@sha256:")[0]
    return (
        text.replace(old, target.number) if name.release.exact and old in text else f"{name.host.name}@{target.number}"
    )


def _project_change(project: ProjectFile | None, reference: str) -> tuple[FileChange, ...]:
    if project is None:
        return ()
    path = project.host_path or project.path
    text = read_text(path)
    try:
        edit = host_edit(text, reference)
    except ProjectTextError as error:
        raise FileError(f"{path}: {error}; nothing was written", path) from None
    return (FileChange(path, text, apply_edits(text, (edit,))),) if edit else ()


def _moved_profile(found: HostReference, target: ReleaseName) -> HostMove | None:
    """The move of a profile that was exported from a release; None for any other host."""
    if not os.path.isfile(found.path):
        return None
    try:
        text = read_text(found.path)
        profile = read_profile(found.text, found.path, text)
        origin = json.loads(text).get("origin")
    except FileError:
        return None
    if not isinstance(origin, dict) or origin.get("kind") not in _RELEASES or profile.module not in target.host.modules:
        return None
    manifest = release_manifest(str(target), target, None)
    if not isinstance(manifest, HostManifest):
        raise FileError(manifest.message)
    release = release_of(profile.version) if profile.version else None
    return HostMove(str(release) if release else "", (FileChange(found.path, text, write_profile(manifest)),))
