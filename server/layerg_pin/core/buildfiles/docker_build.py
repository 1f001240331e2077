"""Parse the arguments of `docker build`, `docker compose` and `docker buildx bake`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from layerg_pin.core.buildfiles.build_file import ComposeRun, ImageBuild
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_words import Word

_BUILD_OPTIONS = ("-f", "--file", "-t", "--tag", "--target", "--build-arg", "--platform", "--progress", "--network")
"""The common options of `docker build` that take a value. Other options are supported only as `--option=value`."""
_FILE_OPTIONS = ("-f", "--file", "-c", "--compose-file")
_RUN_OPTIONS = (*_FILE_OPTIONS, "--env-file", "--profile", "--build-arg", "--set")
_SET_ARGUMENT = r"[^=]*\.args\.(\w+=.*)"


def parse_docker_build(words: Sequence[Word], environment: Environment, platform: str | None) -> tuple[ImageBuild, ...]:
    """Parse `build [OPTIONS] CONTEXT`; empty if the context or the Dockerfile is unknown."""
    file: Word | None = None
    context: Word | None = None
    arguments: dict[str, str | None] = {}
    position = 1
    while position < len(words):
        word = words[position]
        position += 1
        option, equals, value = word.text.partition("=")
        if word.text.startswith("-") and not equals and option in _BUILD_OPTIONS and position < len(words):
            word = words[position]
            value = word.text
            position += 1
        elif not word.text.startswith("-"):
            context = word
            continue
        if option in ("-f", "--file"):
            file = word._replace(text=value)
        elif option == "--platform":
            platform = value if word.known and "," not in value else None
        elif option == "--build-arg":
            name, argument = _argument(word._replace(text=value), environment)
            arguments[name] = argument
    if context is None or not context.known or (file and not file.known) or "://" in context.text:
        return ()
    folder = context.text.rstrip("/") or "."
    return (ImageBuild(file.text if file else f"{folder}/Dockerfile", folder, arguments, platform),)


def parse_compose_run(words: Sequence[Word], environment: Environment) -> ComposeRun | None:
    """Parse `compose [OPTIONS] COMMAND`, `stack deploy [OPTIONS]` or `bake [OPTIONS]`.

    None if neither the options nor the file change what it runs.
    """
    given: dict[str, list[Word]] = {}
    for before, word in pairwise((Word("", words[0].span), *words)):
        option, equals, value = word.text.partition("=")
        if before.text in _RUN_OPTIONS:
            given.setdefault(before.text, []).append(word)
        elif equals and option in _RUN_OPTIONS:
            given.setdefault(option, []).append(word._replace(text=value))
    arguments: dict[str, str | None] = {}
    for word in given.get("--build-arg", ()):
        name, argument = _argument(word, environment)
        arguments[name] = argument
    for word in given.get("--set", ()):
        if found := re.fullmatch(_SET_ARGUMENT, word.text):
            name, argument = _argument(word._replace(text=found[1]), environment)
            arguments[name] = argument
    files = [word for option in _FILE_OPTIONS for word in given.get(option, ())]
    run = ComposeRun(
        values={name: each.value for name, each in environment.exported.items()},
        files=tuple(word.text for word in files) if all(word.known for word in files) else (),
        env_files=(*environment.sourced, *(word.text for word in given.get("--env-file", ()))),
        profiles=tuple(word.text if word.known else "*" for word in given.get("--profile", ())),
        arguments=arguments,
        folder=environment.folder,
    )
    return run if run.values or run.env_files or run.profiles or run.arguments else None


def _argument(word: Word, environment: Environment) -> tuple[str, str | None]:
    """The name and value of `NAME=VALUE`, or of NAME, which is exported; None for an unknown value."""
    name, equals, value = word.text.partition("=")
    exported = environment.exported.get(name)
    return name, (value if word.known else None) if equals else exported.value if exported else None
