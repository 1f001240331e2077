"""The phrases that the text report and the Markdown report of an upgrade share."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerg_pin.core.analysis.release_changes import ModuleChange, ReleaseChanges, release_changes
from layerg_pin.core.analysis.verdict import fixes_left
from layerg_pin.core.finding import Severity
from layerg_pin.engine.distinct_names import distinct_names
from layerg_pin.engine.upgrade import ManualStep, PluginUpgrade, Upgrade
from layerg_pin.source_tree.build_file_parsing import is_below
from layerg_pin.system.text_files import LineIndexes

Display = Callable[[str], str]
"""Shortens an absolute path for people."""


class Step(NamedTuple):
    """An old release, what the new one changes, and the plugins that were built for it."""

    number: str
    changes: ReleaseChanges | None
    plugins: list[PluginUpgrade]


def steps(upgrade: Upgrade) -> list[Step]:
    """The plugins by the release that they were built for."""
    found: dict[str, Step] = {}
    host, new = upgrade.target.host, upgrade.target.number
    for each in upgrade.plugins:
        if each.number not in found:
            found[each.number] = Step(each.number, release_changes(host, each.number, new), [])
        found[each.number].plugins.append(each)
    return list(found.values())


def compiled_modules(plugin: PluginUpgrade) -> frozenset[str]:
    """The modules that a plugin compiles, before or after."""
    builds = (plugin.before.snapshot.build, plugin.after.snapshot.build)
    return frozenset(module.path for build in builds if build for module in build.compiled)


def verification_command(upgrade: Upgrade) -> str:
    """The command that shows whether the server loads the plugin."""
    return f"layerg-pin predict --host {upgrade.target.host.name}@{upgrade.target.number} PLUGIN.so"


def title(upgrade: Upgrade, number: str, *, is_known: bool = True) -> str:
    """The release before, `number`, and the one after; `is_known` is whether the one before is in the catalogue."""
    host, new = upgrade.target.host.title, upgrade.target.number
    if number == new and _changes_files(upgrade, number):
        return f"{host} {new}: this is the plugin's host already; the files below are brought into line with it"
    if number == new:
        return f"{host} {new}: the plugin is built for this release already"
    unknown = "" if is_known else ": what else differs is not known"
    return f"{host} {number} -> {new}{unknown}" if number else f"{host} {new}; the release before is not known"


def _changes_files(upgrade: Upgrade, number: str) -> bool:
    """Whether a file of the plugins that were built for a release changes."""
    folders = [each.after.folder for each in upgrade.plugins if each.number == number]
    is_every = len(folders) == len(upgrade.plugins)  # then files outside of the plugins are theirs too
    return any(is_every or any(is_below(file.path, folder) for folder in folders) for file in upgrade.files)


def module_words(change: ModuleChange) -> str:
    """The change of a module in words."""
    if change.before is None:
        return f"{change.path} {change.after} is added"
    return f"{change.path} {change.before} -> {change.after}" if change.after else f"{change.path} is removed"


def other_modules(changes: ReleaseChanges, compiled: frozenset[str]) -> str:
    """The number of modules that only the server links; empty if there are none."""
    rest = [each for each in changes.modules if each.path not in compiled]
    new, gone = sum(each.before is None for each in rest), sum(each.after is None for each in rest)
    changed = len(rest) - new - gone
    numbers = ((changed, "changes", "change"), (new, "is added", "are added"), (gone, "is removed", "are removed"))
    parts = [f"{number} {one if number == 1 else many}" for number, one, many in numbers if number]
    return f"of the modules that the plugin does not compile, {', '.join(parts)}" if parts else ""


def compiled_changes(changes: ReleaseChanges, compiled: frozenset[str]) -> list[ModuleChange]:
    """The changes of modules that the plugin compiles."""
    return [each for each in changes.modules if each.path in compiled]


def left_by_hand(upgrade: Upgrade) -> list[ManualStep]:
    """What people must change: the manual steps, and the errors and warnings with a fix that is left."""
    found = dict.fromkeys(upgrade.manual_steps)
    for plugin in upgrade.plugins:
        indexes = LineIndexes(plugin.after.snapshot.indexes())
        for each in fixes_left(plugin.after.findings):
            found[ManualStep(each.message, each.path, indexes.of(each.path).line_of(each.span.start))] = None
    return [*found]


def compile_sentences(upgrade: Upgrade, display: Display) -> Iterator[str]:
    """A sentence about each plugin that was compiled, and has no errors."""
    release = f"{upgrade.target.host.title} {upgrade.target.number}"
    for plugin in upgrade.plugins:
        compiled = plugin.after.snapshot.compiled
        if compiled and not compiled.errors and not compiled.uncertainty and not _has_errors(plugin):
            yield f"{plugin_name(upgrade, plugin, display)} compiles with the API of {release}"


def _has_errors(plugin: PluginUpgrade) -> bool:
    return any(each.severity is Severity.ERROR for each in plugin.after.findings)


def place_words(path: str, line: int | None, display: Display) -> str:
    """A path with its line, if it has one."""
    return display(path) if line is None else f"{display(path)}:{line + 1}"


def plugin_name(upgrade: Upgrade, plugin: PluginUpgrade, display: Display) -> str:
    """The plugin's module, with its folder if the module path is repeated; its folder if there is no module line."""
    modules = {each.after.folder: each.after.snapshot.gomod.module for each in upgrade.plugins}
    paths = {folder: module.text if module else "" for folder, module in modules.items()}
    return distinct_names(paths, display)[plugin.after.folder]
