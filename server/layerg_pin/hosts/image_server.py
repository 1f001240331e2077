"""Find the server in an image: the Go program that it starts, else one at a known path, else the only one that opens
plugins.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.go_binary import PluginSupport, Role, read_binary
from layerg_pin.core.known.known_hosts import KNOWN_HOST_TABLE
from layerg_pin.core.text import count
from layerg_pin.hosts.image_archive import Image, check_layer
from layerg_pin.hosts.image_index import as_texts, listed
from layerg_pin.hosts.image_streams import PIECE, Budget, ImageError, Readable, read_exactly, unpacked
from layerg_pin.hosts.image_tree import ImageFile, ImageTree, joined, list_layer
from layerg_pin.hosts.tar_entries import tar_entries
from layerg_pin.system.digests import new_digest

MAX_PROGRAM = 1 << 30
"""In bytes: the largest program that is taken for a server."""
_MIN_PROGRAM = 512 * 1024
"""In bytes. The smallest Go program with package plugin takes more than twice as much."""
_MAX_SCRIPT = 64 * 1024
_MAX_WORDS = 200
"""Limit on the words of a command or script that may be programs."""
_MAX_PROBED = 32
"""Limit on the Go programs that are extracted to find the server."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Docker's PATH for an image that sets none."""
_WORD = re.compile(r"[\w./+@-]+", re.ASCII)
_ELF, _SCRIPT = b"\x7fELF", b"#!"
_GO = b"\xff Go buildinf:"
"""The start of the build info in every Go program (Go: debug/buildinfo)."""
_OPENING = (PluginSupport.SHARING, PluginSupport.HIDING, PluginSupport.STUB)
_NAMING_LABELS = ("title", "source", "url", "ref.name")
"""Labels `org.opencontainers.image.*` that may end in the server's name."""


class Server(NamedTuple):
    """The server in an image, extracted to a file."""

    path: str
    """Its absolute path in the image."""
    found_by: str
    """In words, such as `its entrypoint`."""
    others: tuple[str, ...]
    """Other programs that open plugins, and were not chosen."""
    digest: str
    """Of its content."""
    size: int


def extract_server(image: Image, target: str, budget: Budget) -> Server:
    """Find the server in an image and write it to the file `target`. Raises ImageError if none is certain."""
    return _Search(image, target, budget).run()


class _Search:
    """The search in one image. At any time at most one program is in the file."""

    def __init__(self, image: Image, target: str, budget: Budget) -> None:
        self._image, self._target, self._budget = image, target, budget
        self._layers = [unpacked(layer, budget) for layer in image.layers]
        self._tree = self._merged()
        self._probed: dict[ImageFile, bool] = {}
        """For each program that was extracted, whether it opens plugins."""
        self._in_file: tuple[ImageFile, str] | None = None
        """The program that is in the file, and its digest."""
        self._go: tuple[str, ImageFile] | None = None
        """The first Go program that the image starts, if it opens no plugins."""

    def run(self) -> Server:
        for path, file in self._started():
            if self._opens_plugins(path, file):
                return self._taken(path, file, "its entrypoint")
        for path, file in self._known():
            if self._opens_plugins(path, file):
                return self._taken(path, file, "its known path")
        openers = [(path, file) for path, file in self._go_programs() if self._opens_plugins(path, file)]
        if len(openers) > 1:
            named = [each for each in openers if each[0].rpartition("/")[2] in self._names()]
            if len(named) == 1:
                others = tuple(path for path, _ in openers if path != named[0][0])
                return self._taken(*named[0], "its name, which the image's labels state")._replace(others=others)
            names = listed(sorted(path for path, _ in openers))
            raise ImageError(
                f"it contains {len(openers)} programs that open plugins, and starts none of them: {names}; "
                "copy the right one out of it, and use that file as the host"
            )
        if openers:
            return self._taken(*openers[0], "being the only Go program in it that opens plugins")
        if self._go:
            return self._taken(*self._go, "its entrypoint")
        programs = count(sum(1 for _ in self._programs()), "program")
        raise ImageError(
            f"it contains no Go program that opens plugins ({programs}): name the image of the server, not of the "
            "plugin or its builder"
        )

    def _merged(self) -> ImageTree:
        """The tree of files. Layers are listed in the order in which they are stored, so that a file is read once."""
        listed = {}
        for number in sorted(range(len(self._layers)), key=lambda each: self._image.layers[each].order):
            entries = tar_entries(self._layers[number])
            listed[number] = list_layer(entries, self._budget, all_executable=self._image.is_plain_tar)
        tree = ImageTree(self._budget)
        for number in range(len(self._layers)):
            tree.add(number, listed.pop(number))
        return tree

    def _started(self) -> Iterator[tuple[str, ImageFile]]:
        """The programs that the image's command names, and those that a script named there names."""
        config = self._image.config
        scripts = []
        for path, file in self._resolved(_words((*as_texts(config.get("Entrypoint")), *as_texts(config.get("Cmd"))))):
            if self._content(file).read(2) == _SCRIPT:
                scripts.append(file)
            else:
                yield path, file
        for script in scripts:
            text = read_exactly(self._content(script), min(script.size, _MAX_SCRIPT)).decode("utf-8", "replace")
            yield from self._resolved(_words((text,)))

    def _resolved(self, words: Iterable[str]) -> Iterator[tuple[str, ImageFile]]:
        """The files that words name, as a shell in the image resolves them."""
        config = self._image.config
        folder = config.get("WorkingDir")
        variables = [each for each in as_texts(config.get("Env")) if each.startswith("PATH=")]
        on_path = (variables[-1].removeprefix("PATH=") if variables else _PATH)[:4096].split(":")
        for word in words:
            base = folder if isinstance(folder, str) else "/"
            paths = [joined(base, word)] if "/" in word else [joined(each, word) for each in on_path[:64]]
            found = next(filter(None, map(self._tree.find, paths)), None)
            if found:
                yield found

    def _known(self) -> Iterator[tuple[str, ImageFile]]:
        """The files at the paths of known hosts."""
        for path in (path for host in KNOWN_HOST_TABLE for path in host.paths):
            if found := self._tree.find(path):
                yield found

    def _programs(self) -> Iterator[tuple[str, ImageFile]]:
        """The files that are large enough, each once, in the order in which they are stored."""
        found: dict[ImageFile, str] = {}
        for path, file in self._tree.programs():
            if _MIN_PROGRAM <= file.size <= MAX_PROGRAM:
                found[file] = min(path, found.get(file, path))
        for file in sorted(found, key=lambda each: (self._image.layers[each.layer].order, each.offset)):
            yield found[file], file

    def _go_programs(self) -> Iterator[tuple[str, ImageFile]]:
        """The Go programs, recognised without extracting them."""
        found = []
        for path, file in self._programs():
            if self._probed.get(file) is False:
                continue
            content, before = self._content(file), b""
            left = file.size
            if content.read(4) != _ELF:
                continue
            while left > 0 and (piece := content.read(min(PIECE, left))):
                left -= len(piece)
                if _GO in before + piece:
                    found.append((path, file))
                    break
                before = piece[-len(_GO) :]
        if len(found) > _MAX_PROBED:
            raise ImageError(
                f"it contains {len(found)} Go programs, and starts none that opens plugins: copy the server out of it, "
                "and use that file as the host"
            )
        return iter(found)

    def _opens_plugins(self, path: str, file: ImageFile) -> bool:
        """Whether a program is written in Go and has plugin support. It stays in the file until the next one."""
        if file in self._probed or len(self._probed) > 2 * _MAX_PROBED:
            return self._probed.get(file, False)
        found = False
        if _MIN_PROGRAM <= file.size <= MAX_PROGRAM and self._content(file).read(4) == _ELF:
            self._extract(file)
            try:
                binary = read_binary(self._target)
                found = binary.role is Role.EXECUTABLE and binary.plugin_support in _OPENING
                if binary.role is Role.EXECUTABLE and binary.info and not found:
                    self._go = self._go or (path, file)
            except BinaryError:
                pass
        self._probed[file] = found
        return found

    def _taken(self, path: str, file: ImageFile, found_by: str) -> Server:
        digest = self._extract(file)
        check_layer(self._image.layers[file.layer], self._image.digests[file.layer])
        return Server(path=path, found_by=found_by, others=(), digest=digest, size=file.size)

    def _extract(self, file: ImageFile) -> str:
        """Write a program to the file, unless it is there; returns its digest."""
        if self._in_file and self._in_file[0] == file:
            return self._in_file[1]
        self._in_file = None
        content, left, digest = self._content(file), file.size, new_digest()
        with open(self._target, "wb") as target:
            while left > 0 and (piece := content.read(min(PIECE, left))):
                target.write(piece)
                digest.update(piece)
                left -= len(piece)
        if left:
            raise ImageError("one of its layers is truncated: copy or write it again")
        self._in_file = file, digest.hexdigest()
        return self._in_file[1]

    def _content(self, file: ImageFile) -> Readable:
        layer = self._layers[file.layer]
        layer.seek(file.offset)
        return layer

    def _names(self) -> frozenset[str]:
        """The names that the image's labels and tags give to it."""
        labels = self._image.config.get("Labels")
        texts = [
            str(value)
            for name, value in (labels.items() if isinstance(labels, Mapping) else ())
            if name.rpartition("image.")[2] in _NAMING_LABELS
        ]
        names = [each.partition("@")[0].rpartition("/")[2].partition(":")[0] for each in self._image.names]
        return frozenset(text.rstrip("/").rpartition("/")[2].removesuffix(".git").lower() for text in (*texts, *names))


def _words(commands: Sequence[str]) -> Iterator[str]:
    """The words of commands that may name programs, each once. An argument may be a command line for a shell."""
    found: dict[str, None] = {}
    for command in commands:
        for match in _WORD.finditer(command[:_MAX_SCRIPT]):
            if len(found) >= _MAX_WORDS:
                break
            if match[0].strip("./-"):
                found[match[0]] = None
    return iter(found)
