"""The open documents of a session, and the module that an open .go file belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from layerg_pin.core.gofile.go_syntax import GoFile, parse_go_file
from layerg_pin.core.model.snapshot import MainPackage, MainPackages, SourceFile
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.source_tree.main_packages import declares_symbol
from layerg_pin.system.text_files import FileError, file_identity, read_text

_NOT_IN_MODULE = frozenset(("vendor", "testdata"))


@dataclass(slots=True)
class Document:
    """The text of a file. `path` is absolute, `version` the client's.

    The version is None for a go.mod that is not open. Such a go.mod is here because a .go file of its module is open,
    or because it is in `OpenDocuments.kept`; its text is the one on disk.
    """

    uri: str
    path: str
    version: int | None
    text: str

    @property
    def folder(self) -> str:
        """The folder of the file, absolute."""
        return os.path.dirname(self.path)


def is_go_mod(path: str) -> bool:
    """Whether a path is that of a go.mod."""
    return os.path.basename(path) == "go.mod"


def is_go_work(path: str) -> bool:
    """Whether a path is that of a go.work."""
    return os.path.basename(path) == "go.work"


def is_source(path: str) -> bool:
    """Whether checks of plugins use the unsaved text of a file: a .go file or a go.work."""
    return path.endswith(".go") or is_go_work(path)


def is_modules_txt(path: str) -> bool:
    """Whether a path is that of a modules.txt."""
    return os.path.basename(path) == "modules.txt"


@dataclass(slots=True)
class OpenDocuments:
    """Documents by URI, the oldest first. A file can be open under two URIs."""

    texts: dict[str, Document] = field(default_factory=dict)
    """All open documents."""
    gomods: dict[str, Document] = field(default_factory=dict)
    """The open go.mod files, and those on disk that are kept or whose module has an open .go file."""
    sources: dict[str, Document] = field(default_factory=dict)
    """The open .go and go.work files. The one that was edited last is the last one."""
    kept: frozenset[str] = frozenset()
    """The paths of the go.mod files that are checked even if nothing of their modules is open."""
    _go_files: dict[str, GoFile] = field(default_factory=dict)
    """The open .go files as they were parsed last, by URI."""
    _identities: dict[str, object] = field(default_factory=dict)
    """The identity on disk of each file whose documents must not be open twice, by URI."""

    def close(self, uri: str) -> None:
        """Forget an open document, but not a go.mod in `gomods`."""
        self.texts.pop(uri, None)
        self._identities.pop(uri, None)
        self._go_files.pop(uri, None)

    def same_file(self, document: Document) -> str | None:
        """The URI under which the file of a newly opened document is open already."""
        identity = file_identity(document.path)
        other = next((uri for uri, each in self._identities.items() if each == identity), None)
        self._identities[document.uri] = identity
        return other

    def text_at(self, path: str) -> Document | None:
        """The open document at a path; the one that was opened last if there are two."""
        return next((each for each in reversed(self.texts.values()) if each.path == path), None)

    def checked_at(self, path: str) -> Document | None:
        """The document at a path whose text the checks use; the one that was edited last if there are two."""
        gomods = (each for each in self.gomods.values() if each.path == path)
        return self.source_at(path) or next(gomods, None)

    def source_at(self, path: str) -> Document | None:
        """The open .go or go.work file at a path; the one that was edited last if there are two."""
        return next((each for each in reversed(self.sources.values()) if each.path == path), None)

    def uri_and_version(self, path: str) -> tuple[str, int | None]:
        """The URI and version that an edit of the file at a path must name; the version is None if it is not open."""
        document = self.checked_at(path)
        return (document.uri, document.version) if document else (uri_of(path), None)

    def is_open_twice(self, gomod: Document) -> bool:
        """Whether a go.mod is open under another URI too."""
        return any(each.path == gomod.path and each is not gomod for each in self.gomods.values())

    def has_modules_txt(self, path: str) -> bool:
        """Whether a path is that of an open modules.txt."""
        return is_modules_txt(path) and self.text_at(path) is not None

    def gomod_of(self, source: str) -> Document | None:
        """The go.mod on disk of the module that a .go file belongs to; None if it is known already or missing."""
        folder = module_folder(source) if source.endswith(".go") else None
        if folder is None or any(each.folder == folder for each in self.gomods.values()):
            return None
        path = os.path.join(folder, "go.mod")
        text = text_on_disk(path)
        return None if text is None else Document(uri_of(path), path, None, text)

    def is_kept(self, gomod: Document) -> bool:
        """Whether a go.mod is checked even if nothing of its module is open."""
        return gomod.path in self.kept

    def has_source_of(self, gomod: Document) -> bool:
        """Whether an open .go file belongs to the module of a go.mod."""
        paths = (each.path for each in self.sources.values() if each.path.endswith(".go"))
        return any(module_folder(path) == gomod.folder for path in paths)

    def source_files(self, gomod: Document) -> Iterator[SourceFile]:
        """The open .go files of the module of a go.mod, except tests, parsed from their current texts."""
        for each in {each.path: each for each in self.sources.values()}.values():
            is_compiled = each.path.endswith(".go") and not each.path.endswith("_test.go")
            if is_compiled and module_folder(each.path) == gomod.folder:
                yield SourceFile(each.path, self._parsed(each))

    def with_open_texts(self, mains: MainPackages) -> MainPackages:
        """Main packages whose open files are parsed from their current texts, which edits must refer to."""
        return MainPackages(*(tuple(map(self._with_open_texts, each)) for each in mains))

    def _with_open_texts(self, main: MainPackage) -> MainPackage:
        return main._replace(files=tuple(self._current(each) for each in main.files))

    def build_texts(self) -> Mapping[str, str]:
        """The texts of the open files other than .go files, by path: any of them can be a build file or a go.work."""
        return {each.path: each.text for each in self.texts.values() if not each.path.endswith(".go")}

    def go_texts(self, folder: str) -> Mapping[str, str]:
        """The texts of the open .go files below a folder, by path."""
        sources = (each for each in self.sources.values() if not is_go_work(each.path))
        return {each.path: each.text for each in sources if each.path.startswith(folder + os.sep)}

    def _current(self, known: SourceFile) -> SourceFile:
        source = self.source_at(known.path)
        if source is None or source.text == known.file.text:
            return known
        return SourceFile(known.path, self._parsed(source))

    def _parsed(self, source: Document) -> GoFile:
        known = self._go_files.get(source.uri)
        if known is None or known.text != source.text:
            known = self._go_files[source.uri] = parse_go_file(source.text)
        return known


def module_folder(source: str) -> str | None:
    """The folder of the module that a .go file belongs to; None if it belongs to none, as vendored files do."""
    folder = os.path.dirname(source)
    while not os.path.isfile(os.path.join(folder, "go.mod")):
        parent = os.path.dirname(folder)
        if parent == folder or os.path.basename(folder) in _NOT_IN_MODULE:
            return None
        folder = parent
    return folder


def refresh_from_disk(gomod: Document) -> bool:
    """Read a go.mod that is not open again. Returns whether it has a text."""
    if gomod.version is None:
        text = text_on_disk(gomod.path)
        gomod.text = text if text is not None else gomod.text
        return text is not None
    return True


def may_make_a_plugin(path: str) -> bool:
    """Whether saving a file can turn its module into a plugin."""
    name = os.path.basename(path)
    return name in ("go.mod", PROJECT_FILE) or (name.endswith(".go") and declares_symbol(text_on_disk(path) or ""))


def is_settings_above(path: str, folder: str) -> bool:
    """Whether a path is that of a project file that may apply to the module in `folder`."""
    parent, name = os.path.split(path)
    return name == PROJECT_FILE and (folder + os.sep).startswith(os.path.join(parent, ""))


def text_on_disk(path: str) -> str | None:
    """The text of a file; None if it cannot be read."""
    try:
        return read_text(path)
    except FileError:
        return None
