"""Read from a compose file which images it uses, which images it builds, and which go commands its services run.

Source: https://docs.docker.com/reference/compose-file/services/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment, parse_image, with_tag_span
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_container_command, shell_values
from layerg_pin.core.buildfiles.shell_words import Word, commands
from layerg_pin.core.buildfiles.yaml_nodes import Node, Scalar, entries, items, parse_yaml, resolve
from layerg_pin.core.text import Problem, Span

_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))""", re.ASCII | re.MULTILINE
)

_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The platform of images where nothing else sets it (https://docs.docker.com/reference/cli/docker/#environment-variables)."""


@dataclass
class _Service:
    image: Word | None = None
    platform: str | None = None
    build_platforms: list[str | None] = field(default_factory=list)
    """`build.platforms`; None for an unknown one."""
    context: str | None = ""
    """The folder that its image is built from; None if it is unknown, empty for a service that is not built."""
    dockerfile: str | None = "Dockerfile"
    arguments: dict[str, str | None] = field(default_factory=dict)
    """`build.args`; None for an unknown value."""
    entrypoint: list[Word] = field(default_factory=list)
    command: list[Word] = field(default_factory=list)
    environment: Environment = field(default_factory=Environment)


def parse_env(text: str) -> Environment:
    """The variables of the `.env` file beside a compose file; never raises.

    Source: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/.
    """
    environment = Environment()
    for match in _SETTING.finditer(text):
        value = next((each for each in match.groups()[1:] if each is not None), "")
        environment.set(match[1], Word(value, Span(*match.span())), exported=False)
    return environment


def parse_compose(text: str, variables: Environment | None = None, budget: Budget | None = None) -> BuildFile:
    """Parse a compose file, with the variables of the `.env` file beside it; never raises.

    A file that is not valid YAML, or is too large, is not read at all: its `unread` says why. Without a `budget`, the
    bounds of one file apply.
    """
    budget = budget or Budget()
    reader = _Reader(text, variables or Environment(), budget)
    try:
        budget.read(len(text))
        parsed = parse_yaml(text, budget)
    except LimitExceeded as error:
        return BuildFile(unread=Problem(f"not read: {error}", Span(budget.at, budget.at)))
    if parsed.problem:
        return BuildFile(unread=parsed.problem)
    unread = None
    try:
        for document in parsed.documents:  # Docker Compose merges them
            reader.read(document)
    except LimitExceeded as error:
        unread = budget.problem(error)
    file = _result(text, reader.services, budget)
    return file._replace(unread=unread or file.unread)


class _Reader:
    """Reads the services of a compose file, with the variables of its `.env` file. Its methods raise LimitExceeded."""

    def __init__(self, text: str, variables: Environment, budget: Budget) -> None:
        self.services: dict[str, _Service] = {}
        self._text = text
        self._expand = shell_values(variables)
        self._default_platform = variables.values.get(_PLATFORM)
        self._budget = budget

    def read(self, document: Node) -> None:
        for key, node in entries(document, self._budget):
            if key == "services":
                for name, service in entries(node, self._budget):
                    self._read_service(name, service)

    def _read_service(self, name: str, node: Node) -> None:
        service = self.services.get(name)
        if service is None:
            self._budget.at = node.span.start
            self._budget.find()
            service = self.services[name] = _Service(platform=self._default_platform)
        for key, value in entries(node, self._budget):
            match key:
                case "image":
                    service.image = self._word(value) or service.image
                case "platform" if word := self._word(value):
                    service.platform = word.text if word.known else None
                case "entrypoint":
                    service.entrypoint += self._command(value)
                    check_words(len(service.entrypoint))
                case "command":
                    service.command += self._command(value)
                    check_words(len(service.command))
                case "build":
                    self._read_build(service, value)
                case "environment":
                    self._read_environment(service, value)

    def _read_build(self, service: _Service, node: Node) -> None:
        if folder := self._word(node):  # `build: FOLDER`
            service.context = _context(folder)
            return
        for key, value in entries(node, self._budget):
            word = self._word(value)
            match key:
                case "context" if word:
                    service.context = _context(word)
                case "dockerfile" if word:
                    service.dockerfile = word.text if word.known else None
                    service.context = "." if service.context == "" else service.context
                case "args":
                    for name, argument in self._arguments_of_build(value):
                        service.context = "." if service.context == "" else service.context
                        check_words(len(service.arguments))
                        service.arguments[name] = argument
                case "platforms":
                    for each in [word] if word else self._words(value):
                        service.build_platforms.append(each.text if each.known else None)
                        check_words(len(service.build_platforms))

    def _read_environment(self, service: _Service, node: Node) -> None:
        """Read `NAME: value` or `- NAME=value`; a name without a value has the one of the user's shell."""
        for name, value in entries(node, self._budget):
            if word := self._word(value):
                service.environment.set(name, word, exported=True)
        for word in self._words(node):
            name, equals, _ = word.text.partition("=")
            if equals:
                service.environment.set(name, word, exported=True)

    def _arguments_of_build(self, node: Node) -> Iterator[tuple[str, str | None]]:
        """The arguments of a build, written as an environment is; None for an unknown value."""
        for name, value in entries(node, self._budget):
            word = self._word(value)
            yield name, word.text if word and word.known else None
        for word in self._words(node):
            name, equals, given = word.text.partition("=")
            yield name, given if equals and word.known else None

    def _command(self, node: Node) -> list[Word]:
        """The words of a command: those of a list, or of a text that is split as a shell splits it."""
        scalar = resolve(node, self._budget)
        return list(self._split(scalar)) if isinstance(scalar, Scalar) else self._words(node)

    def _words(self, node: Node) -> list[Word]:
        """The items of a list, each as one word."""
        return [word for each in items(node, self._budget) if (word := self._word(each))]

    def _word(self, node: Node) -> Word | None:
        """A scalar as one word, with the variables in it replaced; None for an empty one and for other nodes."""
        scalar = resolve(node, self._budget)
        if not isinstance(scalar, Scalar):
            return None
        words = list(self._split(scalar))
        if len(words) <= 1:
            return words[0] if words else None
        span = scalar.span
        return Word(self._text[span.start : span.end], span, all(word.known for word in words), span)

    def _split(self, scalar: Scalar) -> Iterator[Word]:
        self._budget.at = scalar.span.start
        is_folded = scalar.style != "|"
        number = 0
        for words in commands(self._text, scalar.span, self._expand, self._budget, folded=is_folded):
            number += len(words)
            check_words(number)
            yield from words


def _context(folder: Word) -> str | None:
    return folder.text.rstrip("/") or "." if folder.known else None


def _result(text: str, services: dict[str, _Service], budget: Budget) -> BuildFile:
    """The images of the services, and what their commands build."""
    unread = None
    images: list[BuildImage] = []
    found: list[CommandResult] = []
    drifts: list[Drift] = []
    builds: list[ImageBuild] = []
    for service in services.values():
        image = parse_image(service.image, service.platform) if service.image else None
        image = with_tag_span(image, text) if image else None
        if image and service.context != "":  # its own build gets this name
            image = image._replace(kind=ImageKind.OTHER)
        if service.context and service.dockerfile and "://" not in service.context:
            several = service.build_platforms
            platform = service.platform if not several else several[0] if len(several) == 1 else None
            folder = service.context.removeprefix("./")
            dockerfile = service.dockerfile if folder in ("", ".") else f"{folder}/{service.dockerfile}"
            builds.append(ImageBuild(dockerfile, service.context, service.arguments, platform))
        images += [image] if image else []
        arguments = service.entrypoint + service.command
        is_go = service.entrypoint and service.entrypoint[0].text.rsplit("/", 1)[-1] == "go"
        if image and image.kind is ImageKind.PLUGINBUILDER and is_go:
            arguments = arguments[1:]
        if arguments:
            place = CommandContext(text, budget, image)
            budget.at = arguments[0].span.start
            try:
                here = parse_container_command(place, arguments, service.environment, shell_values(service.environment))
                budget.find(sum(map(len, here)))
            except LimitExceeded as error:
                unread = budget.problem(error)
                break
            found.append(here)
            drifts += drifts_of([here], [])
    return to_build_file(found, images, drifts, builds)._replace(unread=unread)
