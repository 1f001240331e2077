"""Collect what the jobs of a pipeline (GitHub, GitLab) build, and in which images.

A job builds on its runner or in its container. The Go of that place matters only if the job builds the plugin, so it
becomes a builder only through the commands of the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, BuildStep, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import parse_image, with_tag_span
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.yaml_nodes import Node
from layerg_pin.core.buildfiles.yaml_words import YamlWords, load_yaml
from layerg_pin.core.text import Span


def runner_image(span: Span) -> BuildImage:
    """The unknown image, or machine, of a job that names none."""
    return BuildImage(kind=ImageKind.OTHER, name="", tag=None, digest="", span=span)


def read_jobs(
    text: str, budget: Budget | None, read: Callable[[YamlWords, Sequence[Node], PipelineJobs], None]
) -> BuildFile:
    """The build file of a YAML text: `read` adds the jobs of its documents, and may raise LimitExceeded.

    Never raises. Without a `budget`, the limits of one file apply.
    """
    budget = budget or Budget()
    _, documents, unread = load_yaml(text, budget)
    if unread:
        return unread
    jobs = PipelineJobs(text, budget)
    problem = None
    try:
        read(YamlWords(text, budget, lambda _: None), documents, jobs)
    except LimitExceeded as error:
        problem = error
    return jobs.result(problem)


class PipelineJobs:
    """The images and commands of a pipeline's jobs. Its methods raise LimitExceeded, except `result`."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text, self.budget = text, budget
        self.builds: list[ImageBuild] = []
        self._images: list[BuildImage] = []
        self._found: list[CommandResult] = []
        self._drifts: list[Drift] = []

    def image(self, word: Word | None) -> BuildImage | None:
        """An image that a job uses; its reference is unknown if it has a variable without a value."""
        image = parse_image(word) if word else None
        if image is None:
            return runner_image(word.span) if word else None
        self.budget.count_found()
        image = with_tag_span(image, self.text)
        self._images.append(image)
        return image

    def run(self, results: Iterable[CommandResult], pending: list[BuildStep]) -> None:
        """Add the results of commands that run one after the other; `pending` has the steps of earlier ones."""
        here: list[CommandResult] = []
        try:
            here.extend(results)
        finally:
            self._found += here
            self._drifts += drifts_of(here, pending)

    def result(self, problem: LimitExceeded | None) -> BuildFile:
        """The content of the file; `problem` says why it was not read to its end."""
        unread = self.budget.problem(problem) if problem else None
        return to_build_file(self._found, self._images, self._drifts, self.builds)._replace(unread=unread)
