"""Build the manifest of a host from its vendor/modules.txt or go.mod."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from layerg_pin.core.gomod.modules_txt import ModulesTxt, VendoredModule, parse_modules_txt
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.replaces import absolute, effective_replace, replaces_of
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Origin, Replacement, Source
from layerg_pin.core.text import LineIndex
from layerg_pin.go.module_cache import cached_folder
from layerg_pin.system.text_files import read_text


def folder_of_modules_txt(listing: str) -> str:
    """The module's folder, for the path of a modules.txt in `vendor` or beside go.mod."""
    parent, name = os.path.split(os.path.dirname(listing))
    return parent if name == "vendor" else os.path.join(parent, name)


def manifest_from_modules_txt(
    reference: str, path: str, kind: str, file: str, before: HostManifest | None
) -> HostManifest | HostUnreadable:
    text = read_text(file)
    parsed = parse_modules_txt(text, before.listing if before else None)
    text = parsed.text
    source = Source(file, LineIndex.after(before.source.index, text) if before else LineIndex(text))
    own = os.path.join(folder_of_modules_txt(file), "go.mod")
    gomod = parse_gomod(read_text(own)) if os.path.isfile(own) else None
    if not parsed.modules:
        return HostUnreadable(reference, f"{label_of(file)} lists no module: run `go mod vendor` in the host's folder")
    return HostManifest(
        reference=reference,
        path=path,
        kind=kind,
        module=gomod.module.text if gomod and gomod.module else None,
        go=gomod.go.text if gomod and gomod.go else None,
        modules={**_own_module(gomod, own), **_vendored_modules(source, parsed, before.modules if before else {})},
        packages=_vendored_packages(parsed, before),
        linked=False,
        asked=False,
        source=source,
        problems=parsed.problems,
        uncertainty=_unreliability(file, gomod, parsed),
        go_origin=_go_origin(gomod, own) if gomod else None,
        listing=parsed,
    )


def _unreliability(file: str, gomod: GoMod | None, parsed: ModulesTxt) -> str:
    """The reason why a modules.txt is not reliable: it was not read completely, or Go would refuse to build with it."""
    if problem := parsed.excess or (gomod and gomod.excess):
        return f"the host's files are not all read ({file}): {problem.message}"
    if gomod is None or parsed.workspace:
        return ""
    reason = next(inconsistencies(gomod, parsed), None)
    if reason is None:
        return ""
    remedy = "run `go mod vendor` in the host's folder"
    return f"the host's vendor folder is out of date ({label_of(file)}): {reason}; {remedy}"


def _own_module(gomod: GoMod | None, path: str) -> dict[str, HostModule]:
    """The host's own module, which has no version."""
    if gomod is None or gomod.module is None:
        return {}
    line = LineIndex(gomod.text).line_of(gomod.module.span.start)
    return {gomod.module.text: HostModule(gomod.module.text, None, Origin(path, line, label_of(path)))}


def _go_origin(gomod: GoMod, path: str) -> Origin | None:
    """The origin of the `go` line in the go.mod at a path."""
    return Origin(path, LineIndex(gomod.text).line_of(gomod.go.start), label_of(path)) if gomod.go else None


def _vendored_modules(source: Source, parsed: ModulesTxt, before: Mapping[str, HostModule]) -> dict[str, HostModule]:
    """Each module at the version that provides packages. Lines without packages only define replacements.

    Unchanged modules of `before` are reused to save memory.
    """
    found: dict[str, HostModule] = {}
    label = label_of(source.path)
    for module in parsed.modules:
        if module.version and (module.packages or module.path not in found):
            line = source.index.line_of(module.span.start)
            origin = Origin(source.path, line, label)
            host = HostModule(module.path, module.version, origin, _vendored_replacement(source, module))
            found[module.path] = before[module.path] if before.get(module.path) == host else host
    return found


def _vendored_packages(parsed: ModulesTxt, before: HostManifest | None) -> Mapping[str, str]:
    """The module that provides each package. The mapping of `before` is reused if it is equal."""
    if before and before.listing and before.packages is not None and not before.linked:
        old, new = before.listing.modules, parsed.modules
        pairs = zip(old, new, strict=False)
        same = all((one.path, one.packages) == (other.path, other.packages) for one, other in pairs)
        if same and len(old) == len(new):
            return before.packages
    return {package: module.path for module in parsed.modules for package in module.packages}


def _vendored_replacement(source: Source, module: VendoredModule) -> Replacement | None:
    if module.replacement is None:
        return None
    if module.replacement_version is not None:
        return Replacement(module.replacement, module.replacement_version)
    folder = folder_of_modules_txt(source.path).replace(os.sep, "/")
    return Replacement(absolute(folder, module.replacement), None)


def manifest_from_gomod(reference: str, path: str, kind: str, file: str) -> HostManifest:
    gomod = parse_gomod(read_text(file))
    source = Source(file, LineIndex(gomod.text))
    label = label_of(file)
    modules = _own_module(gomod, file)
    replaces = replaces_of(gomod, os.path.dirname(file).replace(os.sep, "/"), None)
    for module, requires in gomod.required.items():
        line = source.index.line_of(requires[0].line.span.start)
        version = requires[0].version.text
        found = effective_replace(replaces, ModuleVersion(module, version))
        modules[module] = HostModule(module, version, Origin(file, line, label), found.target if found else None)
    return HostManifest(
        reference=reference,
        path=path,
        kind=kind,
        module=gomod.module.text if gomod.module else None,
        go=gomod.go.text if gomod.go else None,
        modules=modules,
        packages=None,
        linked=False,
        asked=False,
        source=source,
        problems=gomod.problems,
        advice="use its vendor/modules.txt as the host",
        uncertainty=f"the host's go.mod is not read to its end: {gomod.excess.message}" if gomod.excess else "",
        go_origin=_go_origin(gomod, file),
    )


def label_of(path: str) -> str:
    """A short name of a host's file: the name of the host's folder and the relative path; `server@v1.2.0 go.mod` for a
    module version.
    """
    if folder := cached_folder(path):
        name = re.search(r"[^/\\]+(?:[/\\]v\d+)?@[^/\\]+\Z", folder)
        return f"{name[0] if name else folder} go.mod"
    parts = [part for part in path.split(os.sep) if part]
    folders = 2 if parts[-2:-1] == ["vendor"] else 1
    return " ".join((*parts[-folders - 1 : -folders], "/".join(parts[-folders:])))
