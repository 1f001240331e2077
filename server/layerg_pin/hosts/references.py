"""Read the host manifest of a host reference."""

from __future__ import annotations

import os
from stat import S_ISDIR

from layerg_pin.core.gomod.versions import canonical_version
from layerg_pin.core.known.release_names import (
    ReleaseName,
    may_be_release_path,
    near_release,
    release_name,
    release_path,
)
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.core.model.host_manifest import HostManifest, HostUnreadable
from layerg_pin.core.model.modules import ModuleVersion, Origin
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import reference_words
from layerg_pin.go.module_cache import cached_folder, cached_gomod, module_caches
from layerg_pin.go.module_files import file_above
from layerg_pin.hosts.image_references import image_path, image_reference, with_location
from layerg_pin.hosts.source_folder import HostSources, host_build_files, read_host_sources
from layerg_pin.hosts.source_manifest import folder_of_modules_txt, manifest_from_gomod, manifest_from_modules_txt
from layerg_pin.source_tree.go_work import read_host_workspace, with_members, work_inputs
from layerg_pin.source_tree.main_packages import declares_entry
from layerg_pin.system.text_files import FileError, read_text

PROFILE_FILE = "layerg-host.json"
"""The name of a profile that `host export` writes, and that is found beside go.mod."""
_MODULE_VERSION = LazyPattern(r"([\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)*)@(v[\w.+-]+)")
_MODULE_PATH = LazyPattern(r"[\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)+(?:@latest)?")
_LARGE = 256 * 1024
"""In bytes. Reading a modules.txt of this size takes about 50 ms."""
_LARGE_BUILD_FILE = 16 * 1024
"""In bytes. A small build file can take long to parse, because its variables are expanded."""
_MAX_RELEASES = 64
"""The number of manifests of releases that are kept. Each takes about 50 kB."""
_Identity = tuple[tuple[str, int, int, int], ...]


class Hosts:
    """A cache of host manifests. A host is read again when one of its files changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Identity, HostManifest | HostUnreadable]] = {}
        self._named: dict[tuple[str, str], tuple[HostManifest | HostUnreadable, HostManifest | HostUnreadable]] = {}
        """By path and reference: the original manifest, and its copy with that reference."""
        self._releases: dict[tuple[str, Origin | None], HostManifest | HostUnreadable] = {}
        """By reference and the line that names it."""

    def read(
        self, reference: str, path: str, named_at: Origin | None = None, architecture: str = "", named_by: str = ""
    ) -> HostManifest | HostUnreadable:
        """The manifest of the host at an absolute path. `reference` is how the user named it.

        `named_at` is the line of the build file that names a release, if one does. `architecture` is what the plugin
        is built for, if known: an image may contain a host for each. `named_by` is the option, setting or file with
        the reference, if known.
        """
        if name := named_release(reference, path):
            release = self._read_release(reference, name, named_at)
            return release.named_by(named_by) if isinstance(release, HostUnreadable) else release
        identity, place = _identity(path), _place(reference, path, architecture)
        known = self._known.get(place)
        if known is None or known[0] != identity:
            read = _read(reference, path, known[1] if known else None, architecture)
            known = self._known[place] = (identity, _with_workspace(read))
        found = known[1]
        if isinstance(found, HostUnreadable) and found.remedy:
            found = found.named_by(named_by)
        if found.reference == reference:
            return found
        original, named = self._named.get((path, reference), (None, found))
        if original is not found:
            named = found._replace(reference=reference)
            self._named[path, reference] = (found, named)
        return named

    def _read_release(
        self, reference: str, name: ReleaseName, named_at: Origin | None
    ) -> HostManifest | HostUnreadable:
        known = self._releases.get((reference, named_at))
        if known is None:
            from layerg_pin.hosts.release_manifest import release_manifest  # imported here: not all hosts are releases

            if len(self._releases) >= _MAX_RELEASES:  # an edit of a build file moves the line of its tag
                self._releases.clear()
            known = self._releases[reference, named_at] = release_manifest(reference, name, named_at)
        return known

    def takes_long(
        self, reference: str, path: str, named_at: Origin | None = None, architecture: str = "", named_by: str = ""
    ) -> bool:
        """Whether `read` with the same arguments may take too long for an event loop."""
        identity = _identity(path)
        known = self._known.get(_place(reference, path, architecture))
        if image_reference(reference):
            return known is None or known[0] != identity
        if known is None:
            return any(size > (_LARGE if _is_modules_txt(file) else _LARGE_BUILD_FILE) for file, _, size, _ in identity)
        changed = set(identity).difference(known[0])  # only changed lines of a modules.txt are parsed again
        return any(size > _LARGE_BUILD_FILE for file, _, size, _ in changed if not _is_modules_txt(file))

    def keep(self, before: HostManifest, after: HostManifest) -> None:
        """Replace a cached manifest by a more complete one, unless the host changed since `before` was read."""
        known = self._known.get(before.path)
        original, named = self._named.get((before.path, before.reference), (None, None))
        if known and (known[1] is before or (known[1] is original and named is before)):
            self._known[before.path] = (known[0], after._replace(reference=known[1].reference))


def resolve(reference: str, base: str) -> str:
    """The absolute path of a host reference, relative to the folder `base`.

    For `module@version` it is the path of the go.mod in Go's module cache, whether or not it exists. A release has no
    file; see `release_path`.
    """
    if image := image_reference(reference):
        return image_path(image, base)
    path = os.path.abspath(os.path.join(base, os.path.expanduser(reference)))
    if os.path.exists(path):
        return path
    name, module = release_name(reference), module_reference(reference)
    if name and (name.number or module is None):
        return release_path(name)
    return cached_gomod(module_caches()[0], module) if module else path


def named_release(reference: str, path: str) -> ReleaseName | None:
    """The release of a known host that a reference names, if `path` is what it resolves to."""
    if not may_be_release_path(path):
        return None
    name = release_name(reference)
    return name if name and release_path(name) == path else None


def relative_reference(reference: str, path: str, folder: str) -> str:
    """A reference, relative to a folder, to the host that `reference` names at an absolute path."""
    relative = relative_path(path, folder)
    relative = f"./{relative}" if relative.startswith("~") else relative  # `~` alone is the home folder
    image = image_reference(reference)
    if image is None:
        return relative
    return reference if image.is_remote else with_location(image, relative)


def module_reference(reference: str) -> ModuleVersion | None:
    """The module of a reference of the form `module@version`, or None."""
    match = _MODULE_VERSION.fullmatch(reference)
    return ModuleVersion(match[1], match[2]) if match and canonical_version(match[2]) == match[2] else None


def host_module_folder(path: str) -> str:
    """The folder of the module whose go.mod or vendor/modules.txt is at `path`; for any other path, the path itself."""
    parent, name = os.path.split(path)
    if name == "go.mod":
        return parent
    return os.path.dirname(parent) if (os.path.basename(parent), name) == ("vendor", "modules.txt") else path


def host_files(path: str) -> tuple[str, ...]:
    """The paths of all files that the manifest of the host at an absolute path may depend on: the host itself, the
    files of its folder, the go.mod of a modules.txt, and the host's build files. A release depends on none.
    """
    if may_be_release_path(path) and not os.path.exists(path):
        return ()
    name, root = os.path.basename(path), host_module_folder(path)
    works = work_inputs(root) if root != path else ()
    builds = host_build_files(root) if root != path else ()
    if name == "modules.txt":
        return (path, *_files(path), os.path.join(folder_of_modules_txt(path), "go.mod"), *works, *builds)
    if name.endswith(".mod"):
        folder = cached_folder(path)
        return (path, *((*_files(folder), *host_build_files(folder)) if folder else (*works, *builds)))
    if not os.path.isdir(path):
        return (path, *_files(path))
    if os.path.isfile(os.path.join(path, "oci-layout")):
        return (path, os.path.join(path, "index.json"))
    root, _ = locate_main_package(path)
    above = (*_files(root),) if root != path else ()
    return (path, *_files(path), *above, *host_build_files(root), *work_inputs(root))


def locate_main_package(path: str) -> tuple[str, str]:
    """The folder of the host's module and the main package, for the absolute path of a folder in its source.

    The main package, such as `./cmd/server`, is empty if the path is the module's folder.
    """
    if any(map(os.path.isfile, _files(path))):
        return path, ""
    gomod = file_above(path, "go.mod")
    if gomod is None or declares_entry(path) is not False:
        return path, ""
    root = os.path.dirname(gomod)
    return root, f"./{relative_path(path, root)}"


def _files(path: str) -> tuple[str, ...]:
    return tuple(os.path.join(path, *name) for name in (("vendor", "modules.txt"), ("modules.txt",), ("go.mod",)))


def _is_modules_txt(path: str) -> bool:
    return os.path.basename(path) == "modules.txt"


def _place(reference: str, path: str, architecture: str) -> str:
    """The key of a host among the known ones: its path, and for an image what selects a host in it."""
    image = image_reference(reference)
    return "\0".join((path, image.transport, image.selector, architecture)) if image else path


def _identity(path: str) -> _Identity:
    found = []
    for file in host_files(path):
        try:
            stat = os.stat(file)
        except (OSError, ValueError):  # ValueError: not a valid file name
            continue
        if not S_ISDIR(stat.st_mode):
            found.append((file, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _read(
    reference: str, path: str, before: HostManifest | HostUnreadable | None, architecture: str
) -> HostManifest | HostUnreadable:
    """The host at a path. `before` is its previous manifest, if any."""
    if image := image_reference(reference):
        from layerg_pin.hosts.image_hosts import read_host_image  # imported here: few hosts are images

        return read_host_image(reference, image, path, architecture)
    manifest = before if isinstance(before, HostManifest) else None
    named = f"the host {reference_words(reference)}"
    try:
        if os.path.isdir(path):
            if not os.access(path, os.R_OK | os.X_OK):
                return HostUnreadable(reference, f"{named} cannot be read: permission denied")
            return _read_folder(reference, path, manifest)
        if not os.path.exists(path) and module_reference(reference):
            message = f"the host {reference} is not in Go's module cache: run `layerg-pin host show --host {reference}`"
            return HostUnreadable(reference, f"{message} to download it")
        if not os.path.exists(path):
            module = "; a module needs a version, as in example.com/server@v1.2.3"
            advice = module if _MODULE_PATH.fullmatch(reference) else ""
            message = near_release(reference) or f"{named} does not exist{_tried(reference, path)}{advice}"
            return HostUnreadable(reference, message, remedy="correct {}")
        if path.endswith(".mod"):
            return _read_module_version(reference, path) or _with_build(
                manifest_from_gomod(reference, path, "go.mod", path)
            )
        if path.endswith(".txt"):
            return _with_build(manifest_from_modules_txt(reference, path, "modules.txt", path, manifest))
        if path.endswith(".json"):
            # imported here: most hosts are folders; the same below
            from layerg_pin.hosts.profile import MAX_PROFILE, read_profile

            return read_profile(reference, path, read_text(path, MAX_PROFILE))
    except FileError as error:
        return HostUnreadable(reference, f"{named} cannot be read: {_reason(error, path)}")
    from layerg_pin.hosts.server_binary import read_host_binary

    return read_host_binary(reference, path)


def _tried(reference: str, path: str) -> str:
    """The path that was tried, unless it is the reference itself or what the reference means in the working folder."""
    return "" if os.path.abspath(os.path.expanduser(reference)) == path else f": nothing at {path}"


def _reason(error: FileError, path: str) -> str:
    """The message of an error about a file of the host at `path`, without a path that the reference implies."""
    text, file = str(error), error.path or path
    if not text.startswith(file):
        return text
    rest = text.removeprefix(file).lstrip(": ").removeprefix("cannot be read: ")
    if file == path:
        return f"it {rest}" if rest.startswith("is ") else rest
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    return f"{relative_path(file, folder)}: {rest}"


def _with_workspace(host: HostManifest | HostUnreadable) -> HostManifest | HostUnreadable:
    """Add the surrounding go.work to a host that is a source folder or a file in one."""
    if not isinstance(host, HostManifest) or host.kind not in ("folder", "go.mod", "modules.txt"):
        return host
    host = host._replace(work=read_host_workspace(host_module_folder(host.path)))
    return with_members(host) if host.listing is not None and host.listing.workspace else host


def _read_folder(reference: str, path: str, before: HostManifest | None) -> HostManifest | HostUnreadable:
    named = f"the host {reference_words(reference)}"
    root, main = locate_main_package(path)
    *vendored, gomod = _files(root)
    for file in vendored:
        if os.path.isfile(file):
            found = manifest_from_modules_txt(reference, path, "folder", file, before)
            return with_build_facts(found, root, main) if isinstance(found, HostManifest) else found
    if os.path.isfile(gomod):
        manifest = manifest_from_gomod(reference, path, "folder", gomod)
        advice = f"run `go mod vendor` in {reference if root == path else root} to list them"
        return with_build_facts(manifest._replace(advice=advice), root, main)
    return HostUnreadable(reference, f"{named} contains neither vendor/modules.txt nor go.mod")


def _read_module_version(reference: str, path: str) -> HostManifest | None:
    """The host of a `module@version` with its go.mod at `path` in the module cache."""
    module = module_reference(reference)
    if module is None:
        return None
    manifest = manifest_from_gomod(reference, path, "module@version", path)._replace(version=module.version)
    folder = cached_folder(path)
    if not os.path.isdir(folder):
        return manifest._replace(advice=f"run `layerg-pin host show --host {reference}` to download it")
    return with_build_facts(manifest._replace(advice=""), folder, "")


def with_build_facts(manifest: HostManifest, root: str, *mains: str) -> HostManifest:
    """The manifest with the facts from the build files in the folder `root`. `mains` are the main packages that can be
    the server, if known.
    """
    known = tuple(filter(None, mains))
    sources = read_host_sources(root, manifest.module or "", known)
    found = known or sources.mains
    main, others = (found[0], ()) if len(found) == 1 else ("", found)
    return _with_facts(manifest._replace(main=main, mains=others), sources)


def _with_facts(manifest: HostManifest, sources: HostSources) -> HostManifest:
    """The manifest with the facts from build files, and the reason if these are doubtful or incomplete."""
    unread = f"it is not known how it is built: {sources.unread}" if sources.unread else ""
    return manifest._replace(
        build=sources.build,
        builder=sources.builder,
        uncertainty=manifest.uncertainty or sources.uncertainty,
        advice=manifest.advice or unread,
    )


def _with_build(host: HostManifest | HostUnreadable) -> HostManifest | HostUnreadable:
    """A host that is a file of a source folder, with the facts from the build files in that folder."""
    if not isinstance(host, HostManifest) or host_module_folder(host.path) == host.path:
        return host
    sources = read_host_sources(host_module_folder(host.path), host.module or "")
    return _with_facts(host, sources)
