"""What runs outside the event loop: one question to Go about a plugin and its host, and the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerg_pin.config import Settings
from layerg_pin.core.gomod import GoMod
from layerg_pin.core.manifest import HostManifest, MainPackage, ModuleVersion, PluginBuild
from layerg_pin.gotool import (
    Cancellation,
    Go,
    GoCancelled,
    GoEnv,
    GoError,
    GoFailed,
    PluginSource,
    download,
    find_go,
    go_env,
    tidied,
)
from layerg_pin.host import link
from layerg_pin.packages import go_sources
from layerg_pin.workspace import ask_go, read_mains


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which packages does the plugin compile, and what does its host link."""

    folder: str
    gomod: GoMod
    host: HostManifest
    settings: Settings
    env: GoEnv | None
    unsaved: Mapping[str, str]
    """Texts of .go files that may not be the ones on disk, by absolute path."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The host as Go knows it, and the build, or why there is none."""

    env: GoEnv | None
    host: HostManifest
    build: PluginBuild | None
    trouble: str | None
    absent: bool
    """Whether the trouble is only that something is not in the module cache."""
    mains: tuple[MainPackage, ...]
    sources: frozenset[str]
    """The .go files of the plugin's module, absolute; its imports are what Go was asked about."""
    seconds: float


def ask(question: Question, cancellation: Cancellation) -> Answer:
    """Ask Go; runs in a thread of its own. Raises GoCancelled."""
    started = time.monotonic()
    env, host = question.env, question.host
    build, trouble, absent = None, None, False
    try:
        go = _go(question, network=False)
        host = link(host, go, cancellation)
        env = env or go_env(go, cancellation)
        build = _ask(go, env, question, host, cancellation)
    except GoCancelled:
        raise
    except GoError as error:
        trouble, absent = str(error), isinstance(error, GoFailed) and error.absent
    mains = read_mains(question.folder, question.settings.packages, question.unsaved)
    sources = go_sources(question.folder)
    return Answer(env, host, build, trouble, absent, mains, sources, time.monotonic() - started)


def fetch(question: Question, pins: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Download what the plugin compiles, and `pins`, because the user asked for it. Raises GoError."""
    go = _go(question, network=True)
    download(go, pins, cancellation)
    _ask(go, question.env or go_env(go, cancellation), question, question.host, cancellation)


def tidy(question: Question, cancellation: Cancellation) -> tuple[str, str]:
    """The go.mod and go.sum that `go mod tidy` makes of the question's go.mod; on copies. Raises GoError."""
    source = PluginSource(question.folder, question.gomod.text, True, question.unsaved)
    return tidied(_go(question, network=True), source, cancellation)


def _go(question: Question, *, network: bool) -> Go:
    if not question.settings.trusted:
        raise GoError("this workspace is not trusted, so Go is not run in it")
    go = find_go(question.settings.go_path, question.settings.go_timeout, network=network)
    if go is None:
        raise GoError(f"no {question.settings.go_path or 'go'} was found to ask")
    return go


def _ask(go: Go, env: GoEnv, question: Question, host: HostManifest, cancellation: Cancellation) -> PluginBuild:
    packages, unsaved = question.settings.packages, question.unsaved
    return ask_go(go, env, question.folder, question.gomod, packages, host, cancellation, unsaved)
