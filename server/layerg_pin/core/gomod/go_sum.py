"""go.sum: which modules of a build it has no entry for.

    MODULE VERSION HASH            the sum of the module's files
    MODULE VERSION/go.mod HASH     the sum of its go.mod

Source: https://go.dev/ref/mod#go-sum-files. `go build` needs both for a module that provides packages, and changes
neither go.mod nor go.sum itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerg_pin.core.gomod.replaces import Replaces, ruling
from layerg_pin.core.model.modules import ModuleVersion


def known_sums(text: str) -> Iterator[ModuleVersion]:
    """The modules, each at a version, whose files go.sum has a sum for."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 3 and not fields[1].endswith("/go.mod"):
            yield ModuleVersion(fields[0], fields[1])


def without_sum(text: str, modules: Iterable[ModuleVersion], replaces: Replaces) -> tuple[ModuleVersion, ...]:
    """The modules that go.sum has no sum for, sorted. A module that is replaced by a folder needs none."""
    known = {tuple(line.split()[:2]) for line in text.splitlines()}
    found = []
    for module in sorted(set(modules)):
        replacing = ruling(replaces, module)
        target = replacing.target if replacing else None
        if target and target.version is None:
            continue
        path, version = (target.path, target.version) if target else module
        if (path, version) not in known or (path, f"{version}/go.mod") not in known:
            found.append(module)
    return tuple(found)
