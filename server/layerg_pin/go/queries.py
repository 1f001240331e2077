"""What is asked of `go`: about text that is not saved, on temporary copies; nothing else is written.

Flags stand on the command line and never in GOFLAGS, which would replace the user's own; the JSON fields are named and
`-buildvcs=false` is given, so that Go has no cause to run git in a workspace.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from layerg_pin.core.gomod.directives import is_directory
from layerg_pin.core.gomod.parser import parse_gowork
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import LocalGo, Unresolved
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.module_files import work_file
from layerg_pin.go.process import OFFLINE, reason_of, run_go
from layerg_pin.go.query_types import (
    DEFAULT_TARGET,
    DEFAULT_TIMEOUT,
    Cancellation,
    CompiledPackage,
    Go,
    GoEnv,
    GoError,
    GoFailed,
    GoPackages,
    PluginSource,
    Target,
)
from layerg_pin.system.leftovers import SCRATCH_PREFIX, remove_leftovers
from layerg_pin.system.programs import find_program
from layerg_pin.system.text_files import FileError, read_text

_FIELDS = "-json=ImportPath,Module,Standard,Imports,Error"
_UNPROVIDED = "cannot find module providing package"
_NOT_USED = "not one of the workspace modules"
_NOT_REQUIRED = "no module in go.mod provides it: run `go get` with the host's version, if the host has it"
_NOT_EMBEDDED = "no matching files found"
"""Go's words for a `//go:embed` of files that only the real build makes (Go: load.go); they import nothing."""
_NOT_TIDY = ("missing go.sum entry", "updates to go.mod needed", "no required module provides package")
_ENV = (
    *("GOMODCACHE", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT"),
    *("GOTOOLCHAIN", "GOFIPS140"),
)
_RAISED = r"loaded from (\S+)@\S+,;? but go 1\.16 would select (v[^\s;]+)"


def find_go(configured: str = "", timeout: float = DEFAULT_TIMEOUT, *, network: bool = False) -> Go | None:
    """The `go` of the user's setting, else the one on PATH; None if there is none, see `find_program`."""
    program = find_program(os.path.expanduser(configured) or "go")
    return Go(program, timeout, network) if program else None


def go_env(go: Go, cancellation: Cancellation) -> GoEnv:
    """Ask for the version and the module cache. Raises GoError."""
    outside = os.path.dirname(go.program)  # of any plugin, whose go.mod might name another Go
    own = {"GOWORK": "off", "GOTOOLCHAIN": os.environ.get("GOTOOLCHAIN", "")}  # as the user's builds have it
    try:
        output = run_go(go, ("env", "-json", *_ENV), outside, own, cancellation)
    except GoFailed:  # a toolchain that is not downloaded
        output = run_go(go, ("env", "-json", *_ENV), outside, {"GOWORK": "off"}, cancellation)
    values = next(_values(output), {})
    modcache, version, goos, goarch, cgo, flags, experiment, choice, fips = (str(values.get(name, "")) for name in _ENV)
    release = version.split(" ")[0].split("-X:")[0]  # an experiment follows it
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
    """The packages that a plugin compiles. Raises GoError."""
    folder, target = source.folder, _target(source.platform)
    stops = ""
    work = None if source.alone else work_file(folder)
    check_inputs(folder, source.gomod, work, source.work)
    with scratch_folder() as scratch:
        if work is None and source.is_saved and os.path.isfile(os.path.join(folder, "vendor", "modules.txt")):
            arguments = ("-mod=vendor", *_overlay(source.overlay, scratch))
            try:
                return _list(go, folder, arguments, packages, {**target, "GOWORK": "off"}, cancellation)
            except GoFailed as error:  # go.mod says what the next `go mod vendor` will put into the vendor folder
                stops = str(error)
        if work is None:  # in a workspace, Go does not use the vendor folder of a member
            arguments, env = _alone(folder, source.gomod, scratch)
            overlay = source.overlay
            if source.is_saved and not stops:  # as `go build` reads it, which changes neither go.mod nor go.sum
                readonly = ("-mod=readonly", arguments[1], *_overlay(overlay, scratch))
                try:
                    found = _list(go, folder, readonly, packages, {**target, **env}, cancellation)
                    stops = next((each.reason for each in found.unresolved if _is_mended_by_tidy(each.reason)), "")
                    if not stops:
                        return found
                except GoFailed as error:
                    stops = str(error) if _is_mended_by_tidy(str(error)) else ""
        else:
            arguments, env = _in_workspace(work, source.work, scratch)
            overlay = {**source.overlay, os.path.join(folder, "go.mod"): source.gomod}
        try:
            command = (*arguments, *_overlay(overlay, scratch))
            found = _list(go, folder, command, packages, {**target, **env}, cancellation)
            return found._replace(stops=stops)
        except GoFailed as error:
            if _NOT_USED in str(error):
                raise GoFailed(f"{error}; or set GOWORK=off to build and check it alone") from error
            raise


def _is_mended_by_tidy(reason: str) -> bool:
    """Whether Go refuses to build only because go.mod or go.sum is to be updated.

    Go: cmd/go/internal/modload, `-mod=readonly`, which is the default of `go build`.
    """
    return any(words in reason for words in _NOT_TIDY)


def list_vendored(
    go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation, target: Target = DEFAULT_TARGET
) -> GoPackages:
    """The packages of a host that has a consistent `vendor` folder; needs no module cache. Raises GoError."""
    check_inputs(folder)
    env = {**_target(target.platform), "GOWORK": "off"}
    return _list(go, folder, ("-mod=vendor", *target.arguments), packages, env, cancellation, _NOT_EMBEDDED)


def list_module(
    go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation, target: Target = DEFAULT_TARGET
) -> GoPackages:
    """The packages of a host on disk, from the module cache, whatever `vendor` says. Raises GoError.

    The folder may be read-only, as those in the module cache are.
    """
    gomod = _read(os.path.join(folder, "go.mod"))
    check_inputs(folder, gomod)
    with scratch_folder() as scratch:
        arguments, env = _alone(folder, gomod, scratch)
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
    """The packages of a host that the go.work at `work` uses, as a build in it has them. Raises GoError."""
    check_inputs(folder, None, work)
    with scratch_folder() as scratch:
        arguments, env = _in_workspace(work, None, scratch)
        env = {**_target(target.platform), **env}
        return _list(go, folder, (*arguments, *target.arguments), packages, env, cancellation, _NOT_EMBEDDED)


def compile_plugin(
    go: Go, folder: str, package: str, flags: Sequence[str], env: Mapping[str, str], cancellation: Cancellation
) -> tuple[str, dict[str, CompiledPackage]]:
    """Compile a main package on disk and all it imports as a plugin, without linking; only because the user asked.

    `flags` and `env` are those of the build. Returns the main package's import path, and each package. Raises GoError.
    """
    work = work_file(folder)
    check_inputs(folder, None, work)
    with scratch_folder() as scratch:
        arguments, work_env = _in_workspace(work, None, scratch) if work else ((), {"GOWORK": "off"})
        command = ("list", "-export", "-deps", "-buildvcs=false", "-buildmode=plugin", *flags, *arguments)
        fields = "-json=ImportPath,Name,DepOnly,Export,Module,Standard"
        output = run_go(
            go, (*command, fields, "--", package), folder, {**_target(None), **work_env, **env}, cancellation
        )
    found: dict[str, CompiledPackage] = {}
    mains = []
    for value in _values(output):
        path, file, module = str(value.get("ImportPath", "")), value.get("Export"), value.get("Module") or {}
        if file:
            replaced = module.get("Replace")
            found[path] = CompiledPackage(
                str(file),
                _module_version(module) if module else None,
                _module_version(replaced) if replaced else None,
                bool(module.get("Main")),
            )
        if not value.get("DepOnly") and value.get("Name") == "main":
            mains.append(path)
    if len(mains) != 1 or mains[0] not in found:
        raise GoFailed(f"{package} is not a main package, and only a main package can be built as a plugin")
    return mains[0], found


def _module_version(module: Mapping[str, Any]) -> ModuleVersion:
    return ModuleVersion(str(module.get("Path", "")), str(module.get("Version", "")))


def build_arguments(source: PluginSource, scratch: str, *, vendored: bool) -> tuple[tuple[str, ...], dict[str, str]]:
    """The arguments and the environment with which Go builds a plugin as its texts are, saved or not, on copies in the
    folder `scratch`. `vendored`: whether its vendor folder is up to date. Raises GoError.
    """
    work = work_file(source.folder)
    check_inputs(source.folder, source.gomod, work, source.work)
    if source.is_saved and vendored:
        return ("-mod=vendor", *_overlay(source.overlay, scratch)), {"GOWORK": "off"}
    if work is None:
        arguments, env = _alone(source.folder, source.gomod, scratch)
        return (*arguments, *_overlay(source.overlay, scratch)), env
    none, env = _in_workspace(work, source.work, scratch)
    overlay = {**source.overlay, os.path.join(source.folder, "go.mod"): source.gomod}
    return (*none, *_overlay(overlay, scratch)), env


def download(go: Go, modules: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Bring modules into the module cache, because the user asked for it. Raises GoError with Go's own words."""
    names = [f"{module.path}@{module.version}" for module in modules]
    with scratch_folder() as scratch:
        if names:
            run_go(go, ("mod", "download", "--", *names), scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def fetch_gomod(go: Go, module: ModuleVersion, cancellation: Cancellation) -> None:
    """Bring the go.mod of a module into the module cache. Raises GoError with Go's own words."""
    with scratch_folder() as scratch:
        arguments = ("list", "-m", "-json=GoMod", f"{module.path}@{module.version}")
        run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def fetch_gomods(go: Go, modules: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Bring the go.mod files of modules into the module cache, as far as they can be had. Raises GoError."""
    names = [f"{module.path}@{module.version}" for module in modules]
    with scratch_folder() as scratch:
        if names:
            arguments = ("list", "-m", "-e", "-json=GoMod", *names)
            run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def list_versions(go: Go, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The versions of a module that the network knows, and its latest, which may be none of them. Raises GoError."""
    with scratch_folder() as scratch:
        arguments = ("list", "-m", "-versions", "-json=Version,Versions", f"{path}@latest")
        answer = next(_values(run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)), {})
    return tuple(str(each) for each in (*(answer.get("Versions") or ()), answer.get("Version")) if each)


def raised_by_1_16(error: GoFailed) -> tuple[ModuleVersion, ...]:
    """The versions that go 1.16 would select, for which `go mod tidy` refuses a module of go 1.17."""
    return tuple(dict.fromkeys(ModuleVersion(*match.groups()) for match in re.finditer(_RAISED, str(error))))


def tidied(go: Go, source: PluginSource, cancellation: Cancellation) -> tuple[str, str]:
    """The go.mod and go.sum that `go mod tidy` would leave, made of copies. Raises GoError with Go's own words."""
    check_inputs(source.folder, source.gomod)
    with scratch_folder() as scratch:
        (_, modfile), env = _alone(source.folder, source.gomod, scratch)
        arguments = ("mod", "tidy", modfile, *_overlay(source.overlay, scratch))
        run_go(go, arguments, source.folder, env, cancellation)
        gomod, gosum = (os.path.join(scratch, name) for name in ("go.mod", "go.sum"))
        return _read(gomod), _read(gosum) if os.path.isfile(gosum) else ""


def tidy(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod tidy` in the user's folder, because the user asked for it. Raises GoError with Go's own words."""
    check_inputs(folder, None, work_file(folder))
    run_go(go, ("mod", "tidy"), folder, {}, cancellation)


def vendor(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod vendor` in the user's folder, because the user asked for it. Raises GoError with Go's own words."""
    check_inputs(folder)
    run_go(go, ("mod", "vendor"), folder, {"GOWORK": "off"}, cancellation)


def _list(
    go: Go,
    folder: str,
    arguments: Sequence[str],
    packages: Sequence[str],
    env: Mapping[str, str],
    cancellation: Cancellation,
    harmless: str | None = None,
) -> GoPackages:
    """What `go list -deps` says; an error of a package that has the text `harmless` in it does not count."""
    command = ("list", "-e", "-buildvcs=false", *arguments, "-deps", _FIELDS, "--", *packages)
    output = run_go(go, command, folder, {**_target(None), **env}, cancellation)
    found: dict[str, ModuleVersion] = {}
    unresolved: list[Unresolved] = []
    imports: dict[str, tuple[str, ...]] = {}
    for value in _values(output):
        package = str(value.get("ImportPath", ""))
        error = _table(value, "Error")
        text = str(error.get("Err", ""))
        if error and not (harmless and harmless in text and value.get("Module")):
            unprovided = _UNPROVIDED in text
            reason = _NOT_REQUIRED if unprovided else reason_of(text)
            unresolved.append(Unresolved(package, reason, OFFLINE in text and not unprovided))
        elif not value.get("Standard"):
            module = _table(value, "Module")
            version = "" if module.get("Main") else str(module.get("Version", ""))
            found[package] = ModuleVersion(str(module.get("Path", "")), version)
            imported = value.get("Imports")
            imports[package] = tuple(map(str, imported)) if isinstance(imported, list) else ()
    if not found:
        first = unresolved[0] if unresolved else None
        raise GoFailed(first.reason, absent=first.absent) if first else GoError("go list printed no package")
    return GoPackages(found, tuple(unresolved), imports)


def _alone(folder: str, gomod: str, scratch: str) -> tuple[tuple[str, str], dict[str, str]]:
    """Outside a workspace: copies of go.mod and go.sum that Go may change as it likes."""
    copy = os.path.join(scratch, "go.mod")
    _write(copy, gomod)
    _copy(os.path.join(folder, "go.sum"), os.path.join(scratch, "go.sum"))
    return ("-mod=mod", f"-modfile={copy}"), {"GOWORK": "off"}


def _in_workspace(work: str, text: str | None, scratch: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """In a workspace `-modfile` is refused: a copy of go.work with absolute paths; go.mod goes into the overlay."""
    copy = os.path.join(scratch, "go.work")
    _write(copy, _absolute_work(work, _read(work) if text is None else text))
    _copy(f"{work}.sum", f"{copy}.sum")
    return (), {"GOWORK": copy}


def _overlay(texts: Mapping[str, str], scratch: str) -> tuple[str, ...]:
    """The argument that puts texts in the place of files on disk."""
    if not texts:
        return ()
    replaced = {}
    for number, (path, text) in enumerate(texts.items()):
        replaced[path] = os.path.join(scratch, f"overlay-{number}")
        _write(replaced[path], text)
    listing = os.path.join(scratch, "overlay.json")
    _write(listing, json.dumps({"Replace": replaced}))
    return (f"-overlay={listing}",)


def _absolute_work(path: str, text: str) -> str:
    """The text of a go.work at `path` with every folder absolute."""
    work = parse_gowork(text)
    folders = [*work.uses, *(replace.target for replace in work.replaces if is_directory(replace.target.text))]
    for token in sorted(folders, key=lambda token: token.span, reverse=True):
        folder = os.path.normpath(os.path.join(os.path.dirname(path), token.text))  # Go refuses a `.` in it
        absolute = json.dumps(folder, ensure_ascii=False)
        text = text[: token.span.start] + absolute + text[token.span.end :]
    return text


def _target(known: tuple[str, str] | None) -> dict[str, str]:
    """The platform that plugins are built for: the host's, which is a server's and need not be this machine's.

    A system that is not known is Linux, and an architecture that is not known the one that Go builds for here.
    """
    system, architecture = known or ("", "")
    target = {"GOOS": system or "linux", **({"GOARCH": architecture} if architecture else {})}
    return {**target, "CGO_ENABLED": "1"}


def _values(output: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects that Go prints one after another. Raises GoError for anything else."""
    text = output.decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise GoError("go printed something other than JSON") from None
        if not isinstance(value, dict):
            raise GoError("go printed something other than JSON objects")
        yield value


def _table(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What stands under a key of Go's answer. Raises GoError where that is no table."""
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise GoError("go printed JSON in an unexpected form")
    return found


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A folder for copies, which is gone afterwards. Raises GoError where there is no place for one."""
    import tempfile

    try:
        _remove_scratch_folders(tempfile.gettempdir())
        folder = tempfile.mkdtemp(prefix=SCRATCH_PREFIX)
    except OSError as error:
        raise GoError(f"cannot create a temporary folder: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _remove_scratch_folders(folder: str) -> None:
    """Remove the scratch folders of runs that were killed, once in each process."""
    remove_leftovers(folder, SCRATCH_PREFIX)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise GoError("the text of go.mod contains an unpaired surrogate") from None
    except OSError as error:
        raise GoError(f"cannot write a copy for Go to {os.path.dirname(path)}: {error.strerror or error}") from error


def _read(path: str) -> str:
    try:
        return read_text(path)
    except FileError as error:
        raise GoError(str(error)) from error


def _copy(source: str, target: str) -> None:
    if os.path.isfile(source):
        _write(target, _read(source))
