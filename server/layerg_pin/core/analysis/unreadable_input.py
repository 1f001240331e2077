"""Whether the fix for all modules may be written: not while a file that it depends on cannot be read completely.

This is the rule for `fix`, for `Align all` in an editor, and for `source.fixAll`.
"""

from typing import NamedTuple

from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.model.modules import Source
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import LineIndex, Problem, merge_conflict

_VENDORS = "run `go mod vendor` in the host's folder"


class UnreadableInput(NamedTuple):
    """Why nothing is written."""

    path: str
    """Absolute."""
    line: int | None
    """0-based; None if the reason is not one line."""
    message: str
    remedy: str
    """Empty if the message includes it."""

    def described(self, name: str) -> str:
        """The reason with its place and the remedy; `name` is the file's name for people."""
        place = name if self.line is None else f"{name}:{self.line + 1}"
        if not self.remedy:
            return f"{place}: {self.message}; nothing was written"
        return f"{place}: {self.message}: nothing was written, {self.remedy}"


def unreadable_input(snapshot: Snapshot) -> UnreadableInput | None:
    """The first line of the plugin's go.mod, go.work, go.sum or vendor/modules.txt, or of the host's file, that cannot
    be parsed; None if all can, so that a fix may be written. It does not matter whether the check `syntax` is off.
    """
    gomod, host = snapshot.gomod, snapshot.host
    if gomod.unreadable:
        return broken(snapshot.plugin, gomod.unreadable)
    if snapshot.workspace and (problems := snapshot.workspace.work.unreadable):
        return broken(Source(snapshot.workspace.path, LineIndex(snapshot.workspace.work.text)), problems)
    if snapshot.conflicted:
        return broken(snapshot.conflicted[0], ())
    if gomod.module is None:
        return UnreadableInput(snapshot.plugin.path, None, "no module line", "add one first")
    if isinstance(host, HostManifest) and host.problems:
        return broken(host.source, host.problems)
    return None


def broken(source: Source, problems: tuple[Problem, ...]) -> UnreadableInput:
    """The first problem of a file, with its remedy; a merge conflict takes precedence."""
    conflict = merge_conflict(source.index.text)
    problem = conflict or problems[0]
    line = source.index.line_of(problem.span.start)
    remedy = "" if conflict else _VENDORS if source.path.endswith(".txt") else "fix it first"
    return UnreadableInput(source.path, line, problem.message, remedy)
