"""Find the modules of a build that have no entry in go.sum.

    MODULE VERSION HASH            the checksum of the module's files
    MODULE VERSION/go.mod HASH     the checksum of its go.mod

Source: https://go.dev/ref/mod#go-sum-files. `go build` needs both for a module that provides packages, and never
changes go.mod or go.sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerg_pin.core.gomod.replaces import Replaces, effective_replace
from layerg_pin.core.model.modules import ModuleVersion


def modules_with_sum(text: str) -> Iterator[ModuleVersion]:
    """The modules whose files have a checksum in go.sum."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 3 and not fields[1].endswith("/go.mod"):
            yield ModuleVersion(fields[0], fields[1])


def modules_without_sum(text: str, modules: Iterable[ModuleVersion], replaces: Replaces) -> tuple[ModuleVersion, ...]:
    """The modules without a checksum in go.sum, sorted. A module that is replaced by a folder needs none."""
    known = {tuple(line.split()[:2]) for line in text.splitlines()}
    found = []
    for module in sorted(set(modules)):
        replacing = effective_replace(replaces, module)
        target = replacing.target if replacing else None
        if target and target.version is None:
            continue
        path, version = (target.path, target.version) if target else module
        if (path, version) not in known or (path, f"{version}/go.mod") not in known:
            found.append(module)
    return tuple(found)
