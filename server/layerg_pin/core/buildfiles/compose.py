"""Read from a compose file which images it uses, which images it builds, and which go commands its services run.

Source: https://docs.docker.com/reference/compose-file/services/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment, parse_image, with_tag_span
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_container_command, shell_values
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.yaml_nodes import Node, entries
from layerg_pin.core.buildfiles.yaml_words import YamlText, YamlWords, load_yaml
from layerg_pin.core.text import Span

_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))""", re.ASCII | re.MULTILINE
)

_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The platform of images where nothing else sets it (https://docs.docker.com/reference/cli/docker/#environment-variables)."""

_ELSEWHERE = Span(-1, -1)
"""The place of a word in another file."""
_MERGED_PART = 8
"""A file that is read again to be merged counts as expanded text: one character for so many of the file."""


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
    place: Span | None = None
    """The place in the file whose content is asked for; None if it is only in another one."""
    is_built_here: bool = False
    """Whether that file has a part of `build`."""


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
    loaded = load_yaml(text, budget)
    return merge_compose([loaded], loaded, variables or Environment(), budget)


def merge_compose(files: Sequence[YamlText], own: YamlText, variables: Environment, budget: Budget) -> BuildFile:
    """The content of one of several compose files that are merged in this order; never raises.

    An image, a command or a build that a later file replaces is not part of it.
    Source: https://docs.docker.com/reference/compose-file/merge/.
    """
    if own.unread:
        return own.unread
    services: dict[str, _Service] = {}
    unread = None
    file = own
    try:
        for file in files:
            if file is not own:
                budget.expand(len(file.text) // _MERGED_PART)
            reader = _Reader(file.text, services, variables, budget, is_own=file is own)
            for document in file.documents:  # Docker Compose merges them
                reader.read(document)
    except LimitExceeded as error:
        budget.at = budget.at if file is own else 0
        unread = budget.problem(error)
    result = _result(own.text, services, budget)
    return result._replace(unread=unread or result.unread)


class _OtherWords(YamlWords):
    """The values of another file that this one is merged with. Their words have no place in this one."""

    def word(self, node: Node | None) -> Word | None:
        found = super().word(node)
        return found._replace(span=_ELSEWHERE, inner=None) if found else None

    def command(self, node: Node | None) -> list[Word]:
        return [each._replace(span=_ELSEWHERE, inner=None) for each in super().command(node)]


class _Reader:
    """Reads the services of a compose file, with the variables of its `.env` file. Its methods raise LimitExceeded."""

    def __init__(
        self, text: str, services: dict[str, _Service], variables: Environment, budget: Budget, *, is_own: bool
    ) -> None:
        words = YamlWords if is_own else _OtherWords
        self._services, self._is_own, self._budget = services, is_own, budget
        self._yaml = words(text, budget, shell_values(variables))
        self._default_platform = variables.values.get(_PLATFORM)

    def read(self, document: Node) -> None:
        for key, node in entries(document, self._budget):
            if key == "services":
                for name, service in entries(node, self._budget):
                    self._read_service(name, service)

    def _read_service(self, name: str, node: Node) -> None:
        if self._is_own:
            self._budget.at = node.span.start
        service = self._services.get(name)
        if service is None:
            self._budget.find()
            service = self._services[name] = _Service(platform=self._default_platform)
        service.place = Span(node.span.start, node.span.start) if self._is_own else service.place
        yaml = self._yaml
        for key, value in entries(node, self._budget):
            match key:
                case "image":
                    service.image = yaml.word(value) or service.image
                case "platform" if word := yaml.word(value):
                    service.platform = word.text if word.known else None
                case "entrypoint":
                    service.entrypoint = yaml.command(value)
                    check_words(len(service.entrypoint))
                case "command":
                    service.command = yaml.command(value)
                    check_words(len(service.command))
                case "build":
                    service.is_built_here |= self._is_own
                    self._read_build(service, value)
                case "environment":
                    yaml.set_variables(value, service.environment)

    def _read_build(self, service: _Service, node: Node) -> None:
        yaml = self._yaml
        if folder := yaml.word(node):  # `build: FOLDER`
            service.context = _context(folder)
            return
        for key, value in entries(node, self._budget):
            word = yaml.word(value)
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
                    for each in [word] if word else yaml.words(value):
                        service.build_platforms.append(each.text if each.known else None)
                        check_words(len(service.build_platforms))

    def _arguments_of_build(self, node: Node) -> Iterator[tuple[str, str | None]]:
        """The arguments of a build, written as an environment is; None for an unknown value."""
        for name, value in entries(node, self._budget):
            word = self._yaml.word(value)
            yield name, word.text if word and word.known else None
        for word in self._yaml.words(node):
            name, equals, given = word.text.partition("=")
            yield name, given if equals and word.known else None


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
        if service.place is None:
            continue
        image = parse_image(service.image, service.platform) if service.image else None
        is_named_here = image is not None and image.span != _ELSEWHERE
        if image:
            image = with_tag_span(image, text) if is_named_here else image._replace(span=service.place)
        if image and service.context != "":  # its own build gets this name
            image = image._replace(kind=ImageKind.OTHER)
        if service.is_built_here and service.context and service.dockerfile and "://" not in service.context:
            several = service.build_platforms
            platform = service.platform if not several else several[0] if len(several) == 1 else None
            folder = service.context.removeprefix("./")
            dockerfile = service.dockerfile if folder in ("", ".") else f"{folder}/{service.dockerfile}"
            builds.append(ImageBuild(dockerfile, service.context, service.arguments, platform))
        images += [image] if image and is_named_here else []
        arguments = _placed(service)
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


def _placed(service: _Service) -> list[Word]:
    """The words of a service's command, all with places in this file; empty if none stands there."""
    words = service.entrypoint + service.command
    first = words[-1].span.start if words else _ELSEWHERE.start
    if first == _ELSEWHERE.start or service.place is None:
        return []
    first = next(word.span.start for word in words if word.span != _ELSEWHERE)
    for name, each in list(service.environment.exported.items()):
        if each.span == _ELSEWHERE:
            word = Word(f"{name}={each.value or ''}", service.place, each.value is not None)
            service.environment.set(name, word, exported=True)
    return [word._replace(span=Span(first, first)) if word.span == _ELSEWHERE else word for word in words]
