"""The arguments, results and errors of Go queries."""

import threading
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import LocalGo, PluginBuild, Unresolved

DEFAULT_TIMEOUT = 60.0
DEFAULT_MEMORY = 4 << 30
"""In bytes. `go list -deps` takes 0.1 GiB for a plugin, and less than 1 GiB for Kubernetes."""
BUILD_MEMORY = 16 << 30
"""In bytes, for builds that the user asked for: the linker takes several GiB for the largest programs."""

_Run = TypeVar("_Run", bound=Hashable)


class GoError(Exception):
    """Go is missing, failed, timed out or was cancelled. The message is a sentence without a final dot."""


class GoInputError(GoError):
    """Go was not started, because an input is not a regular file or is too large."""

    def __init__(self, message: str, target: str) -> None:
        super().__init__(f"Go was not run: {message}")
        self.target = target
        """The folder of the input, as a `replace` or `use` line writes it; empty if no such line leads to it."""


class GoMemoryError(GoError):
    """Go exceeded its memory limit."""


class GoFailed(GoError):
    """Go ran and failed. The message is Go's own error output."""

    def __init__(self, message: str, *, needs_download: bool = False, text: str = "") -> None:
        super().__init__(message)
        self.text = text or message
        """The complete standard error."""
        self.needs_download = needs_download
        """Whether a module or go.mod is missing only in the module cache."""
        self.lowered: PluginBuild | None = None
        """The plugin's build after the modules that the host's Go refuses are required at lower versions."""


class GoInterrupted(GoError):
    """Go timed out or was killed. A retry may succeed."""


class GoCancelled(GoError):
    """The run was cancelled, because its result is no longer needed."""


class Cancellation:
    """Kills runs of Go from another thread, and prevents later runs that use the same object."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: a signal handler may cancel while the same thread starts a run
        self._runs: dict[Hashable, Callable[[], None]] = {}
        """For each run in progress, the function that kills it."""
        self.cancelled = False
        self.starting = False
        """Whether a run is being started that is not yet in `_runs`."""

    def cancel(self) -> None:
        """Kill the runs in progress, and prevent all later ones."""
        with self._lock:
            self.cancelled = True
            for end in self._runs.values():
                end()

    def start(self, start: Callable[[], _Run], end: Callable[[_Run], None]) -> _Run:
        """Start a run, and register `end` to kill it on cancellation until `done` is called. Raises GoCancelled."""
        with self._lock:
            if self.cancelled:
                raise GoCancelled("cancelled")
            self.starting = True
            try:
                run = start()
                self._runs[run] = partial(end, run)
            finally:
                self.starting = False
            if self.cancelled:
                end(run)
            return run

    def done(self, run: Hashable) -> None:
        """Unregister a run that has ended."""
        with self._lock:
            self._runs.pop(run, None)


class Go(NamedTuple):
    """A `go` program and the limits of its runs."""

    program: str
    timeout: float = DEFAULT_TIMEOUT
    """In seconds, for each run."""
    network: bool = False
    memory: int = DEFAULT_MEMORY
    """In bytes, for each of its processes; enforced only on Linux."""
    caches: bool = False
    """Whether answers about files on disk are cached on disk, see answer_cache.py."""


class GoEnv(NamedTuple):
    """The result of `go env`."""

    local: LocalGo
    modcache: str


class GoPackages(NamedTuple):
    """The result of `go list -deps`: the packages outside the standard library, each with its module.

    A main module has no version; in a workspace there can be several. Any other version is the one left of `=>`. A
    package that cannot be loaded is in `unresolved` instead.
    """

    packages: Mapping[str, ModuleVersion]
    unresolved: tuple[Unresolved, ...]
    imports: Mapping[str, tuple[str, ...]]
    """The imports of each of these packages."""
    build_error: str = ""
    """Go's error output if `go build` fails before compiling, because go.sum or go.mod needs an update; else empty."""


class PluginSource(NamedTuple):
    """A plugin as shown in the editor: the folder of its module, and texts that may differ from those on disk."""

    folder: str
    gomod: str
    edited: bool
    """Whether `gomod` differs from the go.mod on disk."""
    overlay: Mapping[str, str] = MappingProxyType({})
    """Unsaved .go files, by absolute path."""
    work: str | None = None
    """The text of the go.work, if it differs from the one on disk."""
    platform: tuple[str, str] | None = None
    """The host's GOOS and GOARCH, if known."""
    outside_workspace: bool = False
    """Whether the plugin is built with GOWORK=off."""

    @property
    def is_saved(self) -> bool:
        """Whether go.mod and go.work are the texts on disk."""
        return not self.edited and self.work is None


class Target(NamedTuple):
    """The platform and build tags of a host's build, as far as they are known."""

    platform: tuple[str, str] = ("", "")
    tags: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The corresponding flags of `go list`."""
        return (f"-tags={','.join(self.tags)}",) if self.tags else ()


DEFAULT_TARGET = Target()


class CompiledPackage(NamedTuple):
    """A compiled package, with the path of its archive in the build cache."""

    file: str
    module: ModuleVersion | None
    """The version is the one left of `=>`; None for the standard library."""
    replaced: ModuleVersion | None
    """The module right of `=>`. A folder has no version."""
    main: bool
    """Whether its module is a main module."""
