"""
# build-flags

The plugin is built with other flags than the host, of those that `plugin.Open` sees.

## Why it breaks

With `-trimpath` the file names in a package hold its module's version, without it the folder that it was built in: only
one side with it, and no package is alike.
`-race`, `GOEXPERIMENT` and debug builds (`-gcflags=all=-N -l`) change the packages of the runtime, and `-tags` those
that ask for them.
`-ldflags`, `-buildvcs`, `-mod`, GOAMD64, coverage and profiles do not matter.

## Example

```
plugin:
        go build -buildmode=plugin -o backend.so .
```

while the host, as every official build of Layerg and Nakama, is built with `-trimpath`.

## Cure

Build the plugin with the host's flags, which the message names.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.analysis import Analysis
from layerg_pin.core.builder import BuildCommand
from layerg_pin.core.building import commands_of, host_build, local_builder
from layerg_pin.core.check import Check
from layerg_pin.core.checks.wording import module_line
from layerg_pin.core.finding import Finding, Severity
from layerg_pin.core.goflags import package_flags
from layerg_pin.core.manifest import KNOWN_HOSTS, HostBuild, HostManifest

_TELLING_TAGS = frozenset(("netgo", "netcgo", "osusergo", "purego", "boringcrypto", "timetzdata", "faketime"))
"""Tags that packages of the standard library ask for; of any other it is not known whether a shared package does."""
_NO_TRIMPATH = (
    "the host is built without -trimpath, so that its packages hold the paths of their folders: a plugin fits only "
    "without it too, and from the same folders; build both with -trimpath"
)


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    if not isinstance(snapshot.host, HostManifest):
        return
    build = host_build(snapshot)
    if build and build.trimpath is False and not snapshot.host.doubt:
        yield Finding(CHECK.code, Severity.WARNING, _NO_TRIMPATH, snapshot.plugin.path, module_line(analysis))
    for source, command in commands_of(snapshot):
        for message in _of_command(command, build, snapshot.host):
            yield Finding(CHECK.code, Severity.WARNING, message, source.path, command.span)
    local = local_builder(snapshot)
    if build and local:
        for message in _of_flags(local.flags.split(), build, snapshot.host):
            place = module_line(analysis)
            yield Finding(CHECK.code, Severity.WARNING, f"GOFLAGS here: {message}", snapshot.plugin.path, place)
        if build.experiment is not None and _set(local.experiment) != _set(build.experiment):
            message = f"here {_experiment(local.experiment, build)}"
            yield Finding(CHECK.code, Severity.WARNING, message, snapshot.plugin.path, module_line(analysis))


def _of_command(command: BuildCommand, build: HostBuild | None, host: HostManifest) -> Iterator[str]:
    if build is None:
        if command.trimpath is False and host.module in KNOWN_HOSTS:
            yield f"no -trimpath, with which {host.module} is built in its own images"
        return
    if command.trimpath is not None and build.trimpath is not None and command.trimpath != build.trimpath:
        yield _unlike("-trimpath", mine=command.trimpath)
    if command.race is not None and build.race is not None and command.race != build.race:
        yield _unlike("-race", mine=command.race)
    if command.tags is not None and build.tags is not None:
        yield from _tags(command.tags, build.tags)
    if command.gcflags is not None and build.gcflags is not None:
        mine_of_all, theirs = _for_others(command.gcflags, host), _for_others(build.gcflags, host)
        if mine_of_all != theirs:
            yield f"-gcflags={command.gcflags}, and the host is built with {build.gcflags or 'none'}"
    experiment = command.environment.get("GOEXPERIMENT")
    mine = experiment.value if experiment else ""
    if mine is not None and build.experiment is not None and _set(mine) != _set(build.experiment):
        yield _experiment(mine, build)


def _of_flags(flags: list[str], build: HostBuild, host: HostManifest) -> Iterator[str]:
    names = {flag.lstrip("-").partition("=")[0]: flag.partition("=")[2] for flag in flags}
    if names.get("race", "false") != "false" and build.race is False:
        yield _unlike("-race", mine=True)
    if "tags" in names and build.tags is not None:
        yield from _tags(tuple(names["tags"].split(",")), build.tags)
    gcflags = names.get("gcflags", "")
    if build.gcflags is not None and _for_others(gcflags, host) and not _for_others(build.gcflags, host):
        yield f"-gcflags={gcflags}, and the host is built without"


def _tags(mine: tuple[str, ...], host: tuple[str, ...]) -> Iterator[str]:
    missing = [tag for tag in host if tag not in mine]
    if missing:
        yield f"without -tags {','.join(missing)}, with which the host is built"
    extra = [tag for tag in mine if tag in _TELLING_TAGS and tag not in host]
    if extra:
        yield f"-tags {','.join(extra)}, without which the host is built"


def _unlike(flag: str, *, mine: bool) -> str:
    return f"{flag}, without which the host is built" if mine else f"no {flag}, with which the host is built"


def _for_others(flags: str, host: HostManifest) -> tuple[str, frozenset[str]] | None:
    """The pattern and the arguments of compiler flags that can reach a shared package; None for others."""
    parsed = package_flags(flags)
    return (parsed.pattern, frozenset(parsed.arguments)) if parsed.may_reach_others(host.module) else None


def _experiment(mine: str, build: HostBuild) -> str:
    return f"GOEXPERIMENT={mine or '(none)'}, and the host is built with {build.experiment or 'none'}"


def _set(experiment: str) -> frozenset[str]:
    return frozenset(filter(None, experiment.split(",")))


CHECK = Check("build-flags", Severity.WARNING, __doc__, _run)
