"""Collect what the services of a compose file run and build.

Sources: https://docs.docker.com/reference/compose-file/services/, https://docs.docker.com/compose/how-tos/profiles/.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from layerg_pin.core.buildfiles.budget import Budget, LimitExceeded
from layerg_pin.core.buildfiles.build_file import BuildFile, BuildImage, BuildStage, Drift, ImageBuild, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult, drifts_of, to_build_file
from layerg_pin.core.buildfiles.command_words import Environment, parse_image, with_tag_span
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables
from layerg_pin.core.buildfiles.docker_run import Mount, enter_container, outside
from layerg_pin.core.buildfiles.shell_script import CommandContext, parse_container_command, shell_values
from layerg_pin.core.buildfiles.shell_words import Word
from layerg_pin.core.buildfiles.yaml_nodes import Scalar
from layerg_pin.core.text import Problem, Span

ELSEWHERE = Span(-1, -1)
"""The place of a word in another file."""
_MODULES = ("/data/modules", "/nakama/data", "/layerg/data")
"""The ends of folders in the image of a server, in which it looks for plugins."""


@dataclass
class Service:
    """A service with its keys from all merged files."""

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
    inline: Scalar | None = None
    """`build.dockerfile_inline`, if that file contains it."""
    profiles: list[str | None] = field(default_factory=list)
    """None for an unknown one. A service with profiles runs only if one of them is active."""
    mounts: list[tuple[str, str]] = field(default_factory=list)
    """The source and the folder in the container of each volume."""
    working_folder: Word | None = None
    """`working_dir`."""
    is_extended: bool = False
    """Whether it extends a service of another file, which is not read by itself."""

    @property
    def bound(self) -> list[Mount]:
        """The mounts, of which only those of relative folders are known."""
        return [(path if path.startswith(".") else None, target.rstrip("/") or "/") for path, target in self.mounts]

    def is_inactive(self, active: Collection[str]) -> bool:
        """Whether it runs only with a profile that is not active. An unknown profile may be active, and
        `*` activates all.
        """
        is_active = "*" in active or any(each is None or each in active for each in self.profiles)
        return bool(self.profiles) and not is_active

    @property
    def built_dockerfile(self) -> str:
        """The path of the Dockerfile that it is built from, relative to the file's folder; empty if none is known."""
        if not self.context or not self.dockerfile or "://" in self.context or self.inline:
            return ""
        folder = self.context.removeprefix("./")
        return self.dockerfile if folder in ("", ".") else f"{folder}/{self.dockerfile}"


def services_file(text: str, services: Mapping[str, Service], variables: ComposeVariables, budget: Budget) -> BuildFile:
    """The images of the services, and what their commands build."""
    unread = None
    images: list[BuildImage] = []
    found: list[CommandResult] = []
    drifts: list[Drift] = []
    builds: list[ImageBuild] = []
    stages: list[BuildStage] = []
    active = variables.profiles
    optional: list[BuildImage] = []
    mounts: list[tuple[BuildImage, str]] = []
    built = {each.built_dockerfile for each in services.values() if not each.is_inactive(active)}
    for service in services.values():
        if service.place is None:
            continue
        image = _image_of(service)
        is_named_here = image is not None and (image.span != ELSEWHERE or service.is_extended)
        if image:
            is_written = image.span != ELSEWHERE
            image = with_tag_span(image, text) if is_written else image._replace(span=service.place)
        if image and service.context != "":  # its own build gets this name
            image = image._replace(kind=ImageKind.OTHER)
        if service.inline:
            file = _inline_dockerfile(text, service, service.inline, budget)
            found.append(CommandResult(file.images, (*file.commands, *file.programs), delegates=file.delegates))
            drifts += file.drifts
            stages += file.stages
            unread = unread or file.unread
        elif (service.is_built_here or service.is_extended) and service.context and service.built_dockerfile:
            several = service.build_platforms
            platform = service.platform if not several else several[0] if len(several) == 1 else None
            dockerfile = service.built_dockerfile
            build = ImageBuild(dockerfile, service.context, service.arguments, platform)
            if not (dockerfile in built and service.is_inactive(active)):
                builds += [
                    build,
                    *(build._replace(arguments={**build.arguments, **each}) for each in variables.arguments),
                ]
        images += [image] if image and is_named_here else []
        if image and image.kind is ImageKind.SERVER:
            mounts += ((image, folder) for folder, target in service.mounts if target.rstrip("/").endswith(_MODULES))
        optional += [image] if image and image.kind is ImageKind.SERVER and service.is_inactive(active) else []
        arguments = _placed(service)
        is_go = service.entrypoint and service.entrypoint[0].text.rsplit("/", 1)[-1] == "go"
        if image and image.kind is ImageKind.PLUGINBUILDER and is_go:
            arguments = arguments[1:]
        if arguments:
            place = CommandContext(text, budget, image)
            budget.at = arguments[0].span.start
            try:
                if service.working_folder:
                    service.environment.enter(service.working_folder)
                default = enter_container(service.environment, image) if image else ""
                here = parse_container_command(place, arguments, service.environment, shell_values(service.environment))
                here = outside(here, service.bound, default)
                budget.count_found(sum(map(len, here)))
            except LimitExceeded as error:
                unread = budget.problem(error)
                break
            found.append(here)
            drifts += drifts_of([here], [])
    return to_build_file(found, images, drifts, builds)._replace(
        unread=unread, stages=tuple(stages), optional=tuple(optional), mounts=tuple(mounts)
    )


def _image_of(service: Service) -> BuildImage | None:
    """The image of a service; the one that a volume gives the folder of plugins is a server."""
    image = parse_image(service.image, service.platform) if service.image else None
    if service.image is None or service.context != "":
        return image
    is_server = any(target.rstrip("/").endswith(_MODULES) for _, target in service.mounts)
    if image is None and is_server:
        span = service.image.span
        return BuildImage(kind=ImageKind.SERVER, name="", tag=None, digest="", span=span, platform=service.platform)
    return image._replace(kind=ImageKind.SERVER) if image and is_server and image.kind is ImageKind.OTHER else image


def _inline_dockerfile(text: str, service: Service, scalar: Scalar, budget: Budget) -> BuildFile:
    """The Dockerfile that the compose file contains."""
    # imported here: few compose files contain a Dockerfile
    from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile

    if scalar.style != "|":
        return BuildFile(unread=Problem("not read: write dockerfile_inline as a block, after a `|`", scalar.span))
    start, end = scalar.span
    return parse_dockerfile(" " * start + text[start:end], service.arguments, service.platform or "", budget)


def _placed(service: Service) -> list[Word]:
    """The words of a service's command, all with positions in this file; empty if it contains none."""
    words = service.entrypoint + service.command
    first = words[-1].span.start if words else ELSEWHERE.start
    if first == ELSEWHERE.start or service.place is None:
        return []
    first = next(word.span.start for word in words if word.span != ELSEWHERE)
    for name, each in list(service.environment.exported.items()):
        if each.span == ELSEWHERE:
            word = Word(f"{name}={each.value or ''}", service.place, each.value is not None)
            service.environment.set(name, word, exported=True)
    return [word._replace(span=Span(first, first)) if word.span == ELSEWHERE else word for word in words]
