"""Merge the layers of an image into one tree of files, without unpacking them.

Source: the OCI image specification, layer.md: whiteouts (`.wh.NAME`) and opaque whiteouts (`.wh..wh..opq`) apply to
the layers below, links to what the tree contains. Links are followed inside the image only.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from layerg_pin.hosts.image_streams import Budget
from layerg_pin.hosts.tar_entries import FOLDER, HARD_LINK, REGULAR, SYMLINK, TarEntry

_WHITEOUT, _OPAQUE, _RESERVED = ".wh.", ".wh..wh..opq", ".wh..wh."
_MAX_LINKS = 40
"""Limit on the links that are followed to a file: Linux' own."""


class ImageFile(NamedTuple):
    """A regular file of an image: where its content is."""

    layer: int
    offset: int
    size: int


_PLAIN = ImageFile(-1, 0, 0)
"""Any file that cannot be a program, because it is not executable. There are many, so they share one record."""


class _Link(str):
    """The target of a symlink."""

    __slots__ = ()


_Folder = dict[str, "_Folder | ImageFile | _Link"]


class ImageTree:
    """The files of an image. Layers are added from the lowest to the highest."""

    def __init__(self, budget: Budget) -> None:
        self._root: _Folder = {}
        self._budget = budget

    def add(self, number: int, entries: Sequence[TarEntry]) -> None:
        """Put a layer on top. Raises ImageError if that exceeds a limit."""
        for entry in entries:  # the parts of all paths together would take much memory
            parts = _parts(entry.name) if _WHITEOUT in entry.name else ()
            if parts and parts[-1].startswith(_WHITEOUT):
                self._white_out(parts)
        for entry in entries:
            parts = _parts(entry.name)
            if parts and not parts[-1].startswith(_WHITEOUT):
                self._budget.spend(0)
                self._place(number, parts, entry)

    def find(self, path: str) -> tuple[str, ImageFile] | None:
        """A file that may be a program, by its absolute path in the image, with the path that links lead to."""
        found = self._resolve(tuple(_split(path)), last=True)
        if found is None:
            return None
        real, node = found
        return (real, node) if isinstance(node, ImageFile) and node.layer >= 0 else None

    def programs(self) -> Iterator[tuple[str, ImageFile]]:
        """All files that may be programs, with their absolute paths in the image."""
        pending: list[tuple[str, _Folder]] = [("", self._root)]
        while pending:
            path, folder = pending.pop()
            for name, node in folder.items():
                if isinstance(node, dict):
                    pending.append((f"{path}/{name}", node))
                elif isinstance(node, ImageFile) and node.layer >= 0:
                    yield f"{path}/{name}", node

    def _place(self, number: int, parts: Sequence[str], entry: TarEntry) -> None:
        folder = self._folder(parts[:-1])
        if folder is None:
            return
        name, before = parts[-1], folder.get(parts[-1])
        if entry.kind == FOLDER:
            if not isinstance(before, dict):
                folder[name] = {}
        elif entry.kind == SYMLINK:
            folder[name] = _Link(entry.link)
        elif entry.kind == HARD_LINK:
            target = self._resolve(_parts(entry.link), last=False)
            if target and not isinstance(target[1], dict):
                folder[name] = target[1]
            else:
                folder.pop(name, None)
        else:
            is_program = entry.kind == REGULAR and entry.executable
            folder[name] = ImageFile(number, entry.offset, entry.size) if is_program else _PLAIN

    def _white_out(self, parts: Sequence[str]) -> None:
        found = self._resolve(parts[:-1], last=True)
        if found is None or not isinstance(found[1], dict):
            return
        if parts[-1] == _OPAQUE:
            found[1].clear()
        elif not parts[-1].startswith(_RESERVED):
            found[1].pop(parts[-1].removeprefix(_WHITEOUT), None)

    def _folder(self, parts: Sequence[str]) -> _Folder | None:
        """The folder with this path, made where it is missing, as a runtime makes it; None if there is a loop.

        Raises ImageError if that exceeds a limit.
        """
        found = self._resolve(parts, last=True)
        if found and isinstance(found[1], dict):
            return found[1]
        folder = self._root
        for number, part in enumerate(parts):
            node = folder.get(part)
            if isinstance(node, _Link):
                led = self._resolve(parts[: number + 1], last=True)
                node = led[1] if led else None
                if not isinstance(node, dict):
                    return None  # a link to nothing, or to a file
            if not isinstance(node, dict):
                self._budget.add_entry()
                node = folder[part] = {}
            folder = node
        return folder

    def _resolve(self, parts: Sequence[str], *, last: bool) -> tuple[str, _Folder | ImageFile | _Link] | None:
        """What is at a path, with its real path; `last`: a link at its end is followed too."""
        pending = list(reversed(parts))
        folders: list[tuple[str, _Folder]] = [("", self._root)]
        links = 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                del folders[max(1, len(folders) - 1) :]  # `..` of the root is the root
                continue
            path, folder = folders[-1]
            node = folder.get(part)
            if isinstance(node, _Link) and (pending or last):
                links += 1
                self._budget.spend(0)
                if links > _MAX_LINKS:
                    return None
                if node.startswith("/"):
                    folders = folders[:1]
                pending += reversed(node.split("/"))
            elif isinstance(node, dict):
                folders.append((f"{path}/{part}", node))
            elif node is None or any(each not in ("", ".") for each in pending):
                return None
            else:
                return f"{path}/{part}", node
        return folders[-1]


def list_layer(entries: Iterable[TarEntry], budget: Budget, *, all_executable: bool) -> list[TarEntry]:
    """The entries of a layer. Raises ImageError if they exceed the budget.

    `all_executable`: every file may be a program, because the tar may be written where files have no modes.
    """
    found: list[TarEntry] = []
    for entry in entries:
        budget.add_entry(len(entry.name) + len(entry.link))
        found.append(entry._replace(executable=True) if all_executable else entry)
    return found


def joined(folder: str, path: str) -> str:
    """A path in an image, relative to a folder in it."""
    return posixpath.normpath(posixpath.join("/", folder, path))


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a path in a layer; empty for the root, and for a path that leaves it."""
    parts = tuple(_split(path))
    return () if ".." in parts else parts


def _split(path: str) -> Iterator[str]:
    return (part for part in path.split("/") if part not in ("", "."))
