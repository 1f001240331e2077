"""What a compose file says of how plugins are built.

Source: https://docs.docker.com/reference/compose-file/services/. Only the lines that name images, commands and their
environment are read, by their indentation; what is written otherwise than people and Docker do it is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from layerg_pin.core.build_bounds import Budget, OutOfBounds, of_command
from layerg_pin.core.builder import BuildFile, BuildImage, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildwords import Environment, image_of, with_tag_span
from layerg_pin.core.dockerfile import json_words
from layerg_pin.core.runs import Found, Place, drifts_of, gather, run_in_image, shell_values
from layerg_pin.core.shellwords import Word, commands
from layerg_pin.core.text import Span

_LINE = re.compile(r"(?P<indent>[ ]*)(?P<item>-[ ]+)?(?:(?P<quote>[\"']?)(?P<key>[\w./-]+)(?P=quote)[ ]*:(?:[ ]+|$))?")
_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))""", re.ASCII | re.MULTILINE
)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ ]*(?:#.*)?$")


class _Entry(NamedTuple):
    """A key with its value, or an item of a list."""

    path: tuple[str, ...]
    """The keys above, its own last; an item's is that of its list."""
    value: Span
    item: bool
    block: str = ""
    """`|` or `>` for a text of several lines."""


@dataclass
class _Service:
    image: Word | None = None
    platform: str | None = None
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
    except OutOfBounds as error:
        unread = budget.problem(error)
    file = _result(text, services, budget)
    return file._replace(unread=unread or file.unread)


def _read(text: str, nothing: Environment, services: dict[str, _Service], budget: Budget) -> None:
    """Read the services of a compose file. Raises OutOfBounds."""
    for entry in _entries(text):
        if entry.path[:1] != ("services",) or len(entry.path) < 3:
            continue
        if entry.value.start == entry.value.end and entry.path[2:4] != ("build", "args"):
            continue
        budget.at = entry.value.start
        service = services.get(entry.path[1])
        if service is None:
            budget.find()
            service = services[entry.path[1]] = _Service()
        words = _words(text, entry, nothing, budget)
        match entry.path[2:]:
            case ("image",) if words:
                service.image = words[0]
            case ("platform",) if words:
                service.platform = words[0].text if words[0].known else None
            case ("entrypoint",):
                service.entrypoint += words
                of_command(len(service.entrypoint))
            case ("command",):
                service.command += words
                of_command(len(service.command))
            case ("build",) | ("build", "context") if words:
                service.context = words[0].text.rstrip("/") or "." if words[0].known else None
            case ("build", "dockerfile") if words:
                service.dockerfile = words[0].text if words[0].known else None
                service.context = "." if service.context == "" else service.context
            case ("build", "args") if entry.item and words:
                service.context = "." if service.context == "" else service.context
                name, equals, value = words[0].text.partition("=")
                of_command(len(service.arguments))
                service.arguments[name] = value if equals and words[0].known else None
            case ("build", "args", name):  # without a value it is the shell's
                of_command(len(service.arguments))
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
    found: list[Found] = []
    drifts: list[Drift] = []
    builds: list[ImageBuild] = []
    for service in services.values():
        image = image_of(service.image, service.platform) if service.image else None
        image = with_tag_span(image, text) if image else None
        if image and service.context != "":  # the name that its own build is given
            image = image._replace(kind=ImageKind.OTHER)
        if service.context and service.dockerfile and "://" not in service.context:
            folder = service.context.removeprefix("./")
            dockerfile = service.dockerfile if folder in ("", ".") else f"{folder}/{service.dockerfile}"
            builds.append(ImageBuild(dockerfile, service.context, service.arguments, service.platform))
        images += [image] if image else []
        arguments = service.entrypoint + service.command
        is_go = service.entrypoint and service.entrypoint[0].text.rsplit("/", 1)[-1] == "go"
        if image and image.kind is ImageKind.PLUGINBUILDER and is_go:
            arguments = arguments[1:]
        if arguments:
            place = Place(text, budget, image)
            budget.at = arguments[0].span.start
            try:
                here = run_in_image(place, arguments, service.environment, shell_values(service.environment))
                budget.find(sum(map(len, here)))
            except OutOfBounds as error:
                unread = budget.problem(error)
                break
            found.append(here)
            drifts += drifts_of([here], [])
    return gather(found, images, drifts, builds)._replace(unread=unread)


def _words(text: str, entry: _Entry, nothing: Environment, budget: Budget) -> list[Word]:
    """The words of a value: of an item only one, of a list in brackets each, of a text as a shell splits it."""
    if text.startswith("[", entry.value.start):
        return json_words(text, entry.value)
    folded = entry.block != "|"
    expand = shell_values(nothing)
    words = [word for words in commands(text, entry.value, expand, budget, folded=folded) for word in words]
    of_command(len(words))
    if not entry.item or len(words) <= 1:
        return words
    inner = entry.value
    return [Word(text[inner.start : inner.end], inner, all(word.known for word in words), inner)]


def _entries(text: str) -> Iterator[_Entry]:
    above: list[tuple[int, str]] = []
    position = 0
    while position < len(text):
        line = _line(text, position)
        position = line.end + 1
        match = _LINE.match(text, line.start, line.end)
        rest = _without_comment(text, Span(match.end(), line.end)) if match else line
        if match is None or not text[line.start : line.end].strip() or text.startswith("#", match.end()):
            continue
        indent, key, item = len(match["indent"]), match["key"], match["item"] is not None
        # An item may stand as deep as the key of its list.
        while above and (above[-1][0] >= indent + (1 if item else 0)):
            above.pop()
        path = tuple(name for _, name in above)
        if key and not item:
            above.append((indent, key))
            path = (*path, key)
        elif item and key:
            rest = _without_comment(text, Span(match.end("item"), line.end))
        block = _BLOCK.match(text, rest.start, rest.end)
        if block:
            end = _block_end(text, position, indent)
            yield _Entry(path, Span(min(position, end), end), item, text[rest.start])
            position = max(position, end)
        else:
            yield _Entry(path, rest, item)


def _block_end(text: str, position: int, indent: int) -> int:
    """Where a text of several lines ends: before the first line that is not deeper than its key."""
    while position < len(text):
        line = _line(text, position)
        content = text[line.start : line.end]
        if content.strip() and len(content) - len(content.lstrip(" ")) <= indent:
            break
        position = line.end + 1
    return min(position, len(text))


def _line(text: str, position: int) -> Span:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return Span(position, end - text.startswith("\r", end - 1) if end > position else end)


def _without_comment(text: str, span: Span) -> Span:
    value = text[span.start : span.end]
    hash_ = value.find(" #")
    kept = value[:hash_] if hash_ >= 0 and value[:1] not in ("'", '"') else value
    return Span(span.start, span.start + len(kept.rstrip()))
