"""Parse a devcontainer.json for its image, and for the Dockerfile and compose files that it names.

It describes where the author works. The text is JSON with comments and trailing commas; the scanner accepts more than
that, and only collects the values. Source: https://containers.dev/implementors/json_reference/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, CommentForm, ImageBuild
from layerg_pin.core.buildfiles.command_results import to_build_file
from layerg_pin.core.buildfiles.command_words import parse_image, with_tag_span
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.text import Problem, Span

_TOKEN = re.compile(
    r"""//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|(?P<string>"(?:[^"\\\n]|\\[^\n])*+"?)|(?P<mark>[][{}:,])|(?P<plain>[^\s"\[\]{}:,/]++)""",
)
_MAX_DEPTH = 50
_VARIABLE = re.compile(r"\$\{(?:localEnv|env):\w+:([^{}]*)\}|(\$\{[^{}]*\})", re.ASCII)

Path = tuple[str, ...]


def parse_devcontainer(text: str, budget: Budget | None = None) -> BuildFile:
    """Parse a devcontainer.json; never raises. Without a `budget`, the limits of one file apply."""
    budget = budget or Budget()
    values: dict[Path, list[Word]] = {}
    try:
        budget.count_characters(len(text))
        for path, word in _strings(text, budget):
            values.setdefault(path, []).append(word)
    except LimitExceeded as error:
        return BuildFile(unread=Problem(f"not read: {error}", Span(budget.at, budget.at)))
    image = next((parse_image(word) for word in values.get(("image",), ())), None)
    images = [with_tag_span(image, text)] if image else []
    dockerfile = (*values.get(("build", "dockerfile"), ()), *values.get(("dockerFile",), ()))
    builds = []
    if dockerfile and dockerfile[0].known:
        contexts = (*values.get(("build", "context"), ()), *values.get(("context",), ()), Word(".", Span(0, 0)))
        arguments = {
            path[2]: each[-1].text if each[-1].known else None
            for path, each in values.items()
            if len(path) == 3 and path[:2] == ("build", "args")
        }
        if contexts[0].known:
            builds.append(ImageBuild(dockerfile[0].text, contexts[0].text.rstrip("/") or ".", arguments))
    composes = tuple(word.text for word in values.get(("dockerComposeFile",), ()) if word.known)
    file = to_build_file((), images, (), builds)
    return file._replace(composes=composes, is_ci_or_dev=True, comments=CommentForm.SLASHES)


def _strings(text: str, budget: Budget) -> Iterator[tuple[Path, Word]]:
    """Each string with the names of the members that contain it. Raises LimitExceeded."""
    path: list[str] = []
    """The name of the member in each open object; empty in an array."""
    opened: list[str] = []
    is_name = False
    for match in _TOKEN.finditer(text):
        mark = match["mark"]
        if mark in ("{", "["):
            if len(opened) >= _MAX_DEPTH:
                raise LimitExceeded(f"more than {_MAX_DEPTH} nested objects and arrays")
            opened.append(mark)
            path.append("")
            is_name = mark == "{"
        elif mark in ("}", "]") and opened:
            opened.pop()
            path.pop()
            is_name = False
        elif mark == ",":
            is_name = bool(opened) and opened[-1] == "{"
        elif mark == ":":
            is_name = False
        elif match["string"]:
            budget.at = match.start()
            budget.count_node()
            value = _value(match["string"])
            if is_name:
                path[-1] = value
            else:
                known, replaced = _expanded(value)
                yield tuple(filter(None, path)), Word(replaced, Span(*match.span()), known)


def _value(written: str) -> str:
    try:
        return str(json.loads(written))
    except ValueError:
        return written[1:-1]


def _expanded(value: str) -> tuple[bool, str]:
    """Whether a value is known, and the value with the defaults of its variables."""
    known = not any(match[2] for match in _VARIABLE.finditer(value))
    return known, _VARIABLE.sub(lambda match: match[1] or "", value)
