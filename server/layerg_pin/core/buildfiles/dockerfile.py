"""Parse a Dockerfile for its stages, images, and the commands that build plugins.

Source: https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded, check_stages, check_words
from layerg_pin.core.buildfiles.build_file import (
    BUILD_PLATFORM,
    BuildFile,
    BuildImage,
    BuildStage,
    BuildStep,
    CommentForm,
    Drift,
    ImageKind,
    StageCopy,
)
from layerg_pin.core.buildfiles.command_results import MAX_STEPS, CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment, parse_image, relevant_variables, with_tag_span
from layerg_pin.core.buildfiles.copied_folders import copied_folders
from layerg_pin.core.buildfiles.shell_script import (
    CommandContext,
    parse_commands,
    parse_container_command,
    shell_values,
)
from layerg_pin.core.buildfiles.shell_words import SHELLS, Expand, Word, commands
from layerg_pin.core.buildfiles.version_changes import copying_step
from layerg_pin.core.text import Span

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?:[ \t]+|(?=\\\r?\n))")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n?\Z")
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)")
_OPTION = re.compile(r"[ \t]*--[\w-]+(?:=\S*)?(?:[ \t]|\\\r?\n)+")
_JSON_WORD = re.compile(r'[^"]*+"((?:[^"\\\n]|\\.)*+)(")?')
_AFTER_PREFIX = re.compile(r"(?:\s|\\\r?\n)*+")

_MAX_ENTRY = 100
"""Words of ENTRYPOINT and CMD; only the program's name is needed."""

NO_ARGUMENTS: Mapping[str, str | None] = MappingProxyType({})


class _Stage:
    """The state of a stage while it is parsed. Not a dataclass: importing `dataclasses` takes too long."""

    def __init__(self, image: BuildImage | None = None, base: _Stage | None = None) -> None:
        self.image: BuildImage | None = base.image if base else image
        self.environment: Environment = base.environment.fork() if base else Environment()
        self.steps: list[BuildStep] = list(base.steps) if base else []
        """Steps that no build has followed yet."""
        self.name = ""
        self.start = 0
        self.copies: list[StageCopy] = []
        self.sources: list[str] = []
        self.copied: list[tuple[str, str]] = list(base.copied) if base else []
        self.root: str | None = base.root if base else None
        self.entry: tuple[str, ...] = base.entry if base else ()
        self.command: tuple[str, ...] = base.command if base else ()

    def result(self) -> BuildStage:
        """The stage in its final form."""
        entry = (*self.entry, *self.command)
        return BuildStage(
            name=self.name,
            start=self.start,
            image=self.image,
            copies=tuple(self.copies),
            sources=tuple(self.sources),
            copied=tuple(self.copied),
            root=self.root,
            entry=entry,
            environment=relevant_variables(self.environment),
        )


def parse_dockerfile(
    text: str,
    arguments: Mapping[str, str | None] = NO_ARGUMENTS,
    platform: str = "",
    budget: Budget | None = None,
) -> BuildFile:
    """Parse a Dockerfile with values of ARG and for a platform; never raises.

    A value of None is unknown. Without a platform, the machine's applies; without a `budget`, the limits of one file.
    """
    parser = _Parser(text, arguments, platform, budget or Budget())
    unread = None
    try:
        parser.budget.count_characters(len(text))
        for name, span in _instructions(text):
            parser.budget.at = span.start
            parser.take(name, span)
    except LimitExceeded as error:
        unread = parser.budget.problem(error)
    stages = tuple(each.result() for each in parser.every)
    file = to_build_file(parser.found, parser.images, drifts=parser.drifts)
    return file._replace(stages=stages, unread=unread, comments=CommentForm.HASH_LINE)


class _Parser:
    """The state of the parser between instructions."""

    def __init__(self, text: str, arguments: Mapping[str, str | None], platform: str, budget: Budget) -> None:
        self.text, self.arguments, self.platform, self.budget = text, arguments, platform, budget
        self.outside = Environment()
        self.stages: dict[str, _Stage] = {}
        self.every: list[_Stage] = []
        self.images: list[BuildImage] = []
        self.found: list[CommandResult] = []
        self.drifts: list[Drift] = []

    def take(self, name: str, span: Span) -> None:
        """Process the next instruction. Raises LimitExceeded."""
        text, budget = self.text, self.budget
        stage = self.every[-1] if self.every else None
        environment = stage.environment if stage else self.outside
        expand = shell_values(environment)
        if name == "FROM":
            check_stages(len(self.every) + 1)
            stage = _from(text, span, self.outside, self.stages, self.platform, budget)
            self._add_images([stage.image] if stage.image else [])
            self.every.append(stage)
        elif name in ("ARG", "ENV"):
            _assign(name, _words(text, span, expand, budget), environment, self.outside, self.arguments)
        elif stage and name == "WORKDIR":
            for words in commands(text, span, expand, budget):
                environment.enter(words[0])
        elif stage and name in ("COPY", "ADD"):
            words = _words(text, span, expand, budget)
            _copy(stage, text, span, words)
            parts = json_words(text, _after_options(text, span)) if "[" in text[span.start : span.end] else words
            verb = Word(name, span)
            if parts and (step := copying_step([verb, *parts], environment.folder)) and len(stage.steps) < MAX_STEPS:
                stage.steps.append(
                    step._replace(span=Span(span.start, max(span.start, len(text[: span.end].rstrip()))))
                )
            self._add_images(_copied_from(text, words, self.stages))
        elif stage and name in ("RUN", "CMD", "ENTRYPOINT"):
            _start(stage, name, text, span, budget)
            stage.sources += ["."] if "type=bind" in text[span.start : span.end] else []
            place = CommandContext(text, budget, stage.image)
            start = _after_options(text, span)
            here: list[CommandResult] = []
            try:
                if text.startswith("[", start.start):
                    here.append(parse_container_command(place, json_words(text, start), environment, expand))
                    budget.count_found(sum(map(len, here[-1])))
                else:
                    inner = environment.copy()  # exports end with their RUN instruction
                    here.extend(parse_commands(place, start, inner, shell_values(inner)))
            finally:
                self.found += here
                self.drifts += drifts_of(here, stage.steps)

    def _add_images(self, images: list[BuildImage]) -> None:
        self.budget.count_found(len(images))
        self.images += images


def json_words(text: str, span: Span) -> list[Word]:
    """The words of a JSON array of strings, as in RUN, CMD and compose files, up to an unclosed one.

    Raises LimitExceeded.
    """
    words: list[Word] = []
    for match in _JSON_WORD.finditer(text, span.start, span.end):
        if match[2] is None:
            break
        start, end = match.span(1)
        words.append(Word(re.sub(r"\\(.)", r"\1", match[1]), Span(start - 1, end + 1), inner=Span(start, end)))
        check_words(len(words))
    return words


def _words(text: str, span: Span, expand: Expand, budget: Budget) -> list[Word]:
    """All words of an instruction."""
    words = [word for words in commands(text, span, expand, budget) for word in words]
    check_words(len(words))
    return words


def _instructions(text: str) -> Iterator[tuple[str, Span]]:
    """Each instruction's name in capitals, and the span of its arguments over all its lines."""
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        match = _INSTRUCTION.match(text, position, end)
        if match is None:
            position = end
            continue
        while end < len(text) and _goes_on(text, position, end):
            position, end = end, _line_end(text, end)
        name = match[1].upper()
        heredoc = _HEREDOC.search(text, match.end(), end) if name in ("RUN", "COPY", "ADD") else None
        if heredoc:
            start, (closing, after) = _line_end(text, heredoc.start()), _heredoc_end(text, heredoc[1], end)
            is_script = name == "RUN" and _runs_heredoc(text, Span(match.end(), heredoc.start()))
            yield name, Span(start, closing) if is_script else Span(match.end(), end)
            end = after
        else:
            yield name, Span(match.end(), end)
        position = end


def _runs_heredoc(text: str, span: Span) -> bool:
    """Whether the words before a heredoc run it: there are none but options, or they name a shell."""
    words = text[_after_options(text, span).start : span.end].split()
    return not words or words[0].rpartition("/")[2] in SHELLS


def _heredoc_end(text: str, name: str, position: int) -> tuple[int, int]:
    """Start and end of the line that closes a heredoc; both are the end of the text if there is none."""
    while position < len(text):
        end = _line_end(text, position)
        if text[position:end].rstrip().lstrip("\t") == name:
            return position, end
        position = end
    return len(text), len(text)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the instruction continues after a line: the line ends in a backslash, or is a comment or an empty line
    within an instruction.
    """
    line = text[start:end]
    return _CONTINUED.search(line[-200:]) is not None or not line.strip() or line.lstrip().startswith("#")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _after_options(text: str, span: Span) -> Span:
    """The span without options such as `--mount=…` and leading blanks."""
    start = span.start
    while match := _OPTION.match(text, start, span.end):
        start = match.end()
    blank = _AFTER_PREFIX.match(text, start, span.end)
    return Span(blank.end() if blank else start, span.end)


def _from(
    text: str, span: Span, outside: Environment, stages: dict[str, _Stage], default: str, budget: Budget
) -> _Stage:
    words = _words(text, span, shell_values(outside), budget)
    options = [word for word in words if word.text.startswith("--platform=")]
    words = [word for word in words if not word.text.startswith("--")]
    platform = _platform(text, options[0], default) if options else default or None
    base = stages.get(words[0].text.lower()) if words else None
    if base:
        stage = _Stage(base=base)
    else:
        image = parse_image(words[0], platform) if words else None
        if words and image is None:  # a build argument without a default: an unknown image
            image = BuildImage(
                kind=ImageKind.OTHER, name="", tag=None, digest="", span=words[0].span, platform=platform
            )
        stage = _Stage(with_tag_span(image, text) if image else None)
    stage.start = span.end
    if len(words) >= 3 and words[1].text.lower() == "as":
        stage.name = words[2].text.lower()
        stages[stage.name] = stage
    return stage


def _copy(stage: _Stage, text: str, span: Span, words: list[Word]) -> None:
    """Process COPY and ADD: copies from other stages, and the target of the build context."""
    options = [word.text for word in words if word.text.startswith("--")]
    paths = [word for word in words if not word.text.startswith("--")]
    if text.startswith("[", _after_options(text, span).start):
        paths = json_words(text, span)
    sources = tuple(word.text for word in paths[:-1])
    origin = next((each.partition("=")[2] for each in options if each.startswith("--from=")), "")
    if origin:
        stage.copies.append(StageCopy(origin.lower(), sources, paths[-1].text if paths else ""))
    else:
        stage.sources += (word.text if word.known and "://" not in word.text else "." for word in paths[:-1])
    stage.copied += copied_folders(paths, stage.environment, len(stage.copied), is_of_stage=bool(origin))
    if not origin and paths and any(source in (".", "./") for source in sources) and paths[-1].known:
        stage.root = posixpath.normpath(posixpath.join(stage.environment.folder or "/", paths[-1].text))


def _start(stage: _Stage, name: str, text: str, span: Span, budget: Budget) -> None:
    """Process ENTRYPOINT and CMD. An ENTRYPOINT resets the CMD of its base image."""
    if name == "RUN":
        return
    start = _after_options(text, span)
    is_json = text.startswith("[", start.start)
    words = json_words(text, start) if is_json else _words(text, start, str, budget)
    found = tuple(word.text for word in words[:_MAX_ENTRY])
    if name == "ENTRYPOINT":
        stage.entry, stage.command = found, ()
    else:
        stage.command = found


def _platform(text: str, option: Word, default: str) -> str | None:
    """The value of `--platform=…`. Docker's predefined platform variables override ARG."""
    written = text[option.span.start : option.span.end]
    if "BUILDPLATFORM" in written:
        return BUILD_PLATFORM
    if "TARGETPLATFORM" in written:
        return default or None
    return option.text.partition("=")[2] if option.known else None


def _copied_from(text: str, words: list[Word], stages: Mapping[str, _Stage]) -> list[BuildImage]:
    """The server image named by `COPY --from=IMAGE`."""
    option = next((word for word in words if word.text.startswith("--from=")), None)
    name = option.text.removeprefix("--from=") if option else ""
    if option is None or name.lower() in stages:
        return []
    start = option.span.start + text[option.span.start : option.span.end].find("=") + 1
    image = parse_image(Word(name, Span(start, option.span.end), option.known))
    return [with_tag_span(image, text)] if image and image.kind is ImageKind.SERVER else []


def _assign(
    instruction: str,
    words: list[Word],
    environment: Environment,
    outside: Environment,
    arguments: Mapping[str, str | None],
) -> None:
    """Process ARG and ENV, which both set environment variables of RUN."""
    if instruction == "ENV" and words and "=" not in words[0].text:
        value = " ".join(word.text for word in words[1:])
        known = all(word.known for word in words)
        span = Span(words[0].span.start, words[-1].span.end)
        environment.set(words[0].text, Word(value, span, known), exported=True)
        return
    for word in words:
        name, equals, _ = word.text.partition("=")
        if instruction == "ARG" and name in arguments:
            given = arguments[name]
            environment.set(name, word._replace(text=given or "", known=given is not None), exported=True)
        elif equals:
            environment.set(name, word, exported=True)
        elif instruction == "ARG" and environment is not outside:  # outside of stages it is unset: `${V:-1}` is 1
            default = outside.values.get(name)
            environment.set(name, word._replace(text=default or "", known=default is not None), exported=True)
