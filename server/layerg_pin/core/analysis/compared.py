"""The facts of the build that both the host and the plugin state, so that they were compared."""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis.builder_go import builder_releases
from layerg_pin.core.analysis.plugin_builders import builders_of, commands_of, host_build, local_builder
from layerg_pin.core.buildfiles.build_file import BuildCommand
from layerg_pin.core.buildfiles.platforms import build_platform
from layerg_pin.core.model.host_manifest import HostBuild
from layerg_pin.core.model.plugin_build import LocalGo
from layerg_pin.core.model.snapshot import Snapshot


def compared_release(snapshot: Snapshot) -> str:
    """The host's Go release, such as `1.23.4` or `1.23`, if that of every build of the plugin is known; else empty."""
    build = host_build(snapshot)
    release = build.release.removeprefix("go") or build.minor if build else ""
    known = [each.release for each in builder_releases(snapshot)]
    return release if known and all(each and "." in each for each in known) else ""


def compared_platform(snapshot: Snapshot) -> str:
    """The host's platform, such as `linux/amd64`, if that of every build of the plugin is known; else empty."""
    build = host_build(snapshot)
    platform = "/".join((build.goos, build.goarch)) if build and build.goos and build.goarch else ""
    known = list(_platforms(snapshot)) if platform else []
    return platform if known and all(known) else ""


def _platforms(snapshot: Snapshot) -> Iterator[str]:
    """The platform of each build of the plugin; empty if unknown."""
    local = local_builder(snapshot)
    if local is None:
        for builder in builders_of(snapshot):
            yield build_platform(builder.image, builder.command) or _of_variables(builder.environment.get("GOARCH"))
        return
    commands = [command for _, command in commands_of(snapshot)]
    for command in commands:
        yield _local_platform(local, command)
    if not commands:
        yield f"{local.goos}/{local.goarch}" if local.goos and local.goarch else ""


def _of_variables(architecture: object) -> str:
    return f"linux/{value}" if (value := getattr(architecture, "value", None)) else ""


def _local_platform(local: LocalGo, command: BuildCommand) -> str:
    """The platform of a build on this machine."""
    names = (("GOOS", local.goos), ("GOARCH", local.goarch))
    parts = [command.environment[name].value if name in command.environment else own for name, own in names]
    return "/".join(part or "" for part in parts) if all(parts) else ""


def flags_not_compared(snapshot: Snapshot) -> str:
    """The words for build flags that were not compared, with the host's flags; empty if they were compared."""
    build = host_build(snapshot)
    if build is None or build.trimpath is None or build.tags is None:
        return "build flags"
    commands = [command for _, command in commands_of(snapshot)]
    is_read = all(each.is_read for source in snapshot.builders for each in source.file.delegates)
    known = is_read and commands and all(map(_has_known_flags, commands))
    local = local_builder(snapshot)
    if known or (not commands and local and _says_all(local, build)):
        return ""
    return f"build flags (the host is built {_flags_of(build)})"


def _has_known_flags(command: BuildCommand) -> bool:
    return None not in (command.trimpath, command.race, command.tags)


def _says_all(local: LocalGo, build: HostBuild) -> bool:
    """Whether GOFLAGS of this machine has all flags of the host; flags that it lacks may be on the command line."""
    flags = local.flags.split()
    tags = {tag for flag in flags if "-tags=" in flag for tag in flag.partition("=")[2].split(",")}
    return bool(build.trimpath) and not build.race and "-trimpath" in flags and tags.issuperset(build.tags or ())


def _flags_of(build: HostBuild) -> str:
    flags = ["-trimpath"] if build.trimpath else []
    flags += ["-race"] if build.race else []
    flags += [f"-tags={','.join(build.tags)}"] if build.tags else []
    flags += [f'-gcflags="{build.gcflags}"'] if build.gcflags else []
    return f"with {' '.join(flags)}" if flags else "without -trimpath"
