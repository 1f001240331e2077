"""What a Dockerfile says of how plugins are built.

Source: https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from layerg_pin.core.builder import BuildFile, BuildImage, BuildStage, StageCopy
from layerg_pin.core.buildwords import Environment, image_of, with_tag_span
from layerg_pin.core.runs import Found, Place, gather, run_in_image, run_script, shell_values
from layerg_pin.core.shellwords import Word, commands
from layerg_pin.core.text import Span

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?:[ \t]+|(?=\\\r?\n))")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n?\Z")
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)")
_OPTION = re.compile(r"[ \t]*--[\w-]+(?:=\S*)?(?:[ \t]|\\\r?\n)+")
_JSON_WORD = re.compile(r'"((?:[^"\\\n]|\\.)*+)"')


class _Stage:
    """What is known in a stage so far; a plain class, because `dataclasses` takes longer to load than all of this."""

    def __init__(self, image: BuildImage | None = None, base: _Stage | None = None) -> None:
        self.image: BuildImage | None = base.image if base else image
        self.environment: Environment = base.environment.copy() if base else Environment()
        self.name = ""
        self.start = 0
        self.copies: list[StageCopy] = []
        self.root: str | None = base.root if base else None
        self.entry: tuple[str, ...] = base.entry if base else ()
        self.command: tuple[str, ...] = base.command if base else ()

    def result(self) -> BuildStage:
        """The stage as parsers return it."""
        return BuildStage(
            self.name, self.start, self.image, tuple(self.copies), self.root, (*self.entry, *self.command)
        )


def parse_dockerfile(text: str) -> BuildFile:
    """What a Dockerfile says; never raises."""
    outside = Environment()
    stages: dict[str, _Stage] = {}
    stage: _Stage | None = None
    images: list[BuildImage] = []
    every: list[_Stage] = []
    found: list[Found] = []
    for name, span in _instructions(text):
        environment = stage.environment if stage else outside
        expand = shell_values(environment)
        if name == "FROM":
            stage = _from(text, span, outside, stages)
            images += [stage.image] if stage.image else []
            every.append(stage)
        elif name in ("ARG", "ENV"):
            words = [word for words in commands(text, span, expand) for word in words]
            _assign(name, words, environment, outside)
        elif stage and name == "WORKDIR":
            for words in commands(text, span, expand):
                environment.enter(words[0])
        elif stage and name in ("COPY", "ADD"):
            _copy(stage, text, span)
        elif stage and name in ("RUN", "CMD", "ENTRYPOINT"):
            _start(stage, name, text, span)
            place = Place(text, stage.image)
            start = _after_options(text, span)
            if text.startswith("[", start.start):
                found.append(run_in_image(place, json_words(text, start), environment, expand))
            else:
                inner = environment.copy()  # what one RUN exports is gone in the next
                found += run_script(place, start, inner, shell_values(inner))
    return gather(found, images)._replace(stages=tuple(each.result() for each in every))


def json_words(text: str, span: Span) -> list[Word]:
    """The words of a JSON array of strings, as RUN, CMD and compose files have them."""
    return [
        Word(re.sub(r"\\(.)", r"\1", match[1]), Span(match.start(), match.end()), inner=Span(*match.span(1)))
        for match in _JSON_WORD.finditer(text, span.start, span.end)
    ]


def _instructions(text: str) -> Iterator[tuple[str, Span]]:
    """Each instruction in capitals, and the span of what follows its name, over all its lines."""
    position = 0
    while position < len(text):
        end = _line_end(text, position)
        match = _INSTRUCTION.match(text, position, end)
        if match is None:
            position = end
            continue
        while end < len(text) and _goes_on(text, position, end):
            position, end = end, _line_end(text, end)
        heredoc = _HEREDOC.search(text, match.end(), end) if match[1].upper() == "RUN" else None
        if heredoc:
            closing = re.compile(rf"^\t*{heredoc[1]}[ \t]*\r?$", re.MULTILINE).search(text, end)
            end = _line_end(text, closing.start()) if closing else len(text)
            yield "RUN", Span(_line_end(text, heredoc.start()), closing.start() if closing else end)
        else:
            yield match[1].upper(), Span(match.end(), end)
        position = end


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the instruction goes on after the line: it is continued, or is a comment or empty inside of one."""
    line = text[start:end]
    return _CONTINUED.search(line[-200:]) is not None or not line.strip() or line.lstrip().startswith("#")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _after_options(text: str, span: Span) -> Span:
    """Without `--mount=…` and the like, and without blanks before the rest."""
    start = span.start
    while match := _OPTION.match(text, start, span.end):
        start = match.end()
    blank = re.compile(r"(?:\s|\\\r?\n)*+").match(text, start, span.end)
    return Span(blank.end() if blank else start, span.end)


def _from(text: str, span: Span, outside: Environment, stages: dict[str, _Stage]) -> _Stage:
    words = [word for words in commands(text, span, shell_values(outside)) for word in words]
    options = [word for word in words if word.text.startswith("--platform=")]
    words = [word for word in words if not word.text.startswith("--")]
    platform = options[0].text.partition("=")[2] if options and options[0].known else None
    base = stages.get(words[0].text.lower()) if words else None
    if base:
        stage = _Stage(base=base)
    else:
        image = image_of(words[0], platform) if words else None
        stage = _Stage(with_tag_span(image, text) if image else None)
    stage.start = span.end
    if len(words) >= 3 and words[1].text.lower() == "as":
        stage.name = words[2].text.lower()
        stages[stage.name] = stage
    return stage


def _copy(stage: _Stage, text: str, span: Span) -> None:
    """COPY and ADD: what comes from another stage, and where the build context goes."""
    expand = shell_values(stage.environment)
    words = [word for each in commands(text, span, expand) for word in each]
    options = [word.text for word in words if word.text.startswith("--")]
    paths = [word for word in words if not word.text.startswith("--")]
    if text.startswith("[", _after_options(text, span).start):
        paths = json_words(text, span)
    sources = tuple(word.text for word in paths[:-1])
    origin = next((each.partition("=")[2] for each in options if each.startswith("--from=")), "")
    if origin:
        stage.copies.append(StageCopy(origin.lower(), sources))
    elif paths and any(source in (".", "./") for source in sources) and paths[-1].known:
        stage.root = posixpath.normpath(posixpath.join(stage.environment.folder or "/", paths[-1].text))


def _start(stage: _Stage, name: str, text: str, span: Span) -> None:
    """ENTRYPOINT and CMD; an ENTRYPOINT sets the CMD of a base back."""
    if name == "RUN":
        return
    start = _after_options(text, span)
    is_json = text.startswith("[", start.start)
    words = json_words(text, start) if is_json else [word for each in commands(text, start, str) for word in each]
    found = tuple(word.text for word in words)
    if name == "ENTRYPOINT":
        stage.entry, stage.command = found, ()
    else:
        stage.command = found


def _assign(instruction: str, words: list[Word], environment: Environment, outside: Environment) -> None:
    """ARG and ENV, which both are in the environment of what RUN runs."""
    if instruction == "ENV" and words and "=" not in words[0].text:
        value = " ".join(word.text for word in words[1:])
        known = all(word.known for word in words)
        span = Span(words[0].span.start, words[-1].span.end)
        environment.set(words[0].text, Word(value, span, known), exported=True)
        return
    for word in words:
        name, equals, _ = word.text.partition("=")
        if equals:
            environment.set(name, word, exported=True)
        elif instruction == "ARG":
            default = outside.values.get(name)
            environment.set(name, word._replace(text=default or "", known=default is not None), exported=True)
