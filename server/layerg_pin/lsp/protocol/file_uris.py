"""Convert between file paths and URIs as clients write them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pygls import uris

_LOCAL = re.compile(
    r"file:(?://localhost/+|/(?!/)|///+)" if os.sep == "/" else r"file://localhost/",
    re.IGNORECASE,
)
"""The beginning of a URI of a file on this machine."""


@lru_cache(maxsize=256)
def uri_of(path: str) -> str:
    """The file URI of an absolute path."""
    return Path(path).as_uri()


def path_of(uri: str) -> str | None:
    """The absolute path of a file URI. None for other URIs, and for paths of another system or machine.

    Resolves `//`, `.`, `..` and a trailing slash as the file system does, so that a file has one path. Symbolic links
    and letter case are kept, except that a drive is in upper case, as Windows, Go and gopls write it.
    """
    path = _written_path(uri)
    if path is None:
        return None
    plain = os.path.normpath(path)
    return plain if plain == path or ".." not in path else os.path.realpath(path)


@lru_cache(maxsize=256)
def _written_path(uri: str) -> str | None:
    """The absolute path as a file URI writes it; None for other URIs. It is cached, because every edit has a URI."""
    try:
        path = uris.to_fs_path(_LOCAL.sub("file:///", uri, count=1))
        if not path or not _is_local(path) or "\0" in path:
            return None
        if path[1:2] == ":":
            path = path[0].upper() + path[1:]
        os.fsencode(path)  # fails for half of a surrogate pair, which no file name contains
    except ValueError:  # for example brackets that enclose no IP address
        return None
    return path


def _is_local(path: str) -> bool:
    """Whether a path is absolute: on Windows with a drive or share, elsewhere without another machine."""
    if os.sep == "/":
        return path.startswith("/") and not path.startswith("//")
    return os.path.isabs(path) and os.path.splitdrive(path)[0] != ""


def line_uri(path: str, line: int) -> str:
    """The URI of a 0-based line of a file, with the fragment that editors understand in links."""
    return f"{uri_of(path)}#L{line + 1}"


def workspace_folders(
    folder_uris: Iterable[str], root_uri: str | None = None, root_path: str | None = None
) -> tuple[str, ...]:
    """The paths of the workspace's folders, from the parameters of initialize.

    The deprecated root is used only if the client lists no folder.
    """
    root = root_uri or (root_path and uris.from_fs_path(root_path))
    return tuple(path for each in tuple(folder_uris) or (root,) if each and (path := path_of(each)))
