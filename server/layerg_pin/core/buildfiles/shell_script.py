"""Parse shell scripts for builds of plugins, including builds in `docker run` and `sh -c`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import (
    BuildFile,
    BuildImage,
    BuildStep,
    Delegate,
    ImageKind,
)
from layerg_pin.core.buildfiles.command_prefixes import folders_of, is_script, program_position
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import (
    Environment,
    build_command,
    parse_image,
    relevant_variables,
    with_tag_span,
)
from layerg_pin.core.buildfiles.docker_build import parse_compose_run, parse_docker_build
from layerg_pin.core.buildfiles.docker_run import ContainerOptions, enter_container, outside
from layerg_pin.core.buildfiles.shell_branches import ShellBranches
from layerg_pin.core.buildfiles.shell_words import SHELLS, Expand, Word, commands
from layerg_pin.core.buildfiles.version_changes import (
    WRITERS,
    calling_step,
    copying_step,
    leaves_the_module,
    step_of,
    writing_step,
)
from layerg_pin.core.text import Span

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?==)", re.ASCII)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?[-=]([^}]*))?\}?", re.ASCII)
_DEFAULT = re.compile(r"\$\{(\w+):?=([^${}]*)\}", re.ASCII)
"""An expansion that also assigns the default, as in `: "${V:=1}"`."""
_CONTAINERS = frozenset(("docker", "podman", "nerdctl"))
_COMPOSE = frozenset(("docker-compose", "podman-compose"))
_MAX_SOURCED = 10
_DECLARING = frozenset(("local", "readonly", "declare", "typeset"))
_EDITORS = frozenset(("rm", "sed", "perl"))
_GO_COMMANDS = ("build", "get", "mod", "work", "env")
"""Arguments that start a plugin builder image, whose entrypoint is go."""
_NAMED_GO = r"(?:\A|/)go(1\.\d+(?:\.\d+)?(?:rc\d+|beta\d+)?)(?:\Z|/(?:go/)?bin/go\Z)"
"""A command that names a Go release: https://go.dev/doc/manage-install (`go1.21.3`, `~/sdk/go1.21.3/bin/go`)."""
_RUNNERS = frozenset(("task", "just", "mage", "ninja", "bazel", "bazelisk", "earthly", "dagger"))
"""Task runners, whose files are not parsed."""
_WITHOUT_GO = (
    r"(?:\A|/)(?:node|python|ruby|rust|php|perl|openjdk|eclipse-temurin|maven|gradle|bun|deno|nginx|httpd|caddy|redis"
    r"|postgres|mysql|mariadb|mongo|cockroach|protoc|buf|flutter)\Z"
)
"""Images for other purposes, in which make and scripts build no plugin."""
_MAX_DEPTH = 4
"""Limit on the nesting of scripts."""


class CommandContext(NamedTuple):
    """The context of commands: the text, and the image in which they run (None for the machine itself)."""

    text: str
    budget: Budget
    image: BuildImage | None = None
    depth: int = 0


def parse_script(text: str, budget: Budget | None = None, caller: Environment | None = None) -> BuildFile:
    """Parse a shell script with the variables of its `caller`; never raises.

    Without a `budget`, the limits of one file apply.
    """
    budget = budget or Budget()
    environment = caller.copy() if caller else Environment()
    found: list[CommandResult] = []
    unread = None
    try:
        budget.count_characters(len(text))
        found.extend(
            parse_commands(CommandContext(text, budget), Span(0, len(text)), environment, shell_values(environment))
        )
    except LimitExceeded as error:
        unread = budget.problem(error)
    left: list[BuildStep] = []
    drifts = drifts_of(found, left)
    changing = tuple(step for each in found for step in each.steps)
    return to_build_file(found, drifts=drifts)._replace(unread=unread, steps={"": changing} if changing else {})


def shell_values(environment: Environment) -> Expand:
    """A function that expands references of a shell with the values set in the file, or with their defaults."""

    def expand(reference: str) -> str | None:
        match = _VARIABLE.fullmatch(reference)
        if match is None:
            return None
        known = environment.values.get(match[1])
        if known is None and match[1] not in environment.values:
            return None if environment.is_full else match[2]
        is_default = known == "" and match[2] is not None and ":" in reference  # `:-` replaces an empty value too
        return match[2] if is_default else known

    return expand


def parse_commands(
    place: CommandContext, span: Span, environment: Environment, expand: Expand, *, folded: bool = False
) -> Iterator[CommandResult]:
    """Parse the commands in a part of a text. Variables that they set apply to later commands."""
    split = commands(place.text, span, expand, place.budget, folded=folded)
    return parse_each_command(place, split, environment, expand)


def parse_each_command(
    place: CommandContext, split: Iterable[Sequence[Word]], environment: Environment, expand: Expand
) -> Iterator[CommandResult]:
    """Parse commands that are already split into words."""
    elsewhere, branches = False, ShellBranches(place.text, environment)
    for words in split:
        branches.enter(words)
        elsewhere = leaves_the_module(words) or (elsewhere and words[0].text not in ("cd", "popd"))
        found = parse_command(place, words, environment, expand)
        branches.leave(words)
        found = found._replace(steps=()) if elsewhere and found.steps else found
        if any(found):
            place.budget.count_found(sum(map(len, found)))
            yield found


def parse_command(
    place: CommandContext, words: Sequence[Word], environment: Environment, expand: Expand
) -> CommandResult:
    """Parse one command."""
    position = program_position(words)
    folders = [*folders_of(words[:position])] if position else ()
    environment = environment.copy() if folders else environment
    for folder in folders:
        environment.enter(folder)
    if position and is_script(words[position:]):
        return _parse_inner(place, words[position], environment, expand)
    local = environment
    program = words[position].text if position < len(words) else ""
    export = program == "export"
    if program == ":":
        for match in _DEFAULT.finditer(place.text, words[position].span.start, words[-1].span.end):
            if match[1] not in environment.values:
                environment.set(match[1], Word(match[2], Span(*match.span())), exported=False)
    elif program in (".", "source") and words[position + 1 :] and len(environment.sourced) < _MAX_SOURCED:
        path = words[position + 1].text
        environment.sourced += (path,) if ".env" in path or path.endswith("env") else ()
    position += export or program in _DECLARING
    while program in _DECLARING and position < len(words) and words[position].text.startswith("-"):
        export |= "x" in words[position].text
        position += 1
    assigned = 0
    while position + assigned < len(words) and _ASSIGNMENT.match(words[position + assigned].text):
        assigned += 1
    rest = words[position + assigned :]
    if rest and rest[0].text in ("cd", "pushd", "popd") and not export:
        _change_folder(rest, environment)
        return CommandResult()
    if rest and assigned and not export:
        local = environment.copy()  # A=b command: only for that command
    for word in words[position : position + assigned]:
        name = _ASSIGNMENT.match(word.text)
        if name:
            local.set(name[0], word, exported=export or bool(rest))
    if export:
        for word in rest:
            environment.export(word.text, word.span)
        return CommandResult()
    if assigned and program_position(rest) and place.depth < _MAX_DEPTH:  # A=b sudo command
        return parse_command(place._replace(depth=place.depth + 1), rest, local, expand)
    return _parse_program(place, rest, local, expand) if rest else CommandResult()


def _change_folder(words: Sequence[Word], environment: Environment) -> None:
    """Apply cd, pushd or popd."""
    target = next((word for word in words[1:] if word.text not in ("-P", "-L", "--")), words[0]._replace(known=False))
    if words[0].text == "cd":
        environment.enter(target)
    elif words[0].text == "pushd":
        environment.push(target)
    else:
        environment.pop()


def parse_container_command(
    place: CommandContext, words: Sequence[Word], environment: Environment, expand: Expand
) -> CommandResult:
    """Parse the words that start a container; a plugin builder's entrypoint is go."""
    if words and place.image and place.image.kind is ImageKind.PLUGINBUILDER and words[0].text in _GO_COMMANDS:
        return _parse_go(place, [Word("go", words[0].span), *words], environment)
    return parse_command(place, words, environment, expand)


def _parse_program(
    place: CommandContext, words: Sequence[Word], environment: Environment, expand: Expand
) -> CommandResult:
    name = words[0].text.rsplit("/", 1)[-1].removesuffix(".exe")  # Windows programs, also from a shell of WSL
    if not words[0].known or place.depth > _MAX_DEPTH:
        return CommandResult()
    if name == "go" or re.fullmatch(_NAMED_GO, name, re.ASCII):
        return _parse_go(place, words, environment)
    if name in SHELLS and not _is_file(words[1:]):
        return _parse_shell(place, words, environment, expand)
    if place.image and (delegate := _delegate(place, words, environment)):
        called = calling_step(words)
        return CommandResult(delegates=(delegate,), steps=(called,) if called else ())
    verbs = [word.text for word in words[1:3]]
    if name in _COMPOSE or (name in _CONTAINERS and (verbs[:1] in (["compose"], ["stack"]) or "bake" in verbs)):
        run = parse_compose_run(words, environment)
        return CommandResult(runs=(run,) if run else ())
    if name in _CONTAINERS:
        if "run" in verbs:
            return _parse_docker_run(place, words, environment, expand)
        if "build" in verbs:
            return CommandResult(
                builds=parse_docker_build(words[1 + verbs.index("build") :], environment, _platform(environment))
            )
    step = copying_step(words, environment.folder) or writing_step(place.text, words, environment.folder)
    if step is None and name in (*_EDITORS, *WRITERS):
        step = step_of(words, words[0].span.start)
    step = step or calling_step(words)
    return CommandResult(steps=(step,)) if step else CommandResult()


def _parse_go(place: CommandContext, words: Sequence[Word], environment: Environment) -> CommandResult:
    """Parse a go command: a build, a step that changes versions, or neither."""
    if [word.text for word in words[1:3]] == ["env", "-w"]:
        for word in words[3:]:
            environment.write(word.text.partition("=")[0], word)
    build = build_command(words[1:], words[0].span.start, environment, place.image, place.budget)
    named = re.search(_NAMED_GO, words[0].text, re.ASCII)
    if build and named:
        build = build._replace(go=named[1])
    runs = len(words) > 2 and words[1].text == "run"
    if runs and place.image and re.search(r"build|plugin|mage|make", " ".join(word.text for word in words[2:])):
        return CommandResult(delegates=_new_delegate(place, words, environment, "go"))
    step = None if build else step_of(words, words[0].span.start)
    return CommandResult(commands=(build,) if build else (), steps=(step,) if step else ())


def _is_file(words: Sequence[Word]) -> bool:
    """Whether the arguments of a shell name a script file, rather than `-c SCRIPT`."""
    first = next((word for word in words if not word.text.startswith("-")), None)
    return first is not None and not any(re.match(r"-[a-z]*c\Z", word.text) for word in words)


def _delegate(place: CommandContext, words: Sequence[Word], environment: Environment) -> Delegate | None:
    """The delegate if a command in an image may build the plugin with another file; else None."""
    name = words[0].text.rsplit("/", 1)[-1]
    if name in SHELLS:
        position = next(number for number, word in enumerate(words) if number and not word.text.startswith("-"))
        words = words[position:]
        name = words[0].text
    elif name in ("make", "gmake"):
        name = "make"
    elif words[0].text.startswith(("./", "../")) or name.endswith(".sh"):
        name = words[0].text
    elif name not in _RUNNERS:
        return None
    return next(iter(_new_delegate(place, words, environment, name)), None)


def _new_delegate(
    place: CommandContext, words: Sequence[Word], environment: Environment, program: str
) -> tuple[Delegate, ...]:
    image = place.image
    if image is None or image.kind is ImageKind.SERVER or re.search(_WITHOUT_GO, image.name):
        return ()
    span = Span(words[0].span.start, words[-1].span.end)
    arguments = tuple(word.text if word.known else "" for word in words[1:])
    return (
        Delegate(
            span=span,
            program=program,
            arguments=arguments,
            image=image,
            environment=relevant_variables(environment),
            folder=environment.folder,
        ),
    )


def _platform(environment: Environment) -> str | None:
    """The default platform of images, if the file sets it."""
    assigned = environment.exported.get("DOCKER_DEFAULT_PLATFORM")
    return assigned.value if assigned else None


def _parse_shell(
    place: CommandContext, words: Sequence[Word], environment: Environment, expand: Expand
) -> CommandResult:
    """Parse `sh -c SCRIPT`."""
    for option, script in pairwise(words[1:]):
        if option.text.startswith("-") and option.text.endswith("c") and script.inner:
            return _parse_inner(place, script, environment, expand)
    step = calling_step(words)
    return CommandResult(steps=(step,)) if step else CommandResult()


def _parse_inner(place: CommandContext, script: Word, environment: Environment, expand: Expand) -> CommandResult:
    """Parse a script in quotation marks."""
    if script.inner is None or place.depth > _MAX_DEPTH:
        return CommandResult()
    inner = place._replace(depth=place.depth + 1)
    parts = parse_commands(inner, script.inner, environment.copy(), expand)
    return CommandResult(*(tuple(chain.from_iterable(each)) for each in zip(*parts, strict=True)))


def _parse_docker_run(
    place: CommandContext, words: Sequence[Word], outer: Environment, expand: Expand
) -> CommandResult:
    """Parse `docker run [OPTIONS] IMAGE [ARGUMENTS]` for builder images, and for server images with an owner.

    Other images cannot be distinguished from the values of options.
    """
    options = ContainerOptions(place.text, outer, _platform(outer))
    environment = options.environment
    for before, (position, word) in zip(words[1:], islice(enumerate(words), 2, None), strict=False):
        if options.take(before, word):
            continue
        image = parse_image(word, options.platform)
        if image and image.kind is ImageKind.SERVER and "/" in image.name and "/" not in image.name[:1]:
            return CommandResult((with_tag_span(image, place.text),))
        if image and image.kind in (ImageKind.GOLANG, ImageKind.PLUGINBUILDER):
            image = with_tag_span(image, place.text)
            inner = place._replace(image=image, depth=place.depth + 1)
            arguments = words[position + 1 :]
            default = enter_container(environment, image)
            entrypoint = options.entrypoint
            if entrypoint and arguments:
                start = arguments[0].span.start
                entrypoint = [entrypoint[0]._replace(span=Span(start, start))]
            parse = parse_container_command if entrypoint is None else parse_command
            found = parse(inner, [*(entrypoint or ()), *arguments], environment, expand)
            return outside(found, options.mounts, default)._replace(images=(image, *found.images))
    return CommandResult()
