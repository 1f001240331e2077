"""Find a build with -mod=vendor for which there is no vendor folder, so that `go build` stops."""

from __future__ import annotations

import re

from layerg_pin.core.analysis.plugin_builders import commands_of, local_builder
from layerg_pin.core.buildfiles.build_file import BuildCommand, BuildSource
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.paths import joined, parent_folder, relative_path, slashed

_VENDOR = r"(?:^|\s)-mod=vendor(?:\s|\Z)"
_FLAG = r"-mod[= ][\"']?vendor\b"


def missing_vendor_folder(snapshot: Snapshot) -> str:
    """Why `go build` stops at -mod=vendor, with the place and the remedy; empty if it does not stop.

    Source: cmd/go/internal/modload (checkVendorConsistency): each require must be in vendor/modules.txt, which in a
    workspace is beside go.work.
    """
    work = snapshot.workspace
    if snapshot.vendored or not snapshot.gomod.requires or (work and work.is_vendored):
        return ""
    missing = f"without a vendor/modules.txt beside {'go.work' if work else 'go.mod'}, so `go build` stops"
    remedy = f"run `go {'work' if work else 'mod'} vendor` and commit the folder, or remove -mod=vendor"
    use = _use(snapshot)
    if not use or any(source.makes_vendor for source in snapshot.builders):
        return ""
    return f"{use} {missing}: {remedy}"


def _use(snapshot: Snapshot) -> str:
    """The first build with -mod=vendor, with its place; empty if there is none."""
    for source, command in commands_of(snapshot):
        line = _line(source, command)
        if command.mod == "vendor" and line and _is_of_plugin(source, command, snapshot):
            return f"{relative_path(source.path, snapshot.folder)}:{line} builds with -mod=vendor"
    local = local_builder(snapshot)
    is_used = all(command.mod == "" and "GOFLAGS" not in command.environment for _, command in commands_of(snapshot))
    if local and is_used and re.search(_VENDOR, local.flags):
        return "GOFLAGS on this machine has -mod=vendor,"
    return ""


def _line(source: BuildSource, command: BuildCommand) -> int:
    """The line of a build, or of the GOFLAGS, with the flag; 0 if the flag is the value of a variable."""
    goflags = command.environment.get("GOFLAGS")
    spans = (command.span, goflags.span) if goflags else (command.span,)
    texts = ((source.index.text[each.start : each.end], each.start) for each in spans)
    return next((source.index.line_of(start) + 1 for text, start in texts if re.search(_FLAG, text)), 0)


def _is_of_plugin(source: BuildSource, command: BuildCommand, snapshot: Snapshot) -> bool:
    """Whether a build runs in the plugin's module, as far as its working folder tells; other modules of the repository
    can be built by the same file.
    """
    folder, path = snapshot.folder, slashed(source.path)
    is_inside = path.startswith(f"{folder}/")
    places = {folder, *(joined(folder, main.name) for main in snapshot.mains)}
    where = command.folder or ""
    if command.image and (not where or where.startswith("/")):
        root = _copied_to(source, where)
        if root is None:
            return True  # a Dockerfile that copies no part of the plugin is no build file of it
        where = where[len(root) :].lstrip("/")
    if not where and is_inside:
        return True  # a script in a folder of the plugin
    bases = source.file.contexts or (parent_folder(path), *((folder,) if is_inside else ()))
    named = re.sub(r"^(?:\.{1,2}/)+", "", where)
    is_named = bool(named) and folder.endswith(f"/{named}")  # run from the root of the repository
    return is_named or any(joined(slashed(base), where) in places for base in bases)


def _copied_to(source: BuildSource, where: str) -> str | None:
    """The folder of the image that has the build context and contains `where`; None if that is unknown."""
    roots = (stage.root.rstrip("/") for stage in source.file.stages if stage.root)
    return next((root for root in roots if where == root or where.startswith(f"{root}/")), None)
