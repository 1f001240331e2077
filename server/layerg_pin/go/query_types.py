"""What Go is asked with, and what it answers; nothing here runs it."""

from __future__ import annotations

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
"""In bytes, where the user asked for a build: the linker takes several GiB for the largest programs."""

_Run = TypeVar("_Run", bound=Hashable)


class GoError(Exception):
    """Go is missing, failed, took too long or was cancelled; the text says which, in a sentence without a dot."""


class GoInputError(GoError):
    """Go was not run, because it would have read something that is not a regular file, or is too large."""

    def __init__(self, message: str, target: str) -> None:
        super().__init__(f"Go was not run: {message}")
        self.target = target
        """The folder that leads there, as a `replace` or `use` line writes it; empty where none does."""


class GoMemoryError(GoError):
    """Go needed more memory than it is given."""


class GoFailed(GoError):
    """Go ran and refused; the text is what it said."""

    def __init__(self, message: str, *, absent: bool = False, text: str = "") -> None:
        super().__init__(message)
        self.text = text or message
        """All that it wrote to standard error."""
        self.absent = absent
        """Whether it misses what is only not in the module cache."""
        self.lowered: PluginBuild | None = None
        """What it says once the modules that it refuses, as the host's Go does, are required at lower versions."""


class GoInterrupted(GoError):
    """Go took too long or was killed: asked again, it may answer."""


class GoCancelled(GoError):
    """The run was cancelled: nobody waits for its answer any more."""


class Cancellation:
    """Ends runs from another thread. Those that start later with the same one do not start."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may cancel while the same thread starts a run
        self._runs: dict[Hashable, Callable[[], None]] = {}
        """What ends each run that is under way."""
        self.cancelled = False
        self.starting = False
        """Whether a run is being started, which is not known yet."""

    def cancel(self) -> None:
        """End the runs that are under way, and all later ones."""
        with self._lock:
            self.cancelled = True
            for end in self._runs.values():
                end()

    def start(self, start: Callable[[], _Run], end: Callable[[_Run], None]) -> _Run:
        """Start a run, which `end` ends where this is cancelled before `done` is called. Raises GoCancelled."""
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
        """A run has ended."""
        with self._lock:
            self._runs.pop(run, None)


class Go(NamedTuple):
    """A `go` program and how it may be used."""

    program: str
    timeout: float = DEFAULT_TIMEOUT
    """In seconds, for each run."""
    network: bool = False
    memory: int = DEFAULT_MEMORY
    """In bytes, for each of its processes; enforced on Linux."""
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
    stops: str = ""
    """Why `go build` stops before it compiles anything, in Go's words: go.sum or go.mod must be updated first."""


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
    alone: bool = False
    """Whether the plugin is built with GOWORK=off."""

    @property
    def is_saved(self) -> bool:
        """Whether go.mod and go.work are the texts on disk."""
        return not self.edited and self.work is None


class Target(NamedTuple):
    """For what a host is built, as far as it is known: its GOOS and GOARCH, and its build tags."""

    platform: tuple[str, str] = ("", "")
    tags: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The flags of `go list`."""
        return (f"-tags={','.join(self.tags)}",) if self.tags else ()


DEFAULT_TARGET = Target()


class CompiledPackage(NamedTuple):
    """A package that was compiled, and where in the build cache its archive is."""

    file: str
    module: ModuleVersion | None
    """At the version left of any `=>`; None for the standard library."""
    replaced: ModuleVersion | None
    """What stands right of `=>`; a folder has no version."""
    main: bool
    """Whether its module is a main module."""
