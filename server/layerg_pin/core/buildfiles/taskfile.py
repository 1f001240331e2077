"""Parse a Taskfile for the commands that build plugins.

Templates `{{.NAME}}` become references of the same length, so that offsets stay. Source:
https://taskfile.dev/docs/reference/schema. Included files are not read, and values that commands compute are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from layerg_pin.core.buildfiles.budget import Budget
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildStep
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.pipeline_jobs import PipelineJobs, read_jobs
from layerg_pin.core.buildfiles.shell_script import CommandContext, shell_values
from layerg_pin.core.buildfiles.shell_words import Expand, Word
from layerg_pin.core.buildfiles.yaml_nodes import Node, entries, items
from layerg_pin.core.buildfiles.yaml_words import YamlWords, is_mapping

_COMMAND_COST = 10
"""The characters of expanded text that each command counts as, because several tasks can have the same list."""
_TEMPLATE = re.compile(r"\{\{([^{}$\n]*)\}\}")
_REFERENCE = re.compile(r"\$\{([^{}\n]*) \}")
_QUOTED = r"""\\?["']([^"'\\]*)\\?["']"""
_VALUE = re.compile(rf"-?\s*\.(\w+)(?:\s*\|\s*default\s+{_QUOTED})?\s*-?", re.ASCII)
_DEFAULT = re.compile(rf"-?\s*default\s+{_QUOTED}\s+\.(\w+)\s*-?", re.ASCII)


def parse_taskfile(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a Taskfile; never raises. Without a `budget`, the limits of one file apply."""
    return read_jobs(_TEMPLATE.sub(r"${\1 }", text), budget, _read)


def _read(yaml: YamlWords, documents: Sequence[Node], jobs: PipelineJobs) -> None:
    for document in documents:
        _read_document(yaml, yaml.mapping(document), jobs)


def _read_document(yaml: YamlWords, whole: Mapping[str, Node], jobs: PipelineJobs) -> None:
    variables, environment = Environment(), Environment()
    _set(yaml, whole, variables, environment)
    for node in yaml.mapping(whole.get("tasks")).values():
        yaml.budget.at = node.span.start
        yaml.budget.count_found()
        own, exported = variables.copy(), environment.fork()
        task = yaml.mapping(node)
        _set(yaml, task, own, exported)
        expanding = yaml.with_values(_templates(own, exported))
        if folder := expanding.word(task.get("dir")):
            exported.enter(folder)
        pending: list[BuildStep] = []
        place = CommandContext(yaml.text, yaml.budget)
        listed = task.get("cmds") or task.get("cmd") or (None if task else node)
        for command in items(listed, yaml.budget) or ([listed] if listed else []):
            yaml.budget.count_expanded(_COMMAND_COST)
            inner = exported.copy()  # each command has a shell of its own
            script = yaml.mapping(command).get("cmd") if is_mapping(command, yaml.budget) else command
            running = yaml.with_values(_templates(own, inner))
            jobs.run(running.run(script, place, inner), pending)


def _set(yaml: YamlWords, owner: Mapping[str, Node], variables: Environment, environment: Environment) -> None:
    """Set the variables of templates and those of commands."""
    expanding = yaml.with_values(_templates(variables, environment))
    for key, target in (("env", environment), ("vars", variables)):
        for name, node in entries(owner.get(key), yaml.budget):
            word = expanding.word(node)
            computed = word is None and is_mapping(node, yaml.budget)
            target.set(name, word or Word("", node.span, not computed), exported=key == "env")


def _templates(variables: Environment, environment: Environment) -> Expand:
    """A function that expands templates, and references of the shell."""
    of_shell = shell_values(environment)

    def expand(reference: str) -> str | None:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            return of_shell(reference)
        content = match[1].strip()
        if found := _VALUE.fullmatch(content):
            name, default = found[1], found[2]
        elif found := _DEFAULT.fullmatch(content):
            name, default = found[2], found[1]
        else:
            return None
        for each in (variables, environment):
            if name in each.values:
                value = each.values[name]
                return default if value == "" and default else value
        return default

    return expand
