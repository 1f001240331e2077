"""Find the effective replace of a module, and compare replacements.

Source: https://go.dev/ref/mod#go-mod-file-replace; replaces in a go.work take precedence over those of its modules.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from layerg_pin.core.gomod.directives import Replace
from layerg_pin.core.gomod.parser import GoMod
from layerg_pin.core.model.modules import ModuleVersion, Replacement
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.core.paths import joined, parent_folder


class LocatedReplace(NamedTuple):
    """A replace, with the absolute folder that its relative target starts from."""

    replace: Replace
    folder: str
    in_workspace: bool = False
    """Whether it is in the go.work."""
    member: str = ""
    """The module path of the workspace member with this replace; empty for the plugin itself and for go.work."""

    @property
    def target(self) -> Replacement:
        version = self.replace.target_version
        if version is not None:
            return Replacement(self.replace.target.text, version.text)
        return Replacement(absolute(self.folder, self.replace.target.text), None)


class Replaces(tuple[LocatedReplace, ...]):
    """The replaces of a build in order of precedence."""

    @cached_property
    def by_module(self) -> dict[str, list[LocatedReplace]]:
        """The replaces of each module path: a go.mod may have thousands, and each module of a build is looked up."""
        found: dict[str, list[LocatedReplace]] = {}
        for each in self:
            found.setdefault(each.replace.module.text, []).append(each)
        return found


def replaces_of(gomod: GoMod, folder: str, workspace: Workspace | None) -> Replaces:
    """The replaces of a plugin's build."""
    return Replaces(_replaces(gomod, folder, workspace))


def _replaces(gomod: GoMod, folder: str, workspace: Workspace | None) -> Iterator[LocatedReplace]:
    if workspace:
        base = parent_folder(workspace.path)
        yield from (LocatedReplace(each, base, True) for each in workspace.work.replaces)
    yield from (LocatedReplace(each, folder) for each in gomod.replaces)
    for member in workspace.members if workspace else ():
        path = member.gomod.module.text if member.gomod.module else ""
        yield from (LocatedReplace(each, member.folder, member=path) for each in member.gomod.replaces)


def effective_replace(replaces: Replaces, module: ModuleVersion) -> LocatedReplace | None:
    """The effective replace of a module: one for its exact version takes precedence over one for all versions, and
    go.work over go.mod (Go: modload.replacementFrom).
    """
    found = replaces.by_module.get(module.path, [])
    exact = [each for each in found if each.replace.version and each.replace.version.text == module.version]
    general = [each for each in found if each.replace.version is None]
    return min(exact + general, key=lambda each: not each.in_workspace, default=None)


def absolute(folder: str, target: str) -> str:
    """The absolute path of a replace's folder."""
    return joined(folder, target)


def is_same(module: ModuleVersion, left: Replacement | None, right: Replacement | None) -> bool:
    """Whether two replacements of a module refer to the same source. One by the module itself counts as none."""
    itself = Replacement(module.path, module.version)
    return (None if left == itself else left) == (None if right == itself else right)
