"""Parse `.gitlab-ci.yml` for the images, services and commands of its jobs.

Source: https://docs.gitlab.com/ci/yaml/. Included files are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, BuildStep
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.pipeline_jobs import PipelineJobs, read_jobs, runner_image
from layerg_pin.core.buildfiles.shell_script import CommandContext, shell_values
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.yaml_nodes import Node, entries, items
from layerg_pin.core.buildfiles.yaml_words import YamlWords, is_mapping

_KEYWORDS = frozenset(
    (
        *("default", "image", "services", "stages", "variables", "before_script", "after_script", "include"),
        *("workflow", "cache", "spec"),
    )
)
"""The top-level keys that are not jobs."""
_INHERITED = ("image", "services", "before_script", "after_script")
_MAX_EXTENDS = 11
"""GitLab's limit on jobs that extend each other."""
_MERGE_COST = 10
"""The characters of expanded text that each inherited key counts as."""


def parse_gitlab(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a pipeline; never raises. Without a `budget`, the limits of one file apply."""
    return read_jobs(text, budget, _read)._replace(is_ci_or_dev=True)


def _read(yaml: YamlWords, documents: Sequence[Node], jobs: PipelineJobs) -> None:
    whole = {key: node for document in documents for key, node in entries(document, yaml.budget)}
    _Pipeline(yaml, whole, jobs).read()


class _Pipeline:
    """The jobs of a file with what they inherit. Its methods raise LimitExceeded."""

    def __init__(self, yaml: YamlWords, whole: Mapping[str, Node], jobs: PipelineJobs) -> None:
        self._yaml, self._whole, self._jobs = yaml, whole, jobs
        default = yaml.mapping(whole.get("default"))
        self._default = {key: node for key in _INHERITED if (node := default.get(key) or whole.get(key))}
        self._variables = Environment()
        self._set(whole.get("variables"), self._variables)

    def read(self) -> None:
        """Read all jobs but hidden ones, which others extend."""
        for name, node in self._whole.items():
            if name not in _KEYWORDS and not name.startswith(".") and is_mapping(node, self._yaml.budget):
                self._yaml.budget.at = node.span.start
                self._yaml.budget.count_found()
                self._read_job(name, node)

    def _read_job(self, name: str, node: Node) -> None:
        chain = list(self._chain(name, _MAX_EXTENDS))
        job = {**self._default}
        for each in chain:
            job.update(each)
        environment = self._variables.fork()
        for each in chain:
            self._set(each.get("variables"), environment)
        yaml = self._yaml.with_values(shell_values(environment))
        image = self._image(yaml, job.get("image")) or runner_image(node.span)
        for service in items(job.get("services"), yaml.budget):
            self._image(yaml, service)
        pending: list[BuildStep] = []
        place = CommandContext(yaml.text, yaml.budget, image)
        after = environment.copy()
        for key in ("before_script", "script"):
            self._jobs.run(yaml.run(job.get(key), place, environment), pending)
        later = yaml.with_values(shell_values(after))
        self._jobs.run(later.run(job.get("after_script"), place, after), [])

    def _chain(self, name: str, depth: int) -> Iterator[dict[str, Node]]:
        """The keys of the jobs that a job extends, and then its own."""
        node = self._whole.get(name)
        if node is None or not depth:
            return
        own = self._yaml.mapping(node)
        self._yaml.budget.count_expanded(_MERGE_COST * len(own))
        extended = own.get("extends")
        single = self._yaml.word(extended)
        for each in [single] if single else self._yaml.words(extended):
            self._yaml.budget.count_expanded(_MERGE_COST)
            yield from self._chain(each.text, depth - 1)
        yield own

    def _set(self, node: Node | None, environment: Environment) -> None:
        """Set variables, each a value or a mapping with one."""
        yaml = self._yaml.with_values(shell_values(environment))
        for name, value in entries(node, yaml.budget):
            word = yaml.word(value) or yaml.word(yaml.mapping(value).get("value"))
            environment.set(name, word or Word("", value.span), exported=True)

    def _image(self, yaml: YamlWords, node: Node | None) -> BuildImage | None:
        return self._jobs.image(yaml.word(yaml.mapping(node).get("name")) or yaml.word(node))
