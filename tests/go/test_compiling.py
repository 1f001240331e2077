"""Packages are compiled with the requested Go release, and names from an untrusted plugin are only looked up."""

from __future__ import annotations

import pytest

from layerg_pin.go.compiling import ModuleBuild, compile_modules
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoError
from tests.conftest import local_go
from tests.platform_marks import deletes_open_files

GOMOD = "module layerg-pin.invalid/host\n\ngo 1.21\n"


def errors_with(release: str, others: tuple[str, ...]) -> ModuleBuild:
    """The build of package errors and of others that may be linked."""
    return ModuleBuild(gomod=GOMOD, release=release, flags=("-trimpath",), env={}, linked=("errors",), others=others)


@deletes_open_files
def test_only_packages_of_the_standard_library_are_compiled() -> None:
    """A plugin of another Go may have packages that this release lacks, and a forged one any name."""
    go = find_go(timeout=300)
    assert go
    names = ("unicode/utf8", "no/such/package", "...", "std", "cmd/go", "/etc", "-n")
    build = errors_with(local_go(), names)
    found = compile_modules(go, build, lambda _: None, Cancellation())
    assert {"errors", "unicode/utf8"} <= found.packages.keys()
    assert "errors" in found.linked
    assert "unicode/utf8" not in found.linked
    assert not any(name.startswith(("cmd", "no/", "/etc", "net")) for name in found.packages)
    assert all(package.module is None for package in found.packages.values())


def test_a_release_that_is_not_available() -> None:
    go = find_go(timeout=300)
    assert go
    build = errors_with("go1.21.99", ())
    steps: list[str] = []
    with pytest.raises(GoError, match=r"\Ago1\.21\.99 is not available: .*toolchain not available"):
        compile_modules(go, build, steps.append, Cancellation())
    assert steps == ["getting go1.21.99"]
