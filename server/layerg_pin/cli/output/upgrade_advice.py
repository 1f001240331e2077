"""Name the `upgrade` command that makes a fix in a build file, if there is one."""

from __future__ import annotations

from functools import cached_property

from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.fix_advice import command_line
from layerg_pin.core.buildfiles.retagging import MoveTarget, moved_tags
from layerg_pin.core.finding import Fix
from layerg_pin.core.known.release_names import release_name
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import LineIndex
from layerg_pin.engine.checked_plugin import Checked


class UpgradeAdvice:
    """The tags that the upgrade of a plugin to its host's release would change, computed when first needed."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked

    def command_for(self, fix: Fix) -> str:
        """The command that makes a fix; empty if `upgrade` leaves the line, or makes another change there."""
        changes = {
            (other.path, LineIndex(other.text).line_of(edit.span.start), edit.new)
            for other in fix.others
            for edit in other.edits
        }
        if not changes or not changes <= self._changes:
            return ""
        folder = display_path(self._checked.folder)
        host = self._checked.snapshot.host
        assert isinstance(host, HostManifest)
        return command_line("upgrade", host.reference, *(() if folder == "." else (folder,)))

    @cached_property
    def _changes(self) -> set[tuple[str, int, str]]:
        """The path, 0-based line and new text of each change; empty if the host is no release."""
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
