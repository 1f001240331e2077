"""
# build-flags

The plugin is built with other flags than the host, and `plugin.Open` can see the difference.

## Why it breaks

With `-trimpath`, the file names in a package contain its module's version; without it, they contain the folder in which
the package was built. If only one side uses `-trimpath`, every package differs.
`-race`, `GOEXPERIMENT` and debug builds (`-gcflags='all=-N -l'`) change the packages of the runtime.
`GOFIPS140` changes those of crypto, and `-tags` those that use these build tags.
The debug images of servers (`nakama-dsym`) are debug builds, and refuse an ordinary plugin.
A plugin with `-asan` or `-msan` stops the host, a plugin with `-linkshared` is refused, and with
`-ldflags=-linkmode=internal` Go cannot link a plugin.
Other `-ldflags`, `-buildvcs`, `-mod`, GOAMD64, coverage and profiles do not matter.

## Example

```
plugin:
        go build -buildmode=plugin -o backend.so .
```

where the host is built with `-trimpath`, like every official build of Layerg and Nakama.

## How to fix it

Build the plugin with the host's flags, which the message states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerg_pin.core.analysis.analyse import Analysis
from layerg_pin.core.analysis.plugin_builders import (
    Server,
    at_image,
    at_origin,
    commands_of,
    host_build,
    in_images_of_host,
    is_debug,
    local_builder,
    official_servers,
    short_name,
)
from layerg_pin.core.buildfiles.build_file import BuildCommand
from layerg_pin.core.buildfiles.go_flags import package_flags
from layerg_pin.core.checks.check import Check
from layerg_pin.core.checks.wording import at_module_line, module_line
from layerg_pin.core.finding import Finding, Related, Severity
from layerg_pin.core.known.known_hosts import PUBLICATIONS
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest

_STANDARD_LIBRARY_TAGS = frozenset(("netgo", "netcgo", "osusergo", "purego", "boringcrypto", "timetzdata", "faketime"))
"""Tags that packages of the standard library use. Whether a shared package uses another tag is unknown."""
_DEBUG = frozenset("l")
"""The relevant flags of debug servers, which are built with `-N -l`."""
_REFUSED = frozenset(("l", "N"))
"""Compiler flags that make plugin.Open refuse a plugin."""
_HARMLESS = frozenset(("trimpath", "dwarf", "dwarflocationlists", "m", "S", "c"))
_INTERNAL = r"-linkmode[= ]['\"]?internal\b"
"""A rarely used pattern, which re compiles on first use."""
_USE_FLAGS = "build with it, or use the server image without -dsym"
_REMOVE_FLAGS = "remove the flag, or use the debug server's image"
_NO_TRIMPATH = (
    "the host is built without -trimpath: a plugin fits only if it is also built without -trimpath, and in the same "
    "folders; build both with -trimpath"
)


_MAX_SERVERS = 10
"""Limit on the servers of one flavour."""


def _run(analysis: Analysis) -> Iterator[Finding]:
    snapshot = analysis.snapshot
    host = snapshot.host if isinstance(snapshot.host, HostManifest) else None
    build = host_build(snapshot)
    if host and build and build.trimpath is False and not host.uncertainty and not in_images_of_host(snapshot):
        yield at_module_line(analysis, CHECK.code, Severity.WARNING, _NO_TRIMPATH)
    compiled = snapshot.build.packages if snapshot.build else {}
    shared = tuple(each for each in compiled if host and host.linked and each in (host.packages or {}))
    built = list(commands_of(snapshot))
    every = _some_of_each_flavour(official_servers(snapshot))
    beside = {source: _some_of_each_flavour(official_servers(snapshot, source)) for source in snapshot.builders}
    for source, command in built:
        reported = set()
        for topic, severity, message in _of_command(command, build, host, shared):
            reported.add(topic)
            related = at_origin(build, topic)
            yield Finding(
                code=CHECK.code,
                severity=severity,
                message=message,
                path=source.path,
                span=command.span,
                related=related,
            )
        servers = beside[source] or every
        is_own = any(each.source is source for each in servers)
        builds = list(source.file.commands) if is_own else [each for _, each in built]
        for topic, message, related in _of_servers(servers, builds, command, build):
            if topic not in reported:
                yield Finding(
                    code=CHECK.code,
                    severity=Severity.ERROR,
                    message=message,
                    path=source.path,
                    span=command.span,
                    related=related,
                )
    local = local_builder(snapshot)
    if build and local:
        for message in _of_flags(local.flags.split(), build, host):
            place = module_line(analysis)
            yield Finding(
                code=CHECK.code,
                severity=Severity.WARNING,
                message=f"GOFLAGS on this machine: {message}",
                path=snapshot.plugin.path,
                span=place,
            )
        if build.fips is not None and _fips(local.fips) != _fips(build.fips):
            message = f"on this machine: {_other_fips(local.fips, build.fips)}"
            yield at_module_line(analysis, CHECK.code, Severity.ERROR, message)
        if build.experiment is not None and _set(local.experiment) != _set(build.experiment):
            message = f"on this machine: {_experiment(local.experiment, build)}"
            yield at_module_line(analysis, CHECK.code, Severity.WARNING, message)


def _of_command(
    command: BuildCommand, build: HostBuild | None, host: HostManifest | None, shared: tuple[str, ...]
) -> Iterator[tuple[str, Severity, str]]:
    """The topic, severity and message of each differing flag. Errors are flags that plugin.Open is known to refuse."""
    yield from _unlinkable(command)
    if build is None:
        published = PUBLICATIONS.get(host.module or "") if host else None
        if command.trimpath is False and host and published and published.trimpath:
            yield (
                "trimpath",
                Severity.WARNING,
                f"-trimpath is missing: the official images of {host.module} are built with it",
            )
        return
    if command.trimpath is not None and build.trimpath is not None and command.trimpath != build.trimpath:
        yield "trimpath", Severity.ERROR, _flag_differs("-trimpath", mine=command.trimpath)
    yield from _of_modes(command, build)
    if command.race is not None and build.race is not None and command.race != build.race:
        yield "race", Severity.ERROR, _flag_differs("-race", mine=command.race)
    if command.tags is not None and build.tags is not None:
        for message in _tags(command.tags, build.tags):
            yield "tags", Severity.WARNING, message
    if command.gcflags is not None and build.gcflags is not None:
        mine, theirs = _for_others(command.gcflags, host), _for_others(build.gcflags, host)
        if mine != theirs:
            message = _value_differs("-gcflags", command.gcflags, build.gcflags)
            severity = Severity.ERROR if _is_refused(mine ^ theirs, shared) else Severity.WARNING
            yield "gcflags", severity, message
    experiment = command.environment.get("GOEXPERIMENT")
    mine_set = experiment.value if experiment else ""
    if mine_set is not None and build.experiment is not None and _set(mine_set) != _set(build.experiment):
        yield "experiment", Severity.ERROR, _experiment(mine_set, build)


def _some_of_each_flavour(servers: list[Server]) -> list[Server]:
    """The first debug servers and the first other servers: further ones refuse the same."""
    kept: dict[bool, int] = {}
    found = []
    for server in servers:
        debug = is_debug(server.image)
        kept[debug] = kept.get(debug, 0) + 1
        if kept[debug] <= _MAX_SERVERS:
            found.append(server)
    return found


def _unlinkable(command: BuildCommand) -> Iterator[tuple[str, Severity, str]]:
    """Flags that no plugin can be built with, whatever the host. Each was tried with real builds and loads."""
    if command.flags.get("linkshared") == "true":
        yield "linkshared", Severity.ERROR, "-linkshared is set: plugin.Open refuses the plugin; remove it"
    if re.search(_INTERNAL, command.ldflags or ""):
        yield "ldflags", Severity.ERROR, "-linkmode=internal is set: Go cannot link a plugin with it; remove it"


def _of_modes(command: BuildCommand, build: HostBuild) -> Iterator[tuple[str, Severity, str]]:
    """Sanitizers, whose libraries the host must have loaded first, and the FIPS module, which is a package."""
    for name in ("asan", "msan"):
        is_set = command.flags.get(name, "" if "" not in command.flags else None)
        if is_set == "true" and build.sanitizer is None:
            yield (
                "sanitizer",
                Severity.WARNING,
                f"-{name} is set: it stops a host that is built without it",
            )
        elif is_set is not None and build.sanitizer is not None and (is_set == "true") != (build.sanitizer == name):
            # gcc has no -msan, so only -asan was measured.
            yield (
                "sanitizer",
                Severity.ERROR if name == "asan" else Severity.WARNING,
                _flag_differs(f"-{name}", mine=is_set == "true"),
            )
    assigned = command.environment.get("GOFIPS140")
    mine = assigned.value if assigned else ""
    if mine is not None and build.fips is not None and _fips(mine) != _fips(build.fips):
        yield "fips", Severity.ERROR, _other_fips(mine, build.fips)


def _fips(setting: str) -> str:
    """The FIPS module that is compiled. `off` and `latest` both mean the packages of the Go release itself."""
    return "" if setting in ("off", "latest") else setting


def _other_fips(mine: str, host: str) -> str:
    return _value_differs("GOFIPS140", mine, host)


def _is_refused(flags: frozenset[str], shared: tuple[str, ...]) -> bool:
    """Whether plugin.Open is known to refuse one of the compiler flags, for all packages or for a pattern's.

    Measured: `-gcflags=std=-l` and `-gcflags=github.com/gorilla/mux=-l` are refused; `-N` alone for a pattern is not.
    """
    for each in flags:
        pattern, equals, flag = each.partition("=")
        if not equals and each in _REFUSED:
            return True
        # Every plugin shares packages of the standard library with its host.
        if flag == "-l" and package_flags(f"{pattern}={flag}").applies_to(("runtime", *shared)):
            return True
    return False


def _of_servers(
    servers: list[Server], builds: list[BuildCommand], command: BuildCommand, build: HostBuild | None
) -> Iterator[tuple[str, str, tuple[Related, ...]]]:
    """Flags that official server images refuse, which are built without -race, and most of them with -trimpath.

    A server is skipped if one of the `builds` fits it, because the debug server and the ordinary one may each have
    their own.
    """
    for server in servers:
        name, related = short_name(server.image), (at_image(server.source, server.image),)
        is_trimmed = server.image.known is not None and server.image.known.host.trimpath
        if is_trimmed and command.trimpath is False and (build is None or build.trimpath is None):
            yield "trimpath", f"-trimpath is missing: {name} is built with it", related
        if command.race and (build is None or build.race is None):
            yield "race", f"-race is set, but {name} is built without it", related
        wanted = _DEBUG if is_debug(server.image) else frozenset()
        if any(each.gcflags is None or for_all_packages(each.gcflags) & _REFUSED == wanted for each in builds):
            continue
        if wanted:
            yield (
                "gcflags",
                f"{name} is built with -gcflags='all=-N -l' and refuses a plugin without it: {_USE_FLAGS}",
                related,
            )
        else:
            message = (
                f"-gcflags={command.gcflags} is set, but {name} is built without it and refuses the plugin; "
                f"{_REMOVE_FLAGS}"
            )
            yield "gcflags", message, related


def _of_flags(flags: list[str], build: HostBuild, host: HostManifest | None) -> Iterator[str]:
    names = {flag.lstrip("-").partition("=")[0]: flag.partition("=")[2] for flag in flags}
    if names.get("race", "false") != "false" and build.race is False:
        yield _flag_differs("-race", mine=True)
    if "tags" in names and build.tags is not None:
        yield from _tags(tuple(names["tags"].split(",")), build.tags)
    gcflags = names.get("gcflags", "")
    if build.gcflags is not None and _for_others(gcflags, host) and not _for_others(build.gcflags, host):
        yield f"-gcflags={gcflags} is set, but the host is built without it"


def _tags(mine: tuple[str, ...], host: tuple[str, ...]) -> Iterator[str]:
    missing = [tag for tag in host if tag not in mine]
    if missing:
        yield f"-tags {','.join(missing)} is missing: the host is built with it"
    extra = [tag for tag in mine if tag in _STANDARD_LIBRARY_TAGS and tag not in host]
    if extra:
        yield f"-tags {','.join(extra)} is set, but the host is built without it"


def _value_differs(name: str, mine: str, host: str) -> str:
    """The message for a flag or variable with another value in the host's build; an empty value means not set."""
    if mine and host:
        return f"{name}={mine} is set, but the host is built with {name}={host}"
    return _flag_differs(f"{name}={mine or host}", mine=bool(mine))


def _flag_differs(flag: str, *, mine: bool) -> str:
    return (
        f"{flag} is set, but the host is built without it" if mine else f"{flag} is missing: the host is built with it"
    )


def _for_others(flags: str, host: HostManifest | None) -> frozenset[str]:
    """The compiler flags that can change a shared package. Those of a pattern such as `net/...` start with it."""
    if found := for_all_packages(flags):
        return found
    parsed = package_flags(flags)
    is_for_all = parsed.pattern in ("all", "...")
    if is_for_all or not parsed.may_apply_to_others(host.module if host else None):
        return frozenset()
    return frozenset(f"{parsed.pattern}={each}" for each in parsed.arguments)


def for_all_packages(gcflags: str) -> frozenset[str]:
    """The compiler flags that change shared packages: those after a pattern such as `all=`.

    Measured with real loads: `-l` (no inlining) and `-N` alone are each refused by a host without it, `-l` and `-N -l`
    accept each other, and flags for debug information change nothing. Source: `go help build` for patterns.
    """
    pattern, equals, flags = gcflags.strip("'\" ").partition("=")
    if not equals or pattern.strip() not in ("all", "..."):
        return frozenset()
    words, found, skips = flags.strip("'\" ").split(), set(), False
    for word in words:
        name = word.lstrip("-")
        if skips or name.partition("=")[0] in _HARMLESS:
            skips = not skips and name == "trimpath"
        else:
            found.add(name)
    return frozenset(found - {"N"} if "l" in found else found)


def _experiment(mine: str, build: HostBuild) -> str:
    return _value_differs("GOEXPERIMENT", mine, build.experiment or "")


def _set(experiment: str) -> frozenset[str]:
    return frozenset(filter(None, experiment.split(",")))


CHECK = Check("build-flags", Severity.WARNING, __doc__, _run)
