"""Read compose files as Docker Compose does: with the `.env` file beside them, and merged with each other.

Source: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/. An override file is always merged with
the base file. A variant, such as `docker-compose.prod.yml`, is read as if it is used together with the base file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from layerg_pin.core.buildfiles.budget import FILE_LIMITS, Budget
from layerg_pin.core.buildfiles.build_file import BuildFile, ComposeRun
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.text import Problem, Span, merge_conflict
from layerg_pin.source_tree.build_file_parsing import (
    COMPOSE_BASES,
    ENV_FILE,
    is_below,
    read_build_text,
    reason_of,
    unsaved_or_read,
    without_mark,
)
from layerg_pin.system.text_files import FileError

if TYPE_CHECKING:
    from layerg_pin.core.buildfiles.command_words import Environment
    from layerg_pin.core.buildfiles.yaml_words import YamlText

_NAME = r"((?:docker-)?compose)(\.[\w.-]+)?\.ya?ml"
_OVERRIDES = tuple(f"{stem}.override.{ending}" for stem in ("compose", "docker-compose") for ending in ("yml", "yaml"))

Loaded = dict[str, "YamlText | None"]
"""Compose files by path, each parsed once; None for one that cannot be read."""


def read_compose(
    path: str,
    text: str,
    budget: Budget,
    unsaved: Mapping[str, str],
    loaded: Loaded,
    runs: Sequence[ComposeRun] = (),
    root: str = "",
) -> BuildFile:
    """The content of a compose file, merged with those that belong to it. Files that cannot be read are not merged.

    `unsaved` are the texts of open files by absolute path, and `runs` the commands that run the project. Services
    can extend those of other files below `root`.
    """
    from layerg_pin.core.buildfiles.compose import merge_compose
    from layerg_pin.core.buildfiles.compose_variables import ComposeVariables, parse_env
    from layerg_pin.core.buildfiles.yaml_words import load_yaml

    folder, name = os.path.split(path)
    env = os.path.join(folder, ENV_FILE)
    try:
        is_there = os.path.exists(env) and not os.path.isdir(env)
        variables = parse_env(read_build_text(env, budget, unsaved) if is_there else "")
    except FileError as error:
        reason = reason_of(error, env)
        return BuildFile(unread=Problem(f"not read: {ENV_FILE} cannot be read: {reason}", Span(0, 0)))
    own = loaded.get(path)
    if own is None or own.text != text:
        own = loaded[path] = load_yaml(text, budget)
    before, after = _others(folder, name)
    files = [_load(os.path.join(folder, each), budget, unsaved, loaded) if each else None for each in (before, after)]
    merged = (files[0], own, files[1])
    project = ComposeVariables(variables, [(each, _environment(each, folder, budget, unsaved)) for each in runs])

    def load(name: str) -> YamlText | None:
        other = os.path.normpath(os.path.join(folder, name))
        return _load(other, budget, unsaved, loaded) if is_below(other, root or folder) else None

    return merge_compose([each for each in merged if each and not each.unread], own, project, budget, load)


def read_bake(text: str, budget: Budget, unsaved: Mapping[str, str], runs: Sequence[ComposeRun]) -> BuildFile:
    """The builds of a bake file, with the variables of the commands that run it. It reads no `.env` file."""
    from layerg_pin.core.buildfiles.bake_file import parse_bake
    from layerg_pin.core.buildfiles.command_words import Environment
    from layerg_pin.core.buildfiles.compose_variables import ComposeVariables

    found = [(each, _environment(each, "", budget, unsaved)) for each in runs]
    return parse_bake(text, ComposeVariables(Environment(), found), budget)


def _environment(run: ComposeRun, folder: str, budget: Budget, unsaved: Mapping[str, str]) -> Environment:
    """The variables that a command sets for a project, with those of the files that it names."""
    from layerg_pin.core.buildfiles.command_words import Environment
    from layerg_pin.core.buildfiles.compose_variables import parse_env

    environment = Environment()
    for path in run.env_files:
        try:
            found = parse_env(read_build_text(path, budget, unsaved))
        except FileError:
            environment.is_full |= path != os.path.join(folder, ENV_FILE)
            continue
        environment.is_full |= found.is_full
        for name, value in found.values.items():
            environment.set(name, Word(value or "", Span(0, 0), value is not None), exported=False)
    for name, value in run.values.items():
        environment.set(name, Word(value or "", Span(0, 0), value is not None), exported=False)
    return environment


def _others(folder: str, name: str) -> tuple[str, str]:
    """The names of the files that are merged before and after a compose file; each may be empty."""
    match = re.fullmatch(_NAME, name)
    if match is None:
        return "", ""
    base = next((each for each in COMPOSE_BASES if os.path.isfile(os.path.join(folder, each))), "")
    if match[2] is None:
        override = next((each for each in _OVERRIDES if os.path.isfile(os.path.join(folder, each))), "")
        return "", override if name == base else ""
    return base, ""


def _load(path: str, budget: Budget, unsaved: Mapping[str, str], loaded: Loaded) -> YamlText | None:
    from layerg_pin.core.buildfiles.yaml_words import load_yaml

    if path not in loaded:
        try:
            text = without_mark(unsaved_or_read(path, FILE_LIMITS.characters, unsaved))
            loaded[path] = None if merge_conflict(text) else load_yaml(text, budget)
        except FileError:
            loaded[path] = None
    return loaded[path]
