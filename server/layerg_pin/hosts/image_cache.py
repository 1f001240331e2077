"""Keep servers that were found in images in the user's cache folder, so that an image is read once.

A record says which file of the cache is the server of an image. It is found by the reference, and is valid while the
files that it was read from are unchanged. The servers themselves are named by the digest of their content.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from layerg_pin.core.model.host_manifest import HostImage
from layerg_pin.hosts.image_references import ImageReference
from layerg_pin.hosts.image_streams import ImageError
from layerg_pin.system.cache_folder import cache_folder, is_own_folder, open_own
from layerg_pin.system.digests import new_digest
from layerg_pin.system.leftovers import remove_leftovers

_FOLDER = "images"
"""In the user's cache folder."""
_FORMAT_VERSION = 1
_MAX_BYTES = 2 << 30
_MAX_AGE = 60 * 24 * 60 * 60
"""In seconds. A server that has not been used for this long is removed."""
_MAX_RECORD = 1 << 20
_TEMPORARY_PREFIX = ".new-"
_SERVER, _RECORD = ".server", ".json"
NO_RECORD = os.path.join(os.sep, "dev", "null", "layerg-pin", "images")
"""A path that never exists."""
_UNUSED_SECONDS = 24 * 60 * 60
"""A file of the cache is marked as used again only after this many seconds."""
_NO_FOLDER = "there is no cache folder to extract its server to: set HOME or XDG_CACHE_HOME to a folder of yours"


class CachedServer(NamedTuple):
    """The server of an image, in the cache."""

    path: str
    """The absolute path of the binary."""
    image: HostImage


class ExtractedServer(NamedTuple):
    """A server that was just written to a file."""

    digest: str
    image: HostImage
    used: tuple[str, ...]
    """The paths of the files that it was read from."""


def file_record(image: ImageReference, path: str, architecture: str) -> str:
    """The path of the record for an image in a file or folder; empty if there is no cache folder."""
    return _record("file", image.transport, path, image.selector, architecture)


def registry_record(name: str) -> str:
    """The path of the record for an image in a registry; NO_RECORD if there is no cache folder."""
    return _record("registry", name) or NO_RECORD


def check_cache_folder(record: str) -> None:
    """Raise ImageError if there is no cache folder to keep a server in."""
    if record in ("", NO_RECORD):
        raise ImageError(_NO_FOLDER)


def load_server(record: str) -> CachedServer | None:
    """The server that a record names; None if there is none, or if it was read from files that changed since.

    Only regular files that the user owns, in a folder that only the user can write to, are read.
    """
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        if not record or not is_own_folder(os.path.dirname(record)):
            return None
        with open(open_own(record), "rb") as stream:
            kept = json.loads(stream.read(_MAX_RECORD))
        if kept["version"] != _FORMAT_VERSION or any(_identity(each[0]) != each for each in kept["files"]):
            return None
        path = os.path.join(os.path.dirname(record), f"{_digest(kept['server'])}{_SERVER}")
        os.close(open_own(path))
        if os.path.getsize(path) != kept["size"]:
            return None
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept["image"].items()
        }
        for used in (path, record):  # mark both as recently used; a changed time also means a changed host
            if time.time() - os.stat(used).st_mtime > _UNUSED_SECONDS:
                os.utime(used)
        return CachedServer(path, HostImage(**fields))
    return None


def keep_server(record: str, extract: Callable[[str], ExtractedServer]) -> CachedServer:
    """Let `extract` write a server to a file of the cache, and keep it. Raises ImageError."""
    import tempfile  # imported here: an image is rarely read

    check_cache_folder(record)
    folder = os.path.dirname(record)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not is_own_folder(folder):
            raise ImageError(f"{folder} cannot be used as a cache: others can write to it, or it is not yours")
        handle, scratch = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=folder)
        os.close(handle)
        try:
            found = extract(scratch)
            size = os.path.getsize(scratch)
            path = os.path.join(folder, f"{_digest(found.digest)}{_SERVER}")
            os.replace(scratch, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(scratch)
            raise
        kept = {
            "version": _FORMAT_VERSION,
            "server": found.digest,
            "size": size,
            "image": found.image._asdict(),
            "files": [_identity(each) for each in found.used],
        }
        _write(record, json.dumps(kept).encode())
        _evict(folder, (path, record))
    except OSError as error:
        raise ImageError(f"its server cannot be written to {folder}: {error.strerror or error}") from None
    return CachedServer(path, found.image)


def _record(*parts: str) -> str:
    folder = cache_folder(_FOLDER)
    digest = new_digest()
    for part in (str(_FORMAT_VERSION), *parts):
        encoded = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:%s" % (len(encoded), encoded))
    return os.path.join(folder, f"{digest.hexdigest()}{_RECORD}") if folder else ""


def _identity(path: str) -> list[Any]:
    found = os.stat(path)
    return [path, found.st_size, found.st_mtime_ns, found.st_ino]


def _digest(text: Any) -> str:
    """A digest of a record, which must not lead out of the cache. Raises ValueError."""
    if not isinstance(text, str) or len(text) != 40 or text.strip("0123456789abcdef"):
        raise ValueError(text)
    return text


def _write(path: str, body: bytes) -> None:
    import tempfile

    handle, scratch = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise


def _evict(folder: str, keep: Iterable[str]) -> None:
    """Remove the files that have not been used for a long time and, if the cache is too large, the least recently used
    ones; never what was just written.
    """
    remove_leftovers(folder, _TEMPORARY_PREFIX)
    with os.scandir(folder) as entries:
        files = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
    files = [each for each in files if each[1].endswith((_SERVER, _RECORD))]
    total, now = sum(found.st_size for found, _ in files), time.time()
    for found, path in sorted(files, key=lambda each: each[0].st_mtime_ns):
        if path in keep or (total <= _MAX_BYTES and now - found.st_mtime < _MAX_AGE):
            continue
        with suppress(OSError):  # on Windows, a file that is being read
            os.unlink(path)
        total -= found.st_size
