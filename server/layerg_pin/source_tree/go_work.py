"""Read the go.work around a folder, and decide whether a host is built in the plugin's workspace."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from layerg_pin.core.buildfiles.budget import HOST_LIMITS, Budget
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.gomod.parser import GoWork, parse_gomod, parse_gowork
from layerg_pin.core.gomod.replaces import effective_replace, replaces_of
from layerg_pin.core.gomod.size_limits import MembersSize
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostPlace, HostWorkspace
from layerg_pin.core.model.modules import ModuleVersion, Origin
from layerg_pin.core.model.plugin_build import Member, Workspace
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import LineIndex
from layerg_pin.go.module_files import module_path, work_file
from layerg_pin.source_tree.build_file_parsing import is_dockerfile, read_build_text
from layerg_pin.source_tree.build_files import existing_build_files
from layerg_pin.source_tree.main_packages import package_folders
from layerg_pin.system.text_files import FileError, file_identity, read_text_or_empty

if TYPE_CHECKING:
    from layerg_pin.go.query_types import GoPackages  # the first diagnostics do not need it

_MAX_LINES_AT_ONCE = 64
"""Limit on the modules of a go.work that are read on an event loop, because each has a go.mod."""
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def current_text(path: str, unsaved: Mapping[str, str]) -> str:
    """The unsaved text of a file, or the one on disk; empty if it cannot be read."""
    return unsaved[path] if path in unsaved else read_text_or_empty(path)


def read_workspace(folder: str, unsaved: Mapping[str, str]) -> Workspace | None:
    """The workspace of a plain `go build` in `folder`, or None.

    `unsaved` maps absolute paths to texts that replace those on disk.
    """
    path = work_file(folder)
    if path is None or not os.path.isfile(path):
        return None
    return parse_workspace(folder, os.path.abspath(path), current_text(path, unsaved), unsaved)


def uses_many_modules(folder: str, unsaved: Mapping[str, str]) -> bool:
    """Whether the go.work that applies to `folder` uses more modules than can be read within milliseconds."""
    path = work_file(folder)
    text = current_text(path, unsaved) if path and os.path.isfile(path) else ""
    return text.count("\n") > _MAX_LINES_AT_ONCE and len(parse_gowork(text).uses) > _MAX_LINES_AT_ONCE


def parse_workspace(folder: str, path: str, text: str, unsaved: Mapping[str, str] = _NO_TEXTS) -> Workspace:
    """The workspace of the plugin in `folder`, for a go.work at `path` with the given text; `unsaved` as in
    `read_workspace`.
    """
    work = parse_gowork(text)
    members: list[Member] = []
    size = MembersSize()
    for use, other, gomod in _used_modules(os.path.dirname(path), work):
        if other == folder:
            continue
        own = current_text(gomod, unsaved)
        if problem := size.exceeded_by(own, use.text, use.span):
            work = work._replace(excess=problem)
            break
        members.append(Member(other.replace(os.sep, "/"), parse_gomod(own), use.span))
    return Workspace(path, work, tuple(members), _is_vendored(os.path.dirname(path)))


def _used_modules(base: str, work: GoWork) -> Iterator[tuple[Token, str, str]]:
    """For each `use` of a go.work in the folder `base`: its token, and the absolute paths of the module's folder and
    go.mod.

    A module that several lines use, possibly through links, is returned once: Go refuses duplicates.
    """
    seen: set[object] = set()
    for use in work.uses:
        folder = os.path.abspath(os.path.join(base, use.text))
        gomod = os.path.join(folder, "go.mod")
        identity = file_identity(gomod) if folder not in seen else folder
        if identity not in seen:
            yield use, folder, gomod
        seen.update((folder, identity))


def read_host_workspace(folder: str) -> HostWorkspace | None:
    """The go.work that applies to a plain `go build` in a host's absolute folder, or None."""
    work = work_file(folder)
    if work is None or not os.path.isfile(work):
        return None
    work = os.path.abspath(work)
    used = os.path.realpath(folder) in {os.path.realpath(each) for each in _members(work)}
    outside, uncertainty = _outside_reasons(folder, os.path.dirname(work)) if used else ("", "")
    return HostWorkspace(work, used, outside, uncertainty)


def leaves_workspace(folder: str, work: str, builders: Sequence[BuildSource]) -> bool:
    """Whether all known builds of the plugin in `folder` run outside the workspace of the go.work at `work`.

    Build files above the plugin's folder are used only if there is none in it.
    """
    inside = [each for each in builders if each.path.startswith(folder + os.sep)]
    base = os.path.dirname(work)
    commands = [(source, command) for source in inside for command in source.file.commands]
    commands = commands or [(source, command) for source in builders for command in source.file.commands]
    return bool(commands) and all(
        _runs_outside_workspace(command, folder, base)
        or (command.image and _is_copied_alone(source, command, folder, base))
        for source, command in commands
    )


def _is_copied_alone(source: BuildSource, command: BuildCommand, folder: str, base: str) -> bool:
    """Whether a Dockerfile in the plugin's folder can only have that folder as its context, so that the go.work in the
    folder `base` above is not in the image.

    With a larger context, the build would find no go.mod in its working folder, unless it changes to the plugin's
    folder.
    """
    if base == folder or os.path.dirname(source.path) != folder or not is_dockerfile(source.path):
        return False
    if "go.work" in source.index.text or os.path.isfile(os.path.join(base, "go.mod")):
        return False
    if posixpath.basename(command.folder or "") == os.path.basename(folder):
        return False
    return set(source.file.contexts) <= {folder}


def _runs_outside_workspace(command: BuildCommand, folder: str, base: str) -> bool:
    """Whether a build command runs outside a workspace: it sets GOWORK=off, or uses a -mod that Go refuses in a
    workspace.
    """
    work = command.environment.get("GOWORK")
    if work is not None:
        return work.value == "off"
    if command.mod == "vendor":
        return not _is_vendored(base) and os.path.isfile(os.path.join(folder, "vendor", "modules.txt"))
    return command.mod == "mod"


def _is_vendored(base: str) -> bool:
    """Whether the folder `base` of a go.work has a vendor folder that `go work vendor` wrote."""
    return "## workspace" in read_text_or_empty(os.path.join(base, "vendor", "modules.txt"))


def work_inputs(folder: str) -> tuple[str, ...]:
    """The files that `read_host_workspace` and the versions of the workspace depend on."""
    work = work_file(folder)
    if work is None or not os.path.isfile(work):
        return ()
    members = (os.path.join(each, "go.mod") for each in _members(work))
    return (work, *members, *existing_build_files(folder), *existing_build_files(os.path.dirname(work)))


def host_place(host: HostManifest, folder: str, workspace: Workspace | None) -> tuple[HostPlace, str]:
    """Where the host, with its module in `folder`, is built relative to the plugin's workspace, and its module path in
    that workspace (empty if it is not a member).
    """
    if workspace is None:
        return HostPlace.OUTSIDE, ""
    work = host.work
    same = work is not None and os.path.realpath(work.path) == os.path.realpath(workspace.path)
    if host.listing is not None and host.listing.workspace:
        return (HostPlace.INSIDE if same else HostPlace.OUTSIDE), ""
    if host.kind not in ("folder", "go.mod", "modules.txt"):
        names = (each.gomod.module.text for each in workspace.members if each.gomod.module)
        return HostPlace.OUTSIDE, next((each for each in names if each == host.module), "")
    real = file_identity(folder)
    member = next((each for each in workspace.members if file_identity(each.folder) == real), None)
    if member is None:
        return HostPlace.OUTSIDE, ""
    name = member.gomod.module.text if member.gomod.module else ""
    if work is None or not same or work.outside or host.kind == "modules.txt":
        return HostPlace.OUTSIDE, name
    return (HostPlace.UNCLEAR if work.uncertainty else HostPlace.INSIDE), name


def with_members(host: HostManifest) -> HostManifest:
    """Add the workspace members to the manifest of a modules.txt written by `go work vendor`, which does not list them.

    Members have no version. All their packages are added, which is a superset of the packages that the host links.
    """
    if host.work is None:
        return host
    modules, packages = dict(host.modules), dict(host.packages or {})
    base = os.path.dirname(host.work.path)
    text = read_text_or_empty(host.work.path)
    index, label = LineIndex(text), f"{os.path.basename(base)} go.work"
    for use, folder, gomod in _used_modules(base, parse_gowork(text)):
        module = module_path(gomod)
        if module is None:
            continue
        origin = Origin(host.work.path, index.line_of(use.span.start), label)
        modules[module] = HostModule(module, None, origin)  # replaces a listed version
        for package in package_folders(folder):
            packages[f"{module}/{package[2:]}".rstrip("/")] = module
    return host._replace(modules=modules, packages=packages)


def linked_in_workspace(manifest: HostManifest, folder: str, found: GoPackages) -> HostManifest:
    """The manifest of a host in a workspace, from the result of `go list`: selected versions, the replaces of go.work
    and of all members, and the members themselves, which have no version.
    """
    workspace = read_workspace(folder, {})
    if workspace is None:
        return manifest
    label = f"{os.path.basename(os.path.dirname(workspace.path))} go.work"
    index = LineIndex(workspace.work.text)
    lines = {each.gomod.module.text: index.line_of(each.use.start) for each in workspace.members if each.gomod.module}
    gomod = parse_gomod(read_text_or_empty(os.path.join(folder, "go.mod")))
    replaces = replaces_of(gomod, folder.replace(os.sep, "/"), workspace)
    modules = {path: each for path, each in manifest.modules.items() if path == manifest.module}
    for module in sorted(set(found.packages.values())):
        if module.path in modules:
            continue
        version = module.version or None
        known = manifest.modules.get(module.path)
        origin = Origin(workspace.path, lines.get(module.path), label)
        if version and known and known.version == version:
            origin = known.origin
        replaced = effective_replace(replaces, ModuleVersion(module.path, version)) if version else None
        modules[module.path] = HostModule(module.path, version, origin, replaced.target if replaced else None)
    packages = {package: module.path for package, module in found.packages.items()}
    return manifest._replace(modules=modules, packages=packages, linked=True, advice="")


def _members(work: str) -> tuple[str, ...]:
    """The absolute folders of the modules that a go.work on disk uses."""
    base = os.path.dirname(work)
    return tuple(folder for _, folder, _ in _used_modules(base, parse_gowork(read_text_or_empty(work))))


def _outside_reasons(folder: str, base: str) -> tuple[str, str]:
    """The reason why the host is certainly built outside the workspace of the go.work in `base`, and the reason why it
    may be; each can be empty.
    """
    from layerg_pin.core.buildfiles.workspace_builds import host_builds  # imported here: most hosts are in no workspace

    vendored = _is_vendored(base)
    leaving: list[tuple[bool, str]] = []
    plain = False
    budget = Budget(HOST_LIMITS, scope=" in the build files together")
    for path in existing_build_files(folder):
        name = relative_path(path, os.path.dirname(folder))
        try:
            text = read_build_text(path, budget)
        except FileError as error:
            return "", str(error).replace(path, name, 1)
        is_copied_alone = folder != base and is_dockerfile(path) and "go.work" not in text
        for build in host_builds(text):
            place = f"{name}:{build.line + 1}"
            if build.off:
                leaving.append((True, f"{place} builds it with GOWORK=off"))
            elif build.mod and not vendored:
                leaving.append((False, f"{place} builds it with -mod, which Go refuses in this workspace"))
            elif is_copied_alone:
                leaving.append((False, f"{place} builds it without go.work"))
            else:
                plain = True
    if leaving and not plain and all(off for off, _ in leaving):
        return leaving[0][1], ""
    if leaving:
        return "", leaving[0][1]
    own = os.path.isfile(os.path.join(folder, "vendor", "modules.txt"))
    if own and not (vendored if folder == base else plain):
        return "", f"{os.path.basename(folder)}/vendor exists, which Go does not use in a workspace"
    for path in existing_build_files(base) if folder != base else ():
        try:
            text = read_build_text(path, budget)
        except FileError as error:
            return "", str(error).replace(path, os.path.basename(path), 1)
        for build in host_builds(text):
            if build.off or (build.mod and not vendored):
                name = relative_path(path, os.path.dirname(base))
                how = "GOWORK=off" if build.off else "-mod, which Go refuses in this workspace"
                return "", f"{name}:{build.line + 1} builds with {how}"
    return "", ""
