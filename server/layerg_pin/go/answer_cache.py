"""Go's earlier answers, kept on disk by the content of what was asked, so that nothing unchanged is asked again.

Only an answer that holds whenever it is asked for is kept: it names no package that Go could not load, and what it
hangs on is in its key. A file that is missing or broken counts for nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from layerg_pin.core.gomod.directives import Replace, is_directory
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model import LocalGo, ModuleVersion
from layerg_pin.go.module_cache import go_env_file
from layerg_pin.go.module_files import work_file
from layerg_pin.go.query_types import DEFAULT_TARGET, Go, GoEnv, GoPackages, PluginSource, Target
from layerg_pin.system.leftovers import remove_leftovers
from layerg_pin.system.text_files import FileError, blake2b, read_text

_FORM = "3"
"""To be raised whenever what is asked, or how an answer is kept, changes."""
_MAX_BYTES = 64 * 1024 * 1024
_MAX_SOURCES = 5000
_MAX_DEPTH = 100
"""Of folders in a module: os.walk recurs, and ends in a traceback at a thousand."""
_MAX_NAMES = 100_000
"""So many files a folder may hold: a replace can point at a whole disk."""
_NEW = ".new-"
"""How the name of a file begins while it is written."""
_VARIABLES = ("GO", "CGO_", "CC", "CXX", "PKG_CONFIG", "HOME", "XDG_CONFIG_HOME", "APPDATA")
"""How the names of the variables begin that Go goes by."""
_READ = (".mod", ".sum", ".go", ".work")


class _CannotTell(Exception):
    """What an answer hangs on is too much to be read, or lies in a program that is not Go's own."""


def env_key(go: Go) -> str | None:
    """What `go env` hangs on: without a compiler it turns cgo off."""
    return _key(go, ("env", "GOTOOLCHAIN", *(str(shutil.which(name)) for name in ("gcc", "clang"))), ())


def plugin_key(go: Go, source: PluginSource, packages: Sequence[str]) -> str | None:
    """What the answer about a plugin as it is on disk hangs on; None where that cannot be told.

    With a vendor folder it is Go's to say whether that or go.mod counts.
    """
    vendored = os.path.isfile(os.path.join(source.folder, "vendor", "modules.txt"))
    if vendored or source.overlay or source.edited or source.work is not None:
        return None
    work = None if source.alone else work_file(source.folder)
    beside = (work, f"{work}.sum") if work else ()
    try:
        asked = ("plugin", *packages, "", *(source.platform or ()), "", *map(_text, beside))
        return _key(go, asked, (source.folder, *_folders(source.folder, work)))
    except _CannotTell:
        return None


def vendored_key(go: Go, folder: str, packages: Sequence[str], target: Target = DEFAULT_TARGET) -> str | None:
    """The key of the answer about a host with a vendor folder; vendored files count by size and time."""
    return _key(go, ("vendored", *packages, "", *target.platform, *target.tags), (folder,))


def version_key(go: Go, folder: str, packages: Sequence[str], target: Target) -> str | None:
    """The key of the answer about a module in the module cache, whose files never change."""
    return _key(go, ("version", folder, *packages, "", *target.platform, *target.tags), ())


def recall(key: str | None) -> GoPackages | None:
    """The answer that was kept for a key."""
    with suppress(ValueError, KeyError, IndexError, TypeError, AttributeError):
        kept = _load(key)
        modules = [ModuleVersion(path, version) for path, version in kept["modules"]]
        packages = {name: modules[number] for name, number in kept["packages"].items()}
        imports = {name: tuple(each) for name, each in kept["imports"].items()}
        return GoPackages(packages, (), imports, str(kept["stops"]))
    return None


def remember(key: str | None, answer: GoPackages) -> None:
    """Keep an answer, if it is complete; where there is no place to keep it, nothing happens."""
    if key is None or answer.unresolved:
        return
    numbers = {module: number for number, module in enumerate(dict.fromkeys(answer.packages.values()))}
    packages = {name: numbers[module] for name, module in answer.packages.items()}
    modules = [(module.path, module.version) for module in numbers]
    _store(key, {"modules": modules, "packages": packages, "imports": dict(answer.imports), "stops": answer.stops})


def recall_env(key: str | None) -> GoEnv | None:
    """What `go env` said, as it was kept for a key."""
    with suppress(ValueError, KeyError, TypeError):
        kept = _load(key)
        return GoEnv(LocalGo(**kept["local"]), str(kept["modcache"]))
    return None


def remember_env(key: str | None, env: GoEnv) -> None:
    """Keep what `go env` said."""
    if key is not None:
        local = {name: getattr(env.local, name) for name in LocalGo._fields}
        _store(key, {"local": local, "modcache": env.modcache})


def _folders(folder: str, work: str | None) -> Iterator[str]:
    """The other folders that a plugin is built from: members of its workspace, and what replaces modules."""
    replaced: list[tuple[str, Sequence[Replace]]] = []
    members = [folder]
    if work:
        parsed = parse_gowork(_text(work))
        replaced.append((os.path.dirname(work), parsed.replaces))
        members += [os.path.abspath(os.path.join(os.path.dirname(work), use.text)) for use in parsed.uses]
    replaced += [(each, parse_gomod(_text(os.path.join(each, "go.mod"))).replaces) for each in members]
    targets = [(base, replace.target.text) for base, replaces in replaced for replace in replaces]
    found = [os.path.abspath(os.path.join(base, target)) for base, target in targets if is_directory(target)]
    yield from (each for each in dict.fromkeys((*members, *found)) if each != folder)


def _key(go: Go, asked: Iterable[str], folders: Sequence[str]) -> str | None:
    """A digest of the Go that is asked, of what it is asked, and of folders; the first one may lie anywhere."""
    found = blake2b(digest_size=20)
    try:
        for part in (_FORM, *_release(go), *asked, *folders[1:], *(part for each in folders for part in _tree(each))):
            encoded = part.encode("utf-8", "surrogateescape")
            found.update(b"%d:%s" % (len(encoded), encoded))
    except (OSError, _CannotTell):
        return None
    return found.hexdigest()


def _release(go: Go) -> Iterator[str]:
    """Which Go it is and how it is set up. Raises _CannotTell for a program that may choose among several, and where
    the setup names files that stand for others.
    """
    program = os.path.realpath(go.program)
    root = os.path.dirname(os.path.dirname(program))
    version = os.path.join(root, "VERSION")
    if not os.path.isfile(version):
        raise _CannotTell
    found = os.stat(program)
    yield f"{program} {found.st_size} {found.st_mtime_ns}"
    settings = [_text(path) for path in (os.path.join(root, "go.env"), go_env_file())]
    settings += sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_VARIABLES))
    if any("-overlay" in each for each in settings):  # of GOFLAGS: it names files, which name files
        raise _CannotTell
    yield from (_text(version), *settings)


def _tree(folder: str) -> Iterator[str]:
    """What a module's packages hang on: what its Go files, go.mod and go.sum hold, and the name of every other file,
    since some are embedded and some must not be there. Raises _CannotTell where there are too many.
    """
    sources = seen = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        where = os.path.relpath(parent, folder)
        is_vendored = where.split(os.sep)[0] == "vendor"
        yield where
        seen += len(folders) + len(names)
        if seen > _MAX_NAMES or where.count(os.sep) > _MAX_DEPTH:
            raise _CannotTell
        for name in sorted(names):
            yield name
            if not name.endswith(_READ) and name != "modules.txt":
                continue
            path = os.path.join(parent, name)
            if is_vendored:
                found = os.stat(path)
                yield f"{found.st_size} {found.st_mtime_ns}"
                continue
            sources += 1
            if sources > _MAX_SOURCES:
                raise _CannotTell
            yield _text(path)


def _text(path: str) -> str:
    """What a file holds; of one that is not there, nothing. Raises _CannotTell for what is no file, or too large."""
    if not os.path.lexists(path):
        return ""
    try:
        return read_text(path)
    except FileError as error:
        raise _CannotTell from error


def _load(key: str | None) -> Any:
    """What was kept for a key. Raises ValueError where that is nothing, or not what was written here.

    Only a regular file of this user in a folder that nobody else can write is believed.
    """
    folder = _folder()
    if folder is None or not _is_own_folder(folder):
        raise ValueError("there is no cache")
    path = os.path.join(folder, f"{key}.json")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as stream:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or not _is_own(found) or found.st_size > _MAX_BYTES:
                raise ValueError(path)
            digest, _, body = stream.read().partition(b"\n")
        if digest != _digest(body):
            raise ValueError(path)
        os.utime(path)  # it is in use
    except OSError as error:
        raise ValueError(path) from error
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError(path) from None


def _store(key: str, value: object) -> None:
    import tempfile  # late: where all is known already, it is not needed

    body = json.dumps(value, separators=(",", ":")).encode()
    folder = _folder()
    if folder is None:
        return
    with suppress(OSError, UnicodeEncodeError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not _is_own_folder(folder):
            return
        handle, scratch = tempfile.mkstemp(prefix=_NEW, dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_digest(body) + b"\n" + body)
            os.replace(scratch, os.path.join(folder, f"{key}.json"))
        except BaseException:
            os.unlink(scratch)
            raise
        _make_room(folder)


def _make_room(folder: str) -> None:
    """Forget what was asked for longest ago, where there is too much, and what a killed run left half-written."""
    remove_leftovers(folder, _NEW)
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


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _is_own_folder(folder: str) -> bool:
    """Whether a folder is this user's, and nobody else can write to it."""
    try:
        found = os.stat(folder, follow_symlinks=False)
    except (OSError, ValueError):
        return False
    others_write = os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and _is_own(found) and not others_write


def _folder() -> str | None:
    """The absolute folder of the cached answers; None for a user without a home folder, which turns the cache off."""
    from platformdirs import PlatformDirs  # late: its import takes a while, and many commands need no cache

    is_named = os.path.isabs(os.environ.get("XDG_CACHE_HOME", ""))
    has_home = os.environ.get("HOME") != "" and os.path.isabs(os.path.expanduser("~"))
    if not is_named and not has_home:
        return None  # platformdirs would use the home folder of the user's account instead
    try:
        base = PlatformDirs("layerg-pin", appauthor=False, opinion=False).user_cache_dir
    except RuntimeError:
        return None
    return os.path.join(base, "go") if os.path.isabs(base) else None


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=20).hexdigest().encode()
