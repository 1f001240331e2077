"""Collect what a script of another language does, from its translation into shell syntax of the same length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildStep
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_each_command
from layerg_pin.core.buildfiles.shell_words import Expand, Word

Read = Callable[[str], tuple[str, Iterator[Sequence[Word]]]]
"""Translates a file, and yields its commands while it applies the assignments between them. May raise LimitExceeded."""


def parse_translated(text: str, budget: Budget, environment: Environment, expand: Expand, read: Read) -> BuildFile:
    """Parse a script that `read` translates; never raises."""
    found: list[CommandResult] = []
    unread = None
    environment.is_folder_sure = False  # blocks and `popd` of the language are not followed
    try:
        budget.count_characters(len(text))
        shell, split = read(text)
        found.extend(parse_each_command(CommandContext(shell, budget), split, environment, expand))
    except LimitExceeded as error:
        unread = budget.problem(error)
    left: list[BuildStep] = []
    drifts = drifts_of(found, left)
    return to_build_file(found, drifts=drifts)._replace(unread=unread)
