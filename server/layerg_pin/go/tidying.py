"""Run `go mod tidy` and `go mod vendor`, on copies or in the user's folder."""

from __future__ import annotations

import os
import re

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.text import with_line_ends_of
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.module_files import work_file
from layerg_pin.go.process import run_go
from layerg_pin.go.query_types import (
    Cancellation,
    Go,
    GoFailed,
    PluginSource,
)
from layerg_pin.go.scratch_copies import outside_workspace, overlay_argument, read_input, scratch_folder
from layerg_pin.system.text_files import write_text

_RAISED = r"loaded from (\S+)@\S+,;? but go 1\.16 would select (v[^\s;]+)"


def raised_by_1_16(error: GoFailed) -> tuple[ModuleVersion, ...]:
    """The versions that go 1.16 would select, from the error of `go mod tidy` in a module with `go 1.17`."""
    return tuple(dict.fromkeys(ModuleVersion(*match.groups()) for match in re.finditer(_RAISED, str(error))))


def tidied_files(go: Go, source: PluginSource, cancellation: Cancellation) -> tuple[str, str]:
    """The go.mod and go.sum that `go mod tidy` would write. Raises GoError with Go's error output."""
    check_inputs(source.folder, source.gomod)
    with scratch_folder() as scratch:
        (_, modfile), env = outside_workspace(source.folder, source.gomod, scratch)
        arguments = ("mod", "tidy", modfile, *overlay_argument(source.overlay, scratch))
        gomod, gosum = (os.path.join(scratch, name) for name in ("go.mod", "go.sum"))
        sums = _read_if_present(gosum)
        run_go(go, arguments, source.folder, env, cancellation)
        return with_line_ends_of(source.gomod, read_input(gomod)), with_line_ends_of(sums, _read_if_present(gosum))


def tidy(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod tidy` in the user's folder, at the user's request. Files with CRLF keep it, which Go replaces.

    Raises GoError with Go's error output, and FileError.
    """
    check_inputs(folder, None, work_file(folder))
    before = {path: _read_if_present(path) for path in (os.path.join(folder, name) for name in ("go.mod", "go.sum"))}
    run_go(go, ("mod", "tidy"), folder, {}, cancellation)
    for path, text in before.items():
        after = _read_if_present(path)
        if (wanted := with_line_ends_of(text, after)) != after:
            write_text(path, after, wanted)


def vendor(go: Go, folder: str, cancellation: Cancellation) -> None:
    """Run `go mod vendor` in the user's folder, at the user's request. Raises GoError with Go's error output."""
    check_inputs(folder)
    run_go(go, ("mod", "vendor"), folder, {"GOWORK": "off"}, cancellation)


def vendored_copy(go: Go, source: PluginSource, gosum: str, target: str, cancellation: Cancellation) -> None:
    """Write what `go mod vendor` would make of a go.mod and go.sum into the folder `target`. Raises GoError."""
    check_inputs(source.folder, source.gomod)
    with scratch_folder() as scratch:
        (_, modfile), env = outside_workspace(source.folder, source.gomod, scratch, gosum)
        run_go(go, ("mod", "vendor", modfile, "-o", target), source.folder, env, cancellation)


def _read_if_present(path: str) -> str:
    return read_input(path) if os.path.isfile(path) else ""
