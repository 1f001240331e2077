"""A host reference -> what is known of the host."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from stat import S_ISDIR

from layerg_pin.core.gomod.modules_txt import ModulesTxt, VendoredModule, parse_modules_txt
from layerg_pin.core.gomod.parser import GoMod, parse_gomod
from layerg_pin.core.gomod.replaces import absolute, replaces_of, ruling
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.gomod.versions import canonical_version
from layerg_pin.core.late_pattern import LatePattern
from layerg_pin.core.model.host_manifest import HostManifest, HostModule, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Origin, Replacement, Source
from layerg_pin.core.text import LineIndex
from layerg_pin.go.module_cache import cached_folder, cached_gomod, module_caches
from layerg_pin.go.module_files import file_above
from layerg_pin.go.query_types import Cancellation, Go
from layerg_pin.hosts.source_folder import HostSources, host_build_files, read_host_sources
from layerg_pin.source_tree.go_work import read_host_work, with_members, work_inputs
from layerg_pin.source_tree.main_packages import declares_entry
from layerg_pin.system.text_files import FileError, read_text

_NAMED = "correct --host, the setting layergPin.host or layerg-pin.toml"
_MODULE_VERSION = re.compile(r"([\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)*)@(v[\w.+-]+)")
_MODULE_PATH = LatePattern(r"[\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)+(?:@latest)?")
_LARGE = 256 * 1024
"""In bytes. So much of a modules.txt is read in about 50 ms."""
_LARGE_BUILD_FILE = 16 * 1024
"""In bytes. A build file can take long to read for its size, since its variables are expanded."""
_Identity = tuple[tuple[str, int, int, int], ...]


class Hosts:
    """Hosts read so far. A host is read again when one of its files is another than it was."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Identity, HostManifest | HostUnreadable]] = {}
        self._named: dict[tuple[str, str], tuple[HostManifest | HostUnreadable, HostManifest | HostUnreadable]] = {}
        """By path and reference: the same host by another name, and what it was made of."""

    def read(self, reference: str, path: str) -> HostManifest | HostUnreadable:
        """The host at an absolute path. `reference` is how it was named."""
        identity = _identity(path)
        known = self._known.get(path)
        if known is None or known[0] != identity:
            known = self._known[path] = (identity, _in_workspace(_read(reference, path, known[1] if known else None)))
        found = known[1]
        if found.reference == reference:
            return found
        made_of, named = self._named.get((path, reference), (None, found))
        if made_of is not found:
            named = found._replace(reference=reference)
            self._named[path, reference] = (found, named)
        return named

    def takes_long(self, path: str) -> bool:
        """Whether reading the host at a path takes longer than an event loop may wait."""
        identity = _identity(path)
        known = self._known.get(path)
        if known is None:
            return any(size > (_LARGE if _is_listing(file) else _LARGE_BUILD_FILE) for file, _, size, _ in identity)
        changed = set(identity).difference(known[0])  # of a listing, only the changed lines are parsed again
        return any(size > _LARGE_BUILD_FILE for file, _, size, _ in changed if not _is_listing(file))

    def keep(self, before: HostManifest, after: HostManifest) -> None:
        """Know a host better from now on, unless it has changed since `before` was read."""
        known = self._known.get(before.path)
        made_of, named = self._named.get((before.path, before.reference), (None, None))
        if known and (known[1] is before or (known[1] is made_of and named is before)):
            self._known[before.path] = (known[0], after._replace(reference=known[1].reference))


def link(manifest: HostManifest, go: Go, cancellation: Cancellation) -> HostManifest:
    """The manifest with the packages that Go says the host links, see host_link.py. Raises GoCancelled, and
    GoInterrupted.
    """
    from layerg_pin.hosts.linked_packages import link_packages  # late: hosts that are no source need none of it

    return manifest if manifest.asked else link_packages(manifest, go, cancellation)


def resolve(reference: str, base: str) -> str:
    """The absolute path that a reference names, from the folder `base` where it is relative.

    For `module@version` it is that of the go.mod in Go's module cache, whether it is there or not.
    """
    path = os.path.abspath(os.path.join(base, os.path.expanduser(reference)))
    module = module_reference(reference)
    if module is None or os.path.exists(path):
        return path
    return cached_gomod(module_caches()[0], module)


def module_reference(reference: str) -> ModuleVersion | None:
    """The module that a reference of the form `module@version` names; None for any other."""
    match = _MODULE_VERSION.fullmatch(reference)
    return ModuleVersion(match[1], match[2]) if match and canonical_version(match[2]) == match[2] else None


def module_folder(path: str) -> str:
    """The folder of the module whose go.mod or vendor/modules.txt an absolute path names; of any other, the path."""
    parent, name = os.path.split(path)
    if name == "go.mod":
        return parent
    return os.path.dirname(parent) if (os.path.basename(parent), name) == ("vendor", "modules.txt") else path


def host_files(path: str) -> tuple[str, ...]:
    """The files that a host at an absolute path is read from: itself, what a folder may hold, a listing's go.mod, and
    the host's own build files.
    """
    name = os.path.basename(path)
    works = work_inputs(module_folder(path)) if module_folder(path) != path else ()
    root = module_folder(path)
    builds = host_build_files(root) if root != path else ()
    if name == "modules.txt":
        return (path, *_files(path), os.path.join(_listed_folder(path), "go.mod"), *works, *builds)
    if name.endswith(".mod"):
        folder = cached_folder(path)
        return (path, *((*_files(folder), *host_build_files(folder)) if folder else (*works, *builds)))
    if not os.path.isdir(path):
        return (path, *_files(path))
    root, _ = source_folder(path)
    above = (*_files(root),) if root != path else ()
    return (path, *_files(path), *above, *host_build_files(root), *work_inputs(root))


def source_folder(path: str) -> tuple[str, str]:
    """The folder of the host's module, and its main package, where an absolute path names a folder of its source.

    The main package is empty unless the path is the folder of one inside of a module: `./cmd/server`.
    """
    if any(map(os.path.isfile, _files(path))):
        return path, ""
    gomod = file_above(path, "go.mod")
    if gomod is None or declares_entry(path) is not False:
        return path, ""
    root = os.path.dirname(gomod)
    return root, f"./{os.path.relpath(path, root)}".replace(os.sep, "/")


def _listed_folder(listing: str) -> str:
    """The folder of the module whose modules.txt is named, which lies in `vendor` or beside its go.mod."""
    parent, name = os.path.split(os.path.dirname(listing))
    return parent if name == "vendor" else os.path.join(parent, name)


def _files(path: str) -> tuple[str, ...]:
    return tuple(os.path.join(path, *name) for name in (("vendor", "modules.txt"), ("modules.txt",), ("go.mod",)))


def _is_listing(path: str) -> bool:
    return os.path.basename(path) == "modules.txt"


def _identity(path: str) -> _Identity:
    found = []
    for file in host_files(path):
        try:
            stat = os.stat(file)
        except (OSError, ValueError):  # a name that no file can have is a ValueError
            continue
        if not S_ISDIR(stat.st_mode):
            found.append((file, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _read(
    reference: str, path: str, before: HostManifest | HostUnreadable | None = None
) -> HostManifest | HostUnreadable:
    """The host at a path; `before` is what was read of it earlier."""
    manifest = before if isinstance(before, HostManifest) else None
    try:
        if os.path.isdir(path):
            if not os.access(path, os.R_OK | os.X_OK):
                return HostUnreadable(reference, f"the host {reference} cannot be read: no permission for {path}")
            return _read_folder(reference, path, manifest)
        if not os.path.exists(path) and module_reference(reference):
            message = f"the host {reference} is not in Go's module cache: run `layerg-pin host show --host {reference}`"
            return HostUnreadable(reference, f"{message} to download it")
        if not os.path.exists(path):
            module = "; a module needs a version, as in example.com/server@v1.2.3"
            hint = module if _MODULE_PATH.fullmatch(reference) else ""
            return HostUnreadable(reference, f"the host {reference} does not exist: nothing at {path}{hint}; {_NAMED}")
        if path.endswith(".mod"):
            return _read_module(reference, path) or _with_build(_from_gomod(reference, path, "go.mod", path))
        if path.endswith(".txt"):
            return _with_build(_from_modules_txt(reference, path, "modules.txt", path, manifest))
        if path.endswith(".json"):
            from layerg_pin.hosts.profile import read_profile  # late, as below: most hosts are folders

            return read_profile(reference, path, read_text(path))
    except FileError as error:
        return HostUnreadable(reference, f"the host {reference} cannot be read: {error}")
    from layerg_pin.hosts.server_binary import read_host_binary

    return read_host_binary(reference, path)


def _in_workspace(host: HostManifest | HostUnreadable) -> HostManifest | HostUnreadable:
    """The host with the go.work around its source folder, where a folder or a file in it is named."""
    if not isinstance(host, HostManifest) or host.kind not in ("folder", "go.mod", "modules.txt"):
        return host
    host = host._replace(work=read_host_work(module_folder(host.path)))
    return with_members(host) if host.listing is not None and host.listing.workspace else host


def _read_folder(reference: str, path: str, before: HostManifest | None) -> HostManifest | HostUnreadable:
    root, main = source_folder(path)
    *vendored, gomod = _files(root)
    for file in vendored:
        if os.path.isfile(file):
            found = _from_modules_txt(reference, path, "folder", file, before)
            return with_sources(found, root, main) if isinstance(found, HostManifest) else found
    if os.path.isfile(gomod):
        manifest = _from_gomod(reference, path, "folder", gomod)
        hint = f"run `go mod vendor` in {reference if root == path else root} to list them"
        return with_sources(manifest._replace(hint=hint), root, main)
    return HostUnreadable(reference, f"the host {reference} contains neither vendor/modules.txt nor go.mod ({path})")


def _read_module(reference: str, path: str) -> HostManifest | None:
    """A host that is named as `module@version`, whose go.mod lies at `path` in the module cache."""
    module = module_reference(reference)
    if module is None:
        return None
    manifest = _from_gomod(reference, path, "module@version", path)._replace(version=module.version)
    folder = cached_folder(path)
    if not os.path.isdir(folder):
        return manifest._replace(hint=f"run `layerg-pin host show --host {reference}` to download it")
    return with_sources(manifest._replace(hint=""), folder, "")


def with_sources(manifest: HostManifest, root: str, *mains: str) -> HostManifest:
    """The manifest with what the build files in the folder `root` state; `mains` are the main packages that can be the
    server, where they are known.
    """
    known = tuple(filter(None, mains))
    sources = read_host_sources(root, manifest.module or "", known)
    found = known or sources.mains
    main, others = (found[0], ()) if len(found) == 1 else ("", found)
    return _as_stated(manifest._replace(main=main, mains=others), sources)


def _as_stated(manifest: HostManifest, sources: HostSources) -> HostManifest:
    """The manifest with what build files state, and why they may not be the server's, or are not read."""
    unread = f"how it is built is not known, {sources.unread}" if sources.unread else ""
    return manifest._replace(
        build=sources.build,
        builder=sources.builder,
        doubt=manifest.doubt or sources.doubt,
        hint=manifest.hint or unread,
    )


def _with_build(host: HostManifest | HostUnreadable) -> HostManifest | HostUnreadable:
    """The host that a file of its source folder describes, with what the build files in that folder state."""
    if not isinstance(host, HostManifest) or module_folder(host.path) == host.path:
        return host
    sources = read_host_sources(module_folder(host.path), host.module or "")
    return _as_stated(host, sources)


def _from_modules_txt(
    reference: str, path: str, kind: str, file: str, before: HostManifest | None
) -> HostManifest | HostUnreadable:
    text = read_text(file)
    parsed = parse_modules_txt(text, before.listing if before else None)
    text = parsed.text
    source = Source(file, LineIndex.after(before.source.index, text) if before else LineIndex(text))
    own = os.path.join(_listed_folder(file), "go.mod")
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
        doubt=_doubt(file, gomod, parsed),
        go_origin=_go_origin(gomod, own) if gomod else None,
        listing=parsed,
    )


def _doubt(file: str, gomod: GoMod | None, parsed: ModulesTxt) -> str:
    """Why a modules.txt cannot be believed: not all of it was read, or Go would not build with it."""
    if problem := parsed.beyond or (gomod and gomod.beyond):
        return f"the host's files are not all read ({file}): {problem.message}"
    if gomod is None or parsed.workspace:
        return ""
    reason = next(inconsistencies(gomod, parsed), None)
    if reason is None:
        return ""
    cure = "run `go mod vendor` in the host's folder"
    return f"the host's vendor folder is out of date ({label_of(file)}): {reason}; {cure}"


def _own_module(gomod: GoMod | None, path: str) -> dict[str, HostModule]:
    """The host's own module, which has no version."""
    if gomod is None or gomod.module is None:
        return {}
    line = LineIndex(gomod.text).line_of(gomod.module.span.start)
    return {gomod.module.text: HostModule(gomod.module.text, None, Origin(path, line, label_of(path)))}


def _go_origin(gomod: GoMod, path: str) -> Origin | None:
    """Where the go.mod at a path says `go`."""
    return Origin(path, LineIndex(gomod.text).line_of(gomod.go.start), label_of(path)) if gomod.go else None


def _vendored_modules(source: Source, parsed: ModulesTxt, before: Mapping[str, HostModule]) -> dict[str, HostModule]:
    """Each module at the version that provides packages; lines without packages only tell a replacement.

    Those that are as they were `before` stand for themselves: both are held at a time.
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
    """The module that provides each package; those of an earlier reading where they are the same."""
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
    folder = _listed_folder(source.path).replace(os.sep, "/")
    return Replacement(absolute(folder, module.replacement), None)


def _from_gomod(reference: str, path: str, kind: str, file: str) -> HostManifest:
    gomod = parse_gomod(read_text(file))
    source = Source(file, LineIndex(gomod.text))
    label = label_of(file)
    modules = _own_module(gomod, file)
    replaces = replaces_of(gomod, os.path.dirname(file).replace(os.sep, "/"), None)
    for module, requires in gomod.required.items():
        line = source.index.line_of(requires[0].line.span.start)
        version = requires[0].version.text
        found = ruling(replaces, ModuleVersion(module, version))
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
        hint="use its vendor/modules.txt as the host",
        doubt=f"the host's go.mod is not read to its end: {gomod.beyond.message}" if gomod.beyond else "",
        go_origin=_go_origin(gomod, file),
    )


def label_of(path: str) -> str:
    """How people call a host's file: the host's folder, and the way from there; `server@v1.2.0 go.mod` of a version."""
    if folder := cached_folder(path):
        name = re.search(r"[^/\\]+(?:[/\\]v\d+)?@[^/\\]+\Z", folder)
        return f"{name[0] if name else folder} go.mod"
    parts = [part for part in path.split(os.sep) if part]
    folders = 2 if parts[-2:-1] == ["vendor"] else 1
    return " ".join((*parts[-folders - 1 : -folders], "/".join(parts[-folders:])))
