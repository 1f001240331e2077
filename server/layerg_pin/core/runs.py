"""What a script runs: the builds of plugins in it, also inside of `docker run` and `sh -c`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from layerg_pin.core.builder import BuildCommand, BuildFile, BuildImage, ImageKind
from layerg_pin.core.buildwords import Environment, build_command, image_of, with_tag_span
from layerg_pin.core.shellwords import Expand, Word, commands
from layerg_pin.core.text import Span

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?==)", re.ASCII)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?", re.ASCII)
_BEFORE_A_COMMAND = (
    *("if", "then", "else", "elif", "while", "until", "do", "{", "!"),
    *("time", "exec", "sudo", "command", "nice", "env", ""),
)
_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh"))
_CONTAINERS = frozenset(("docker", "podman", "nerdctl"))
_PROGRAM_MODES = ("", "default", "exe", "pie")
"""Of -buildmode, those that link a program (Go: `go help buildmode`)."""
_MAX_DEPTH = 4
"""Of scripts in scripts; more were never meant."""


class Found(NamedTuple):
    """What a command turned out to be."""

    images: tuple[BuildImage, ...] = ()
    commands: tuple[BuildCommand, ...] = ()


class Place(NamedTuple):
    """Where commands run: the text that holds them, and the image, None for the machine itself."""

    text: str
    image: BuildImage | None = None
    depth: int = 0


def parse_script(text: str) -> BuildFile:
    """What a shell script says of how plugins are built; never raises."""
    environment = Environment()
    found = list(run_script(Place(text), Span(0, len(text)), environment, shell_values(environment)))
    return gather(found)


def gather(found: Sequence[Found], images: Sequence[BuildImage] = (), dockerfiles: Sequence[str] = ()) -> BuildFile:
    """A file of all that was found in it, in the order of the text, and each once."""
    every = dict.fromkeys((*images, *(image for each in found for image in each.images)))
    builds = {command.span: command for each in found for command in each.commands}
    ordered = [builds[span] for span in sorted(builds)]
    return BuildFile(
        tuple(sorted((each for each in every if each.kind is not ImageKind.OTHER), key=lambda each: each.span)),
        tuple(each for each in ordered if each.mode == "plugin"),
        tuple(dict.fromkeys(dockerfiles)),
        tuple(each for each in ordered if each.mode in _PROGRAM_MODES),
    )


def shell_values(environment: Environment) -> Expand:
    """What references stand for in a shell, as far as the file has set it, or names a default."""

    def expand(reference: str) -> str | None:
        match = _VARIABLE.fullmatch(reference)
        if match is None:
            return None
        known = environment.values.get(match[1])
        return match[2] if known is None and match[1] not in environment.values else known

    return expand


def run_script(
    place: Place, span: Span, environment: Environment, expand: Expand, *, folded: bool = False
) -> Iterator[Found]:
    """What the commands in a part of a text are; variables that they set count for those after them."""
    for words in commands(place.text, span, expand, folded=folded):
        yield run(place, words, environment, expand)


def run(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    """What one command is."""
    position = 0
    while position < len(words) and words[position].text in _BEFORE_A_COMMAND:
        if not words[position].known:
            break
        position += 1
        while position < len(words) and words[position].text.startswith("-"):  # sudo -n
            position += 1
    local = environment
    export = position < len(words) and words[position].text == "export"
    position += export
    assigned = 0
    while position + assigned < len(words) and _ASSIGNMENT.match(words[position + assigned].text):
        assigned += 1
    rest = words[position + assigned :]
    if len(rest) > 1 and rest[0].text == "cd" and not export:
        environment.enter(rest[1])
        return Found()
    if rest and not export:
        local = environment.copy()  # A=b command: for that command only
    for word in words[position : position + assigned]:
        name = _ASSIGNMENT.match(word.text)
        if name:
            local.set(name[0], word, exported=export or bool(rest))
    if export:
        for word in rest:
            environment.export(word.text, word.span)
        return Found()
    return _command(place, rest, local, expand) if rest else Found()


def run_in_image(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    """What a container runs that is started with these words; a pluginbuilder's entrypoint is go."""
    if words and place.image and place.image.kind is ImageKind.PLUGINBUILDER and words[0].text == "build":
        build = build_command(words, words[0].span.start, environment, place.image)
        return Found((), (build,)) if build else Found()
    return run(place, words, environment, expand)


def _command(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    name = words[0].text.rsplit("/", 1)[-1]
    if not words[0].known or place.depth > _MAX_DEPTH:
        return Found()
    if name == "go":
        build = build_command(words[1:], words[0].span.start, environment, place.image)
        return Found((), (build,)) if build else Found()
    if name in _SHELLS:
        return _shell(place, words, environment, expand)
    if name in _CONTAINERS and any(word.text == "run" for word in words[1:3]):
        return _container(place, words, expand)
    return Found()


def _shell(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    """`sh -c SCRIPT`."""
    for option, script in pairwise(words[1:]):
        if option.text.startswith("-") and option.text.endswith("c") and script.inner:
            inner = Place(place.text, place.image, place.depth + 1)
            parts = list(run_script(inner, script.inner, environment.copy(), expand))
            return Found(
                tuple(image for part in parts for image in part.images),
                tuple(command for part in parts for command in part.commands),
            )
    return Found()


def _container(place: Place, words: Sequence[Word], expand: Expand) -> Found:
    """`docker run [OPTIONS] IMAGE [ARGUMENTS]`, for images that build: others are not told from options' values."""
    environment = Environment()
    platform = entrypoint = None
    for position in range(2, len(words)):
        before, word = words[position - 1].text, words[position]
        option, equals, _ = word.text.partition("=")
        if before in ("-e", "--env"):
            _set_in_container(environment, word)
        elif option == "--env" and equals:
            _set_in_container(environment, Word(word.text.partition("=")[2], word.span, word.known))
        elif before == "--platform" or (option == "--platform" and equals):
            platform = word.text.removeprefix("--platform=") if word.known else None
        elif before == "--entrypoint" or (option == "--entrypoint" and equals):
            entrypoint = word
        elif not word.text.startswith("-") and before not in ("--name", "--hostname", "-h", "--network", "-w", "-v"):
            image = image_of(word, platform)
            if image and image.kind in (ImageKind.GOLANG, ImageKind.PLUGINBUILDER):
                image = with_tag_span(image, place.text)
                inner = Place(place.text, image, place.depth + 1)
                arguments = words[position + 1 :]
                if entrypoint and arguments and entrypoint.text.removeprefix("--entrypoint=").rsplit("/")[-1] == "go":
                    build = build_command(arguments, arguments[0].span.start, environment, image)
                    return Found((image,), (build,) if build else ())
                found = run_in_image(inner, arguments, environment, expand)
                return Found((image, *found.images), found.commands)
    return Found()


def _set_in_container(environment: Environment, word: Word) -> None:
    name = _ASSIGNMENT.match(word.text)
    if name:
        environment.set(name[0], word, exported=True)
