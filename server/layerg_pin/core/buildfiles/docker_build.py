"""Parse the arguments of `docker build`."""

from __future__ import annotations

from collections.abc import Sequence

from layerg_pin.core.buildfiles.build_file import (
    ImageBuild,
)
from layerg_pin.core.buildfiles.shell_words import Word

_BUILD_OPTIONS = ("-f", "--file", "-t", "--tag", "--target", "--build-arg", "--platform", "--progress", "--network")
"""The common options of `docker build` that take a value. Other options are supported only as `--option=value`."""


def parse_docker_build(words: Sequence[Word], platform: str | None) -> tuple[ImageBuild, ...]:
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
            name, given, argument = value.partition("=")
            arguments[name] = argument if given and word.known else None
    if context is None or not context.known or (file and not file.known) or "://" in context.text:
        return ()
    folder = context.text.rstrip("/") or "."
    return (ImageBuild(file.text if file else f"{folder}/Dockerfile", folder, arguments, platform),)
