"""Name the `upgrade` command that makes a fix in a build file, if there is one."""

from __future__ import annotations

from functools import cached_property

from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.fix_advice import command_line
from layerg_pin.core.buildfiles.retagging import MoveTarget, moved_tags
from layerg_pin.core.finding import Fix
from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex, enumerated
from layerg_pin.engine.checked_plugin import Checked

_Change = tuple[str, int, str]
"""The path of a build file, a 0-based line, and the new text there."""


class UpgradeAdvice:
    """The tags that the upgrade of a plugin to its host's release would change, computed when first needed."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked

    def rows(self) -> list[str]:
        """A line for the command and the lines of build files that it changes; none if it makes no fix."""
        places = dict[str, None]()
        command = ""
        for fix in (fix for finding in self._checked.findings for fix in finding.fixes):
            if found := self.command_for(fix):
                command = found
                places.update(dict.fromkeys(f"{display_path(path)}:{line + 1}" for path, line, _ in _changes_of(fix)))
        return [f"{command} changes {enumerated([*places])}"] if command else []

    def command_for(self, fix: Fix) -> str:
        """The command that makes a fix; empty if `upgrade` leaves the line, or makes another change there."""
        changes = _changes_of(fix)
        if not changes or fix.edits or not self._changes.issuperset(changes):
            return ""
        folder = display_path(self._checked.folder)
        host = self._checked.snapshot.host
        assert isinstance(host, HostManifest)
        return command_line("upgrade", host.reference, *(() if folder == "." else (folder,)))

    @cached_property
    def _changes(self) -> set[_Change]:
        """Empty if the host is no release."""
        snapshot = self._checked.snapshot
        host = snapshot.host
        name = release_name(host.reference) if isinstance(host, HostManifest) and host.kind == "release" else None
        if name is None or not name.number:
            return set()
        from layerg_pin.core.known.releases import releases  # imported here: the table is large

        target = MoveTarget(name.host, name.number, releases(name.host.name)[name.number].go)
        texts = {source.path: source.index.text for source in snapshot.builders}
        _, tags = moved_tags(snapshot.builders, texts, target, "")
        return {(each.path, each.line, each.after) for each in tags}


def _changes_of(fix: Fix) -> list[_Change]:
    return [
        (other.path, LineIndex(other.text).line_of(edit.span.start), edit.new)
        for other in fix.others
        for edit in other.edits
    ]
