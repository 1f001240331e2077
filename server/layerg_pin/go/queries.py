"""Queries to `go` about texts that may not be saved, answered on temporary copies.

Flags are passed as arguments and never in GOFLAGS, which would replace the user's own. The JSON fields are named and
`-buildvcs=false` is passed, so that Go does not run git in a workspace.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import LocalGo, Unresolved
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.json_output import json_objects, object_at
from layerg_pin.go.module_files import work_file
from layerg_pin.go.process import OFFLINE, reason_of, run_go
from layerg_pin.go.query_types import (
    DEFAULT_TARGET,
    DEFAULT_TIMEOUT,
    Cancellation,
    Go,
    GoEnv,
    GoError,
    GoFailed,
    GoPackages,
    PluginSource,
    Target,
)
from layerg_pin.go.scratch_copies import in_workspace, outside_workspace, overlay_argument, read_input, scratch_folder
from layerg_pin.system.programs import find_program

_FIELDS = "-json=ImportPath,Module,Standard,Imports,Error"
_UNPROVIDED = "cannot find module providing package"
_NOT_USED = "not one of the workspace modules"
_NOT_REQUIRED = "no module in go.mod provides it: run `go get` with the host's version, if the host has it"
_NOT_EMBEDDED = "no matching files found"
"""Part of Go's error message for a `//go:embed` of files that only the real build creates (Go: load.go). Such files
import nothing.
"""
_NOT_TIDY = ("missing go.sum entry", "updates to go.mod needed", "no required module provides package")
_ENV = (
    *("GOMODCACHE", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT"),
    *("GOTOOLCHAIN", "GOFIPS140"),
)


def find_go(configured: str = "", timeout: float = DEFAULT_TIMEOUT, *, network: bool = False) -> Go | None:
    """The configured `go` program, or the one on PATH; None if there is none (see `find_program`)."""
    program = find_program(os.path.expanduser(configured) or "go")
    return Go(program, timeout, network) if program else None


def go_env(go: Go, cancellation: Cancellation) -> GoEnv:
    """Run `go env` and return its values. Raises GoError."""
    # Not in a plugin's folder, because its go.mod could select another toolchain.
    go_folder = os.path.dirname(go.program)
    # The toolchain of the user's own builds.
    own = {"GOWORK": "off", "GOTOOLCHAIN": os.environ.get("GOTOOLCHAIN", "")}
    try:
        output = run_go(go, ("env", "-json", *_ENV), go_folder, own, cancellation)
    except GoFailed:  # the selected toolchain is not downloaded
        output = run_go(go, ("env", "-json", *_ENV), go_folder, {"GOWORK": "off"}, cancellation)
    values = next(json_objects(output), {})
    modcache, version, goos, goarch, cgo, flags, experiment, choice, fips = (str(values.get(name, "")) for name in _ENV)
    release = version.split(" ")[0].split("-X:")[0]  # a list of experiments may follow the release
    return GoEnv(
        LocalGo(
            release=release,
            goos=goos,
            goarch=goarch,
            cgo=cgo == "1" if cgo else None,
            flags=flags,
            experiment=experiment,
            toolchain=choice,
            fips=fips,
        ),
        modcache,
    )


def list_plugin(go: Go, source: PluginSource, packages: Sequence[str], cancellation: Cancellation) -> GoPackages:
    """The packages that a plugin compiles, with the versions that the build selects. Raises GoError."""
    folder, target = source.folder, _target(source.platform)
    build_error = ""
    work = None if source.outside_workspace else work_file(folder)
    check_inputs(folder, source.gomod, work, source.work)
    with scratch_folder() as scratch:
        if work is None and source.is_saved and os.path.isfile(os.path.join(folder, "vendor", "modules.txt")):
            arguments = ("-mod=vendor", *overlay_argument(source.overlay, scratch))
            try:
                return _list(go, folder, arguments, packages, {**target, "GOWORK": "off"}, cancellation)
            except GoFailed as error:  # report what the next `go mod vendor` will select
                build_error = str(error)
        if work is None:  # in a workspace, Go ignores the vendor folder of a member
            arguments, env = outside_workspace(folder, source.gomod, scratch)
            overlay = source.overlay
            if source.is_saved and not build_error:  # like `go build`, which changes neither go.mod nor go.sum
                readonly = ("-mod=readonly", arguments[1], *overlay_argument(overlay, scratch))
                try:
                    found = _list(go, folder, readonly, packages, {**target, **env}, cancellation)
                    build_error = next((each.reason for each in found.unresolved if _is_fixed_by_tidy(each.reason)), "")
                    if not build_error:
                        return found
                except GoFailed as error:
                    build_error = str(error) if _is_fixed_by_tidy(str(error)) else ""
        else:
            arguments, env = in_workspace(work, source.work, scratch)
            overlay = {**source.overlay, os.path.join(folder, "go.mod"): source.gomod}
        try:
            command = (*arguments, *overlay_argument(overlay, scratch))
            found = _list(go, folder, command, packages, {**target, **env}, cancellation)
            return found._replace(build_error=build_error)
        except GoFailed as error:
            if _NOT_USED in str(error):
                raise GoFailed(f"{error}; or set GOWORK=off to build and check it alone") from error
            raise


def _is_fixed_by_tidy(reason: str) -> bool:
    """Whether Go refuses to build only because go.mod or go.sum needs an update.

    Go: cmd/go/internal/modload, `-mod=readonly`, the default of `go build`.
    """
    return any(words in reason for words in _NOT_TIDY)


def list_vendored(
    go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation, target: Target = DEFAULT_TARGET
) -> GoPackages:
    """The packages of a host with a consistent vendor folder. Does not use the module cache. Raises GoError."""
    check_inputs(folder)
    env = {**_target(target.platform), "GOWORK": "off"}
    return _list(go, folder, ("-mod=vendor", *target.arguments), packages, env, cancellation, _NOT_EMBEDDED)


def list_module(
    go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation, target: Target = DEFAULT_TARGET
) -> GoPackages:
    """The packages of a host on disk, from the module cache, ignoring its vendor folder. Raises GoError.

    The folder may be read-only, as in the module cache.
    """
    gomod = read_input(os.path.join(folder, "go.mod"))
    check_inputs(folder, gomod)
    with scratch_folder() as scratch:
        arguments, env = outside_workspace(folder, gomod, scratch)
        env = {**_target(target.platform), **env}
        return _list(go, folder, (*arguments, *target.arguments), packages, env, cancellation, _NOT_EMBEDDED)


def list_member(
    go: Go,
    work: str,
    folder: str,
    packages: Sequence[str],
    cancellation: Cancellation,
    target: Target = DEFAULT_TARGET,
) -> GoPackages:
    """The packages of a host that is built in the workspace of the go.work at `work`. Raises GoError."""
    check_inputs(folder, None, work)
    with scratch_folder() as scratch:
        arguments, env = in_workspace(work, None, scratch)
        env = {**_target(target.platform), **env}
        return _list(go, folder, (*arguments, *target.arguments), packages, env, cancellation, _NOT_EMBEDDED)


def build_arguments(source: PluginSource, scratch: str, *, vendored: bool) -> tuple[tuple[str, ...], dict[str, str]]:
    """The arguments and environment that build a plugin from its texts, saved or not, using copies in the folder
    `scratch`.

    `vendored` says that the vendor folder is up to date. Raises GoError.
    """
    work = work_file(source.folder)
    check_inputs(source.folder, source.gomod, work, source.work)
    if source.is_saved and vendored:
        return ("-mod=vendor", *overlay_argument(source.overlay, scratch)), {"GOWORK": "off"}
    if work is None:
        arguments, env = outside_workspace(source.folder, source.gomod, scratch)
        return (*arguments, *overlay_argument(source.overlay, scratch)), env
    none, env = in_workspace(work, source.work, scratch)
    overlay = {**source.overlay, os.path.join(source.folder, "go.mod"): source.gomod}
    return (*none, *overlay_argument(overlay, scratch)), env


def _list(
    go: Go,
    folder: str,
    arguments: Sequence[str],
    packages: Sequence[str],
    env: Mapping[str, str],
    cancellation: Cancellation,
    harmless: str | None = None,
) -> GoPackages:
    """The result of `go list -deps`. Errors of packages that contain the text `harmless` are ignored."""
    command = ("list", "-e", "-buildvcs=false", *arguments, "-deps", _FIELDS, "--", *packages)
    output = run_go(go, command, folder, {**_target(None), **env}, cancellation)
    found: dict[str, ModuleVersion] = {}
    unresolved: list[Unresolved] = []
    imports: dict[str, tuple[str, ...]] = {}
    for value in json_objects(output):
        package = str(value.get("ImportPath", ""))
        error = object_at(value, "Error")
        text = str(error.get("Err", ""))
        if error and not (harmless and harmless in text and value.get("Module")):
            unprovided = _UNPROVIDED in text
            reason = _NOT_REQUIRED if unprovided else reason_of(text)
            unresolved.append(Unresolved(package, reason, OFFLINE in text and not unprovided))
        elif not value.get("Standard"):
            module = object_at(value, "Module")
            version = "" if module.get("Main") else str(module.get("Version", ""))
            found[package] = ModuleVersion(str(module.get("Path", "")), version)
            imported = value.get("Imports")
            imports[package] = tuple(map(str, imported)) if isinstance(imported, list) else ()
    if not found:
        first = unresolved[0] if unresolved else None
        raise (
            GoFailed(first.reason, needs_download=first.needs_download)
            if first
            else GoError("go list printed no package")
        )
    return GoPackages(found, tuple(unresolved), imports)


def _target(known: tuple[str, str] | None) -> dict[str, str]:
    """The environment for the platform that plugins are built for: the host's, which need not be this machine's.

    An unknown system is taken for Linux; for an unknown architecture, Go's default applies.
    """
    system, architecture = known or ("", "")
    target = {"GOOS": system or "linux", **({"GOARCH": architecture} if architecture else {})}
    return {**target, "CGO_ENABLED": "1"}
