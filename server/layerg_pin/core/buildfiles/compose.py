"""What a compose file says of how plugins are built.

Source: https://docs.docker.com/reference/compose-file/services/. Only the lines that name images, commands and their
environment are read, by their indentation; what is written otherwise than people and Docker do it is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_words
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment, parse_image, with_tag_span
from layerg_pin.core.buildfiles.compose_lines import Entry, entries
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_container_command, shell_values
from layerg_pin.core.buildfiles.shell_words import Word, commands
from layerg_pin.core.text import Span

_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))""", re.ASCII | re.MULTILINE
)

_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The platform of images where nothing else sets it (https://docs.docker.com/reference/cli/docker/#environment-variables)."""


@dataclass
class _Service:
    image: Word | None = None
    platform: str | None = None
    platforms: list[str | None] = field(default_factory=list)
    """Of its build."""
    context: str | None = ""
    """Of its build; None where it is not known, empty where it is not built."""
    dockerfile: str | None = "Dockerfile"
    arguments: dict[str, str | None] = field(default_factory=dict)
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
    """What a compose file says, with the variables of the `.env` file beside it; never raises.

    Without a `budget`, that of one file.
    """
    budget = budget or Budget()
    services: dict[str, _Service] = {}
    unread = None
    try:
        budget.read(len(text))
        _read(text, variables or Environment(), services, budget)
    except LimitExceeded as error:
        unread = budget.problem(error)
    file = _result(text, services, budget)
    return file._replace(unread=unread or file.unread)


def _read(text: str, nothing: Environment, services: dict[str, _Service], budget: Budget) -> None:
    """Read the services of a compose file. Raises LimitExceeded."""
    for entry in entries(text, budget):
        if entry.path[:1] != ("services",) or len(entry.path) < 3:
            continue
        if entry.value.start == entry.value.end and entry.path[2:4] != ("build", "args"):
            continue
        budget.at = entry.value.start
        service = services.get(entry.path[1])
        if service is None:
            budget.find()
            service = services[entry.path[1]] = _Service(platform=nothing.values.get(_PLATFORM))
        words = _words(text, entry, nothing, budget)
        match entry.path[2:]:
            case ("image",) if words:
                service.image = words[0]
            case ("platform",) if words:
                service.platform = words[0].text if words[0].known else None
            case ("build", "platforms") if words:
                service.platforms.append(words[0].text if words[0].known else None)
                check_words(len(service.platforms))
            case ("entrypoint",):
                service.entrypoint += words
                check_words(len(service.entrypoint))
            case ("command",):
                service.command += words
                check_words(len(service.command))
            case ("build",) | ("build", "context") if words:
                service.context = words[0].text.rstrip("/") or "." if words[0].known else None
            case ("build", "dockerfile") if words:
                service.dockerfile = words[0].text if words[0].known else None
                service.context = "." if service.context == "" else service.context
            case ("build", "args") if entry.item and words:
                service.context = "." if service.context == "" else service.context
                name, equals, value = words[0].text.partition("=")
                check_words(len(service.arguments))
                service.arguments[name] = value if equals and words[0].known else None
            case ("build", "args", name):  # without a value it is the shell's
                check_words(len(service.arguments))
                service.context = "." if service.context == "" else service.context
                service.arguments[name] = words[0].text if words and words[0].known else None
            case ("environment",) if entry.item and words:
                name, equals, _ = words[0].text.partition("=")
                if equals:
                    service.environment.set(name, words[0], exported=True)
            case ("environment", name) if words:
                service.environment.set(name, words[0], exported=True)


def _result(text: str, services: dict[str, _Service], budget: Budget) -> BuildFile:
    """What the services build, and in which images."""
    unread = None
    images: list[BuildImage] = []
    found: list[CommandResult] = []
    drifts: list[Drift] = []
    builds: list[ImageBuild] = []
    for service in services.values():
        image = parse_image(service.image, service.platform) if service.image else None
        image = with_tag_span(image, text) if image else None
        if image and service.context != "":  # the name that its own build is given
            image = image._replace(kind=ImageKind.OTHER)
        if service.context and service.dockerfile and "://" not in service.context:
            several = service.platforms
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


def _words(text: str, entry: Entry, nothing: Environment, budget: Budget) -> list[Word]:
    """The words of a value: of an item only one, of a list in brackets each, of a text as a shell splits it."""
    if text.startswith(("[", "{"), entry.value.start):
        return []  # its items follow
    folded = entry.block != "|"
    expand = shell_values(nothing)
    words = [word for words in commands(text, entry.value, expand, budget, folded=folded) for word in words]
    check_words(len(words))
    if not entry.item or len(words) <= 1:
        return words
    inner = entry.value
    return [Word(text[inner.start : inner.end], inner, all(word.known for word in words), inner)]
