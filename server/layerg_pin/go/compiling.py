"""Compile packages without linking them, at the user's request, and find the compiler's output in the build cache."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.go.input_files import check_inputs
from layerg_pin.go.json_output import json_objects, object_at
from layerg_pin.go.module_files import work_file
from layerg_pin.go.process import run_go
from layerg_pin.go.query_types import Cancellation, CompiledPackage, Go, GoError, GoFailed, GoInterrupted
from layerg_pin.go.scratch_copies import in_workspace, scratch_folder, write_copy

_LIST = ("list", "-export", "-deps", "-buildvcs=false")
_FIELDS = "-json=ImportPath,Name,DepOnly,Export,Module,Standard"
_PLAIN_ENV = {
    "GOFLAGS": "-buildvcs=false",  # an empty value would let Go use the flags of `go env -w`
    "GOWORK": "off",
    "GO111MODULE": "on",
    "GOFIPS140": "off",
}
"""The environment of a build that depends on nothing but its flags."""


class ModuleBuild(NamedTuple):
    """The build of packages at given versions of their modules, apart from any folder of the user."""

    gomod: str
    """The text of a go.mod with these versions."""
    release: str
    """The Go release, such as `go1.26.5`."""
    flags: tuple[str, ...]
    env: Mapping[str, str]
    linked: tuple[str, ...]
    """The packages that are certainly linked; the packages that they import are too."""
    others: tuple[str, ...]
    """The packages that may be linked too, if the release's standard library has them. The names are untrusted."""


class Compiled(NamedTuple):
    """The result of a ModuleBuild: its packages by import path."""

    packages: Mapping[str, CompiledPackage]
    linked: frozenset[str]
    """Those that are certainly linked."""


def compile_plugin(
    go: Go, folder: str, package: str, flags: Sequence[str], env: Mapping[str, str], cancellation: Cancellation
) -> tuple[str, dict[str, CompiledPackage]]:
    """Compile a main package and its dependencies with -buildmode=plugin, without linking.

    `flags` and `env` are those of the user's build. Returns the import path of the main package, and the compiled
    packages by import path. Raises GoError.
    """
    work = work_file(folder)
    check_inputs(folder, None, work)
    with scratch_folder() as scratch:
        arguments, work_env = in_workspace(work, None, scratch) if work else ((), {"GOWORK": "off"})
        command = (*_LIST, "-buildmode=plugin", *flags, *arguments, _FIELDS, "--", package)
        env = {"GOOS": "linux", "CGO_ENABLED": "1", "GOTMPDIR": scratch, **work_env, **env}
        values = [*json_objects(run_go(go, command, folder, env, cancellation))]
    found = dict(_packages(values))
    mains = [str(each["ImportPath"]) for each in values if not each.get("DepOnly") and each.get("Name") == "main"]
    if len(mains) != 1 or mains[0] not in found:
        raise GoFailed(f"{package} is not a main package, and only a main package can be built as a plugin")
    return mains[0], found


def compile_modules(go: Go, build: ModuleBuild, step: Callable[[str], None], cancellation: Cancellation) -> Compiled:
    """Compile packages at given versions with a given Go release, which Go downloads if it is allowed to.

    `step` is called with the name of each step. Nothing stays but Go's own caches. Raises GoError.
    """
    with scratch_folder() as scratch:
        env = {**_PLAIN_ENV, "GOTMPDIR": scratch, "GOTOOLCHAIN": build.release, **build.env}
        step(f"getting {build.release}")
        _check_release(go, build.release, scratch, env, cancellation)
        write_copy(os.path.join(scratch, "go.mod"), build.gomod)
        step("getting modules")
        command = ("list", "-mod=mod", *build.flags)
        names = run_go(go, (*command, "-deps", "-f={{.ImportPath}}", "--", *build.linked), scratch, env, cancellation)
        linked = frozenset(names.decode("utf-8", "replace").split())
        standard = run_go(go, (*command, "std"), scratch, env, cancellation).decode("utf-8", "replace").split()
        roots = (*build.linked, *(frozenset(build.others).intersection(standard) - linked))
        step("compiling")
        # Go 1.18 does not know -json with fields.
        output = run_go(go, (*_LIST, "-mod=mod", *build.flags, "-json", "--", *roots), scratch, env, cancellation)
    return Compiled(dict(_packages(json_objects(output))), linked)


def _check_release(go: Go, release: str, folder: str, env: Mapping[str, str], cancellation: Cancellation) -> None:
    """Get a Go release, and make sure that it is the one that runs. Raises GoError."""
    try:
        output = run_go(go, ("env", "GOVERSION"), folder, env, cancellation)
    except GoInterrupted:
        raise
    except GoFailed as error:
        raise GoError(f"{release} is not available: {str(error).rstrip('.')}") from error
    found = output.decode("utf-8", "replace").strip()
    if found.partition(" ")[0].partition("-X:")[0] != release:
        raise GoError(f"{release} is not available: the go command on PATH is {found}, and cannot download it")


def _packages(values: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, CompiledPackage]]:
    """The compiled packages of `go list -export`, with their import paths."""
    for value in values:
        file, module = value.get("Export"), object_at(value, "Module")
        if file:
            replaced = object_at(module, "Replace")
            yield (
                str(value.get("ImportPath", "")),
                CompiledPackage(
                    str(file),
                    _module_version(module) if module else None,
                    _module_version(replaced) if replaced else None,
                    bool(module.get("Main")),
                ),
            )


def _module_version(module: Mapping[str, Any]) -> ModuleVersion:
    return ModuleVersion(str(module.get("Path", "")), str(module.get("Version", "")))
