"""The go.work around a folder, and whether a host's source folder is built in the same workspace as the plugin."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from layerg_pin.core.buildfiles.budget import OF_HOST, Budget
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource
from layerg_pin.core.gomod.mod_syntax import Token
from layerg_pin.core.gomod.parser import GoWork, parse_gomod, parse_gowork
from layerg_pin.core.gomod.replaces import replaces_of, ruling
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostPlace, HostWork
from layerg_pin.core.model.modules import ModuleVersion, Origin
from layerg_pin.core.model.plugin_build import Member, Workspace
from layerg_pin.core.text import LineIndex
from layerg_pin.go.module_files import work_file
from layerg_pin.go.query_types import GoPackages
from layerg_pin.source_tree.build_files import files_in, is_dockerfile, read_build_text
from layerg_pin.source_tree.main_packages import package_folders
from layerg_pin.system.text_files import FileError, file_identity, text_or_empty

_MAX_LINES_AT_ONCE = 64
"""Each module that a go.work uses has a go.mod to be read."""
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def read_workspace(folder: str, unsaved: Mapping[str, str]) -> Workspace | None:
    """The go.work that a plain build in `folder` uses, and the other modules in it; None where there is none.

    `unsaved` are texts by absolute path that count instead of those on disk.
    """
    path = work_file(folder)
    if path is None or not os.path.isfile(path):
        return None
    return parse_workspace(folder, os.path.abspath(path), unsaved.get(path, text_or_empty(path)), unsaved)


def uses_many_modules(folder: str, unsaved: Mapping[str, str]) -> bool:
    """Whether the go.work that a build in `folder` uses names more modules than can be read within milliseconds."""
    path = work_file(folder)
    text = unsaved.get(path, text_or_empty(path)) if path and os.path.isfile(path) else ""
    return text.count("\n") > _MAX_LINES_AT_ONCE and len(parse_gowork(text).uses) > _MAX_LINES_AT_ONCE


def parse_workspace(folder: str, path: str, text: str, unsaved: Mapping[str, str] = _NO_TEXTS) -> Workspace:
    """The workspace of the plugin in `folder` when the go.work at `path` reads `text`; `unsaved` as above."""
    work = parse_gowork(text)
    base = os.path.dirname(path)
    members = tuple(
        Member(other.replace(os.sep, "/"), parse_gomod(unsaved.get(gomod, text_or_empty(gomod))), use.span)
        for use, other, gomod in _used(base, work)
        if other != folder
    )
    return Workspace(path.replace(os.sep, "/"), work, members)


def _used(base: str, work: GoWork) -> Iterator[tuple[Token, str, str]]:
    """Each line of a go.work in the folder `base` that uses a module, with the module's absolute folder and go.mod.

    A module that several lines name, also by way of links, is there once: Go refuses it twice.
    """
    seen: set[object] = set()
    for use in work.uses:
        folder = os.path.abspath(os.path.join(base, use.text))
        gomod = os.path.join(folder, "go.mod")
        identity = file_identity(gomod) if folder not in seen else folder
        if identity not in seen:
            yield use, folder, gomod
        seen.update((folder, identity))


def read_host_work(folder: str) -> HostWork | None:
    """The go.work that a plain `go build` in a host's absolute folder finds; None where there is none."""
    work = work_file(folder)
    if work is None or not os.path.isfile(work):
        return None
    work = os.path.abspath(work)
    used = os.path.realpath(folder) in {os.path.realpath(each) for each in _members(work)}
    outside, doubt = _elsewhere(folder, os.path.dirname(work)) if used else ("", "")
    return HostWork(work.replace(os.sep, "/"), used, outside, doubt)


def leaves_workspace(folder: str, work: str, builders: Sequence[BuildSource]) -> bool:
    """Whether every build of the plugin in `folder` that build files state is run outside the go.work at `work`.

    Where none of these files lies in the plugin's folder, those above it count.
    """
    inside = [each for each in builders if each.path.startswith(folder + os.sep)]
    base = os.path.dirname(work)
    commands = [(source, command) for source in inside for command in source.file.commands]
    commands = commands or [(source, command) for source in builders for command in source.file.commands]
    return bool(commands) and all(
        _is_off(command, folder, base) or (command.image and _is_copied_alone(source, command, folder, base))
        for source, command in commands
    )


def _is_copied_alone(source: BuildSource, command: BuildCommand, folder: str, base: str) -> bool:
    """Whether a Dockerfile in the plugin's folder can only be built with that folder as its context, so that the
    go.work above it, in `base`, is not in the image.

    In a larger context the build would find no go.mod in its working folder, unless it changes to the plugin's.
    """
    if base == folder or os.path.dirname(source.path) != folder or not is_dockerfile(source.path):
        return False
    if "go.work" in source.index.text or os.path.isfile(os.path.join(base, "go.mod")):
        return False
    if posixpath.basename(command.folder or "") == os.path.basename(folder):
        return False
    return set(source.file.contexts) <= {folder}


def _is_off(command: BuildCommand, folder: str, base: str) -> bool:
    """Whether a command builds a plugin outside a workspace: it says so, or Go would refuse its -mod inside."""
    work = command.environment.get("GOWORK")
    if work is not None:
        return work.value == "off"
    if command.mod == "vendor":
        vendored = "## workspace" in text_or_empty(os.path.join(base, "vendor", "modules.txt"))
        return not vendored and os.path.isfile(os.path.join(folder, "vendor", "modules.txt"))
    return command.mod == "mod"


def work_inputs(folder: str) -> tuple[str, ...]:
    """The files that decide what `read_host_work` returns for a folder, and what the workspace selects."""
    work = work_file(folder)
    if work is None or not os.path.isfile(work):
        return ()
    members = (os.path.join(each, "go.mod") for each in _members(work))
    return (work, *members, *files_in(folder), *files_in(os.path.dirname(work)))


def host_place(host: HostManifest, folder: str, workspace: Workspace | None) -> tuple[HostPlace, str]:
    """Where the host, whose module lies in `folder`, is built as seen from the plugin's workspace, and the host's
    module path in that workspace, empty where it is no member.
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
    real = os.path.realpath(folder)
    member = next((each for each in workspace.members if os.path.realpath(each.folder) == real), None)
    if member is None:
        return HostPlace.OUTSIDE, ""
    name = member.gomod.module.text if member.gomod.module else ""
    if work is None or not same or work.outside or host.kind == "modules.txt":
        return HostPlace.OUTSIDE, name
    return (HostPlace.UNCLEAR if work.doubt else HostPlace.INSIDE), name


def with_members(host: HostManifest) -> HostManifest:
    """The host of a modules.txt that `go work vendor` wrote, with the members of the workspace, which it does not list.

    They have no version, and all their packages count, which is a superset of what the host links.
    """
    if host.work is None:
        return host
    modules, packages = dict(host.modules), dict(host.packages or {})
    base = os.path.dirname(host.work.path)
    text = text_or_empty(host.work.path)
    index, label = LineIndex(text), f"{os.path.basename(base)} go.work"
    for use, folder, gomod in _used(base, parse_gowork(text)):
        module = parse_gomod(text_or_empty(gomod)).module
        if module is None:
            continue
        origin = Origin(host.work.path, index.line_of(use.span.start), label)
        modules[module.text] = HostModule(module.text, None, origin)  # whatever version is listed as required
        for package in package_folders(folder):
            packages[f"{module.text}/{package[2:]}".rstrip("/")] = module.text
    return host._replace(modules=modules, packages=packages)


def linked_in_workspace(manifest: HostManifest, folder: str, found: GoPackages) -> HostManifest:
    """The manifest with what Go lists for the host, whose module is in `folder`, in its workspace: selected versions,
    replaces of go.work and of all members, and members themselves, which have no version.
    """
    workspace = read_workspace(folder, {})
    if workspace is None:
        return manifest
    label = f"{os.path.basename(os.path.dirname(workspace.path))} go.work"
    index = LineIndex(workspace.work.text)
    lines = {each.gomod.module.text: index.line_of(each.use.start) for each in workspace.members if each.gomod.module}
    gomod = parse_gomod(text_or_empty(os.path.join(folder, "go.mod")))
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
        replaced = ruling(replaces, ModuleVersion(module.path, version)) if version else None
        modules[module.path] = HostModule(module.path, version, origin, replaced.target if replaced else None)
    packages = {package: module.path for package, module in found.packages.items()}
    return manifest._replace(modules=modules, packages=packages, linked=True, hint="")


def _members(work: str) -> tuple[str, ...]:
    """The absolute folders that the go.work on disk uses."""
    base = os.path.dirname(work)
    return tuple(folder for _, folder, _ in _used(base, parse_gowork(text_or_empty(work))))


def _elsewhere(folder: str, base: str) -> tuple[str, str]:
    """Why the host is built outside the workspace whose go.work lies in `base`, and why it may be."""
    from layerg_pin.core.buildfiles.workspace_builds import host_builds  # late: most hosts are in no workspace

    vendored = "## workspace" in text_or_empty(os.path.join(base, "vendor", "modules.txt"))
    leaving: list[tuple[bool, str]] = []
    plain = False
    budget = Budget(OF_HOST, scope=" in the build files together")
    for path in files_in(folder):
        name = os.path.relpath(path, os.path.dirname(folder)).replace(os.sep, "/")
        try:
            text = read_build_text(path, budget)
        except FileError as error:
            return "", f"{name} is not read: {error}"
        alone = folder != base and is_dockerfile(path) and "go.work" not in text
        for build in host_builds(text):
            place = f"{name}:{build.line + 1}"
            if build.off:
                leaving.append((True, f"{place} builds it with GOWORK=off"))
            elif build.mod and not vendored:
                leaving.append((False, f"{place} builds it with -mod, which Go refuses in this workspace"))
            elif alone:
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
    for path in files_in(base) if folder != base else ():
        try:
            text = read_build_text(path, budget)
        except FileError as error:
            return "", f"{os.path.basename(path)} is not read: {error}"
        for build in host_builds(text):
            if build.off or (build.mod and not vendored):
                name = os.path.relpath(path, os.path.dirname(base)).replace(os.sep, "/")
                how = "GOWORK=off" if build.off else "-mod, which Go refuses in this workspace"
                return "", f"{name}:{build.line + 1} builds with {how}"
    return "", ""
