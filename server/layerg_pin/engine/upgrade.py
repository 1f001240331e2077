"""Move plugins to another release of their host: everything is computed first, and then written together."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.analysis.unreadable_input import unreadable_input
from layerg_pin.core.buildfiles.budget import FILE_LIMITS
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.retagging import (
    MoveTarget,
    TagChange,
    Unmoved,
    images_of_release,
    moved_tags,
    unmoved_images,
)
from layerg_pin.core.gomod.edits import exclude_removals
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.known.known_hosts import PLUGIN_APIS
from layerg_pin.core.known.release_names import ReleaseName
from layerg_pin.core.known.releases import releases
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import ModuleVersion, Source
from layerg_pin.core.model.snapshot import Vendored
from layerg_pin.core.text import LineIndex, apply_edits
from layerg_pin.engine.checked_plugin import Checked
from layerg_pin.engine.host_moves import HostMove, host_move
from layerg_pin.engine.plugin_check import Checker, sources_in
from layerg_pin.engine.tagged_release import tagged_release
from layerg_pin.engine.upgraded_work import with_work_line, work_change
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, PluginSource
from layerg_pin.go.tidying import tidied_files, vendored_copy
from layerg_pin.source_tree.build_file_parsing import ENV_FILE
from layerg_pin.source_tree.build_files import (
    build_file_paths,
    read_build_files,
    read_build_files_below,
    repository_root,
)
from layerg_pin.system.file_transaction import FileChange, FolderChange
from layerg_pin.system.leftovers import SIBLING_PREFIX
from layerg_pin.system.text_files import FileError, read_text

_MAX_TIDY_RUNS = 4
"""`go mod tidy` can undo a fix, and a fix can make another run necessary."""


class PluginUpgrade(NamedTuple):
    """A plugin before and after."""

    before: Checked
    after: Checked
    number: str
    """The release that it was built for; empty if unknown."""


class ManualStep(NamedTuple):
    """Something that people must do by hand; `path` is absolute."""

    message: str
    path: str
    line: int | None = None
    """0-based."""


class Upgrade(NamedTuple):
    """All changes that an upgrade makes, of which nothing is written yet."""

    target: ReleaseName
    plugins: tuple[PluginUpgrade, ...]
    files: tuple[FileChange, ...]
    folders: tuple[FolderChange, ...]
    """The vendor folders that are replaced."""
    tags: tuple[TagChange, ...]
    manual_steps: tuple[ManualStep, ...]
    elsewhere: tuple[ManualStep, ...] = ()
    """Images of the old release in other build files of the repository, which are not changed."""

    @property
    def before(self) -> dict[str, str]:
        """The present texts of the changed files, by absolute path; empty for a new file."""
        return {each.path: each.before or "" for each in self.files}

    @property
    def after(self) -> dict[str, str]:
        """Their new texts."""
        return {each.path: each.after for each in self.files}


class ImagesLeftError(FileError):
    """Images that would still name another release. Nothing was written."""

    def __init__(self, images: Sequence[Unmoved]) -> None:
        super().__init__("nothing was written, because these images would still be of another release:")
        self.images = tuple(images)


class UpgradeOptions(NamedTuple):
    """How to compute an upgrade."""

    scratch: ExitStack
    """Removes new vendor folders when it is closed."""
    compiles: bool = False
    """Whether to compile the plugins."""
    is_preview: bool = False
    """Whether nothing will be written, so that new vendor folders need not be beside the present ones."""
    vendors: bool = True
    """Whether to regenerate vendor folders; otherwise they become stale, and the check vendor-stale reports that."""
    unsaved: Mapping[str, str] = MappingProxyType({})
    """The texts of open files, by absolute path, which replace those on disk."""


def plan_upgrade(
    checker: Checker, go: Go, root: str, folders: Sequence[str], target: ReleaseName, options: UpgradeOptions
) -> Upgrade:
    """Compute the upgrade of the plugins in the tree of `root`. `checker` has the target as its host.

    `folders` must contain all plugins that share the files that name the host, see `shared_build`.
    Raises FileError and GoError, and then nothing is to be written.
    """
    unsaved = options.unsaved
    checker.pending = dict(unsaved)
    before = [_readable(checker.check(folder)) for folder in folders]
    sources = _sources(folders, unsaved)
    moves = [_move(each, sources[each.folder], target) for each in before]
    move_target = MoveTarget(target.host, target.number, releases(target.host.name)[target.number].go)
    old = next((each.number for each in moves if each.number), "")
    every = _every(root, folders, sources, unsaved)
    present = _build_texts(folders, every.values(), unsaved)
    new_texts, tags = moved_tags(every.values(), present, move_target, old)
    files = {path: FileChange(path, present[path], text) for path, text in new_texts.items() if text != present[path]}
    files |= {change.path: change for move in moves for change in move.files}
    now = {**unsaved, **new_texts}
    moved = _sources(folders, now)
    every_moved = _every(root, folders, moved, now)
    unmoved = list(unmoved_images(every_moved.values(), move_target, old))
    if wrong := [each for each in unmoved if each.contradicts]:
        raise ImagesLeftError(wrong)
    manual_steps = [ManualStep(each.reason, each.path, each.line) for each in unmoved]
    manual_steps += (
        ManualStep(f"how the plugin is built is not known: {source.file.unread.message}", source.path)
        for source in every_moved.values()
        if source.file.unread
    )
    for each, move in zip(before, moves, strict=True):
        manual_steps += _naming(each, move, moved[each.folder], target)
    checker.pending = dict(now)
    plugins, vendored = [], []
    for each, move in zip(before, moves, strict=True):
        after, changes, folder = _upgraded(checker, go, each, options)
        files |= {change.path: change for change in _merged(files, changes)}
        checker.pending |= {change.path: change.after for change in changes if not change.path.endswith("go.sum")}
        vendored += folder
        plugins.append(PluginUpgrade(each, after, move.number))
    return Upgrade(
        target=target,
        plugins=tuple(plugins),
        files=tuple(each for each in files.values() if each.before != each.after),
        folders=tuple(vendored),
        tags=tags,
        manual_steps=tuple(manual_steps),
        elsewhere=tuple(_elsewhere(root, every, move_target, old, unsaved)),
    )


def _elsewhere(
    root: str, every: Mapping[str, BuildSource], target: MoveTarget, old: str, unsaved: Mapping[str, str]
) -> Iterator[ManualStep]:
    repository = repository_root(root)
    if repository == root or old in ("", target.number):
        return
    inside = root + os.sep
    below = read_build_files_below(repository, (root,), unsaved)
    others = (each for each in below if each.path not in every and not each.path.startswith(inside))
    for each in images_of_release(others, target.host, old):
        yield ManualStep(f"{each.reason} was not changed", each.path, each.line)


def _readable(checked: Checked) -> Checked:
    """The plugin. Raises FileError if a file of it cannot be read, so that nothing may be written."""
    if checked.project and checked.project.faults:
        raise FileError(f"{checked.project.problems[0]}; nothing was written", checked.project.path)
    if broken := unreadable_input(checked.snapshot):
        raise FileError(broken.described(broken.path), broken.path)
    return checked


def _move(checked: Checked, sources: Sequence[BuildSource], target: ReleaseName) -> HostMove:
    gomod = checked.snapshot.gomod
    apis = [api for api in PLUGIN_APIS if api in gomod.required]
    if apis and target.host.api not in apis:
        path = checked.snapshot.plugin.path
        raise FileError(f"{path} requires {apis[0]}, not the plugin API of {target.host.title}", path)
    return host_move(checked.folder, gomod, checked.project, sources, target)


def _sources(folders: Sequence[str], unsaved: Mapping[str, str]) -> dict[str, tuple[BuildSource, ...]]:
    return {folder: read_build_files(folder, unsaved) for folder in folders}


def _every(
    root: str, folders: Sequence[str], sources: Mapping[str, Sequence[BuildSource]], unsaved: Mapping[str, str]
) -> dict[str, BuildSource]:
    """The plugins' build files, and the others in the tree, by absolute path."""
    below = {source.path: source for source in read_build_files_below(root, folders, unsaved)}
    return below | {source.path: source for some in sources.values() for source in some}


def _build_texts(folders: Sequence[str], sources: Iterable[BuildSource], unsaved: Mapping[str, str]) -> dict[str, str]:
    """The texts of all build files and `.env` files, which can assign variables, by absolute path."""
    paths = dict.fromkeys(source.path for source in sources)
    paths |= dict.fromkeys(os.path.join(os.path.dirname(path), ENV_FILE) for path in list(paths))
    paths |= dict.fromkeys(path for folder in folders for path in build_file_paths(folder))
    texts = {}
    for path in paths:
        if path in unsaved:
            texts[path] = unsaved[path]
        elif os.path.isfile(path):
            try:
                texts[path] = read_text(path, FILE_LIMITS.characters)
            except FileError:
                continue  # larger than any file that is read for images
    return texts


def _naming(
    checked: Checked, move: HostMove, sources: Sequence[BuildSource], target: ReleaseName
) -> Iterator[ManualStep]:
    """What is left to do so that the next check finds the release. Raises FileError if another one would be found."""
    path = checked.snapshot.plugin.path
    found = tagged_release(checked.folder, sources)
    if move.tagged and found and found[0].number != target.number:
        place = f"{found[1].path}:{(found[1].line or 0) + 1}"
        raise FileError(
            f"{place}: a floating tag names the host and means {found[0]}: write {target.number} there, and upgrade "
            "again; nothing was written",
            found[1].path,
        )
    if not move.is_named and not found:
        yield ManualStep(f"no file names the host: run `layerg-pin init --host {target}`", path)


def _upgraded(
    checker: Checker, go: Go, before: Checked, options: UpgradeOptions
) -> tuple[Checked, list[FileChange], list[FolderChange]]:
    """A plugin fixed and tidied in memory, with the changes of its files and its vendor folder. Raises GoError."""
    folder, path = before.folder, before.snapshot.plugin.path
    checked = checker.check(folder, _without_old_excludes(checker, before), before)
    if not isinstance(checked.snapshot.host, HostManifest):
        raise FileError(checked.snapshot.host.message)
    fixed = checker.fix(checked)
    sum_path = os.path.join(folder, "go.sum")
    old_sum = read_text(sum_path) if os.path.isfile(sum_path) else None
    gosum = old_sum or ""
    for _ in range(_MAX_TIDY_RUNS):
        source = PluginSource(folder, fixed.text, True, sources_in(folder, options.unsaved))
        text, gosum = _tidied(go, source, checker.cancellation)
        texts = with_work_line({**fixed.texts, path: text})
        if texts == fixed.texts:
            break
        fixed = checker.fix(checker.check(folder, texts, fixed))
    if fixed.snapshot.go_failure:
        raise GoError(f"Go cannot list the packages of {folder}, so nothing was written: {fixed.snapshot.go_failure}")
    if options.compiles:
        fixed = checker.compile(fixed, before)
    changes = [FileChange(each, text, fixed.texts[each]) for each, text in before.texts.items() if each in fixed.texts]
    changes += work_change(checker.pending, folder, fixed.text, options.unsaved) if before.outside_workspace else []
    if gosum or old_sum is not None:
        changes.append(FileChange(sum_path, old_sum, gosum))
    if before.snapshot.vendored is None or not options.vendors:
        return fixed, changes, []
    try:
        made = tempfile.mkdtemp(prefix=SIBLING_PREFIX, dir=None if options.is_preview else folder)
    except OSError as error:
        raise FileError(f"{folder}/vendor cannot be written: {error.strerror}; nothing was written", folder) from error
    options.scratch.callback(_remove, made)
    target = os.path.join(made, "vendor")
    vendored_copy(go, PluginSource(folder, fixed.text, True), gosum, target, checker.cancellation)
    listing = os.path.join(target, "modules.txt")
    parsed = parse_modules_txt(read_text(listing) if os.path.isfile(listing) else "")
    vendored = Vendored(Source(listing, LineIndex(parsed.text)), parsed)
    after = fixed.with_snapshot(fixed.snapshot._replace(vendored=vendored))
    return after, changes, [FolderChange(os.path.join(folder, "vendor"), target)]


def _tidied(go: Go, source: PluginSource, cancellation: Cancellation) -> tuple[str, str]:
    """The go.mod and go.sum that `go mod tidy` makes of a go.mod. Raises GoError."""
    try:
        return tidied_files(go, source, cancellation)
    except GoCancelled:
        raise
    except GoError as error:
        raise GoError(f"`go mod tidy` for {source.folder} failed, so nothing was written: {error}") from error


def _remove(folder: str) -> None:
    import shutil  # imported here: most plugins have no vendor folder

    shutil.rmtree(folder, ignore_errors=True)


def _without_old_excludes(checker: Checker, before: Checked) -> dict[str, str]:
    """The texts without excludes of versions that the new host has: these excludes held the old host's versions."""
    host, gomod = before.snapshot.host, before.snapshot.gomod
    texts = {path: checker.pending.get(path, text) for path, text in before.texts.items()}
    if isinstance(host, HostManifest):
        wanted = (ModuleVersion(each.path, each.version) for each in host.modules.values() if each.version)
        path = before.snapshot.plugin.path
        texts[path] = apply_edits(gomod.text, exclude_removals(gomod, wanted))
    return texts


def _merged(files: Mapping[str, FileChange], changes: Sequence[FileChange]) -> Iterator[FileChange]:
    """The changes, with the first text of a file that several plugins share, as go.work."""
    for each in changes:
        known = files.get(each.path)
        yield each._replace(before=known.before) if known else each
