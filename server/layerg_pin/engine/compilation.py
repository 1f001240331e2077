"""Compile a plugin for its host, on copies, if the user requests it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from layerg_pin.core.analysis.compile_errors import Compiled, CompileError, RawError, compile_errors, error_span
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.gomod.vendor_folder import inconsistencies
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.core.model.plugin_build import LocalGo
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import LineIndex
from layerg_pin.go.module_cache import path_in_cache
from layerg_pin.go.process import run_go
from layerg_pin.go.queries import build_arguments
from layerg_pin.go.query_types import BUILD_MEMORY, Cancellation, Go, GoCancelled, GoError, GoFailed, PluginSource
from layerg_pin.go.scratch_copies import scratch_folder
from layerg_pin.source_tree.main_packages import main_packages
from layerg_pin.system.text_files import read_text_or_empty

_TIMEOUT = 600.0
_TAGS = re.compile(r"\w[\w.]*")
_EXPERIMENT = re.compile(r"[a-z0-9]+(?:,[a-z0-9]+)*")
_NO_COMPILER = re.compile(
    r'C compiler "([^"]+)" not found|exec: "(gcc|clang|cc|[\w.-]*-gcc)": executable file not found'
)
_CGO = "# runtime/cgo"
_NOT_STARTED = re.compile(
    r"""module\ lookup\ disabled | dial\ tcp | no\ such\ host | i/o\ timeout | could\ not\ read\ Username | x509:
    | 40[13]\ [FU]\w+ | 404\ Not\ Found | 410\ Gone | 429\ Too | 50\d\ [A-Z]\w+
    | verifying\ \S+:\ | checksum\ (?:mismatch|database) | SECURITY\ ERROR
    | toolchain\ not\ available | golang\.org/toolchain@ | invalid\ GOTOOLCHAIN | cannot\ find\ "go1\S*"\ in\ PATH
    | parsing\ \$GOFLAGS""",
    re.VERBOSE,
)
"""Parts of Go's messages if it could not start to compile for a reason outside the plugin: the environment, or a module
or Go release that it cannot get or verify.
"""
_DISK_FULL = "no space left on device"
_GO_TOO_OLD = re.compile(r" requires go >= \S+ \(running go ")


def compile_for_host(
    go: Go, snapshot: Snapshot, packages: Sequence[str], before: Mapping[str, str], cancellation: Cancellation
) -> Compiled:
    """Compile and link the plugin's main packages as `go build -buildmode=plugin` with the host's flags; keeps no
    output.

    `before` are the versions of modules before they were changed, by path. Raises GoCancelled.
    """
    host = snapshot.host
    if not isinstance(host, HostManifest):
        return Compiled(uncertainty="it is not known whether the plugin compiles: its host is not known")
    go = go._replace(timeout=_TIMEOUT, memory=BUILD_MEMORY)
    folder = os.path.dirname(snapshot.plugin.path)
    errors: list[CompileError] = []
    unknown = "it is not known whether the plugin compiles"
    try:
        go, toolchain, remark = _toolchain(go, host.build, snapshot.local, cancellation)
        for package in packages or main_packages(folder):
            try:
                _build(go, snapshot, package, host.build, toolchain, cancellation)
            except GoFailed as error:
                if go_failure := _go_failure(error, host.build, snapshot.local):
                    return Compiled(tuple(errors), f"{unknown}: {go_failure}", before=before)
                errors += [each for each in _errors(folder, error) if each not in errors]
    except GoCancelled:
        raise
    except GoError as error:
        return Compiled(tuple(errors), f"{unknown}: {error}", before=before)
    return Compiled(tuple(errors), "", remark, before)


def _toolchain(
    go: Go, build: HostBuild | None, local: LocalGo | None, cancellation: Cancellation
) -> tuple[Go, dict[str, str], str]:
    """The Go of the host's release, the environment it needs, and a remark if another Go is used because the release is
    unknown or not available. Raises GoCancelled.
    """
    mine = local.release if local else "this machine's Go"
    release = build.release if build else ""
    if not release:
        minor = f"; its minor release is {build.minor}" if build and build.minor else ""
        return go, {}, f"compiled with {mine}: the host's Go release is not known{minor}"
    if release == mine:
        return go, {}, ""
    sums = os.environ.get("GOSUMDB") or "sum.golang.org"  # a toolchain in the module cache is verified without network
    wanted = {"GOTOOLCHAIN": release, "GOWORK": "off", "GOSUMDB": sums}
    asked = go._replace(network=go.network and os.environ.get("GOTOOLCHAIN") != "local")
    outside = os.path.dirname(go.program)  # outside any plugin, whose go.mod might name another Go
    try:
        answer = run_go(asked, ("env", "GOVERSION", "GOROOT"), outside, wanted, cancellation).decode("utf-8", "replace")
        version, root = (*answer.splitlines(), "", "")[:2]
        program = os.path.join(root, "bin", os.path.basename(go.program))
        if version.split(" ")[0] == release and os.path.isfile(program):
            return go._replace(program=program), {"GOTOOLCHAIN": "local"}, ""
        reason = "this machine's Go cannot switch to it"
    except GoCancelled:
        raise
    except GoError as error:
        reason = str(error)
    return go, {}, f"compiled with {mine}, not with the host's {release}, which is not available: {reason}"


def _build(
    go: Go,
    snapshot: Snapshot,
    package: str,
    build: HostBuild | None,
    toolchain: Mapping[str, str],
    cancellation: Cancellation,
) -> None:
    """Run `go build` with its output in a temporary folder. Raises GoError."""
    folder, work = os.path.dirname(snapshot.plugin.path), snapshot.workspace
    work_text = work.work.text if work and read_text_or_empty(work.path) != work.work.text else None
    edited = read_text_or_empty(snapshot.plugin.path) != snapshot.gomod.text
    source = PluginSource(folder, snapshot.gomod.text, edited, work=work_text)
    vendored = snapshot.vendored is not None and not any(inconsistencies(snapshot.gomod, snapshot.vendored.modules))
    with scratch_folder() as scratch:
        arguments, env = build_arguments(source, scratch, vendored=vendored and not work)
        target = os.path.join(scratch, "plugin.so")
        command = ("build", "-buildvcs=false", "-buildmode=plugin", *_flags(build), *arguments, "-o", target)
        env = {**_platform(build), **env, **toolchain}
        run_go(go, (*command, "--", package), folder, env, cancellation)


def _flags(build: HostBuild | None) -> tuple[str, ...]:
    """The flags of the host's build that a plugin needs, without values that are not plain words."""
    if build is None:
        return ("-trimpath",)
    tags = [tag for tag in build.tags or () if _TAGS.fullmatch(tag)]
    flags = ["-trimpath"] if build.trimpath is not False else []
    flags += ["-race"] if build.race else []
    return (*flags, *([f"-tags={','.join(tags)}"] if tags else []))


def _platform(build: HostBuild | None) -> dict[str, str]:
    env = {"GOOS": build.goos if build and build.goos else "linux", "CGO_ENABLED": "1"}
    if build and build.goarch:
        env["GOARCH"] = build.goarch
    if build and build.experiment and _EXPERIMENT.fullmatch(build.experiment):
        env["GOEXPERIMENT"] = build.experiment
    return env


def _go_failure(error: GoFailed, build: HostBuild | None, local: LocalGo | None) -> str:
    """Why Go could not start to compile, if the reason is outside the plugin; empty otherwise."""
    if missing := _NO_COMPILER.search(error.text):
        system = _platform(build)["GOOS"]
        if local and local.goos != system:  # this system's own compiler would not do
            return f"cgo needs a C compiler for {system}: install one and set CC to it, or compile in a container"
        return f"cgo needs the C compiler {missing[1] or missing[2]}, which is not installed: install it, and try again"
    if f"\n{_CGO}\n" in f"\n{error.text}\n":
        return f"the C compiler cannot build Go's runtime/cgo for the host's platform: {error}"
    if error.needs_download:
        return f"{error}, or compile without --offline"
    start = re.split(r"^# ", error.text, maxsplit=1, flags=re.MULTILINE)[0]  # without the errors of the compiler
    if _GO_TOO_OLD.search(start):
        return f"{error}; compile again once this Go accepts every `go` line"
    if _NOT_STARTED.search(start) or _DISK_FULL in error.text:
        return f"{error}; compile again once `go mod download` works in the plugin's folder"
    return ""


def _errors(folder: str, error: GoFailed) -> tuple[CompileError, ...]:
    return placed_errors(folder, error.text) or (CompileError(str(error), ""),)


def placed_errors(folder: str, output: str) -> tuple[CompileError, ...]:
    """The errors in the output of a `go build` in `folder`, each at its place; none if Go names no place."""
    return tuple(_placed(folder, each) for each in compile_errors(output))


def _placed(folder: str, error: RawError) -> CompileError:
    path = os.path.normpath(os.path.join(folder, error.file))
    text = read_text_or_empty(path)
    is_vendored = f"{os.sep}vendor{os.sep}" in path.removeprefix(folder)
    cached = path_in_cache(path)
    if not text or is_vendored or cached:
        file = cached or error.file.rpartition("/pkg/mod/")[2]
        return CompileError(f"{error.message} ({file}:{error.line})", error.package)
    index = LineIndex(text)
    span = index.line_span(error.line - 1)
    at = error_span(text[span.start : span.end], span.start, error.column)
    return CompileError(message=error.message, package=error.package, path=path, span=at, file=parse_go_file(text))
