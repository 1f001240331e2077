"""What a script runs: the builds of plugins in it, also inside of `docker run` and `sh -c`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from layerg_pin.core.buildfiles.budget import Budget, OutOfBounds
from layerg_pin.core.buildfiles.build_file import (
    BuildCommand,
    BuildFile,
    BuildImage,
    BuildStep,
    Delegate,
    Drift,
    ImageBuild,
    ImageKind,
)
from layerg_pin.core.buildfiles.command_words import Environment, build_command, image_of, settings_of, with_tag_span
from layerg_pin.core.buildfiles.shell_words import Expand, Word, commands
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
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?", re.ASCII)
_BEFORE_A_COMMAND = (
    *("if", "then", "else", "elif", "while", "until", "do", "{", "!"),
    *("time", "exec", "sudo", "command", "nice", "env", ""),
)
_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh"))
_CONTAINERS = frozenset(("docker", "podman", "nerdctl"))
_PROGRAM_MODES = ("", "default", "exe", "pie")
"""Of -buildmode, those that link a program (Go: `go help buildmode`)."""
_EDITORS = frozenset(("rm", "sed", "perl"))
_GO_COMMANDS = ("build", "get", "mod", "work", "env")
"""What a plugin builder, whose entrypoint is go, is started with."""
_NAMED_GO = r"(?:\A|/)go(1\.\d+(?:\.\d+)?(?:rc\d+|beta\d+)?)(?:\Z|/(?:go/)?bin/go\Z)"
"""A Go release that a command names: https://go.dev/doc/manage-install (`go1.21.3`, `~/sdk/go1.21.3/bin/go`)."""
_RUNNERS = frozenset(("task", "just", "mage", "ninja", "bazel", "bazelisk", "earthly", "dagger"))
"""Programs that run what files of their own say, which are not read."""
_WITHOUT_GO = (
    r"(?:\A|/)(?:node|python|ruby|rust|php|perl|openjdk|eclipse-temurin|maven|gradle|bun|deno|nginx|httpd|caddy|redis"
    r"|postgres|mysql|mariadb|mongo|cockroach|protoc|buf|flutter)\Z"
)
"""Images for something else, in which make and scripts build no plugin."""
MAX_STEPS = 20
"""Before one build; stages and recipes hand them on, and no real one has as many."""
_MAX_DEPTH = 4
"""Of scripts in scripts; more were never meant."""


class Found(NamedTuple):
    """What a command turned out to be."""

    images: tuple[BuildImage, ...] = ()
    commands: tuple[BuildCommand, ...] = ()
    steps: tuple[BuildStep, ...] = ()
    builds: tuple[ImageBuild, ...] = ()
    delegates: tuple[Delegate, ...] = ()


class Place(NamedTuple):
    """Where commands run: the text that holds them, and the image, None for the machine itself."""

    text: str
    budget: Budget
    image: BuildImage | None = None
    depth: int = 0


def parse_script(text: str, budget: Budget | None = None, caller: Environment | None = None) -> BuildFile:
    """What a shell script says of how plugins are built, with the variables of its `caller`; never raises.

    Without a `budget`, that of one file.
    """
    budget = budget or Budget()
    environment = caller.copy() if caller else Environment()
    found: list[Found] = []
    unread = None
    try:
        budget.read(len(text))
        found.extend(run_script(Place(text, budget), Span(0, len(text)), environment, shell_values(environment)))
    except OutOfBounds as error:
        unread = budget.problem(error)
    left: list[BuildStep] = []
    drifts = drifts_of(found, left)
    changing = tuple(step for each in found for step in each.steps)
    return gather(found, drifts=drifts)._replace(unread=unread, steps={"": changing} if changing else {})


def drifts_of(found: Sequence[Found], pending: list[BuildStep]) -> list[Drift]:
    """The steps that come before a build, of commands in the order in which they run.

    `pending` are the steps of earlier commands; those that no build has followed are left in it.
    """
    drifts: list[Drift] = []
    for each in found:
        waiting = sorted(each.steps, key=lambda step: step.span)
        plugins = (command for command in each.commands if command.mode == "plugin")
        for command in sorted(plugins, key=lambda command: command.span):
            before = [step for step in waiting if step.span < command.span]
            drifts += (Drift(step, command.span) for step in (*pending, *before) if _concerns(step, command))
            waiting = waiting[len(before) :]
            pending.clear()
        pending += waiting[: max(0, MAX_STEPS - len(pending))]
    return drifts


def _concerns(step: BuildStep, command: BuildCommand) -> bool:
    """Whether a file that a step writes can be that of a build's module."""
    if step.folder is None or command.folder is None or step.folder == command.folder:
        return True
    return command.folder.startswith(f"{step.folder.rstrip('/')}/")


def gather(
    found: Sequence[Found],
    images: Sequence[BuildImage] = (),
    drifts: Sequence[Drift] = (),
    builds: Sequence[ImageBuild] = (),
) -> BuildFile:
    """A file of all that was found in it, in the order of the text, and each once."""
    first = {drift.step.span: drift for drift in reversed(drifts)}
    of_images = (*builds, *(build for each in found for build in each.builds))
    every = dict.fromkeys((*images, *(image for each in found for image in each.images)))
    commands = {command.span: command for each in found for command in each.commands}
    ordered = [commands[span] for span in sorted(commands)]
    return BuildFile(
        images=tuple(sorted((each for each in every if each.kind is not ImageKind.OTHER), key=lambda each: each.span)),
        commands=tuple(each for each in ordered if each.mode == "plugin"),
        dockerfiles=tuple(dict.fromkeys(build.dockerfile for build in of_images)),
        programs=tuple(each for each in ordered if each.mode in _PROGRAM_MODES),
        drifts=tuple(first[span] for span in sorted(first)),
        builds=of_images,
        delegates=tuple(sorted((each for part in found for each in part.delegates), key=lambda each: each.span)),
    )


def shell_values(environment: Environment) -> Expand:
    """What references stand for in a shell, as far as the file has set it, or names a default."""

    def expand(reference: str) -> str | None:
        match = _VARIABLE.fullmatch(reference)
        if match is None:
            return None
        known = environment.values.get(match[1])
        if known is None and match[1] not in environment.values:
            return None if environment.is_full else match[2]
        return known

    return expand


def run_script(
    place: Place, span: Span, environment: Environment, expand: Expand, *, folded: bool = False
) -> Iterator[Found]:
    """What the commands in a part of a text are; variables that they set count for those after them."""
    elsewhere = False
    for words in commands(place.text, span, expand, place.budget, folded=folded):
        elsewhere = leaves_the_module(words) or (elsewhere and words[0].text not in ("cd", "popd"))
        found = run(place, words, environment, expand)
        found = found._replace(steps=()) if elsewhere and found.steps else found
        if any(found):
            place.budget.find(sum(map(len, found)))
            yield found


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
    if rest and assigned and not export:
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
    if words and place.image and place.image.kind is ImageKind.PLUGINBUILDER and words[0].text in _GO_COMMANDS:
        return _go(place, [Word("go", words[0].span), *words], environment)
    return run(place, words, environment, expand)


def _command(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    name = words[0].text.rsplit("/", 1)[-1]
    if not words[0].known or place.depth > _MAX_DEPTH:
        return Found()
    if name == "go" or re.fullmatch(_NAMED_GO, name, re.ASCII):
        return _go(place, words, environment)
    if name in _SHELLS and not _is_file(words[1:]):
        return _shell(place, words, environment, expand)
    if place.image and (delegate := _delegate(place, words, environment)):
        called = calling_step(words)
        return Found(delegates=(delegate,), steps=(called,) if called else ())
    if name in _CONTAINERS:
        verbs = [word.text for word in words[1:3]]
        if "run" in verbs:
            return _container(place, words, expand, _platform(environment))
        if "build" in verbs:
            return Found(builds=_image_build(words[1 + verbs.index("build") :], _platform(environment)))
    step = copying_step(words, environment.folder) or writing_step(place.text, words, environment.folder)
    if step is None and name in (*_EDITORS, *WRITERS):
        step = step_of(words, words[0].span.start)
    step = step or calling_step(words)
    return Found(steps=(step,)) if step else Found()


def _go(place: Place, words: Sequence[Word], environment: Environment) -> Found:
    """A go command: a build of a plugin, a step that changes what is built, or neither."""
    if [word.text for word in words[1:3]] == ["env", "-w"]:
        for word in words[3:]:
            environment.write(word.text.partition("=")[0], word)
    build = build_command(words[1:], words[0].span.start, environment, place.image, place.budget)
    named = re.search(_NAMED_GO, words[0].text, re.ASCII)
    if build and named:
        build = build._replace(go=named[1])
    runs = len(words) > 2 and words[1].text == "run"
    if runs and place.image and re.search(r"build|plugin|mage|make", " ".join(word.text for word in words[2:])):
        return Found(delegates=_as_delegate(place, words, environment, "go"))
    step = None if build else step_of(words, words[0].span.start)
    return Found(commands=(build,) if build else (), steps=(step,) if step else ())


def _is_file(words: Sequence[Word]) -> bool:
    """Whether the arguments of a shell name a file to run, rather than `-c SCRIPT`."""
    first = next((word for word in words if not word.text.startswith("-")), None)
    return first is not None and not any(re.match(r"-[a-z]*c\Z", word.text) for word in words)


def _delegate(place: Place, words: Sequence[Word], environment: Environment) -> Delegate | None:
    """What a command in an image is that may build the plugin by way of another file; None for another command."""
    name = words[0].text.rsplit("/", 1)[-1]
    if name in _SHELLS:
        position = next(number for number, word in enumerate(words) if number and not word.text.startswith("-"))
        words = words[position:]
        name = words[0].text
    elif name in ("make", "gmake"):
        name = "make"
    elif words[0].text.startswith(("./", "../")) or name.endswith(".sh"):
        name = words[0].text
    elif name not in _RUNNERS:
        return None
    return next(iter(_as_delegate(place, words, environment, name)), None)


def _as_delegate(place: Place, words: Sequence[Word], environment: Environment, program: str) -> tuple[Delegate, ...]:
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
            environment=settings_of(environment),
            folder=environment.folder,
        ),
    )


_BUILD_OPTIONS = ("-f", "--file", "-t", "--tag", "--target", "--build-arg", "--platform", "--progress", "--network")
"""The options of `docker build` that take a value and are common; of others only the form `--option=value` is read."""


def _platform(environment: Environment) -> str | None:
    """The platform of images where no option sets it, as far as the file sets it."""
    assigned = environment.exported.get("DOCKER_DEFAULT_PLATFORM")
    return assigned.value if assigned else None


def _image_build(words: Sequence[Word], platform: str | None) -> tuple[ImageBuild, ...]:
    """`build [OPTIONS] CONTEXT`; nothing where the context or the Dockerfile is not known."""
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


def _shell(place: Place, words: Sequence[Word], environment: Environment, expand: Expand) -> Found:
    """`sh -c SCRIPT`."""
    for option, script in pairwise(words[1:]):
        if option.text.startswith("-") and option.text.endswith("c") and script.inner:
            inner = place._replace(depth=place.depth + 1)
            parts = list(run_script(inner, script.inner, environment.copy(), expand))
            return Found(
                images=tuple(image for part in parts for image in part.images),
                commands=tuple(command for part in parts for command in part.commands),
                steps=tuple(step for part in parts for step in part.steps),
                builds=tuple(build for part in parts for build in part.builds),
                delegates=tuple(delegate for part in parts for delegate in part.delegates),
            )
    step = calling_step(words)
    return Found(steps=(step,)) if step else Found()


def _container(place: Place, words: Sequence[Word], expand: Expand, platform: str | None) -> Found:
    """`docker run [OPTIONS] IMAGE [ARGUMENTS]`, for images that build, and for servers with their owner.

    Other images cannot be distinguished from the values of options.
    """
    environment = Environment()
    entrypoint = None
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
            if image and image.kind is ImageKind.SERVER and "/" in image.name and "/" not in image.name[:1]:
                return Found((with_tag_span(image, place.text),))
            if image and image.kind in (ImageKind.GOLANG, ImageKind.PLUGINBUILDER):
                image = with_tag_span(image, place.text)
                inner = place._replace(image=image, depth=place.depth + 1)
                arguments = words[position + 1 :]
                if entrypoint and arguments and entrypoint.text.removeprefix("--entrypoint=").rsplit("/")[-1] == "go":
                    build = build_command(arguments, arguments[0].span.start, environment, image, place.budget)
                    return Found((image,), (build,) if build else ())
                found = run_in_image(inner, arguments, environment, expand)
                return found._replace(images=(image, *found.images))
    return Found()


def _set_in_container(environment: Environment, word: Word) -> None:
    name = _ASSIGNMENT.match(word.text)
    if name:
        environment.set(name[0], word, exported=True)
