"""The only code that runs `go`. It asks about text that is not saved, on temporary copies, and writes nowhere else.

Every run has a time limit, can be cancelled from another thread, and takes its child processes with it when it ends.
Flags stand on the command line and never in GOFLAGS, which would replace the user's own; the JSON fields are named and
`-buildvcs=false` is given, so that Go has no cause to run git in a workspace.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, NamedTuple

from layerg_pin.core.directives import is_directory
from layerg_pin.core.gomod import parse_gowork
from layerg_pin.core.manifest import LocalGo, ModuleVersion, Unresolved
from layerg_pin.files import FileError, read_text

_FIELDS = "-json=ImportPath,Module,Standard,Imports,Error"
_OFFLINE = "module lookup disabled by GOPROXY=off"
_NO_NETWORK = {
    "GOPROXY": "off",
    "GONOPROXY": "none",  # else GOPRIVATE's modules are fetched all the same
    "GOVCS": "*:off",
    "GOSUMDB": "off",
    "GOTOOLCHAIN": "local",
}
_UNPROVIDED = "cannot find module providing package"
_NOT_REQUIRED = (
    "go.mod requires no module that provides it: `go get` it at the version that the host has, if it has one"
)
_ENV = ("GOMODCACHE", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT")
_MAX_REASON = 600
_MAX_OUTPUT = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
_RAISED = re.compile(r"loaded from (\S+)@\S+,;? but go 1\.16 would select (v[^\s;]+)")
_ADDRESS = re.compile(r"reading https?://\S+: ")
_SCRATCH = re.compile(r"[^\s:]*layerg-pin-[^\s/\\]+[/\\]")
_DEFAULT_TIMEOUT = 60.0


class GoError(Exception):
    """Go is missing, failed, took too long or was cancelled; the text says which, in a sentence without a dot."""


class GoFailed(GoError):
    """Go ran and refused; the text is what it said."""

    def __init__(self, message: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent
        """Whether it misses what is only not in the module cache."""


class GoInterrupted(GoError):
    """Go took too long or was killed: asked again, it may answer."""


class GoCancelled(GoError):
    """The run was cancelled: nobody waits for its answer any more."""


class Cancellation:
    """Ends runs from another thread. Those that start later with the same one do not start."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may cancel while the same thread starts a run
        self._processes: set[subprocess.Popen[bytes]] = set()
        self.cancelled = False

    def cancel(self) -> None:
        """End the runs that are under way, and all later ones."""
        with self._lock:
            self.cancelled = True
            for process in self._processes:
                _kill(process)

    def _start(self, command: Sequence[str], **arguments: Any) -> subprocess.Popen[bytes]:
        with self._lock:
            if self.cancelled:
                raise GoCancelled("cancelled")
            process = subprocess.Popen(command, **arguments)
            self._processes.add(process)
            if self.cancelled:
                _kill(process)
            return process

    def _done(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._processes.discard(process)


class Go(NamedTuple):
    """A `go` program and how it may be used."""

    program: str
    timeout: float = _DEFAULT_TIMEOUT
    """In seconds, for each run."""
    network: bool = False
    keeps: bool = False
    """Whether its answers about what is on disk are kept there, see goanswers.py."""


class GoEnv(NamedTuple):
    """What `go env` says of this machine."""

    local: LocalGo
    modcache: str


class GoPackages(NamedTuple):
    """What `go list -deps` says: the packages outside the standard library, each with its module.

    The module has no version for the packages of a main module, which in a workspace can be several; any other version
    is the one left of any `=>`. A package that cannot be loaded stands in `unresolved` instead.
    """

    packages: Mapping[str, ModuleVersion]
    unresolved: tuple[Unresolved, ...]
    imports: Mapping[str, tuple[str, ...]]
    """What each of these packages imports."""


def find_go(configured: str = "", timeout: float = _DEFAULT_TIMEOUT, *, network: bool = False) -> Go | None:
    """The `go` of the user's setting, else the one on PATH; None if there is none."""
    program = shutil.which(configured or "go")
    return Go(program, timeout, network) if program else None


def go_env(go: Go, cancellation: Cancellation) -> GoEnv:
    """Ask for the version and the module cache. Raises GoError."""
    with _scratch_folder() as folder:
        output = _run(go, ("env", "-json", *_ENV), folder, {"GOWORK": "off"}, cancellation)
    answer = _values(output)
    values = next(answer, {})
    modcache, version, goos, goarch, cgo, flags, experiment = (str(values.get(name, "")) for name in _ENV)
    release = version.split(" ")[0].split("-X:")[0]  # an experiment follows it
    return GoEnv(LocalGo(release, goos, goarch, cgo == "1" if cgo else None, flags, experiment), modcache)


class PluginSource(NamedTuple):
    """A plugin as it stands in the editor: the folder of its module, and texts that may not be those on disk."""

    folder: str
    gomod: str
    edited: bool
    """Whether `gomod` is another text than the go.mod on disk."""
    overlay: Mapping[str, str] = MappingProxyType({})
    """Unsaved .go files, by absolute path."""
    work: str | None = None
    """The text of the go.work, where it is another than the one on disk."""
    platform: tuple[str, str] | None = None
    """The host's GOOS and GOARCH, where they are known."""


def list_plugin(go: Go, source: PluginSource, packages: Sequence[str], cancellation: Cancellation) -> GoPackages:
    """The packages that a plugin compiles. Raises GoError."""
    folder, target = source.folder, _target(source.platform)
    with _scratch_folder() as scratch:
        if not source.edited and source.work is None and Path(folder, "vendor", "modules.txt").is_file():
            arguments = ("-mod=vendor", *_overlay(source.overlay, scratch))
            try:
                return _list(go, folder, arguments, packages, {**target, "GOWORK": "off"}, cancellation)
            except GoFailed:
                pass  # an inconsistent vendor folder: go.mod says what the next `go mod vendor` will make of it
        work = work_file(folder)
        if work is None:
            arguments, env = _alone(folder, source.gomod, scratch)
            overlay = source.overlay
        else:
            arguments, env = _in_workspace(work, source.work, scratch)
            overlay = {**source.overlay, str(Path(folder, "go.mod")): source.gomod}
        return _list(go, folder, (*arguments, *_overlay(overlay, scratch)), packages, {**target, **env}, cancellation)


def list_vendored(go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation) -> GoPackages:
    """The packages of a module that has a consistent `vendor` folder; needs no module cache. Raises GoError."""
    return _list(go, folder, ("-mod=vendor",), packages, {"GOWORK": "off"}, cancellation)


def list_module(go: Go, folder: str, packages: Sequence[str], cancellation: Cancellation) -> GoPackages:
    """The packages of a module on disk, from the module cache, whatever `vendor` says. Raises GoError."""
    gomod = _read(Path(folder, "go.mod"))
    with _scratch_folder() as scratch:
        arguments, env = _alone(folder, gomod, scratch)
        return _list(go, folder, arguments, packages, env, cancellation)


class CompiledPackage(NamedTuple):
    """A package that was compiled, and where in the build cache its archive is."""

    file: str
    module: ModuleVersion | None
    """At the version left of any `=>`; None for the standard library."""
    replaced: ModuleVersion | None
    """What stands right of `=>`; a folder has no version."""
    main: bool
    """Whether its module is a main module."""


def compile_plugin(
    go: Go, folder: str, package: str, flags: Sequence[str], env: Mapping[str, str], cancellation: Cancellation
) -> tuple[str, dict[str, CompiledPackage]]:
    """Compile a main package on disk and all it imports as a plugin, without linking; only because the user asked.

    `flags` and `env` are those of the build. Returns the main package's import path, and each package. Raises GoError.
    """
    with _scratch_folder() as scratch:
        work = work_file(folder)
        arguments, work_env = _in_workspace(work, None, scratch) if work else ((), {"GOWORK": "off"})
        command = ("list", "-export", "-deps", "-buildvcs=false", "-buildmode=plugin", *flags, *arguments)
        fields = "-json=ImportPath,Name,DepOnly,Export,Module,Standard"
        output = _run(go, (*command, fields, "--", package), folder, {**_target(None), **work_env, **env}, cancellation)
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
        raise GoFailed(f"{package} is no main package, and only that can be built as a plugin")
    return mains[0], found


def _module_version(module: Mapping[str, Any]) -> ModuleVersion:
    return ModuleVersion(str(module.get("Path", "")), str(module.get("Version", "")))


def download(go: Go, modules: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Bring modules into the module cache, because the user asked for it. Raises GoError with Go's own words."""
    names = [f"{module.path}@{module.version}" for module in modules]
    with _scratch_folder() as scratch:
        if names:
            _run(go, ("mod", "download", "--", *names), scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def fetch_gomod(go: Go, module: ModuleVersion, cancellation: Cancellation) -> None:
    """Bring the go.mod of a module into the module cache. Raises GoError with Go's own words."""
    with _scratch_folder() as scratch:
        arguments = ("list", "-m", "-json=GoMod", f"{module.path}@{module.version}")
        _run(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def list_versions(go: Go, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The versions of a module that the network knows, and its latest, which may be none of them. Raises GoError."""
    with _scratch_folder() as scratch:
        arguments = ("list", "-m", "-versions", "-json=Version,Versions", f"{path}@latest")
        answer = next(_values(_run(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)), {})
    return tuple(str(each) for each in (*(answer.get("Versions") or ()), answer.get("Version")) if each)


def raised_by_1_16(error: GoFailed) -> tuple[ModuleVersion, ...]:
    """The versions that go 1.16 would select, for which `go mod tidy` refuses a module of go 1.17."""
    return tuple(dict.fromkeys(ModuleVersion(*match.groups()) for match in _RAISED.finditer(str(error))))


def tidied(go: Go, source: PluginSource, cancellation: Cancellation) -> tuple[str, str]:
    """The go.mod and go.sum that `go mod tidy` would leave, made of copies. Raises GoError with Go's own words."""
    with _scratch_folder() as scratch:
        (_, modfile), env = _alone(source.folder, source.gomod, scratch)
        arguments = ("mod", "tidy", modfile, *_overlay(source.overlay, scratch))
        _run(go, arguments, source.folder, env, cancellation)
        gomod, gosum = (Path(scratch, name) for name in ("go.mod", "go.sum"))
        return _read(gomod), _read(gosum) if gosum.is_file() else ""


def tidy(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod tidy` in the user's folder, because the user asked for it. Raises GoError with Go's own words."""
    _run(go, ("mod", "tidy"), folder, {}, cancellation)


def vendor(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod vendor` in the user's folder, because the user asked for it. Raises GoError with Go's own words."""
    _run(go, ("mod", "vendor"), folder, {"GOWORK": "off"}, cancellation)


def _list(
    go: Go,
    folder: str,
    arguments: Sequence[str],
    packages: Sequence[str],
    env: Mapping[str, str],
    cancellation: Cancellation,
) -> GoPackages:
    command = ("list", "-e", "-buildvcs=false", *arguments, "-deps", _FIELDS, "--", *packages)
    output = _run(go, command, folder, {**_target(None), **env}, cancellation)
    found: dict[str, ModuleVersion] = {}
    unresolved: list[Unresolved] = []
    imports: dict[str, tuple[str, ...]] = {}
    for value in _values(output):
        package = str(value.get("ImportPath", ""))
        if error := _table(value, "Error"):
            text = str(error.get("Err", ""))
            unprovided = _UNPROVIDED in text
            reason = _NOT_REQUIRED if unprovided else _reason(text)
            unresolved.append(Unresolved(package, reason, _OFFLINE in text and not unprovided))
        elif not value.get("Standard"):
            module = _table(value, "Module")
            version = "" if module.get("Main") else str(module.get("Version", ""))
            found[package] = ModuleVersion(str(module.get("Path", "")), version)
            imported = value.get("Imports")
            imports[package] = tuple(map(str, imported)) if isinstance(imported, list) else ()
    if not found:
        first = unresolved[0] if unresolved else None
        raise GoFailed(first.reason, absent=first.absent) if first else GoError("go list named no package")
    return GoPackages(found, tuple(unresolved), imports)


def _alone(folder: str, gomod: str, scratch: str) -> tuple[tuple[str, str], dict[str, str]]:
    """Outside a workspace: copies of go.mod and go.sum that Go may change as it likes."""
    copy = Path(scratch, "go.mod")
    _write(copy, gomod)
    _copy(Path(folder, "go.sum"), Path(scratch, "go.sum"))
    return ("-mod=mod", f"-modfile={copy}"), {"GOWORK": "off"}


def _in_workspace(work: Path, text: str | None, scratch: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """In a workspace `-modfile` is refused: a copy of go.work with absolute paths; go.mod goes into the overlay."""
    copy = Path(scratch, "go.work")
    _write(copy, _absolute_work(work, _read(work) if text is None else text))
    _copy(work.with_name("go.work.sum"), copy.with_name("go.work.sum"))
    return (), {"GOWORK": str(copy)}


def _overlay(texts: Mapping[str, str], scratch: str) -> tuple[str, ...]:
    """The argument that puts texts in the place of files on disk."""
    if not texts:
        return ()
    replaced = {}
    for number, (path, text) in enumerate(texts.items()):
        replaced[path] = os.path.join(scratch, f"overlay-{number}")
        _write(Path(replaced[path]), text)
    listing = Path(scratch, "overlay.json")
    _write(listing, json.dumps({"Replace": replaced}))
    return (f"-overlay={listing}",)


def _absolute_work(path: Path, text: str) -> str:
    """The text of a go.work at `path` with every folder absolute."""
    work = parse_gowork(text)
    folders = [*work.uses, *(replace.target for replace in work.replaces if is_directory(replace.target.text))]
    for token in sorted(folders, key=lambda token: token.span, reverse=True):
        absolute = json.dumps(str(path.parent / token.text), ensure_ascii=False)
        text = text[: token.span.start] + absolute + text[token.span.end :]
    return text


def work_file(folder: str) -> Path | None:
    """The go.work that Go would use in `folder`."""
    named = os.environ.get("GOWORK", "")
    if named:
        return None if named == "off" else Path(named)
    return next(
        (path for parent in (Path(folder), *Path(folder).parents) if (path := parent / "go.work").is_file()), None
    )


def _target(known: tuple[str, str] | None) -> dict[str, str]:
    """The platform that plugins are built for: the host's, which is a server's and need not be this machine's."""
    import platform  # late, as tempfile below: where Go's answer is known already, neither is needed

    machine = platform.machine().lower()
    goos, goarch = known or ("linux", "arm64" if machine in ("arm64", "aarch64") else "amd64")
    return {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "1"}


def _run(go: Go, arguments: Sequence[str], folder: str, env: Mapping[str, str], cancellation: Cancellation) -> bytes:
    """Standard output of a run that succeeded. Raises GoError with what Go wrote to standard error."""
    background = {} if go.network else _NO_NETWORK
    try:
        process = cancellation._start(
            (go.program, *arguments),
            cwd=folder,
            env={**os.environ, **background, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # a folder that is gone is one, an argument with a NUL the other
        raise GoError(f"{go.program} does not start: {getattr(error, 'strerror', None) or error}") from error
    with process:
        try:
            output, errors = _answer(process, time.monotonic() + go.timeout)
        except subprocess.TimeoutExpired:
            raise GoInterrupted(f"go {arguments[0]} did not answer within {go.timeout:g} seconds") from None
        finally:
            cancellation._done(process)
            _kill(process)
    if cancellation.cancelled:
        raise GoCancelled("cancelled")
    if process.returncode < 0:
        raise GoInterrupted(f"go {arguments[0]} was ended from outside: exit code {process.returncode}")
    if process.returncode:
        text = errors.decode("utf-8", "replace").strip()
        reason = _reason(text) or f"go {arguments[0]} ended with exit code {process.returncode}"
        raise GoFailed(reason, absent=_OFFLINE in text)
    return output


def _answer(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """What a run writes to standard output and standard error. Raises GoError where that does not end, and
    TimeoutExpired.
    """
    assert process.stdout
    assert process.stderr
    found = [bytearray(), bytearray()]

    def read(number: int, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):  # closed, because the run was given up
            while chunk := stream.read(_CHUNK):  # to read all at once would take the whole limit of memory
                found[number] += chunk
                if len(found[number]) > _MAX_OUTPUT:
                    return _kill(process)

    readers = [
        threading.Thread(target=read, args=each, name="layerg-pin-go", daemon=True)
        for each in enumerate((process.stdout, process.stderr))
    ]
    for reader in readers:
        reader.start()
    try:
        for reader in readers:
            reader.join(max(0.0, deadline - time.monotonic()))
        if any(reader.is_alive() for reader in readers):
            raise subprocess.TimeoutExpired(process.args, 0)
        process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        _kill(process)
        for reader in readers:
            reader.join(1)
    if max(map(len, found)) > _MAX_OUTPUT:
        raise GoError(f"go printed more than {_MAX_OUTPUT >> 20} MiB")
    return bytes(found[0]), bytes(found[1])


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and its children."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):  # it ended just now
            os.killpg(process.pid, signal.SIGKILL)


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
        raise GoError("go printed JSON of another form than is known")
    return found


def _reason(text: str) -> str:
    """Go's words in one line, without its progress reports, addresses and the names of temporary files."""
    lines = [_SCRATCH.sub("", line.strip()) for line in text.splitlines() if not line.startswith("go: downloading ")]
    joined = _ADDRESS.sub("", "; ".join(line.removeprefix("go: ") for line in lines if line)).replace(":; ", ": ")
    return joined.replace(_OFFLINE, "not in the module cache, `go mod download` brings it")[:_MAX_REASON]


@contextmanager
def _scratch_folder() -> Iterator[str]:
    """A folder for copies, which is gone afterwards. Raises GoError where there is no place for one."""
    import tempfile

    try:
        folder = tempfile.mkdtemp(prefix="layerg-pin-")
    except OSError as error:
        raise GoError(f"no temporary folder can be made: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise GoError("the text of go.mod holds half a surrogate pair") from None
    except OSError as error:
        raise GoError(f"no copy for Go can be written to {path.parent}: {error.strerror or error}") from error


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except FileError as error:
        raise GoError(str(error)) from error


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        _write(target, _read(source))
