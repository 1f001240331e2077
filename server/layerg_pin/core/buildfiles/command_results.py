"""Collect the results of parsed commands in a build file, with the steps that precede each build."""

from collections.abc import Sequence
from typing import NamedTuple

from layerg_pin.core.buildfiles.build_file import (
    LIBRARY_MODES,
    BuildCommand,
    BuildFile,
    BuildImage,
    BuildStep,
    ComposeRun,
    Delegate,
    Drift,
    ImageBuild,
    ImageKind,
)

_OTHER_MODES = ("", "default", "exe", "pie", *LIBRARY_MODES)
"""The values of -buildmode that build no plugin (Go: `go help buildmode`)."""

MAX_STEPS = 20
"""Limit on the steps before one build, which stages and recipes pass on. No known file has as many."""


class CommandResult(NamedTuple):
    """The result of parsing one command."""

    images: tuple[BuildImage, ...] = ()
    commands: tuple[BuildCommand, ...] = ()
    steps: tuple[BuildStep, ...] = ()
    builds: tuple[ImageBuild, ...] = ()
    delegates: tuple[Delegate, ...] = ()
    runs: tuple[ComposeRun, ...] = ()


def drifts_of(found: Sequence[CommandResult], pending: list[BuildStep]) -> list[Drift]:
    """The steps that precede a build, for commands in execution order.

    `pending` has the steps of earlier commands, and keeps those that no build has followed.
    """
    drifts: list[Drift] = []
    for each in found:
        waiting = sorted(each.steps, key=lambda step: step.span)
        plugins = (command for command in each.commands if command.mode == "plugin")
        for command in sorted(plugins, key=lambda command: command.span):
            before = [step for step in waiting if step.span < command.span]
            drifts += (Drift(step, command.span) for step in (*pending, *before) if _may_affect(step, command))
            waiting = waiting[len(before) :]
            pending.clear()
        pending += waiting[: max(0, MAX_STEPS - len(pending))]
    return drifts


def _may_affect(step: BuildStep, command: BuildCommand) -> bool:
    """Whether the file written by a step can belong to the module of a build."""
    if step.folder is None or command.folder is None or step.folder == command.folder:
        return True
    return command.folder.startswith(f"{step.folder.rstrip('/')}/")


def to_build_file(
    found: Sequence[CommandResult],
    images: Sequence[BuildImage] = (),
    drifts: Sequence[Drift] = (),
    builds: Sequence[ImageBuild] = (),
) -> BuildFile:
    """A build file from its commands, in file order and without duplicates."""
    first = {drift.step.span: drift for drift in reversed(drifts)}
    of_images = (*builds, *(build for each in found for build in each.builds))
    every = dict.fromkeys((*images, *(image for each in found for image in each.images)))
    commands = {command.span: command for each in found for command in each.commands}
    ordered = [commands[span] for span in sorted(commands)]
    return BuildFile(
        images=tuple(sorted((each for each in every if each.kind is not ImageKind.OTHER), key=lambda each: each.span)),
        commands=tuple(each for each in ordered if each.mode == "plugin"),
        dockerfiles=tuple(dict.fromkeys(build.dockerfile for build in of_images)),
        programs=tuple(each for each in ordered if each.mode in _OTHER_MODES),
        drifts=tuple(first[span] for span in sorted(first)),
        builds=of_images,
        delegates=tuple(sorted((each for part in found for each in part.delegates), key=lambda each: each.span)),
        runs=tuple(run for each in found for run in each.runs),
    )
