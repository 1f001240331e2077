"""Extract a host's build settings from its build files.

The last stage of a Dockerfile is what runs. The stage with the `go build` of a program that is copied there determines
the Go release, platform and flags; the image of the last stage determines the C library.
"""

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from layerg_pin.core.buildfiles.build_file import (
    LIBRARY_MODES,
    Assignment,
    BuildCommand,
    BuildImage,
    BuildSource,
    BuildStage,
    ImageKind,
)
from layerg_pin.core.buildfiles.c_libraries import runtime_c_library
from layerg_pin.core.buildfiles.command_words import with_goflags
from layerg_pin.core.buildfiles.go_flags import covers_shared
from layerg_pin.core.buildfiles.go_toolchain import GoChoice, GoLines, chosen_go, default_go, is_official
from layerg_pin.core.buildfiles.host_linking import flag_blocking_plugins
from layerg_pin.core.model.host_manifest import HostBuild
from layerg_pin.core.model.modules import Origin
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import Span

_PLATFORM = re.compile(r"(\w+)/(\w+)")
_ARCHITECTURES = {"amd64": "amd64", "x86_64": "amd64", "arm64v8": "arm64", "arm64": "arm64", "aarch64": "arm64"}
NO_LINES = GoLines()
_MAX_PROGRAMS = 200
"""No known build file builds more."""
_DEBUG = re.compile(r"(?:\A|\s)-[Nl](?:\s|\Z)")


class ProgramBuild(NamedTuple):
    """A build of a program in a build file."""

    source: BuildSource
    command: BuildCommand
    folders: tuple[str, ...]
    """Candidate folders of the main package, relative to the module, such as `./cmd/server`; the likeliest first."""
    stage: BuildStage | None
    """The stage of a Dockerfile that builds it."""
    last: BuildStage | None
    """The stage that runs it: the one that starts it, else the last one."""
    is_released: bool
    """Whether the program can be in an image built from the Dockerfile."""
    caller: BuildSource | None = None
    """The Dockerfile with the stage that runs this Makefile or script; None for builds in the Dockerfile itself."""

    @property
    def is_entry(self) -> bool:
        """Whether an image starts this program."""
        return self.last is not None and _starts(self.last, self.command)

    @property
    def is_debug(self) -> bool:
        """Whether all packages are compiled for a debugger (`-gcflags "all=-N -l"`)."""
        flags = self.command.gcflags or ""
        return not flags.startswith("-") and _DEBUG.search(flags.partition("=")[2]) is not None


def program_builds(source: BuildSource, folder: str, module: str) -> Iterator[ProgramBuild]:
    """The builds of programs in a file. `folder` is the file's folder, relative to that of the module `module`."""
    stages = source.file.stages
    starts = [stage.start for stage in stages]
    released = _released_stages(stages)
    targets = _final_stages(stages)
    for command in source.file.programs[:_MAX_PROGRAMS]:
        if command.mode in LIBRARY_MODES:
            continue
        number = bisect_right(starts, command.span.start) - 1
        stage = stages[number] if number >= 0 else None
        named = command.packages
        if named is None or (len(named) > 1 and not all(each.endswith(".go") for each in named)):
            continue
        package = named[0] if named else "."
        folders = tuple(dict.fromkeys(_folders(package, command, stage, folder, module)))
        last = next((each for each in targets if _starts(each, command)), targets[0] if targets else None)
        yield ProgramBuild(
            source=source, command=command, folders=folders, stage=stage, last=last, is_released=number in released
        )


def with_stage(program: ProgramBuild, caller: BuildSource, number: int) -> ProgramBuild:
    """A build of a Makefile or script with the settings of the stage `number` that runs that file.

    Variables set in the file override those of the stage (GNU make manual, "Environment").
    """
    stages, command = caller.file.stages, program.command
    stage, targets = stages[number], _final_stages(stages)
    flags = stage.environment.get("GOFLAGS")
    if flags and "GOFLAGS" not in command.environment:
        command = with_goflags(command, flags)
    command = command._replace(image=stage.image, environment={**stage.environment, **command.environment})
    last = next((each for each in targets if _starts(each, command)), targets[0])
    released = number in _released_stages(stages)
    return program._replace(command=command, stage=stage, last=last, is_released=released, caller=caller)


def host_build(
    program: ProgramBuild, root: str, main: str = "", module: str = "", lines: GoLines = NO_LINES
) -> HostBuild:
    """The build settings of a program. Paths are relative to `root`, the absolute folder of the module.

    `main` is the main package, relative to the module with the path `module`, such as `.` or `./cmd/server`. `lines`
    are the lines of its go.mod that may select a Go other than the image's.
    """
    command, facts = program.command, _BuildSettings(program.source, root, program.caller)
    environment = command.environment
    if command.image:
        facts.set_image(command.image)
    facts.set_toolchain(command.image, environment.get("GOTOOLCHAIN"), lines, program.stage)
    for field, name in (("goos", "GOOS"), ("goarch", "GOARCH")):
        if assigned := environment.get(name):
            known = assigned.value or (facts.found.get(field) if field == "goos" else None)
            facts.set_variable(field, known, assigned, program.stage)
    if cgo := environment.get("CGO_ENABLED"):
        facts.set_variable("cgo", {"0": False, "1": True}.get(cgo.value or ""), cgo, program.stage)
    for field, value in (("trimpath", command.trimpath), ("race", command.race), ("tags", command.tags)):
        facts.set_field(field, value, command.span)
    if command.gcflags is not None:
        facts.set_field("gcflags", command.gcflags if covers_shared(command.gcflags) else "", command.span)
    if flag := flag_blocking_plugins(command.ldflags or "", main or program.folders[0], module):
        facts.set_field("linking", flag, command.span)
    experiment = environment.get("GOEXPERIMENT")
    if experiment:
        facts.set_variable("experiment", experiment.value, experiment, program.stage)
    else:
        facts.set_field("experiment", "" if command.image else None, command.span)
    fips = environment.get("GOFIPS140")
    facts.set_field("fips", fips.value if fips else "" if command.image else None, fips.span if fips else command.span)
    facts.set_field("sanitizer", _sanitizer(command), command.span)
    if program.stage is None:  # the release may have flags that a Makefile or script does not name
        for field in ("trimpath", "race", "tags", "experiment", "fips", "sanitizer"):
            if not facts.found.get(field):
                facts.set_field(field, None, command.span)
    facts.set_runtime(program.last)
    return facts.build()


def _sanitizer(command: BuildCommand) -> str | None:
    values = {name: command.flags.get(name, "" if "" not in command.flags else None) for name in ("asan", "msan")}
    if None in values.values():
        return None
    return next((name for name, value in values.items() if value == "true"), "")


def common_settings(builds: Sequence[HostBuild]) -> HostBuild:
    """The settings that several builds of one program agree on; others are unknown."""
    first = builds[0]
    for name in HostBuild._fields:
        if name != "origins" and any(getattr(each, name) != getattr(first, name) for each in builds):
            first = first._replace(**{name: HostBuild._field_defaults[name]})
    return first


def has_settings(build: HostBuild) -> bool:
    """Whether a build has any known setting. Absent compiler flags alone are not a setting."""
    return any(getattr(build, name) not in (None, "") for name in HostBuild._fields if name != "origins")


def image_build(source: BuildSource, stage: BuildStage, root: str, lines: GoLines = NO_LINES) -> HostBuild | None:
    """The build settings of a stage with unknown commands; None if its image is not a Go image."""
    if stage.image is None or stage.image.kind is not ImageKind.GOLANG:
        return None
    facts = _BuildSettings(source, root)
    facts.set_image(stage.image)
    facts.set_toolchain(stage.image, stage.environment.get("GOTOOLCHAIN"), lines, stage)
    facts.set_runtime(source.file.stages[-1])
    return facts.build()


class _BuildSettings:
    """Collects the settings of a build with their origins."""

    def __init__(self, source: BuildSource, root: str, caller: BuildSource | None = None) -> None:
        self.found: dict[str, Any] = {}
        self._origins: dict[str, Origin] = {}
        self._source, self._root = source, root
        self._caller = caller or source
        """The file of the stage, which names the images."""

    def set_variable(self, field: str, value: object, variable: Assignment, stage: BuildStage | None) -> None:
        """Set a field from a variable of the stage or the command."""
        is_of_stage = stage is not None and stage.environment.get(variable.name) is variable
        self.set_field(field, value, variable.span, self._caller if is_of_stage else None)

    def set_field(self, field: str, value: object, span: Span, source: BuildSource | None = None) -> None:
        """Set a field with its origin; None makes it unknown."""
        self.found.pop(field, None)
        self._origins.pop(field, None)
        if value is not None:
            source = source or self._source
            path = source.path
            label = relative_path(path, self._root)
            self.found[field] = value
            self._origins[field] = Origin(path, source.index.line_of(span.start), label)

    def set_image(self, image: BuildImage) -> None:
        """Set the fields that the builder's image determines."""
        go = image.go
        if (go and not image.floating) or (go and go.count(".") == 2):
            self.set_field("release", f"go{go}", image.span, self._caller)
        elif go and "." in go:
            self.set_field("minor", go, image.span, self._caller)
        platform = _PLATFORM.match(image.platform or "")
        prefix = image.name.split("/")[-2] if "/" in image.name else ""
        self.set_field(
            "goos", platform[1] if platform else "linux", image.span, self._caller
        )  # no other Go image builds plugins
        if architecture := platform[2] if platform else _ARCHITECTURES.get(prefix):
            self.set_field("goarch", architecture, image.span, self._caller)

    def set_toolchain(
        self, image: BuildImage | None, choice: Assignment | None, lines: GoLines, stage: BuildStage | None
    ) -> None:
        """Apply GOTOOLCHAIN and the lines of go.mod to the installed Go."""
        installed = GoChoice(self.found.get("release", ""), self.found.get("minor", ""))
        if choice or (image and is_official(image)):
            chosen = chosen_go(installed, choice.value if choice else "local", lines)
        else:
            chosen = default_go(installed, lines)
        if chosen == installed:
            return
        place = choice or Assignment("GOTOOLCHAIN", None, image.span if image else Span(0, 0))
        self.set_variable("release", chosen.release or None, place, stage)
        self.set_variable("minor", chosen.minor or None, place, stage)
        if chosen.origin and chosen.release:
            self._origins["release"] = chosen.origin

    def set_runtime(self, last: BuildStage | None) -> None:
        """Set the fields that the server's image determines."""
        name, version = runtime_c_library(last.image) if last and last.image else ("", "")
        if last and last.image and name:
            self.set_field("libc", name, last.image.span, self._caller)
            self.set_field("libc_version", version, last.image.span, self._caller)

    def build(self) -> HostBuild:
        """The collected settings."""
        return HostBuild(**self.found, origins=MappingProxyType(self._origins))


def _folders(package: str, command: BuildCommand, stage: BuildStage | None, folder: str, module: str) -> Iterator[str]:
    """Candidate folders of a package argument, relative to the module."""
    if package.endswith(".go"):
        package = posixpath.dirname(package) or "."
        package = package if package.startswith((".", "/")) else f"./{package}"
    if module and f"{package}/".startswith(f"{module}/"):
        yield _relative(package[len(module) :].strip("/"))
        return
    if "..." in package or not package.startswith((".", "/")):
        return
    working = command.folder or ""
    if stage:
        root = stage.root or working or "/"
        if posixpath.isabs(working) and f"{working}/".startswith(f"{root}/".replace("//", "/")):
            inside = posixpath.relpath(working, root)
            yield _relative(posixpath.join(inside, package))
        if not posixpath.isabs(package):
            yield _relative(package)
        return
    if not posixpath.isabs(working) and not posixpath.isabs(package):
        yield _relative(posixpath.join(working, package))
        yield _relative(posixpath.join(folder, working, package))
        yield _relative(package)


def _relative(path: str) -> str:
    path = posixpath.normpath(path or ".")
    return path if path == "." or path.startswith("..") else f"./{path}"


def _program(command: BuildCommand) -> str:
    """The file name of the program that a build writes."""
    if command.output and not command.output.endswith("/"):
        return posixpath.basename(command.output)
    package = (command.packages or ("",))[0]
    folder = package if package not in ("", ".") else command.folder or ""
    return posixpath.basename(folder.rstrip("/"))


def _starts(stage: BuildStage, command: BuildCommand) -> bool:
    """Whether an image starts the program that a command builds."""
    return _program(command) in _started(stage.entry)


@lru_cache(maxsize=256)
def _started(entry: tuple[str, ...]) -> frozenset[str]:
    """The names of the programs that an ENTRYPOINT and a CMD may start."""
    return frozenset(map(posixpath.basename, entry))


def _final_stages(stages: Sequence[BuildStage]) -> tuple[BuildStage, ...]:
    """The stages that can be final images, the last one first: stages that no other stage copies from.

    `docker build --target` and a compose file's `target` choose one of them.
    """
    used = {copy.stage for stage in stages for copy in stage.copies}
    reverse = [(number, each) for number, each in enumerate(stages)][::-1]
    others = [each for number, each in reverse[1:] if each.name and not {each.name, str(number)} & used and each.entry]
    return (stages[-1], *others) if stages else ()


def _released_stages(stages: Sequence[BuildStage]) -> frozenset[int]:
    """The numbers of the stages that are final images or that such images copy from, directly or indirectly."""
    numbers = {name: number for number, each in enumerate(stages) for name in (str(number), each.name) if name}
    targets = _final_stages(stages)
    pending = [number for number, each in enumerate(stages) if each in targets]
    found = set(pending)
    while pending:
        for copy in stages[pending.pop()].copies:
            number = numbers.get(copy.stage)
            if number is not None and number not in found:
                found.add(number)
                pending.append(number)
    return frozenset(found)
