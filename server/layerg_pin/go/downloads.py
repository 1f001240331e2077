"""Download modules and list published versions with Go, at the user's request."""

from __future__ import annotations

from collections.abc import Sequence

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.go.json_output import json_objects
from layerg_pin.go.process import run_go
from layerg_pin.go.query_types import (
    Cancellation,
    Go,
)
from layerg_pin.go.scratch_copies import scratch_folder


def download(go: Go, modules: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Download modules into the module cache, at the user's request. Raises GoError with Go's error output."""
    names = [f"{module.path}@{module.version}" for module in modules]
    with scratch_folder() as scratch:
        if names:
            run_go(go, ("mod", "download", "--", *names), scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def fetch_gomod(go: Go, module: ModuleVersion, cancellation: Cancellation) -> None:
    """Download the go.mod of a module into the module cache. Raises GoError with Go's error output."""
    with scratch_folder() as scratch:
        arguments = ("list", "-m", "-json=GoMod", f"{module.path}@{module.version}")
        run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def fetch_gomods(go: Go, modules: Sequence[ModuleVersion], cancellation: Cancellation) -> None:
    """Download the go.mod files of modules into the module cache, as far as they are available. Raises GoError."""
    names = [f"{module.path}@{module.version}" for module in modules]
    with scratch_folder() as scratch:
        if names:
            arguments = ("list", "-m", "-e", "-json=GoMod", *names)
            run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)


def list_versions(go: Go, path: str, cancellation: Cancellation) -> tuple[str, ...]:
    """The published versions of a module, and its latest one, which need not be among them. Raises GoError."""
    with scratch_folder() as scratch:
        arguments = ("list", "-m", "-versions", "-json=Version,Versions", f"{path}@latest")
        answer = next(json_objects(run_go(go, arguments, scratch, {"GOWORK": "off", "GOFLAGS": ""}, cancellation)), {})
    return tuple(str(each) for each in (*(answer.get("Versions") or ()), answer.get("Version")) if each)
