"""A cache on disk for answers of `go`, keyed by a digest of their inputs.

It keeps only answers that depend on nothing but their key and have no unresolved packages. A missing or broken file is
a cache miss.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from layerg_pin.core.gomod.directives import Replace, is_directory
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import LocalGo
from layerg_pin.core.paths import relative_path
from layerg_pin.go.module_cache import go_env_file
from layerg_pin.go.module_files import work_file
from layerg_pin.go.query_types import DEFAULT_TARGET, Go, GoEnv, GoPackages, PluginSource, Target
from layerg_pin.system.cache_folder import cache_folder, is_own_folder, open_own
from layerg_pin.system.digests import new_digest
from layerg_pin.system.leftovers import remove_leftovers
from layerg_pin.system.shared_options import NO_CACHE, is_set
from layerg_pin.system.terminal import print_detail
from layerg_pin.system.text_files import FileError, read_text

_FORMAT_VERSION = "3"
"""Version of the cache format. Raise it when the queries or the stored form change."""
_FOLDER = "go"
"""In the user's cache folder."""
_MAX_BYTES = 64 * 1024 * 1024
_MAX_SOURCES = 5000
_MAX_DEPTH = 100
"""Limit on the depth of folders in a module: os.walk recurses, and fails with a RecursionError at about a thousand."""
_MAX_ENTRIES = 100_000
"""Limit on the number of entries in a folder tree, because a replace can point at a whole disk."""
_TEMPORARY_PREFIX = ".new-"
"""Prefix of the names of files that are being written."""
_GO_VARIABLES = ("GO", "CGO_", "CC", "CXX", "PKG_CONFIG", "HOME", "XDG_CONFIG_HOME", "APPDATA")
"""Prefixes of the environment variables that affect Go."""
_HASHED_SUFFIXES = (".mod", ".sum", ".go", ".work")


class _NotCacheable(Exception):
    """The inputs of an answer are too large to hash, or the program may choose among several Go toolchains."""


def env_key(go: Go) -> str | None:
    """The cache key of `go env`. It includes the C compilers, because Go turns cgo off without one."""
    return _key(go, ("env", "GOTOOLCHAIN", *(str(shutil.which(name)) for name in ("gcc", "clang"))), ())


def plugin_key(go: Go, source: PluginSource, packages: Sequence[str]) -> str | None:
    """The cache key of `list_plugin` for a plugin whose texts are those on disk; None if the answer cannot be cached.

    The answer for a plugin with a vendor folder is not cached, because Go decides whether it uses the vendor
    folder or go.mod.
    """
    vendored = os.path.isfile(os.path.join(source.folder, "vendor", "modules.txt"))
    if vendored or source.overlay or source.edited or source.work is not None:
        return None
    work = None if source.outside_workspace else work_file(source.folder)
    workspace_files = (work, f"{work}.sum") if work else ()
    try:
        question = ("plugin", *packages, "", *(source.platform or ()), "", *map(_content, workspace_files))
        return _key(go, question, (source.folder, *_other_folders(source.folder, work)))
    except _NotCacheable:
        return None


def vendored_key(go: Go, folder: str, packages: Sequence[str], target: Target = DEFAULT_TARGET) -> str | None:
    """The cache key of `list_vendored`. Of vendored files, only size and modification time are part of the key."""
    return _key(go, ("vendored", *packages, "", *target.platform, *target.tags), (folder,))


def version_key(go: Go, folder: str, packages: Sequence[str], target: Target) -> str | None:
    """The cache key of `list_module` for a folder in the module cache, whose files never change."""
    return _key(go, ("version", folder, *packages, "", *target.platform, *target.tags), ())


def load_packages(key: str | None) -> GoPackages | None:
    """The cached packages of a key, or None."""
    with suppress(ValueError, KeyError, IndexError, TypeError, AttributeError):
        kept = _load(key)
        modules = [ModuleVersion(path, version) for path, version in kept["modules"]]
        packages = {name: modules[number] for name, number in kept["packages"].items()}
        imports = {name: tuple(each) for name, each in kept["imports"].items()}
        return GoPackages(packages, (), imports, str(kept["stops"]))
    return None


def store_packages(key: str | None, answer: GoPackages) -> None:
    """Store an answer if it is complete. Does nothing if the cache folder cannot be used."""
    if key is None or answer.unresolved:
        return
    numbers = {module: number for number, module in enumerate(dict.fromkeys(answer.packages.values()))}
    packages = {name: numbers[module] for name, module in answer.packages.items()}
    modules = [(module.path, module.version) for module in numbers]
    _store(
        key, {"modules": modules, "packages": packages, "imports": dict(answer.imports), "stops": answer.build_error}
    )


def load_env(key: str | None) -> GoEnv | None:
    """The cached result of `go env` of a key, or None."""
    with suppress(ValueError, KeyError, TypeError):
        kept = _load(key)
        return GoEnv(LocalGo(**kept["local"]), str(kept["modcache"]))
    return None


def store_env(key: str | None, env: GoEnv) -> None:
    """Store the result of `go env`."""
    if key is not None:
        local = {name: getattr(env.local, name) for name in LocalGo._fields}
        _store(key, {"local": local, "modcache": env.modcache})


def _other_folders(folder: str, work: str | None) -> Iterator[str]:
    """The other folders that a plugin is built from: members of its workspace and folders that replace modules."""
    replaced: list[tuple[str, Sequence[Replace]]] = []
    members = [folder]
    if work:
        parsed = parse_gowork(_content(work))
        replaced.append((os.path.dirname(work), parsed.replaces))
        members += [os.path.abspath(os.path.join(os.path.dirname(work), use.text)) for use in parsed.uses]
    replaced += [(each, parse_gomod(_content(os.path.join(each, "go.mod"))).replaces) for each in members]
    targets = [(base, replace.target.text) for base, replaces in replaced for replace in replaces]
    found = [os.path.abspath(os.path.join(base, target)) for base, target in targets if is_directory(target)]
    yield from (each for each in dict.fromkeys((*members, *found)) if each != folder)


def _key(go: Go, question: Iterable[str], folders: Sequence[str]) -> str | None:
    """A digest of the Go toolchain, the query and the folders. The path of the first folder is not part of it."""
    found = new_digest()
    try:
        for part in (
            _FORMAT_VERSION,
            *_toolchain_identity(go),
            *question,
            *folders[1:],
            *(part for each in folders for part in _module_inputs(each)),
        ):
            encoded = part.encode("utf-8", "surrogateescape")
            found.update(b"%d:%s" % (len(encoded), encoded))
    except (OSError, _NotCacheable):
        return None
    return found.hexdigest()


def _toolchain_identity(go: Go) -> Iterator[str]:
    """The identity and the configuration of a Go toolchain. Raises _NotCacheable for a program that may choose among
    several toolchains, and for a configuration that names overlay files.
    """
    program = os.path.realpath(go.program)
    root = os.path.dirname(os.path.dirname(program))
    version = os.path.join(root, "VERSION")
    if not os.path.isfile(version):
        raise _NotCacheable
    found = os.stat(program)
    yield f"{program} {found.st_size} {found.st_mtime_ns}"
    settings = [_content(path) for path in (os.path.join(root, "go.env"), go_env_file())]
    settings += sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_GO_VARIABLES))
    if any("-overlay" in each for each in settings):  # -overlay in GOFLAGS names a file that names other files
        raise _NotCacheable
    yield from (_content(version), *settings)


def _module_inputs(folder: str) -> Iterator[str]:
    """The inputs of a module's packages: the contents of its Go files, go.mod and go.sum, and the name of every other
    file, because files can be embedded and some names are errors. Raises _NotCacheable if there are too many.
    """
    sources = seen = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        where = relative_path(parent, folder)
        is_vendored = where.split("/")[0] == "vendor"
        yield where
        seen += len(folders) + len(names)
        if seen > _MAX_ENTRIES or where.count("/") > _MAX_DEPTH:
            raise _NotCacheable
        for name in sorted(names):
            yield name
            if not name.endswith(_HASHED_SUFFIXES) and name != "modules.txt":
                continue
            path = os.path.join(parent, name)
            if is_vendored:
                found = os.stat(path)
                yield f"{found.st_size} {found.st_mtime_ns}"
                continue
            sources += 1
            if sources > _MAX_SOURCES:
                raise _NotCacheable
            yield _content(path)


def _content(path: str) -> str:
    """The content of a file; empty if it does not exist. Raises _NotCacheable if it is not a regular file or is too
    large.
    """
    if not os.path.lexists(path):
        return ""
    try:
        return read_text(path)
    except FileError as error:
        raise _NotCacheable from error


def _load(key: str | None) -> Any:
    """The stored value of a key. Raises ValueError on a cache miss and for a broken file.

    It reads only regular files that the user owns, in a folder that only the user can write to.
    """
    folder = None if is_set(NO_CACHE) else cache_folder(_FOLDER)
    if folder is None or not is_own_folder(folder):
        raise ValueError("there is no cache")
    path = os.path.join(folder, f"{key}.json")
    try:
        with open(open_own(path), "rb") as stream:
            if os.fstat(stream.fileno()).st_size > _MAX_BYTES:
                raise ValueError(path)
            digest, _, body = stream.read().partition(b"\n")
        if digest != _digest(body):
            raise ValueError(path)
        os.utime(path)  # mark it as recently used
    except OSError as error:
        raise ValueError(path) from error
    try:
        print_detail(f"an answer of Go was read from {path}")
        return json.loads(body)
    except RecursionError:
        raise ValueError(path) from None


def _store(key: str, value: object) -> None:
    import tempfile  # imported here: a run whose answers are all cached does not need it

    body = json.dumps(value, separators=(",", ":")).encode()
    folder = None if is_set(NO_CACHE) else cache_folder(_FOLDER)
    if folder is None:
        return
    with suppress(OSError, UnicodeEncodeError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not is_own_folder(folder):
            return
        handle, scratch = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_digest(body) + b"\n" + body)
            os.replace(scratch, os.path.join(folder, f"{key}.json"))
        except BaseException:
            os.unlink(scratch)
            raise
        _evict(folder)


def _evict(folder: str) -> None:
    """Remove the least recently used answers once the cache is too large, and files that a killed run left
    half-written.
    """
    remove_leftovers(folder, _TEMPORARY_PREFIX)
    with os.scandir(folder) as entries:
        files = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
    total = sum(found.st_size for found, _ in files)
    if total <= _MAX_BYTES:
        return
    for found, path in sorted(files, key=lambda each: each[0].st_mtime_ns):
        with suppress(OSError):
            os.unlink(path)
        total -= found.st_size
        if total <= _MAX_BYTES // 2:
            return


def _digest(body: bytes) -> bytes:
    return new_digest(body).hexdigest().encode()
