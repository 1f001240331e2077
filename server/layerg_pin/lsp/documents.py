"""The files that a session has of the client, and which module an open .go file belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerg_pin.core.gofile.go_file import parse_go_file
from layerg_pin.core.model.snapshot import SourceFile
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.lsp.json_messages import uri_of
from layerg_pin.lsp.state import Document
from layerg_pin.source_tree.main_packages import has_init_module
from layerg_pin.system.text_files import FileError, read_text

_NOT_THE_MODULES = frozenset(("vendor", "testdata"))


@dataclass(slots=True)
class Opened:
    """Open files by URI."""

    gomods: dict[str, Document] = field(default_factory=dict)
    """Also those on disk, without a version, to whose modules open .go files belong."""
    sources: dict[str, Document] = field(default_factory=dict)
    """The .go files, and go.work; the one that was edited last stands last."""

    def at(self, path: str) -> Document | None:
        """The document at a path: of a file that is open under two URIs, the one that was edited last."""
        gomods = (each for each in self.gomods.values() if each.path == path)
        return self.source_at(path) or next(gomods, None)

    def source_at(self, path: str) -> Document | None:
        """The .go file or go.work at a path, as `at`."""
        return next((each for each in reversed(self.sources.values()) if each.path == path), None)

    def is_open_twice(self, gomod: Document) -> bool:
        """Whether the go.mod is open under another URI too."""
        return any(each.path == gomod.path and each is not gomod for each in self.gomods.values())

    def gomod_of(self, source: str) -> Document | None:
        """The go.mod on disk of the module that a .go file belongs to; None where one is known already, or none is."""
        folder = module_folder(source) if source.endswith(".go") else None
        if folder is None or any(each.folder == folder for each in self.gomods.values()):
            return None
        path = os.path.join(folder, "go.mod")
        text = text_on_disk(path)
        return None if text is None else Document(uri_of(path), path, None, text)

    def is_needed(self, gomod: Document) -> bool:
        """Whether an open .go file belongs to the module of a go.mod."""
        paths = (each.path for each in self.sources.values() if each.path.endswith(".go"))
        return any(module_folder(path) == gomod.folder for path in paths)

    def compiled(self, gomod: Document) -> Iterator[SourceFile]:
        """The open .go files of the module of a go.mod, tests left out, as they read now."""
        for each in {each.path: each for each in self.sources.values()}.values():
            is_compiled = each.path.endswith(".go") and not each.path.endswith("_test.go")
            if is_compiled and module_folder(each.path) == gomod.folder:
                yield SourceFile(each.path, parse_go_file(each.text))


def module_folder(source: str) -> str | None:
    """The folder of the module that a .go file belongs to; None where it belongs to none, as what is vendored."""
    folder = os.path.dirname(source)
    while not os.path.isfile(os.path.join(folder, "go.mod")):
        parent = os.path.dirname(folder)
        if parent == folder or os.path.basename(folder) in _NOT_THE_MODULES:
            return None
        folder = parent
    return folder


def read_again(gomod: Document) -> bool:
    """Bring a go.mod that is not open to what it holds on disk; whether there is a text."""
    if gomod.version is None:
        text = text_on_disk(gomod.path)
        gomod.text = text if text is not None else gomod.text
        return text is not None
    return True


def may_make_a_plugin(path: str) -> bool:
    """Whether a file that was saved can turn a module into a plugin."""
    name = os.path.basename(path)
    return name in ("go.mod", PROJECT_FILE) or (name.endswith(".go") and has_init_module(text_on_disk(path) or ""))


def text_on_disk(path: str) -> str | None:
    """What a file holds; None where it cannot be read."""
    try:
        return read_text(path)
    except FileError:
        return None
