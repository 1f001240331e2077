"""What runs outside the event loop: one question to Go about a plugin and its host, and the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from layerg_pin.config import Settings
from layerg_pin.core.gomod import GoMod
from layerg_pin.core.manifest import HostManifest, PluginBuild
from layerg_pin.gotool import Cancellation, GoCancelled, GoEnv, GoError, find_go, go_env
from layerg_pin.host import link
from layerg_pin.workspace import ask_go


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
    seconds: float


def ask(question: Question, cancellation: Cancellation) -> Answer:
    """Ask Go; runs in a thread of its own. Raises GoCancelled."""
    started = time.monotonic()
    env, host = question.env, question.host
    build, trouble = None, None
    try:
        go = find_go(question.settings.go_path, question.settings.go_timeout)
        if not question.settings.trusted:
            raise GoError("this workspace is not trusted, so Go is not run in it")
        if go is None:
            raise GoError(f"no {question.settings.go_path or 'go'} was found to ask")
        host = link(host, go, cancellation)
        env = env or go_env(go, cancellation)
        packages = question.settings.packages
        build = ask_go(go, env, question.folder, question.gomod, packages, host, cancellation, question.unsaved)
    except GoCancelled:
        raise
    except GoError as error:
        trouble = str(error)
    return Answer(env, host, build, trouble, time.monotonic() - started)
